//! Reads and writes how far each log was read.

use rusqlite::{Connection, Row, params};

use crate::source::{Checkpoint, Cursor};

use super::connection::{Store, signed, unsigned};
use super::error::StoreError;

/// A cursor in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCursor {
    pub id: i64,
    pub cursor: Cursor,
    /// The format that was detected.
    pub format: Option<String>,
    /// The location at which the log was last found.
    pub name: String,
}

impl Store {
    /// Returns all cursors.
    pub fn cursors(&self) -> Result<Vec<KnownCursor>, StoreError> {
        let query =
            "SELECT id, head_len, head_hash, offset, tail_hash, line_hashes, checkpoints, format, name
             FROM cursor";
        self.rows(query, [], |row| {
            let checkpoints = integers(row, 6)?;
            let checkpoint = |pair: &[u64; 2]| Checkpoint { offset: pair[0], tail_hash: pair[1] };
            let cursor = Cursor {
                head_len: unsigned(row.get(1)?),
                head_hash: row.get::<_, i64>(2)?.cast_unsigned(),
                offset: unsigned(row.get(3)?),
                tail_hash: row.get::<_, i64>(4)?.cast_unsigned(),
                line_hashes: integers(row, 5)?,
                checkpoints: checkpoints.as_chunks::<2>().0.iter().map(checkpoint).collect(),
            };
            Ok(KnownCursor { id: row.get(0)?, cursor, format: row.get(7)?, name: row.get(8)? })
        })
    }
}

/// Writes a cursor, in the place of the one with the id `previous`. Returns its id.
pub(super) fn write_cursor(
    connection: &Connection,
    previous: Option<i64>,
    cursor: &Cursor,
    format: Option<&str>,
    name: &str,
) -> rusqlite::Result<i64> {
    let Cursor { head_len, head_hash, offset, tail_hash, line_hashes, checkpoints } = cursor;
    let checkpoints = checkpoints.iter().flat_map(|point| [point.offset, point.tail_hash]);
    let checkpoints: Vec<u8> = checkpoints.flat_map(u64::to_le_bytes).collect();
    let line_hashes: Vec<u8> = line_hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    // Hashes are stored as the same 64 bits, signed.
    let (head_hash, tail_hash) = (head_hash.cast_signed(), tail_hash.cast_signed());
    let (head_len, offset) = (signed(*head_len), signed(*offset));
    let mut put = connection.prepare_cached(
        "INSERT OR REPLACE INTO cursor VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    put.insert(params![
        previous,
        head_len,
        head_hash,
        offset,
        tail_hash,
        line_hashes,
        checkpoints,
        format,
        name
    ])
}

/// Reads a blob of little-endian integers.
fn integers(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<u64>> {
    let bytes: Vec<u8> = row.get(column)?;
    Ok(bytes.as_chunks::<8>().0.iter().map(|eight| u64::from_le_bytes(*eight)).collect())
}
