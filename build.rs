//! Converts the catalogue of agents to JSON, which the program parses at every start, in a tenth of the time of TOML.
//!
//! The samples are left out, since only tests use them.

use std::path::Path;
use std::{env, fs};

const CATALOGUE: &str = "src/agents/agents.toml";

fn main() {
    println!("cargo::rerun-if-changed={CATALOGUE}");
    let text = fs::read_to_string(CATALOGUE).expect("the catalogue is part of the source");
    let mut table: toml::Table =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{CATALOGUE}: {error}"));
    let agents = table["agent"].as_array_mut().expect("the catalogue is a list of agents");
    for agent in agents.iter_mut().filter_map(toml::Value::as_table_mut) {
        agent.remove("samples");
    }
    let json = serde_json::to_vec(&table).expect("every TOML value has a JSON form");
    let out_dir = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out_dir).join("agents.json"), json).expect("OUT_DIR is writable");
}
