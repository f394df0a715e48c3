//! Reads what the store holds: rows as they are, counting nothing.

use std::ops::Range;

use rusqlite::{OptionalExtension, Params, Row, Transaction};

use crate::classify::{StatusClass, Trust};
use crate::day::Day;
use crate::source::{Cursor, Mark};

use super::Store;
use super::error::StoreError;
use super::rows::{Kept, PingCells};
use super::span::{NUMBER_MAX, SPANS_OF_DAYS, SpanKey, group_of, next_number, start_of};

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

/// While it is held, all that is read of a store is of the moment of the first question, whatever is written meanwhile.
#[derive(Debug)]
pub struct Snapshot<'s> {
    _reading: Transaction<'s>,
}

/// A part of all terms, of which every row is read before those of the next.
#[derive(Clone, Copy, Debug)]
pub struct Share(i64);

impl Share {
    /// How many there are: what is added up of one should stay in the processor's cache.
    const COUNT: i64 = 16;

    /// All of them.
    pub fn all() -> impl Iterator<Item = Share> {
        (0..Share::COUNT).map(Share)
    }

    fn groups(self) -> Range<i64> {
        let start = |share: i64| share * SPANS_OF_DAYS / Share::COUNT;
        start(self.0)..start(self.0 + 1)
    }
}

impl Store {
    /// Holds fast what is read from now on.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        let begun = self.connection.unchecked_transaction();
        let snapshot = begun.map(|reading| Snapshot { _reading: reading });
        snapshot.map_err(|error| StoreError::from(error).at(self.path()))
    }

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

    /// What the store holds, as one text: another after each change.
    pub fn state(&self) -> Result<String, StoreError> {
        let query = "SELECT value FROM meta WHERE name = 'state'";
        let state = self.connection.query_row(query, [], |row| row.get(0));
        state.map_err(|error| StoreError::from(error).at(self.path()))
    }

    /// Whether the DNS was asked for the names of addresses that are counted here.
    pub fn has_asked_names(&self) -> Result<bool, StoreError> {
        let query = "SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'names_asked')";
        let asked = self.connection.query_row(query, [], |row| row.get(0));
        asked.map_err(|error| StoreError::from(error).at(self.path()))
    }

    /// All terms with their ids.
    pub fn terms(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.texts("SELECT id, name FROM term WHERE id != 0 ORDER BY name")
    }

    /// All user agents with their ids.
    pub fn user_agents(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.texts("SELECT id, text FROM user_agent")
    }

    /// Some user agents with their ids, each once.
    pub fn user_agents_of(
        &self,
        ids: impl Iterator<Item = i64>,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let mut ids: Vec<i64> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        let query = "SELECT id, text FROM user_agent WHERE id IN (SELECT value FROM json_each(?1))";
        let ids = serde_json::to_string(&ids).expect("numbers");
        self.rows(query, [ids], |row| Ok((row.get(0)?, row.get(1)?)))
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

    /// Hands out every row of one term, in the order of days.
    pub fn each_row_of(
        &self,
        term: i64,
        mut ping: impl FnMut(PingRow),
        mut view: impl FnMut(ViewRow),
    ) -> Result<(), StoreError> {
        let ping = |row: PingRow| {
            if row.term == term {
                ping(row)
            }
        };
        let view = |row: ViewRow| {
            if row.term == term {
                view(row)
            }
        };
        let (group, _) = group_of(term);
        self.each_span(group..group + 1, ping, view)
    }

    /// Hands out every row of agents' requests and of views of a share of all terms: all together may be more than fit
    /// into memory. In the first are those under term 0, what agents asked for beside the terms.
    pub fn each_row_in(
        &self,
        share: Share,
        ping: impl FnMut(PingRow),
        view: impl FnMut(ViewRow),
    ) -> Result<(), StoreError> {
        self.each_span(share.groups(), ping, view)
    }

    /// Reads the spans of some groups of terms, which of each few days stand together.
    fn each_span(
        &self,
        groups: Range<i64>,
        mut ping: impl FnMut(PingRow),
        mut view: impl FnMut(ViewRow),
    ) -> Result<(), StoreError> {
        let mut run = || -> rusqlite::Result<()> {
            let spans =
                "SELECT key, pings, views FROM spans WHERE key BETWEEN ?1 AND ?2 ORDER BY key";
            let mut spans = self.connection.prepare_cached(spans)?;
            let mut from = Some(groups.start);
            while let Some(first) = from.take() {
                let mut found = spans.query([first, NUMBER_MAX])?;
                while let Some(row) = found.next()? {
                    let number = row.get(0)?;
                    if !groups.contains(&SpanKey::of_number(number).group()) {
                        from = Some(next_number(groups.start, number));
                        break;
                    }
                    read_span(row, &mut ping, &mut view)?;
                }
            }
            Ok(())
        };
        run().map_err(|error| StoreError::from(error).at(self.path()))
    }

    /// What was carried over for one term.
    pub fn carried_of(&self, term: i64) -> Result<Vec<Carried>, StoreError> {
        self.rows("SELECT term, family, pings FROM carried WHERE term = ?1", [term], carry)
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

    pub(super) fn rows<T>(
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

/// Hands out the rows of a span, which is a row of the query above.
fn read_span(
    row: &Row<'_>,
    mut ping: impl FnMut(PingRow),
    mut view: impl FnMut(ViewRow),
) -> rusqlite::Result<()> {
    let span = SpanKey::of_number(row.get(0)?);
    Kept::of(row, 1)?.each(|cells| ping_row(span, &cells).map(&mut ping))?;
    Kept::of(row, 2)?.each(|[place, came_from, views]| {
        let (term, day) = span.term_and_day(place);
        view(ViewRow { term, day, came_from, views: unsigned(views) });
        Ok(())
    })
}

fn ping_row(span: SpanKey, cells: &PingCells) -> rusqlite::Result<PingRow> {
    let &[place, user_agent, request, trust, status, requests, _bytes, first] = cells;
    let (term, day) = span.term_and_day(place);
    Ok(PingRow {
        term,
        day,
        user_agent,
        request,
        trust: one_of(trust, &Trust::ALL)?,
        status: one_of(status, &StatusClass::ALL)?,
        requests: unsigned(requests),
        first: start_of(day).saturating_add(first),
    })
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
fn one_of<T: Copy>(number: i64, all: &[T]) -> rusqlite::Result<T> {
    const PINGS: usize = 1; // The column of a span's pings, in the query above.
    let found = usize::try_from(number).ok().and_then(|number| all.get(number));
    found.copied().ok_or_else(|| rusqlite::Error::IntegralValueOutOfRange(PINGS, number))
}

fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    Ok(unsigned(row.get(at)?))
}

/// Counts are stored as signed integers, and are never negative.
fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
