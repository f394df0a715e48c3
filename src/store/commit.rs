//! Writes a batch: the tallies and the cursor of a log, in one transaction.

use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};

use crate::day::Day;
use crate::interner::Interner;
use crate::overlap::LineAnchor;
use crate::tally::{DayCoverage, Tally};

use super::anchors::write_anchors;
use super::by_source::write_lines;
use super::connection::{Store, signed};
use super::cursors::{NewCursor, write_cursor};
use super::error::StoreError;
use super::failures::FailureSums;
use super::hours::write_hours;
use super::rows::{PingRow, ViewRow};
use super::schema::NEW_STATE;
use super::text_ids::{StoreIds, TextIds};
use super::upsert::Tables;

/// The names behind the numbers that all tallies share.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// Request types, by number.
    pub request_types: &'a [String],
    /// Sources that people come from, by number.
    pub came_from: &'a [String],
}

/// The part of a log that was read since the last commit.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The counts of each worker.
    pub tallies: Vec<Tally>,
    pub labels: Labels<'a>,
    pub cursor: NewCursor<'a>,
    /// The anchors of its lines, without those of `tail`.
    pub anchors: Vec<LineAnchor>,
    /// The anchors of the log's last lines.
    pub tail: Vec<LineAnchor>,
}

impl Store {
    /// Adds a batch and moves its log's cursor, in one transaction: both or neither. Returns the cursor's id.
    pub fn commit(&mut self, batch: Batch<'_>) -> Result<i64, StoreError> {
        let written = write(&mut self.connection, &mut self.ids, self.is_by_source, batch);
        if written.is_err() {
            self.ids = StoreIds::default(); // The ids of new texts are gone with the transaction.
        }
        written.map_err(|error| self.error(error))
    }
}

fn write(
    connection: &mut Connection,
    ids: &mut StoreIds,
    is_by_source: bool,
    batch: Batch<'_>,
) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Batch { tallies, labels, cursor, anchors, tail } = batch;
    let label_ids = |ids: &mut TextIds, texts: &[String]| -> rusqlite::Result<Vec<i64>> {
        texts.iter().map(|text| ids.id(&transaction, text)).collect()
    };
    let id = write_cursor(&transaction, &cursor)?;
    let tables = Tables { source: is_by_source.then_some(id) };
    let request_types = label_ids(&mut ids.request_types, labels.request_types)?;
    let came_from = label_ids(&mut ids.came_from, labels.came_from)?;
    let (mut pings, mut views) = (Vec::new(), Vec::new());
    let (mut failures, mut hours) = (FailureSums::default(), Vec::new());
    write_lines(&transaction, tables, &tallies)?;
    let texts: Vec<_> = tallies.iter().map(|tally| Arc::clone(&tally.texts)).collect();
    for (mut tally, texts) in tallies.into_iter().zip(&texts) {
        write_coverage(&transaction, tables, tally.counts.coverage.iter())?;
        let mut terms = Lookup::new(&texts.terms, &mut ids.terms, &transaction);
        let mut user_agents = Lookup::new(&texts.user_agents, &mut ids.user_agents, &transaction);
        let counts = std::mem::take(&mut tally.counts);
        pings.reserve(counts.pings.len());
        for (key, count) in counts.pings {
            pings.push(PingRow {
                day: key.day,
                term: terms.id(key.term)?,
                user_agent: user_agents.id(key.user_agent)?,
                request: request_types[usize::from(key.request)],
                trust: tally.trust(key.trust),
                status: key.status,
                requests: count.requests,
                bytes: count.bytes,
                first_seen: count.first_seen,
            });
        }
        for (key, views_of) in counts.views {
            let (term, came_from) = (terms.id(key.term)?, came_from[usize::from(key.came_from)]);
            views.push(ViewRow { day: key.day, term, came_from, views: views_of });
        }
        for (key, requests) in counts.failures {
            let user_agent = user_agents.id(key.user_agent)?;
            let path = texts.paths.text(key.failure.path);
            failures.add(key.day, path, user_agent, key.failure.code, requests);
        }
        for (day, user_agent, by_hour) in counts.hours.rows() {
            hours.push((day, user_agents.id(user_agent)?, *by_hour));
        }
    }
    failures.write(&transaction, tables)?;
    write_hours(&transaction, tables, &hours)?;
    write_pings(&transaction, tables, pings)?;
    write_views(&transaction, tables, views)?;
    write_anchors(&transaction, id, &anchors, &tail)?;
    transaction.execute_batch(NEW_STATE)?;
    transaction.commit()?;
    Ok(id)
}

