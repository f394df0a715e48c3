//! Keeps the counts of each source apart, in a store that lives as long as a scan.

use std::path::Path;

use crate::day::Day;
use crate::overlap::LineAnchor;

use super::connection::Store;
use super::cursors::KnownCursor;
use super::error::StoreError;
use super::integers::unsigned;
use super::rows::{CoverageRow, FailureRow, HourRow, PingRow, ViewRow};
use super::source_counts::{SourceCounts, SourceLines};
use super::source_rows::{SourceRow, SourceRows};

/// An anchor of a source, and whether it is one of its last lines.
pub type SourceAnchor = (LineAnchor, bool);

impl Store {
    /// Creates a store at `path` that keeps the counts of each source apart, or those of all sources as
    /// [`TOGETHER`](super::TOGETHER). It has no journal, since nobody reads it after a crash.
    pub fn create_by_source(
        path: &Path,
        timezone: &str,
        is_together: bool,
    ) -> Result<Store, StoreError> {
        Store::remove(path);
        let mut store = Store::open_or_create(path, timezone)?;
        store.sources = Some(SourceCounts::new(is_together));
        let create = || -> rusqlite::Result<()> {
            store.connection.pragma_update(None, "journal_mode", "OFF")?;
            store.connection.pragma_update(None, "synchronous", "OFF")
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

    /// Returns whether the counts of all sources are those of [`TOGETHER`](super::TOGETHER).
    pub fn counts_together(&self) -> bool {
        self.sources.as_ref().is_some_and(SourceCounts::is_together)
    }

    /// Returns where the lines of a source went.
    pub fn lines_of_source(&self, source: i64) -> SourceLines {
        self.sources.as_ref().map(|counts| counts.lines_of(source)).unwrap_or_default()
    }

    /// Returns the covered days of a source, in order.
    pub fn coverage_of_source(&self, source: i64) -> Vec<CoverageRow> {
        self.sources.as_ref().map(|counts| counts.coverage_of(source)).unwrap_or_default()
    }

    /// Returns the pings of a source on one day.
    pub fn pings_of_source(&self, source: i64, day: Day) -> Result<Vec<PingRow>, StoreError> {
        self.of_source(|counts| &counts.pings, source, day)
    }

    /// Returns the views of a source on one day.
    pub fn views_of_source(&self, source: i64, day: Day) -> Result<Vec<ViewRow>, StoreError> {
        self.of_source(|counts| &counts.views, source, day)
    }

    /// Returns the failed requests of a source on one day.
    pub fn failures_of_source(&self, source: i64, day: Day) -> Result<Vec<FailureRow>, StoreError> {
        self.of_source(|counts| &counts.failures, source, day)
    }

    /// Returns the requests of a source by hour on one day.
    pub fn hours_of_source(&self, source: i64, day: Day) -> Result<Vec<HourRow>, StoreError> {
        self.of_source(|counts| &counts.hours, source, day)
    }

    fn of_source<R: SourceRow>(
        &self,
        rows: impl Fn(&SourceCounts) -> &SourceRows<R>,
        source: i64,
        day: Day,
    ) -> Result<Vec<R>, StoreError> {
        let Some(counts) = &self.sources else { return Ok(Vec::new()) };
        rows(counts).of(&self.connection, source, day).map_err(|error| self.error(error))
    }
}
