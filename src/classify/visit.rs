//! What one request comes to, in numbers: the last form before it is counted.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::day::Day;

/// The number of no term, for what is asked for elsewhere on the site; its text is empty.
pub const NO_TERM: u32 = 0;

/// The number of the user agent that says nothing; its text is empty.
pub const NO_USER_AGENT: u32 = 0;

/// The text of the one row that takes what comes past a limit.
pub const OTHER: &str = "(other)";

/// One request, classified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The civil day in the site's time zone.
    pub day: Day,
    /// Who it was.
    pub who: Who,
}

/// Who asked, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// An agent.
    Agent(Ping),
    /// Somebody whose user agent is empty: kept as an agent's requests are, but neither an agent nor
    /// a person, so never a ping.
    Silent(Ping),
    /// A person; a view, if it was for a term.
    Person(Option<View>),
    /// A request for a host that is not this site's.
    Elsewhere,
}

/// One request of an agent. Texts are numbers of the judge's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// The term, or [`NO_TERM`].
    pub term: u32,
    /// The user agent, or [`NO_USER_AGENT`].
    pub user_agent: u32,
    /// The request type's number in the rules.
    pub request: u8,
    /// Whether the address may speak for the agent, as far as is known.
    pub trust: Trust,
    /// The number of what the DNS is asked for it, where that may tell better.
    pub question: Option<u32>,
    /// How it was answered.
    pub status: StatusClass,
    /// When, in seconds since the Unix epoch.
    pub time: i64,
    /// The answer's size.
    pub bytes: u64,
    /// Whether it is a ping as the configuration counts them, and not only a request.
    pub counts: bool,
}

/// One request of a person for a term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    /// The term.
    pub term: u32,
    /// Where the person came from: a number of the referrers' table.
    pub came_from: u8,
}

/// Whether the address may speak for the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// The operator publishes addresses, or the domain of their names, and this is one of them.
    Verified,
    /// The operator publishes them, and this is none of them.
    Impostor,
    /// The operator publishes nothing.
    Unverifiable,
    /// The operator publishes them, but no list or answer of the DNS was at hand.
    Unchecked,
}

impl Trust {
    /// Every value; its index is the number under which it is stored.
    pub const ALL: [Trust; 4] =
        [Trust::Verified, Trust::Impostor, Trust::Unverifiable, Trust::Unchecked];
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusClass {
    /// 2xx.
    Ok,
    /// 304.
    NotModified,
    /// 3xx, but 304.
    Redirect,
    /// 4xx.
    ClientError,
    /// 5xx.
    ServerError,
    /// None, 1xx or a number that is no HTTP status.
    Unknown,
}

impl StatusClass {
    /// Every value; its index is the number under which it is stored.
    pub const ALL: [StatusClass; 6] = [
        StatusClass::Ok,
        StatusClass::NotModified,
        StatusClass::Redirect,
        StatusClass::ClientError,
        StatusClass::ServerError,
        StatusClass::Unknown,
    ];

    /// The class of a status code.
    pub fn of(status: Option<u16>) -> StatusClass {
        const BY_HUNDREDS: [StatusClass; 6] = [
            StatusClass::Unknown,
            StatusClass::Unknown,
            StatusClass::Ok,
            StatusClass::Redirect,
            StatusClass::ClientError,
            StatusClass::ServerError,
        ];
        match status {
            Some(304) => StatusClass::NotModified,
            Some(status @ ..600) => BY_HUNDREDS[usize::from(status / 100)],
            _ => StatusClass::Unknown,
        }
    }
}
