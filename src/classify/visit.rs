//! The classification of one request, with texts as numbers.

use crate::day::Day;
use crate::pages::StatusClass;
use crate::trust::Trust;

/// The number for requests of paths that are no term. Its text is empty.
pub const NO_TERM: u32 = 0;

/// The number for requests without a user agent. Its text is empty.
pub const NO_USER_AGENT: u32 = 0;

/// One classified request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The civil day in the site's time zone.
    pub day: Day,
    pub who: Who,
}

/// The visitor that made a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Agent(Ping),
    /// A visitor without a user agent. Stored like an agent's request, but never a ping.
    NoUserAgent(Ping),
    /// A person, with a view if the request was for a term.
    Person(Option<View>),
    /// Any visitor of a virtual host that is not this site's.
    OtherHost,
}

/// One request of an agent. Texts are numbers of the classifier's tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    /// The term, or [`NO_TERM`].
    pub term: u32,
    /// The user agent, or [`NO_USER_AGENT`].
    pub user_agent: u32,
    /// The request type's number in the rules.
    pub request: u8,
    pub trust: PingTrust,
    pub status: StatusClass,
    /// The time in seconds since the Unix epoch.
    pub time: i64,
    /// The size of the answer in bytes.
    pub bytes: u64,
    /// The hour of the day in the site's time zone, 0 to 23.
    pub hour: u8,
    /// True if the request counts as a ping by the config's rules.
    pub counts: bool,
    /// The path and status, if the agent did not get what it asked for.
    pub failure: Option<Failure>,
}

/// A request that was redirected or answered with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Failure {
    /// The path without its query, as a number of the classifier's tables.
    pub path: u32,
    /// The status code.
    pub code: u16,
}

/// The trust in a ping, which may depend on an answer of the DNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PingTrust {
    Known(Trust),
    /// Decided by the query with this number.
    Pending(u32),
}

/// One request of a person for a term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    pub term: u32,
    /// The source that the person came from, as a number of the referrers' table.
    pub came_from: u8,
}
