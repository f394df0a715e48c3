//! Question → plain data: every number, its order and its label, settled once for all formats.

mod book;
mod frame;
mod guestbooks;
mod guests;
mod nearest;
mod question;
mod rank;
mod site;
mod term;
mod unknown;

use polars::error::PolarsError;
use serde::Serialize;
use thiserror::Error;

use crate::day::Day;
use crate::store::StoreError;

pub use guestbooks::Guestbooks;
pub use question::{Impostors, Question};
pub use rank::PRE_TRACKING;
pub use unknown::{UnknownAgent, unknown_agents};

/// The version of the reports' JSON. It grows when a key changes its meaning or goes away.
pub const JSON_SCHEMA: u32 = 1;

/// The guestbook of one term. Its fields, with the book's in their place, are the keys of the JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TermReport {
    /// [`JSON_SCHEMA`].
    pub schema: u32,
    /// The term's key.
    pub term: String,
    /// What people call it.
    pub title: String,
    /// When the page was published, where the catalogue says so.
    pub added: Option<String>,
    /// Who came, and when.
    #[serde(flatten)]
    pub book: Book,
    /// The views by where people came from, most first.
    pub came_from: Vec<CameFrom>,
}

/// The guestbook of the whole site. Its fields, with the book's in their place, are the keys of the
/// JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteReport {
    /// [`JSON_SCHEMA`].
    pub schema: u32,
    /// The site's name.
    pub site: String,
    /// Who came, and when.
    #[serde(flatten)]
    pub book: Book,
    /// How many terms there are, listed below or not.
    pub term_count: usize,
    /// The terms: most pings in the window first, then most of all, then by name.
    pub terms: Vec<TermRow>,
    /// What agents asked for beside the terms, in requests, whatever the answer was.
    pub elsewhere: Vec<TypeRequests>,
    /// The first day that any log covers.
    pub first_day: Option<Day>,
    /// The last day that any log covers.
    pub last_day: Option<Day>,
}

/// Who came, and when: what a term's guestbook and the site's have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Book {
    /// The zone whose civil days these are.
    pub timezone: String,
    /// The last day of the window.
    pub today_date: Day,
    /// The window, oldest day first.
    pub days: Vec<DayPings>,
    /// Pings in the window.
    pub window_pings: u64,
    /// Pings on the last day.
    pub today_pings: u64,
    /// Pings on the day before.
    pub yesterday_pings: u64,
    /// Pings up to and with the last day, counts carried over included.
    pub total_pings: u64,
    /// Views of people, up to and with the last day.
    pub views: u64,
    /// All pings by family: most first, ties by who came first.
    pub families: Vec<FamilyPings>,
    /// Who came on the last day.
    pub today_families: Vec<GuestPings>,
    /// Who came on the day before.
    pub yesterday_families: Vec<GuestPings>,
    /// All pings by request type, in the same order.
    pub request_types: Vec<TypePings>,
    /// All pings by trust. Impostors count here even where they are not among the guests.
    pub trust: TrustPings,
    /// By which catalogue agents were named: the dates of its parts.
    pub catalogue: String,
    /// By what that was told.
    #[serde(flatten)]
    pub basis: TrustBasis,
    /// The site owner's words under the guestbook.
    pub caption: String,
}

/// Pings of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayPings {
    /// The civil day.
    pub date: Day,
    /// `Mon` to `Sun`.
    pub weekday: &'static str,
    /// Pings.
    pub pings: u64,
    /// Whether any log covers the day: where none does, 0 pings is a gap and not a zero.
    pub covered: bool,
}

/// All pings of one family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FamilyPings {
    /// What the guestbook shows.
    pub family: String,
    /// Pings.
    pub pings: u64,
    /// Those of them that came from addresses which the operators publish.
    pub verified: u64,
    /// Views of people whom its products sent.
    pub referred: u64,
}

/// Pings of one family on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuestPings {
    /// What the guestbook shows.
    pub family: String,
    /// Pings.
    pub pings: u64,
}

/// By what it was told whether addresses may speak for agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TrustBasis {
    /// The lists that operators publish; none, where none was fetched.
    pub ip_lists: Option<ListsSeen>,
    /// Whether the DNS was ever asked for the names of addresses.
    pub reverse_dns: bool,
}

/// The published lists by which addresses were judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ListsSeen {
    /// How many lists there are.
    pub count: u64,
    /// The day on which the one was last seen that was not seen for longest.
    pub oldest: Day,
    /// The day on which any was last seen.
    pub newest: Day,
}

/// Pings of one request type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TypePings {
    /// The request type.
    #[serde(rename = "type")]
    pub request_type: String,
    /// Pings.
    pub pings: u64,
}

/// Requests of one type, beside the terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TypeRequests {
    /// The request type.
    #[serde(rename = "type")]
    pub request_type: String,
    /// Requests.
    pub requests: u64,
}

/// Pings by whether the address may speak for the agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrustPings {
    /// From an address that the operator publishes.
    pub verified: u64,
    /// From another address than the operator publishes.
    pub impostor: u64,
    /// Of an agent whose operator publishes nothing.
    pub unverifiable: u64,
    /// Not checked, counts carried over included.
    pub unchecked: u64,
}

/// Views by where people came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CameFrom {
    /// An AI product, `search`, `own site`, `other site` or `none`.
    pub from: String,
    /// Views.
    pub views: u64,
}

/// One term in the site's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TermRow {
    /// The term's key.
    pub term: String,
    /// What people call it.
    pub title: String,
    /// Pings in the window.
    pub window_pings: u64,
    /// All pings.
    pub total_pings: u64,
    /// All views.
    pub views: u64,
    /// Pings of each day of the window, oldest first.
    pub days: Vec<u64>,
}

/// Why a question has no answer.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such term was ever seen or listed.
    #[error("there is no term {term:?}{}", nearest::hint(.nearest))]
    NoTerm {
        /// What was asked for.
        term: String,
        /// The names that come nearest.
        nearest: Vec<String>,
    },
    /// The window ends before the first log.
    #[error("{today} is before the first day in the store, {first}: ask for a later --as-of")]
    BeforeData {
        /// The last day of the window.
        today: Day,
        /// The first day of the store.
        first: Day,
    },
    /// The store is empty.
    #[error("the store has no day yet: run `guestbook ingest` with a log first")]
    Empty,
    /// Polars could not do what was asked.
    #[error("counting failed")]
    Count(#[from] PolarsError),
}
