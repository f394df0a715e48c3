//! Writes a batch: the tallies and the cursor of a log, in one transaction.

use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};

use crate::classify::Texts;
use crate::day::Day;
use crate::interner::Interner;
use crate::overlap::LineAnchor;
use crate::tally::{DayCoverage, Lines, Tally};

use super::anchors::write_anchors;
use super::connection::Store;
use super::cursors::{NewCursor, write_cursor};
use super::error::StoreError;
use super::failures::FailureSums;
use super::hours::write_hours;
use super::integers::signed;
use super::rows::{HourRow, PingRow, ViewRow};
use super::schema::NEW_STATE;
use super::source_counts::SourceCounts;
use super::source_rows::{SourceRow, sum_by_key};
use super::text_ids::{StoreIds, TextIds};
use super::upsert::upsert;

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

/// The rows of a batch.
struct BatchRows<'t> {
    lines: Lines,
    coverage: Vec<(Day, DayCoverage)>,
    pings: Vec<PingRow>,
    views: Vec<ViewRow>,
    failures: FailureSums<'t>,
    hours: Vec<HourRow>,
}

impl Store {
    /// Adds a batch and moves its log's cursor, in one transaction: both or neither. Returns the cursor's id.
    pub fn commit(&mut self, batch: Batch<'_>) -> Result<i64, StoreError> {
        let Store { connection, ids, sources, .. } = self;
        let written = write(connection, ids, sources.as_mut(), batch);
        if written.is_err() {
            self.ids = StoreIds::default(); // The ids of new texts are gone with the transaction.
        }
        written.map_err(|error| self.error(error))
    }
}

/// Writes a batch to the tables, or its counts to `sources`.
fn write(
    connection: &mut Connection,
    ids: &mut StoreIds,
    sources: Option<&mut SourceCounts>,
    batch: Batch<'_>,
) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let Batch { tallies, labels, cursor, anchors, tail } = batch;
    let id = write_cursor(&transaction, &cursor)?;
    write_anchors(&transaction, id, &anchors, &tail)?;
    let texts: Vec<_> = tallies.iter().map(|tally| Arc::clone(&tally.texts)).collect();
    let rows = BatchRows::new(&transaction, ids, labels, tallies, &texts)?;
    let Some(sources) = sources else {
        rows.write(&transaction)?;
        transaction.execute_batch(NEW_STATE)?;
        transaction.commit()?;
        return Ok(id);
    };
    transaction.commit()?;
    let BatchRows { lines, coverage, pings, views, failures, hours } = rows;
    sources.add_lines(id, &lines, coverage);
    let number = sources.number_of(id);
    sources.pings.add(number, pings);
    sources.views.add(number, views);
    sources.failures.add(number, failures.into_rows());
    sources.hours.add(number, hours);
    sources.bound(connection)?;
    Ok(id)
}

impl<'t> BatchRows<'t> {
    /// Returns the counts of all workers. `texts` are those of their tallies. Texts that are new to the store get their ids.
    fn new(
        connection: &Connection,
        ids: &mut StoreIds,
        labels: Labels<'_>,
        tallies: Vec<Tally>,
        texts: &'t [Arc<Texts>],
    ) -> rusqlite::Result<BatchRows<'t>> {
        let label_ids = |ids: &mut TextIds, texts: &[String]| -> rusqlite::Result<Vec<i64>> {
            texts.iter().map(|text| ids.id(connection, text)).collect()
        };
        let request_types = label_ids(&mut ids.request_types, labels.request_types)?;
        let came_from = label_ids(&mut ids.came_from, labels.came_from)?;
        let mut rows = BatchRows {
            lines: Lines::default(),
            coverage: Vec::new(),
            pings: Vec::new(),
            views: Vec::new(),
            failures: FailureSums::default(),
            hours: Vec::new(),
        };
        for (mut tally, texts) in tallies.into_iter().zip(texts) {
            let mut terms = Lookup::new(&texts.terms, &mut ids.terms, connection);
            let mut user_agents = Lookup::new(&texts.user_agents, &mut ids.user_agents, connection);
            let counts = std::mem::take(&mut tally.counts);
            rows.lines += &counts.lines;
            rows.coverage.extend(counts.coverage);
            rows.pings.reserve(counts.pings.len());
            for (key, count) in counts.pings {
                rows.pings.push(PingRow {
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
            for (key, views) in counts.views {
                let (term, came_from) =
                    (terms.id(key.term)?, came_from[usize::from(key.came_from)]);
                rows.views.push(ViewRow { day: key.day, term, came_from, views });
            }
            for (key, requests) in counts.failures {
                let user_agent = user_agents.id(key.user_agent)?;
                let path = texts.paths.text(key.failure.path);
                rows.failures.add(key.day, path, user_agent, key.failure.code, requests);
            }
            for (day, user_agent, by_hour) in counts.hours.rows() {
                rows.hours.extend(HourRow::of(day, user_agents.id(user_agent)?, by_hour));
            }
        }
        Ok(rows)
    }

    /// Adds the rows to the tables.
    fn write(self, connection: &Connection) -> rusqlite::Result<()> {
        write_coverage(connection, &self.coverage)?;
        self.failures.write(connection)?;
        write_hours(connection, self.hours)?;
        write_pings(connection, self.pings)?;
        write_views(connection, self.views)
    }
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
pub(super) fn write_pings(connection: &Connection, mut rows: Vec<PingRow>) -> rusqlite::Result<()> {
    // Several workers may have counted the same key.
    sum_by_key(&mut rows);
    upsert(connection, "pings", PingRow::COLUMNS, PingRow::ADD, &rows, PingRow::values)
}

pub(super) fn write_views(connection: &Connection, mut rows: Vec<ViewRow>) -> rusqlite::Result<()> {
    rows.sort_unstable_by_key(|row| (row.day, row.term, row.came_from));
    upsert(connection, "views", ViewRow::COLUMNS, ViewRow::ADD, &rows, ViewRow::values)
}

pub(super) fn write_coverage(
    connection: &Connection,
    days: &[(Day, DayCoverage)],
) -> rusqlite::Result<()> {
    let add = "lines = lines + excluded.lines, people = people + excluded.people,
        agents = agents + excluded.agents";
    let columns = "day, lines, people, agents";
    upsert(connection, "coverage", columns, add, days, |(day, coverage)| {
        let DayCoverage { lines, people, agents } = *coverage;
        [i64::from(day.number()), signed(lines), signed(people), signed(agents)]
    })
}
