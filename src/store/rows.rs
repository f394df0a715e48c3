//! Reads pings, views and coverage, row by row.

use std::ops::Range;

use rusqlite::{Params, Row};

use crate::day::Day;
use crate::pages::StatusClass;
use crate::trust::Trust;

use super::connection::{Store, signed, unsigned};
use super::error::StoreError;

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
    /// The columns, in the order of [`PingRow::values`].
    pub(super) const COLUMNS: &str =
        "day, term, user_agent, request, trust, status, requests, bytes, first_seen";

    pub(super) fn values(&self) -> [i64; 9] {
        let PingRow { term, user_agent, request, first_seen, .. } = *self;
        let (day, trust, status) =
            (self.day.number().into(), self.trust as i64, self.status as i64);
        let (requests, bytes) = (signed(self.requests), signed(self.bytes));
        [day, term, user_agent, request, trust, status, requests, bytes, first_seen]
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<PingRow> {
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

impl ViewRow {
    /// The columns, in the order of [`ViewRow::values`].
    pub(super) const COLUMNS: &str = "day, term, came_from, views";

    pub(super) fn values(&self) -> [i64; 4] {
        [self.day.number().into(), self.term, self.came_from, signed(self.views)]
    }

    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<ViewRow> {
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

/// The covered days within two bounds. One look-up per day finds the rows of a term, since the key begins with the day.
const COVERED_DAYS: &str = "SELECT day FROM coverage WHERE day >= ?2 AND day < ?3";

impl Store {
    /// Calls `each` with every row of pings of one term in some days, in the order of days.
    pub fn each_ping_of(
        &self,
        term: i64,
        days: Range<Day>,
        mut each: impl FnMut(PingRow),
    ) -> Result<(), StoreError> {
        let query = format!(
            "SELECT {} FROM pings WHERE term = ?1 AND day IN ({COVERED_DAYS})",
            PingRow::COLUMNS
        );
        self.each(&query, (term, days.start.number(), days.end.number()), |row| {
            PingRow::from_row(row).map(&mut each)
        })
    }

    /// Calls `each` with every row of views of one term in some days, in the order of days.
    pub fn each_view_of(
        &self,
        term: i64,
        days: Range<Day>,
        mut each: impl FnMut(ViewRow),
    ) -> Result<(), StoreError> {
        let query = format!(
            "SELECT {} FROM views WHERE term = ?1 AND day IN ({COVERED_DAYS})",
            ViewRow::COLUMNS
        );
        self.each(&query, (term, days.start.number(), days.end.number()), |row| {
            ViewRow::from_row(row).map(&mut each)
        })
    }

    /// Calls `each` with every row of pings of some days, in the order of their key.
    pub fn each_ping_in(
        &self,
        days: Range<Day>,
        mut each: impl FnMut(PingRow),
    ) -> Result<(), StoreError> {
        let query = format!("SELECT {} FROM pings WHERE day >= ?1 AND day < ?2", PingRow::COLUMNS);
        self.each(&query, day_numbers(&days), |row| PingRow::from_row(row).map(&mut each))
    }

    /// Calls `each` with every row of views of some days, in the order of their key.
    pub fn each_view_in(
        &self,
        days: Range<Day>,
        mut each: impl FnMut(ViewRow),
    ) -> Result<(), StoreError> {
        let query = format!("SELECT {} FROM views WHERE day >= ?1 AND day < ?2", ViewRow::COLUMNS);
        self.each(&query, day_numbers(&days), |row| ViewRow::from_row(row).map(&mut each))
    }

    /// Returns the covered days, in order.
    pub fn coverage(&self) -> Result<Vec<CoverageRow>, StoreError> {
        let query = "SELECT day, lines, people, agents FROM coverage ORDER BY day";
        self.rows(query, [], CoverageRow::from_row)
    }

    pub(super) fn each(
        &self,
        query: &str,
        params: impl Params,
        mut each: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let run = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare_cached(query)?;
            let mut rows = statement.query(params)?;
            while let Some(row) = rows.next()? {
                each(row)?;
            }
            Ok(())
        };
        run().map_err(|error| self.error(error))
    }
}

/// Returns the value that is stored as its index in `all`. Fails if another program has stored one that does not exist.
fn value_of<T: Copy>(row: &Row<'_>, column: usize, all: &[T]) -> rusqlite::Result<T> {
    let number: i64 = row.get(column)?;
    let found = usize::try_from(number).ok().and_then(|number| all.get(number));
    found.copied().ok_or(rusqlite::Error::IntegralValueOutOfRange(column, number))
}

fn day_numbers(days: &Range<Day>) -> [i32; 2] {
    [days.start.number(), days.end.number()]
}
