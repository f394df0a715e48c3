//! The sections and keys of the config file, which `config.toml` at the project's root describes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

use crate::agents::{AgentEntry, Purpose};
use crate::classify::Counting;
use crate::pages::{QueryRule, RequestRule, StatusClass};
use crate::report::Impostors;

/// The whole config file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub site: SiteSection,
    pub logs: Vec<LogSection>,
    pub terms: TermsSection,
    pub request_types: Vec<RequestRule>,
    pub guestbook: GuestbookSection,
    pub agents: Vec<AgentEntry>,
    pub catalogue: CatalogueSection,
    pub trust: TrustSection,
    pub metrics: MetricsSection,
    pub store: StoreSection,
    pub reports: ReportsSection,
}

/// `[catalogue]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CatalogueSection {
    pub file: Option<PathBuf>,
    pub url: Option<String>,
}

/// `[trust]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustSection {
    pub resolver: String,
    pub proxies: Vec<String>,
    pub header: Option<String>,
    /// When `nightly` fetches the lists of addresses before it reads.
    pub refresh: RefreshChoice,
}

impl Default for TrustSection {
    fn default() -> TrustSection {
        let refresh = RefreshChoice::default();
        TrustSection { resolver: "off".into(), proxies: Vec::new(), header: None, refresh }
    }
}

/// The interval at which `nightly` fetches the lists of addresses that operators publish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefreshChoice {
    /// Never. `agents refresh` does.
    #[default]
    Off,
    Daily,
    Weekly,
}

/// `[site]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteSection {
    pub name: String,
    pub url: Option<String>,
    pub timezone: String,
    pub caption: String,
    #[serde(deserialize_with = "date")]
    pub as_of: Option<String>,
}

impl Default for SiteSection {
    fn default() -> SiteSection {
        let (name, timezone) = ("this site".into(), "UTC".into());
        SiteSection { name, url: None, timezone, caption: String::new(), as_of: None }
    }
}

/// Accepts a date in quotes, or TOML's own.
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
pub struct LogSection {
    pub paths: Vec<String>,
    #[serde(default)]
    pub format: FormatChoice,
    pub input_timezone: Option<String>,
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The treatment of lines that were counted before as part of another log.
    #[serde(default)]
    pub overlap: OverlapChoice,
    /// The number of days without a new line after which a log has fallen silent. 0 for never.
    #[serde(default = "stale_after")]
    pub stale_after: u16,
}

fn stale_after() -> u16 {
    2
}

/// The format of a log, as the config or `--format` gives it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"auto\", a preset's name, { nginx = \"…\" }, { apache = \"…\" }, \
                             { goaccess = { log = \"…\" } }, { w3c = \"…\" } or { json = { time = \"…\", uri = \"…\" } }"
)]
pub enum FormatChoice {
    /// `auto`, or a preset's name.
    Named(String),
    FormatDirective(FormatDirective),
}

/// A format string of the user's own server or tool.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormatDirective {
    Nginx(String),
    Apache(String),
    Goaccess(GoAccessStrings),
    W3c(String),
    Json(BTreeMap<String, String>),
}

/// The strings that GoAccess is started with: `--log-format`, `--date-format` and `--time-format`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoAccessStrings {
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
pub struct TermsSection {
    #[serde(deserialize_with = "one_or_several")]
    pub pattern: Vec<String>,
    pub query: Vec<QueryRule>,
    pub catalog: Option<PathBuf>,
    pub only: Option<OnlyTerms>,
    pub ignore: Vec<String>,
    pub pre_tracking: Option<PathBuf>,
}

/// Accepts a text or a list of texts.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a text or a list of texts")]
    enum Texts {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::Several(texts) => texts,
    })
}

/// `[guestbook]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuestbookSection {
    pub sign: Vec<Purpose>,
    pub count: CountingSection,
    pub impostors: Impostors,
}

impl Default for GuestbookSection {
    fn default() -> GuestbookSection {
        let sign = Purpose::ALL.into_iter().filter(|purpose| purpose.signs_by_default()).collect();
        GuestbookSection { sign, count: CountingSection::default(), impostors: Impostors::Separate }
    }
}

/// `[guestbook] count`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CountingSection {
    pub methods: Vec<String>,
    pub statuses: Vec<StatusClass>,
}

impl Default for CountingSection {
    fn default() -> CountingSection {
        let counting = Counting::default();
        CountingSection { methods: counting.methods, statuses: counting.statuses }
    }
}

/// `[metrics]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsSection {
    pub file: Option<PathBuf>,
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSection {
    pub path: PathBuf,
}

impl Default for StoreSection {
    fn default() -> StoreSection {
        StoreSection { path: "guestbook.db".into() }
    }
}

/// `[reports]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportsSection {
    pub out: PathBuf,
    pub days: u16,
    pub periods: Vec<u16>,
    pub formats: Vec<String>,
    pub pages: bool,
    pub url: Option<String>,
}

impl Default for ReportsSection {
    fn default() -> ReportsSection {
        let formats = ["html", "svg", "json", "badge"].map(str::to_owned).to_vec();
        ReportsSection {
            out: "reports".into(),
            days: 30,
            periods: vec![7, 30, 90, 365],
            formats,
            pages: true,
            url: None,
        }
    }
}

/// The treatment of a log whose lines were counted before as part of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverlapChoice {
    /// Its lines are not counted, and the log is reported.
    #[default]
    Refuse,
    /// Its lines are counted.
    Count,
}

/// The only pages that are terms, if not all that the pattern matches are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnlyTerms {
    /// Those of `[terms] catalog`.
    Catalog,
}