/// The store's ids by a tally's own numbers. Only texts that the counts refer to are looked up.
struct Lookup<'l> {
    texts: &'l Interner,
    table: &'l mut TextIds,
    connection: &'l Connection,
    ids: Vec<Option<i64>>,
}

impl<'l> Lookup<'l> {
    fn new(texts: &'l Interner, table: &'l mut TextIds, connection: &'l Connection) -> Lookup<'l> {
        Lookup { texts, table, connection, ids: vec![None; texts.len()] }
    }

    fn id(&mut self, number: u32) -> rusqlite::Result<i64> {
        if let Some(id) = self.ids[number as usize] {
            return Ok(id);
        }
        let id = self.table.id(self.connection, self.texts.text(number))?;
        self.ids[number as usize] = Some(id);
        Ok(id)
    }
}

/// Writes rows in the order of the table's key, so that neighbouring pages are written one after the other.
///
/// A log can claim any response size. Sums saturate at the largest integer, since SQLite would go on in floating point.
pub(super) fn write_pings(
    connection: &Connection,
    tables: Tables,
    mut rows: Vec<PingRow>,
) -> rusqlite::Result<()> {
    let key =
        |row: &PingRow| (row.day, row.term, row.user_agent, row.request, row.trust, row.status);
    rows.sort_unstable_by_key(key);
    // Several workers may have counted the same key.
    rows.dedup_by(|next, row| {
        let is_same = key(next) == key(row);
        if is_same {
            row.requests += next.requests;
            row.bytes = row.bytes.saturating_add(next.bytes);
            row.first_seen = row.first_seen.min(next.first_seen);
        }
        is_same
    });
    let add = "requests = requests + excluded.requests,
        bytes = iif(bytes <= 9223372036854775807 - excluded.bytes,
            bytes + excluded.bytes, 9223372036854775807),
        first_seen = min(first_seen, excluded.first_seen)";
    let columns = PingRow::COLUMNS;
    tables.upsert::<_, 9, 10>(connection, "pings", columns, add, &rows, PingRow::values)
}

pub(super) fn write_views(
    connection: &Connection,
    tables: Tables,
    mut rows: Vec<ViewRow>,
) -> rusqlite::Result<()> {
    rows.sort_unstable_by_key(|row| (row.day, row.term, row.came_from));
    let add = "views = views + excluded.views";
    let columns = ViewRow::COLUMNS;
    tables.upsert::<_, 4, 5>(connection, "views", columns, add, &rows, ViewRow::values)
}

pub(super) fn write_coverage<'d>(
    connection: &Connection,
    tables: Tables,
    days: impl Iterator<Item = (&'d Day, &'d DayCoverage)>,
) -> rusqlite::Result<()> {
    let days: Vec<_> = days.collect();
    let add = "lines = lines + excluded.lines, people = people + excluded.people,
        agents = agents + excluded.agents";
    let columns = "day, lines, people, agents";
    tables.upsert::<_, 4, 5>(connection, "coverage", columns, add, &days, |(day, coverage)| {
        let DayCoverage { lines, people, agents } = **coverage;
        [i64::from(day.number()), signed(lines), signed(people), signed(agents)]
    })
}
