//! Reads and writes how far each log was read.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::day::Day;
use crate::interner::Map;
use crate::overlap::OtherLog;
use crate::source::Cursor;

use super::connection::Store;
use super::error::StoreError;
use super::integers::{signed, unsigned};

/// The columns of a [`KnownCursor`].
const COLUMNS: &str =
    "id, head_len, head_hash, offset, tail_hash, line_hashes, checkpoints, lines, first_line,
    malformed, format, name";

/// The day on which a cursor was last found is stored only if it is this many days later than the stored one.
const SEEN_DAYS: i32 = 30;

/// A cursor that was not found for this many days is deleted.
const UNSEEN_DAYS_MAX: i32 = 366;

/// A cursor in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCursor {
    pub id: i64,
    pub cursor: Cursor,
    pub progress: Progress,
    /// The format that was detected.
    pub format: Option<String>,
    /// The location at which the log was last found.
    pub name: String,
}

/// The numbers of lines of a log that were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Lines before the offset.
    pub lines: u64,
    /// The number of lines at the start that were counted before as part of another log.
    pub first_line: u64,
    /// Lines that are not records.
    pub malformed: u64,
}

impl KnownCursor {
    /// Returns the lines that the log has counted, to compare another log with them. `has_equal_start` says that both start with
    /// the same bytes, and differ.
    pub fn counted(&self, has_equal_start: bool) -> OtherLog {
        OtherLog { lines: self.progress.first_line..self.progress.lines, has_equal_start }
    }

    /// Returns the cursor with an id.
    pub(super) fn find(connection: &Connection, id: i64) -> rusqlite::Result<Option<KnownCursor>> {
        let query = format!("SELECT {COLUMNS} FROM cursor WHERE id = ?1");
        connection.prepare_cached(&query)?.query_row([id], known_cursor).optional()
    }
}

impl Store {
    /// Returns the cursors that may belong to a stream that starts with `head`, its first 4 KiB or all of it.
    pub fn cursors_with_head(&self, head: &[u8]) -> Result<Vec<KnownCursor>, StoreError> {
        let hashes = Cursor::head_hashes(head);
        let marks = vec!["?"; hashes.len()].join(",");
        let query = format!("SELECT {COLUMNS} FROM cursor WHERE head_hash IN ({marks})");
        let hashes = rusqlite::params_from_iter(hashes.into_iter().map(u64::cast_signed));
        let found = self.rows(&query, hashes, known_cursor)?;
        Ok(found.into_iter().filter(|known| known.cursor.has_head(head)).collect())
    }

    /// Returns the cursor with an id.
    pub fn cursor(&self, id: i64) -> Result<Option<KnownCursor>, StoreError> {
        KnownCursor::find(&self.connection, id).map_err(|error| self.error(error))
    }

    /// Returns all cursors, in an order in SQL.
    pub(super) fn all_cursors(&self, order: &str) -> Result<Vec<KnownCursor>, StoreError> {
        self.rows(&format!("SELECT {COLUMNS} FROM cursor {order}"), [], known_cursor)
    }

    /// Returns how many cursors there are.
    pub fn count_cursors(&self) -> Result<u64, StoreError> {
        let count = self.connection.query_row("SELECT count(*) FROM cursor", [], |row| row.get(0));
        count.map(unsigned).map_err(|error| self.error(error))
    }

    /// Returns the hashes of the line ends within the head of each cursor, with the cursor's id. They find the log of
    /// which a short file is an older copy.
    pub fn line_hashes(&self) -> Result<Map<u64, i64>, StoreError> {
        read_line_hashes(&self.connection).map_err(|error| self.error(error))
    }

    /// Records that the logs of some cursors are still there, and deletes the cursors whose logs have gone.
    pub fn update_seen(&mut self, seen: &[i64], today: Day) -> Result<(), StoreError> {
        let update = || -> rusqlite::Result<()> {
            let today = today.number();
            let transaction = self.connection.unchecked_transaction()?;
            let mut set = transaction
                .prepare_cached("UPDATE cursor SET seen = ?1 WHERE id = ?2 AND seen < ?3")?;
            for id in seen {
                set.execute(params![today, id, today - SEEN_DAYS])?;
            }
            drop(set);
            let delete =
                "DELETE FROM cursor WHERE seen < ?1 AND name NOT IN (SELECT url FROM object)";
            if transaction.execute(delete, [today - SEEN_DAYS - UNSEEN_DAYS_MAX])? > 0 {
                transaction.execute_batch(
                    "DELETE FROM anchor WHERE cursor NOT IN (SELECT id FROM cursor)",
                )?;
            }
            transaction.commit()
        };
        update().map_err(|error| self.error(error))
    }
}

/// Returns the hashes of the line ends within the head of each cursor, with the cursor's id.
pub(super) fn read_line_hashes(connection: &Connection) -> rusqlite::Result<Map<u64, i64>> {
    let mut statement = connection.prepare_cached("SELECT id, line_hashes FROM cursor")?;
    let mut rows = statement.query([])?;
    let mut ids = Map::default();
    while let Some(row) = rows.next()? {
        let (id, bytes): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        ids.extend(Cursor::line_hashes_of(&bytes).into_iter().map(|hash| (hash, id)));
    }
    Ok(ids)
}

fn known_cursor(row: &Row<'_>) -> rusqlite::Result<KnownCursor> {
    let bytes = |column: usize| row.get::<_, Vec<u8>>(column);
    let cursor = Cursor {
        head_len: unsigned(row.get(1)?),
        head_hash: row.get::<_, i64>(2)?.cast_unsigned(),
        offset: unsigned(row.get(3)?),
        tail_hash: row.get::<_, i64>(4)?.cast_unsigned(),
        line_hashes: Cursor::line_hashes_of(&bytes(5)?),
        checkpoints: Cursor::checkpoints_of(&bytes(6)?),
    };
    let progress = Progress {
        lines: unsigned(row.get(7)?),
        first_line: unsigned(row.get(8)?),
        malformed: unsigned(row.get(9)?),
    };
    Ok(KnownCursor { id: row.get(0)?, cursor, progress, format: row.get(10)?, name: row.get(11)? })
}

/// The cursor of a log, as a batch writes it.
#[derive(Clone, Copy, Debug)]
pub struct NewCursor<'a> {
    /// The id of the cursor in whose place it is written. `None` for a new log.
    pub previous: Option<i64>,
    /// The position at which reading stopped.
    pub cursor: &'a Cursor,
    pub progress: Progress,
    /// The format that was detected.
    pub format: Option<&'a str>,
    /// The location at which the log was found.
    pub name: &'a str,
    pub today: Day,
}

/// Writes a cursor. Returns its id.
pub(super) fn write_cursor(connection: &Connection, new: &NewCursor<'_>) -> rusqlite::Result<i64> {
    let &NewCursor { previous, cursor, progress, format, name, today } = new;
    let Cursor { head_len, head_hash, offset, tail_hash, .. } = cursor;
    let Progress { lines, first_line, malformed } = progress;
    let mut put = connection.prepare_cached(&format!(
        "INSERT OR REPLACE INTO cursor ({COLUMNS}, seen)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
    ))?;
    // Hashes are stored as the same 64 bits, signed.
    put.insert(params![
        previous,
        signed(*head_len),
        head_hash.cast_signed(),
        signed(*offset),
        tail_hash.cast_signed(),
        cursor.line_hash_bytes(),
        cursor.checkpoint_bytes(),
        signed(lines),
        signed(first_line),
        signed(malformed),
        format,
        name,
        today.number()
    ])
}
