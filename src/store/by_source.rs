//! Keeps the counts of each source apart, in a store that lives as long as a scan.

use std::path::Path;

use crate::day::Day;
use crate::overlap::LineAnchor;

use super::connection::{Store, unsigned};
use super::cursors::KnownCursor;
use super::error::StoreError;
use super::failures::FailureRow;
use super::hours::HourRow;
use super::rows::{CoverageRow, PingRow, ViewRow};

/// The statements that create the tables of sources.
const TABLES: &str = include_str!("by_source.sql");

/// The memory for pages of a scan. They are written in the order of sources, so few are in use.
const CACHE_KIB: i64 = 16_000;

/// An anchor of a source, and whether it is one of its last lines.
pub type SourceAnchor = (LineAnchor, bool);

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
