//! Reads what the store holds: rows as they are, counting nothing.

use rusqlite::{OptionalExtension, Params, Row};

use crate::classify::{StatusClass, Trust};
use crate::day::Day;
use crate::source::{Cursor, Mark};

use super::Store;
use super::error::StoreError;

/// A cursor in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCursor {
    /// Its id.
    pub id: i64,
    /// Where it stands.
    pub cursor: Cursor,
    /// The format that was found.
    pub format: Option<String>,
    /// Where the stream was last met.
    pub name: String,
}

/// Requests of one user agent on one day for one term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PingRow {
    /// The term's id.
    pub term: i64,
    /// The civil day.
    pub day: Day,
    /// The user agent's id.
    pub user_agent: i64,
    /// The request type's id.
    pub request: i64,
    /// Whether the address may speak for the agent.
    pub trust: Trust,
    /// How the requests were answered.
    pub status: StatusClass,
    /// How many there were.
    pub requests: u64,
    /// The first of them, in seconds since the Unix epoch.
    pub first: i64,
}

/// Views of one term on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewRow {
    /// The term's id.
    pub term: i64,
    /// The civil day.
    pub day: Day,
    /// The id of where people came from.
    pub came_from: i64,
    /// How many there were.
    pub views: u64,
}

/// What a day's log covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoverageRow {
    /// The civil day.
    pub day: Day,
    /// Records of that day.
    pub lines: u64,
    /// Requests of people.
    pub people: u64,
    /// Requests of agents.
    pub agents: u64,
}

/// A count from before there were logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The term's id.
    pub term: i64,
    /// The family that it was given to.
    pub family: String,
    /// How many pings.
    pub pings: u64,
}

/// The rows that a question needs.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// Requests of agents.
    pub pings: Vec<PingRow>,
    /// Views of people.
    pub views: Vec<ViewRow>,
    /// Counts carried over.
    pub carried: Vec<Carried>,
}

impl Store {
    /// All cursors.
    pub fn cursors(&self) -> Result<Vec<KnownCursor>, StoreError> {
        let query =
            "SELECT id, head_len, head_hash, offset, tail_hash, line_hashes, marks, format, name
                     FROM cursor";
        self.rows(query, [], |row| {
            let marks = numbers(row, 6)?;
            let mark = |pair: &[u64; 2]| Mark { offset: pair[0], tail_hash: pair[1] };
            let cursor = Cursor {
                head_len: count(row, 1)?,
                head_hash: row.get::<_, i64>(2)?.cast_unsigned(),
                offset: count(row, 3)?,
                tail_hash: row.get::<_, i64>(4)?.cast_unsigned(),
                line_hashes: numbers(row, 5)?,
                marks: marks.as_chunks::<2>().0.iter().map(mark).collect(),
            };
            Ok(KnownCursor { id: row.get(0)?, cursor, format: row.get(7)?, name: row.get(8)? })
        })
    }

    /// All terms with their ids.
    pub fn terms(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.texts("SELECT id, name FROM term WHERE id != 0 ORDER BY name")
    }

    /// All user agents with their ids.
    pub fn user_agents(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.texts("SELECT id, text FROM user_agent")
    }

    /// The user agents that a term's rows name, with their ids.
    pub fn user_agents_of(&self, rows: &[PingRow]) -> Result<Vec<(i64, String)>, StoreError> {
        let mut ids: Vec<i64> = rows.iter().map(|row| row.user_agent).collect();
        ids.sort_unstable();
        ids.dedup();
        let text = |id| {
            let query = "SELECT id, text FROM user_agent WHERE id = ?1";
            self.rows(query, [id], |row| Ok((row.get(0)?, row.get(1)?)))
        };
        ids.into_iter().map(text).collect::<Result<Vec<_>, _>>().map(|texts| texts.concat())
    }

    /// All request types with their ids.
    pub fn request_types(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.texts("SELECT id, name FROM request_type")
    }

    /// Where people come from, with ids.
    pub fn came_from(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.texts("SELECT id, name FROM came_from")
    }

    /// The id of a term.
    pub fn term_id(&self, term: &str) -> Result<Option<i64>, StoreError> {
        let query = "SELECT id FROM term WHERE name = ?1 AND id != 0";
        let found = self.connection.query_row(query, [term], |row| row.get(0)).optional();
        found.map_err(|error| StoreError::from(error).at(self.path()))
    }

