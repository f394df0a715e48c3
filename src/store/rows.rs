//! The rows of the tables of counts.
use rusqlite::Row;
use rusqlite::types::Value;

use crate::day::Day;
use crate::pages::StatusClass;
use crate::tally::Hours;
use crate::trust::Trust;

use super::integers::{signed, unsigned};
use super::source_rows::SourceRow;

/// The id of requests that are for no term.
pub const NO_TERM_ID: i64 = 0;

/// A row of the table `pings`: requests of one user agent on one day for one term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingRow {
    pub day: Day,
    /// The term's id, or 0 for no term.
    pub term: i64,
    /// The user agent's id, or 0 for the missing one.
    pub user_agent: i64,
    /// The request type's id.
    pub request: i64,
    pub trust: Trust,
    pub status: StatusClass,
    pub requests: u64,
    /// The total size of the responses.
    pub bytes: u64,
    /// The time of the first request, in seconds since the Unix epoch.
    pub first_seen: i64,
}

/// A row of the table `views`: views of one term on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewRow {
    pub day: Day,
    pub term: i64,
    /// The id of the source that people came from.
    pub came_from: i64,
    pub views: u64,
}

/// A row of the table `coverage`: the number of records and requests in the logs of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverageRow {
    pub day: Day,
    pub lines: u64,
    pub people: u64,
    pub agents: u64,
}

impl PingRow {
    pub(super) fn values(&self) -> [i64; 9] {
        let PingRow { term, user_agent, request, first_seen, .. } = *self;
        let (day, trust, status) =
            (self.day.number().into(), self.trust as i64, self.status as i64);
        let (requests, bytes) = (signed(self.requests), signed(self.bytes));
        [day, term, user_agent, request, trust, status, requests, bytes, first_seen]
    }
}

impl ViewRow {
    pub(super) fn values(&self) -> [i64; 4] {
        [self.day.number().into(), self.term, self.came_from, signed(self.views)]
    }
}

impl SourceRow for PingRow {
    const TABLE: &str = "source_pings";
    const COLUMNS: &str =
        "day, term, user_agent, request, trust, status, requests, bytes, first_seen";
    const ADD: &str = "requests = requests + excluded.requests,
        bytes = iif(bytes <= 9223372036854775807 - excluded.bytes,
            bytes + excluded.bytes, 9223372036854775807),
        first_seen = min(first_seen, excluded.first_seen)";

    fn day(&self) -> Day {
        self.day
    }

    fn key(&self) -> impl Ord {
        (self.day, self.term, self.user_agent, self.request, self.trust, self.status)
    }

    fn add(&mut self, other: &PingRow) {
        self.requests = self.requests.saturating_add(other.requests);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.first_seen = self.first_seen.min(other.first_seen);
    }

    fn to_values(&self) -> Vec<Value> {
        self.values().map(Value::from).into()
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<PingRow> {
        Ok(PingRow {
            day: Day::from_number(row.get(0)?),
            term: row.get(1)?,
            user_agent: row.get(2)?,
            request: row.get(3)?,
            trust: value_of(row, 4, &Trust::ALL)?,
            status: value_of(row, 5, &StatusClass::ALL)?,
            requests: unsigned(row.get(6)?),
            bytes: unsigned(row.get(7)?),
            first_seen: row.get(8)?,
        })
    }
}

impl SourceRow for ViewRow {
    const TABLE: &str = "source_views";
    const COLUMNS: &str = "day, term, came_from, views";
    const ADD: &str = "views = views + excluded.views";

    fn day(&self) -> Day {
        self.day
    }

    fn key(&self) -> impl Ord {
        (self.day, self.term, self.came_from)
    }

    fn add(&mut self, other: &ViewRow) {
        self.views = self.views.saturating_add(other.views);
    }

