//! The plain data of reports, with numbers, order and labels final for all output formats.

use serde::Serialize;

use crate::day::Day;
use crate::pages::StatusClass;

/// The version of the reports' JSON. It grows when a key changes its meaning or is removed.
pub const JSON_SCHEMA: u32 = 1;

/// The guestbook of one term. Its fields are the keys of the JSON, with those of the book inlined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TermReport {
    pub schema: u32,
    pub term: String,
    /// The title from the catalogue, or the term's key.
    pub title: String,
    /// The day on which the page was published, from the catalogue.
    pub added: Option<String>,
    #[serde(flatten)]
    pub book: Book,
    /// All requests of the agents that sign, by the class of their status, in its order.
    pub answers: Vec<AnswerCount>,
    /// Views by source, most first.
    pub came_from: Vec<CameFrom>,
}

/// The guestbook of the whole site. Its fields are the keys of the JSON, with those of the book inlined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteReport {
    pub schema: u32,
    pub site: String,
    #[serde(flatten)]
    pub book: Book,
    /// The number of terms, including those that are not listed.
    pub term_count: usize,
    /// The terms, most pings in the window first, then most pings in all, then by name.
    pub terms: Vec<TermRow>,
    /// Requests of agents for other paths, with any status.
    pub elsewhere: Vec<RequestTypeCount>,
    /// The first covered day.
    pub first_day: Option<Day>,
    /// The last covered day.
    pub last_day: Option<Day>,
}

/// The part that the guestbooks of a term and of the site share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Book {
    /// The time zone used for day boundaries.
    pub timezone: String,
    /// The last day of the window.
    pub today_date: Day,
    /// The days of the window, oldest first.
    pub days: Vec<DayPings>,
    pub window_pings: u64,
    /// Pings on the last day.
    pub today_pings: u64,
    /// Pings on the day before.
    pub yesterday_pings: u64,
    /// All pings up to and including the last day, with carried counts.
    pub total_pings: u64,
    /// All views up to and including the last day.
    pub views: u64,
    /// All pings by family, most first, ties by time of the first ping.
    pub families: Vec<FamilyPings>,
    /// Pings on the last day, by family.
    pub today_families: Vec<FamilyCount>,
    /// Pings on the day before, by family.
    pub yesterday_families: Vec<FamilyCount>,
    /// All pings by request type, in the same order.
    pub request_types: Vec<RequestTypePings>,
    /// All pings by trust. Impostors are counted here even if the families leave them out.
    pub trust: TrustPings,
    /// The version of the catalogue that named the agents.
    pub catalogue: String,
    #[serde(flatten)]
    pub basis: TrustBasis,
    /// The site owner's text on the guestbook.
    pub caption: String,
}

/// Pings of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayPings {
    pub date: Day,
    /// `Mon` to `Sun`.
    pub weekday: &'static str,
    pub pings: u64,
    /// True if any log covers the day. If none does, 0 pings mean that there is no data.
    pub covered: bool,
}

/// All pings of one family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FamilyPings {
    pub family: String,
    pub pings: u64,
    /// Pings whose IP is in the operator's published ranges or confirmed by reverse DNS.
    pub verified: u64,
    /// Views of people who came from the family's products.
    pub referred: u64,
    /// The pings by agent, most first, ties by time of the first ping. Past a limit, `(other)` has the rest. Counts from before
    /// there were logs have no agent.
    pub agents: Vec<AgentPings>,
}

/// All pings of one agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AgentPings {
    pub agent: String,
    pub pings: u64,
    /// Pings whose IP is in the operator's published ranges or confirmed by reverse DNS.
    pub verified: u64,
}

/// Pings of one family on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FamilyCount {
    pub family: String,
    pub pings: u64,
}

/// The sources that agents' claims were checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TrustBasis {
    /// The published lists, if any was fetched.
    pub ip_lists: Option<ListAges>,
    /// True if reverse DNS was ever used.
    pub reverse_dns: bool,
}

/// The number and the age of the published lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ListAges {
    pub count: u64,
    /// The day on which the oldest list was last fetched.
    pub oldest: Day,
    /// The day on which the newest list was last fetched.
    pub newest: Day,
}

/// Pings of one request type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestTypePings {
    #[serde(rename = "type")]
    pub request_type: String,
    pub pings: u64,
}

/// Requests of one type for paths that are not terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestTypeCount {
    #[serde(rename = "type")]
    pub request_type: String,
    pub requests: u64,
}

/// Pings by trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrustPings {
    pub verified: u64,
    pub impostor: u64,
    pub unverifiable: u64,
    /// Includes carried counts.
    pub unchecked: u64,
}

/// Requests with one class of status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerCount {
    pub status: StatusClass,
    pub requests: u64,
}

/// Views of people who came from one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CameFrom {
    /// An AI product, `search`, `own site`, `other site` or `none`.
    pub from: String,
    pub views: u64,
}

/// One term in the site's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TermRow {
    pub term: String,
    /// The title from the catalogue, or the term's key.
    pub title: String,
    pub window_pings: u64,
    pub total_pings: u64,
    pub views: u64,
    /// Pings of each day of the window, oldest first.
    pub days: Vec<u64>,
}
