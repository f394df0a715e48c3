//! Reads and writes the anchors by which copies of logs are recognized.

use rusqlite::{Connection, params};

use crate::overlap::{AnchorFilter, Candidate, Hit, LineAnchor};

use super::connection::{Store, signed, unsigned};
use super::error::StoreError;

/// The most equal anchors that are looked at: a flood of equal requests in one second has many.
const EQUAL_ANCHORS_MAX: i64 = 16;

impl Store {
    /// Adds the anchors of the times in `from..to` to a filter.
    pub fn fill_filter(&self, filter: &AnchorFilter, from: i64, to: i64) -> Result<(), StoreError> {
        let query = "SELECT second, hash FROM anchor WHERE second >= ?1 AND second < ?2";
        let add = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare_cached(query)?;
            let mut rows = statement.query([from, to])?;
            while let Some(row) = rows.next()? {
                filter.add(row.get(0)?, row.get(1)?);
            }
            Ok(())
        };
        add().map_err(|error| self.error(error))
    }

    /// Returns the stored anchors that equal one of the candidates.
    pub fn anchor_hits(&self, candidates: &[Candidate]) -> Result<Vec<Hit>, StoreError> {
        let query = "SELECT cursor, line FROM anchor WHERE second = ?1 AND hash = ?2 LIMIT ?3";
        let find = || -> rusqlite::Result<Vec<Hit>> {
            let mut statement = self.connection.prepare_cached(query)?;
            let mut hits = Vec::new();
            for (at, Candidate { anchor, .. }) in candidates.iter().enumerate() {
                let found = statement.query_map(
                    params![anchor.second, anchor.hash, EQUAL_ANCHORS_MAX],
                    |row| {
                        Ok(Hit { candidate: at, cursor: row.get(0)?, line: unsigned(row.get(1)?) })
                    },
                )?;
                for hit in found {
                    hits.push(hit?);
                }
            }
            Ok(hits)
        };
        find().map_err(|error| self.error(error))
    }
}

/// Writes the anchors of a batch, and `tail`, those of its log's last lines, in the place of the last lines before.
pub(super) fn write_anchors(
    connection: &Connection,
    cursor: i64,
    anchors: &[LineAnchor],
    tail: &[LineAnchor],
) -> rusqlite::Result<()> {
    if !tail.is_empty() {
        let delete = "DELETE FROM anchor WHERE cursor = ?1 AND is_tail = 1";
        connection.prepare_cached(delete)?.execute([cursor])?;
    }
    let mut insert =
        connection.prepare_cached("INSERT OR IGNORE INTO anchor VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let all = anchors.iter().map(|anchor| (anchor, 0)).chain(tail.iter().map(|anchor| (anchor, 1)));
    for (LineAnchor { second, hash, line }, is_tail) in all {
        insert.execute(params![second, hash, cursor, signed(*line), is_tail])?;
    }
    Ok(())
}