    fn to_values(&self) -> Vec<Value> {
        self.values().map(Value::from).into()
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<ViewRow> {
        Ok(ViewRow {
            day: Day::from_number(row.get(0)?),
            term: row.get(1)?,
            came_from: row.get(2)?,
            views: unsigned(row.get(3)?),
        })
    }
}

impl CoverageRow {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<CoverageRow> {
        let count = |at: usize| row.get(at).map(unsigned);
        let day = Day::from_number(row.get(0)?);
        Ok(CoverageRow { day, lines: count(1)?, people: count(2)?, agents: count(3)? })
    }
}

/// A row of the table `failure`: requests of one user agent for one path on one day, with one status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRow {
    pub day: Day,
    /// The path without its query, or `(other)`.
    pub path: String,
    /// The user agent's id, or 0 for the missing one.
    pub user_agent: i64,
    /// The HTTP status.
    pub code: u16,
    pub requests: u64,
}

impl SourceRow for FailureRow {
    const TABLE: &str = "source_failure";
    const COLUMNS: &str = "day, path, user_agent, code, requests";
    const ADD: &str = "requests = requests + excluded.requests";

    fn day(&self) -> Day {
        self.day
    }

    fn key(&self) -> impl Ord {
        (self.day, &*self.path, self.user_agent, self.code)
    }

    fn add(&mut self, other: &FailureRow) {
        self.requests = self.requests.saturating_add(other.requests);
    }

    fn text_bytes(&self) -> usize {
        self.path.capacity()
    }

    fn to_values(&self) -> Vec<Value> {
        let FailureRow { day, path, user_agent, code, requests } = self;
        let day = i64::from(day.number());
        let (code, requests) = (i64::from(*code), signed(*requests));
        vec![day.into(), path.clone().into(), (*user_agent).into(), code.into(), requests.into()]
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<FailureRow> {
        Ok(FailureRow {
            day: Day::from_number(row.get(0)?),
            path: row.get(1)?,
            user_agent: row.get(2)?,
            code: row.get(3)?,
            requests: unsigned(row.get(4)?),
        })
    }
}

/// A row of the table `hour`: requests of one user agent in one hour of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourRow {
    pub day: Day,
    /// 0 to 23, in the site's time zone.
    pub hour: u8,
    /// The user agent's id, or 0 for the missing one.
    pub user_agent: i64,
    pub requests: u64,
}

impl HourRow {
    pub(super) fn values(&self) -> [i64; 4] {
        [self.day.number().into(), self.hour.into(), self.user_agent, signed(self.requests)]
    }

    /// Returns the rows of the hours that have requests.
    pub(super) fn of(
        day: Day,
        user_agent: i64,
        by_hour: &Hours,
    ) -> impl Iterator<Item = HourRow> + '_ {
        let used = (0..).zip(by_hour).filter(|(_, requests)| **requests > 0);
        used.map(move |(hour, requests)| {
            let requests = u64::from(*requests);
            HourRow { day, hour, user_agent, requests }
        })
    }
}

impl SourceRow for HourRow {
    const TABLE: &str = "source_hour";
    const COLUMNS: &str = "day, hour, user_agent, requests";
    const ADD: &str = "requests = requests + excluded.requests";

    fn day(&self) -> Day {
        self.day
    }

    fn key(&self) -> impl Ord {
        (self.day, self.hour, self.user_agent)
    }

    fn add(&mut self, other: &HourRow) {
        self.requests = self.requests.saturating_add(other.requests);
    }

    fn to_values(&self) -> Vec<Value> {
        self.values().map(Value::from).into()
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<HourRow> {
        let (day, requests) = (Day::from_number(row.get(0)?), unsigned(row.get(3)?));
        Ok(HourRow { day, hour: row.get(1)?, user_agent: row.get(2)?, requests })
    }
}

/// Returns the value that is stored as its index in `all`. Fails if another program has stored one that does not exist.
fn value_of<T: Copy>(row: &Row<'_>, column: usize, all: &[T]) -> rusqlite::Result<T> {
    let number: i64 = row.get(column)?;
    let found = usize::try_from(number).ok().and_then(|number| all.get(number));
    found.copied().ok_or(rusqlite::Error::IntegralValueOutOfRange(column, number))
}
