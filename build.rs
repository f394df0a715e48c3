//! Turns the catalogue of agents into JSON: at every start it is read in a tenth of the time that TOML takes. Its
//! samples, which are for tests, stay behind.

use std::path::Path;
use std::{env, fs};

const CATALOGUE: &str = "src/classify/agents.toml";

fn main() {
    println!("cargo::rerun-if-changed={CATALOGUE}");
    let text = fs::read_to_string(CATALOGUE).expect("the catalogue is part of the source");
    let mut table: toml::Table =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{CATALOGUE}: {error}"));
    let agents = table["agent"].as_array_mut().expect("the catalogue is a list of agents");
    for agent in agents.iter_mut().filter_map(toml::Value::as_table_mut) {
        agent.remove("samples");
    }
    let json = serde_json::to_vec(&table).expect("whatever TOML says can be said in JSON");
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&folder).join("agents.json"), json)
        .expect("cargo's own folder can be written to");
}
