//! The config file, key by key.
#![expect(missing_docs, reason = "config.toml describes every key, and a test holds it complete")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

use crate::classify::{AgentEntry, Purpose, RequestRule, StatusClass};
use crate::report::Impostors;

/// The whole file. `config.toml` at the project's root describes every key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub site: Site,
    pub logs: Vec<Log>,
    pub terms: Terms,
    pub request_types: Vec<RequestRule>,
    pub guestbook: Guestbook,
    pub agents: Vec<AgentEntry>,
    pub catalogue: CatalogueSource,
    pub trust: Trust,
    pub store: StorePath,
    pub reports: Reports,
}

/// `[catalogue]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CatalogueSource {
    pub file: Option<PathBuf>,
    pub url: Option<String>,
}

/// `[trust]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trust {
    pub resolver: String,
    pub proxies: Vec<String>,
    pub header: Option<String>,
}

impl Default for Trust {
    fn default() -> Trust {
        Trust { resolver: "off".into(), proxies: Vec::new(), header: None }
    }
}

/// `[site]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Site {
    pub name: String,
    pub url: Option<String>,
    pub timezone: String,
    pub caption: String,
    #[serde(deserialize_with = "date")]
    pub as_of: Option<String>,
}

impl Default for Site {
    fn default() -> Site {
        let (name, timezone) = ("this site".into(), "UTC".into());
        Site { name, url: None, timezone, caption: String::new(), as_of: None }
    }
}

/// Takes a date in quotes, or TOML's own.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a date such as \"2026-05-20\"")]
    enum Date {
        Text(String),
        Toml(toml::value::Datetime),
    }
    Ok(Some(match Date::deserialize(deserializer)? {
        Date::Text(text) => text,
        Date::Toml(date) => date.to_string(),
    }))
}

/// `[[logs]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub paths: Vec<String>,
    #[serde(default)]
    pub format: FormatChoice,
    pub input_timezone: Option<String>,
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// How a log's lines are to be read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"auto\", a preset's name, { nginx = \"…\" }, { apache = \"…\" }, \
                             { goaccess = { log = \"…\" } }, { w3c = \"…\" } or { json = { time = \"…\", uri = \"…\" } }"
)]
pub enum FormatChoice {
    /// `auto`, or a preset's name.
    Named(String),
    /// The server's own directive.
    Template(Template),
}

/// The server whose directive it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Template {
    Nginx(String),
    Apache(String),
    Goaccess(GoAccess),
    W3c(String),
    Json(BTreeMap<String, String>),
}

/// The strings that GoAccess is started with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoAccess {
    pub log: String,
    #[serde(default = "common_date")]
    pub date: String,
    #[serde(default = "common_time")]
    pub time: String,
}

fn common_date() -> String {
    "%d/%b/%Y".into()
}

fn common_time() -> String {
    "%T".into()
}

impl Default for FormatChoice {
    fn default() -> FormatChoice {
        FormatChoice::Named("auto".into())
    }
}

/// `[terms]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    pub pattern: Option<String>,
    pub catalog: Option<PathBuf>,
    pub pre_tracking: Option<PathBuf>,
}

/// `[guestbook]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guestbook {
    pub sign: Vec<Purpose>,
    pub count: Count,
    pub impostors: Impostors,
}

impl Default for Guestbook {
    fn default() -> Guestbook {
        let sign = Purpose::ALL.to_vec();
        Guestbook { sign, count: Count::default(), impostors: Impostors::Separate }
    }
}

/// `[guestbook] count`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Count {
    pub methods: Vec<String>,
    pub statuses: Vec<StatusClass>,
}

impl Default for Count {
    fn default() -> Count {
        let counting = crate::classify::Counting::default();
        Count { methods: counting.methods, statuses: counting.statuses }
    }
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorePath {
    pub path: PathBuf,
}

impl Default for StorePath {
    fn default() -> StorePath {
        StorePath { path: "guestbook.db".into() }
    }
}

/// `[reports]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reports {
    pub out: PathBuf,
    pub days: u16,
    pub formats: Vec<String>,
}

impl Default for Reports {
    fn default() -> Reports {
        let formats = ["html", "svg", "json"].map(str::to_owned).to_vec();
        Reports { out: "reports".into(), days: 30, formats }
    }
}
