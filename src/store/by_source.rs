//! Keeps the counts of each source apart, in a store that lives as long as a scan.

use std::ops::AddAssign;
use std::path::Path;

use rusqlite::Connection;

use crate::day::Day;
use crate::interner::Map;
use crate::overlap::LineAnchor;
use crate::tally::{Lines, Tally};

use super::connection::{Store, signed, unsigned};
use super::cursors::KnownCursor;
use super::error::StoreError;
use super::failures::FailureRow;
use super::hours::HourRow;
use super::rows::{CoverageRow, PingRow, ViewRow};
use super::upsert::{Tables, upsert};

/// The statements that create the tables of sources.
const TABLES: &str = include_str!("by_source.sql");

/// The memory for pages of a scan. They are written in the order of sources, so few are in use.
const CACHE_KIB: i64 = 16_000;

/// An anchor of a source, and whether it is one of its last lines.
pub type SourceAnchor = (LineAnchor, bool);

/// The lines of a source: lines = pings + views + other + blank + malformed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceLines {
    pub lines: u64,
    /// The decoded bytes of the lines.
    pub bytes: u64,
    pub pings: u64,
    pub views: u64,
    pub other: u64,
    pub blank: u64,
    pub malformed: u64,
}

impl SourceLines {
    /// Returns how many lines are records.
    pub fn records(&self) -> u64 {
        self.pings.saturating_add(self.views).saturating_add(self.other)
    }

    /// Returns whether every line was counted exactly once.
    pub fn is_balanced(&self) -> bool {
        let counted = self.records().saturating_add(self.blank).saturating_add(self.malformed);
        self.lines == counted
    }
}

impl AddAssign<&SourceLines> for SourceLines {
    /// Adds the lines of another source. A file may claim any number, so sums stop at the largest integer.
    fn add_assign(&mut self, other: &SourceLines) {
        self.lines = self.lines.saturating_add(other.lines);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.pings = self.pings.saturating_add(other.pings);
        self.views = self.views.saturating_add(other.views);
        self.other = self.other.saturating_add(other.other);
        self.blank = self.blank.saturating_add(other.blank);
        self.malformed = self.malformed.saturating_add(other.malformed);
    }
}

/// Adds the lines of a batch to those of its source, if the tables are of one.
pub(super) fn write_lines(
    connection: &Connection,
    tables: Tables,
    tallies: &[Tally],
) -> rusqlite::Result<()> {
    let Some(source) = tables.source else { return Ok(()) };
    let mut sum = Lines::default();
    tallies.iter().for_each(|tally| sum += &tally.counts.lines);
    let columns = ["lines", "bytes", "pings", "views", "other", "blank", "malformed"];
    let add = columns.map(|column| format!("{column} = {column} + excluded.{column}")).join(", ");
    let columns = format!("source, {}", columns.join(", "));
    upsert(connection, "source_lines", &columns, &add, &[sum], |sum| {
        let counts = [sum.lines, sum.bytes, sum.pings, sum.views, sum.other, sum.blank];
        let [lines, bytes, pings, views, other, blank] = counts.map(signed);
        [source, lines, bytes, pings, views, other, blank, signed(sum.malformed_total())]
    })
}

impl Store {
    /// Creates a store at `path` that keeps the counts of each source apart. It has no journal, since nobody reads it after a
    /// crash.
    pub fn create_by_source(path: &Path, timezone: &str) -> Result<Store, StoreError> {
        Store::remove(path);
        let mut store = Store::open_or_create(path, timezone)?;
        store.is_by_source = true;
        let create = || -> rusqlite::Result<()> {
            store.connection.execute_batch(TABLES)?;
            store.connection.pragma_update(None, "journal_mode", "OFF")?;
            store.connection.pragma_update(None, "synchronous", "OFF")?;
            store.connection.pragma_update(None, "cache_size", -CACHE_KIB)
        };
        create().map_err(|error| store.error(error))?;
        Ok(store)
    }

    /// Returns all sources, by name.
    pub fn sources(&self) -> Result<Vec<KnownCursor>, StoreError> {
        self.all_cursors("ORDER BY name, head_hash, offset")
    }

    /// Returns the anchors of a source, in the order of its lines.
    pub fn anchors_of(&self, source: i64) -> Result<Vec<SourceAnchor>, StoreError> {
        let query = "SELECT second, hash, visitor, line, is_tail FROM anchor WHERE cursor = ?1 ORDER BY line";
        self.rows(query, [source], |row| {
            let (second, hash, visitor) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let line = unsigned(row.get(3)?);
            Ok((LineAnchor { second, hash, visitor, line }, row.get(4)?))
        })
    }

    /// Returns where the lines of each source went.
    pub fn lines_of_sources(&self) -> Result<Map<i64, SourceLines>, StoreError> {
        let query =
            "SELECT source, lines, bytes, pings, views, other, blank, malformed FROM source_lines";
        let rows = self.rows(query, [], |row| {
            let count = |at: usize| row.get(at).map(unsigned);
            let lines = SourceLines {
                lines: count(1)?,
                bytes: count(2)?,
                pings: count(3)?,
                views: count(4)?,
                other: count(5)?,
                blank: count(6)?,
                malformed: count(7)?,
            };
            Ok((row.get(0)?, lines))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// Returns the covered days of a source, in order.
    pub fn coverage_of_source(&self, source: i64) -> Result<Vec<CoverageRow>, StoreError> {
        let query =
            "SELECT day, lines, people, agents FROM source_coverage WHERE source = ?1 ORDER BY day";
        self.rows(query, [source], CoverageRow::from_row)
    }

    /// Returns the pings of a source on one day.
    pub fn pings_of_source(&self, source: i64, day: Day) -> Result<Vec<PingRow>, StoreError> {
        let columns = PingRow::COLUMNS;
        let query = format!("SELECT {columns} FROM source_pings WHERE source = ?1 AND day = ?2");
        self.rows(&query, (source, day.number()), PingRow::from_row)
    }

    /// Returns the views of a source on one day.
    pub fn views_of_source(&self, source: i64, day: Day) -> Result<Vec<ViewRow>, StoreError> {
        let columns = ViewRow::COLUMNS;
        let query = format!("SELECT {columns} FROM source_views WHERE source = ?1 AND day = ?2");
        self.rows(&query, (source, day.number()), ViewRow::from_row)
    }

    /// Returns the failed requests of a source on one day.
    pub fn failures_of_source(&self, source: i64, day: Day) -> Result<Vec<FailureRow>, StoreError> {
        let query = "SELECT day, path, user_agent, code, requests FROM source_failure
                     WHERE source = ?1 AND day = ?2";
        self.rows(query, (source, day.number()), FailureRow::from_row)
    }

    /// Returns the requests of a source by hour on one day.
    pub fn hours_of_source(&self, source: i64, day: Day) -> Result<Vec<HourRow>, StoreError> {
        let query = "SELECT day, hour, user_agent, requests FROM source_hour
                     WHERE source = ?1 AND day = ?2";
        self.rows(query, (source, day.number()), HourRow::from_row)
    }
}