    /// Every row of one term, in the order of days.
    pub fn term_rows(&self, term: i64) -> Result<Stored, StoreError> {
        let pings = "SELECT term, day, user_agent, request, trust, status, requests, first
                     FROM pings WHERE term = ?1";
        let views = "SELECT term, day, came_from, views FROM views WHERE term = ?1";
        let carried = "SELECT term, family, pings FROM carried WHERE term = ?1";
        Ok(Stored {
            pings: self.rows(pings, [term], ping)?,
            views: self.rows(views, [term], view)?,
            carried: self.rows(carried, [term], carry)?,
        })
    }

    /// Hands out every row of agents' requests, in the order of terms and days: there may be more than fit
    /// into memory. Those under term 0 are what agents asked for beside the terms.
    pub fn each_ping(&self, visit: impl FnMut(PingRow)) -> Result<(), StoreError> {
        let query =
            "SELECT term, day, user_agent, request, trust, status, requests, first FROM pings
                     ORDER BY term, day";
        self.each(query, ping, visit)
    }

    /// Hands out every row of views, in the order of terms and days.
    pub fn each_view(&self, visit: impl FnMut(ViewRow)) -> Result<(), StoreError> {
        let query = "SELECT term, day, came_from, views FROM views ORDER BY term, day";
        self.each(query, view, visit)
    }

    /// All counts carried over.
    pub fn carried(&self) -> Result<Vec<Carried>, StoreError> {
        self.rows("SELECT term, family, pings FROM carried", [], carry)
    }

    /// What the days' logs cover, in order.
    pub fn coverage(&self) -> Result<Vec<CoverageRow>, StoreError> {
        self.rows("SELECT day, lines, people, agents FROM coverage ORDER BY day", [], |row| {
            let (lines, people, agents) = (count(row, 1)?, count(row, 2)?, count(row, 3)?);
            Ok(CoverageRow { day: Day::from_number(row.get(0)?), lines, people, agents })
        })
    }

    fn texts(&self, query: &str) -> Result<Vec<(i64, String)>, StoreError> {
        self.rows(query, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn each<T>(
        &self,
        query: &str,
        read: fn(&Row<'_>) -> rusqlite::Result<T>,
        mut visit: impl FnMut(T),
    ) -> Result<(), StoreError> {
        let mut run = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare_cached(query)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                visit(read(row)?);
            }
            Ok(())
        };
        run().map_err(|error| StoreError::from(error).at(self.path()))
    }

    fn rows<T>(
        &self,
        query: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let run = || -> rusqlite::Result<Vec<T>> {
            self.connection.prepare_cached(query)?.query_map(params, read)?.collect()
        };
        run().map_err(|error| StoreError::from(error).at(self.path()))
    }
}

fn ping(row: &Row<'_>) -> rusqlite::Result<PingRow> {
    Ok(PingRow {
        term: row.get(0)?,
        day: Day::from_number(row.get(1)?),
        user_agent: row.get(2)?,
        request: row.get(3)?,
        trust: one_of(row, 4, &Trust::ALL)?,
        status: one_of(row, 5, &StatusClass::ALL)?,
        requests: count(row, 6)?,
        first: row.get(7)?,
    })
}

fn view(row: &Row<'_>) -> rusqlite::Result<ViewRow> {
    let (term, day, came_from) = (row.get(0)?, Day::from_number(row.get(1)?), row.get(2)?);
    Ok(ViewRow { term, day, came_from, views: count(row, 3)? })
}

fn carry(row: &Row<'_>) -> rusqlite::Result<Carried> {
    Ok(Carried { term: row.get(0)?, family: row.get(1)?, pings: count(row, 2)? })
}

/// Numbers of 64 bits, one behind the other.
fn numbers(row: &Row<'_>, at: usize) -> rusqlite::Result<Vec<u64>> {
    let bytes: Vec<u8> = row.get(at)?;
    Ok(bytes.as_chunks::<8>().0.iter().map(|eight| u64::from_le_bytes(*eight)).collect())
}

/// A value that is stored as its number.
fn one_of<T: Copy>(row: &Row<'_>, at: usize, all: &[T]) -> rusqlite::Result<T> {
    let number: i64 = row.get(at)?;
    let found = usize::try_from(number).ok().and_then(|number| all.get(number));
    found.copied().ok_or(rusqlite::Error::IntegralValueOutOfRange(at, number))
}

/// Counts are stored as signed integers, and are never negative.
fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(at)?).unwrap_or(0))
}
