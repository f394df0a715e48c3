//! Reads and writes the anchors by which copies of logs are recognized.

use rusqlite::{Connection, params};

use crate::overlap::{AnchorFilter, Candidate, Hit, LineAnchor};

use super::connection::Store;
use super::error::StoreError;
use super::integers::{signed, unsigned};
use super::upsert::upsert;

/// The columns of a row, in the order in which they are written.
const COLUMNS: &str = "second, hash, visitor, cursor, line, is_tail";

/// The most equal anchors that are looked at: a flood of equal requests in one second has many.
const EQUAL_ANCHORS_MAX: i64 = 16;

impl Store {
    /// Adds the anchors of the times in `from..to` to a filter.
    pub fn fill_filter(&self, filter: &AnchorFilter, from: i64, to: i64) -> Result<(), StoreError> {
        fill(&self.connection, filter, from, to).map_err(|error| self.error(error))
    }

    /// Returns the stored anchors that equal one of the candidates. `filter` has all that there are.
    pub fn anchor_hits(
        &self,
        candidates: &[Candidate],
        filter: &AnchorFilter,
    ) -> Result<Vec<Hit>, StoreError> {
        let find = || -> rusqlite::Result<Vec<Hit>> {
            // One lock of the file for all queries.
            let _transaction = self.connection.unchecked_transaction()?;
            find_hits(&self.connection, candidates, filter)
        };
        find().map_err(|error| self.error(error))
    }
}

/// Adds the anchors of the times in `from..to` to a filter.
pub(super) fn fill(
    connection: &Connection,
    filter: &AnchorFilter,
    from: i64,
    to: i64,
) -> rusqlite::Result<()> {
    let query = "SELECT second, hash FROM anchor WHERE second >= ?1 AND second < ?2";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([from, to])?;
    while let Some(row) = rows.next()? {
        filter.add(row.get(0)?, row.get(1)?);
    }
    Ok(())
}

/// Returns the stored anchors that equal one of the candidates.
pub(super) fn find_hits(
    connection: &Connection,
    candidates: &[Candidate],
    filter: &AnchorFilter,
) -> rusqlite::Result<Vec<Hit>> {
    let query = "SELECT cursor, line, visitor FROM anchor WHERE second = ?1 AND hash = ?2 LIMIT ?3";
    let mut statement = connection.prepare_cached(query)?;
    let mut hits = Vec::new();
    for (at, Candidate { anchor, .. }) in candidates.iter().enumerate() {
        if !filter.may_have(anchor.second, anchor.hash) {
            continue;
        }
        let mut rows = statement.query(params![anchor.second, anchor.hash, EQUAL_ANCHORS_MAX])?;
        while let Some(row) = rows.next()? {
            if anchor.may_be_by(row.get(2)?) {
                let (cursor, line) = (row.get(0)?, unsigned(row.get(1)?));
                hits.push(Hit { candidate: at, cursor, line });
            }
        }
    }
    Ok(hits)
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
    let all = anchors.iter().map(|anchor| (anchor, 0)).chain(tail.iter().map(|anchor| (anchor, 1)));
    let rows: Vec<(&LineAnchor, i64)> = all.collect();
    let keep = "is_tail = min(is_tail, excluded.is_tail)";
    upsert(connection, "anchor", COLUMNS, keep, &rows, |(anchor, is_tail)| {
        let &LineAnchor { second, hash, visitor, line } = *anchor;
        [second, hash.into(), visitor.into(), cursor, signed(line), *is_tail]
    })
}
