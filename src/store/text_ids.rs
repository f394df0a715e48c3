//! Looks up the ids of texts in the store.

use rusqlite::{CachedStatement, Connection};

use crate::interner::Map;

/// The size of each table's cache, in bytes.
const CACHE_BYTES_MAX: usize = 4 << 20;

/// The memory of a cache entry in addition to its text, in bytes.
const ENTRY_BYTES: usize = 48;

/// The ids of a table's texts. They are cached, since nearly every batch has the same texts, and a query to SQLite
/// takes twenty times as long.
#[derive(Debug)]
pub(super) struct TextIds {
    table: &'static str,
    column: &'static str,
    ids: Map<Box<str>, i64>,
    bytes: usize,
}

/// The ids of all texts that a batch refers to.
#[derive(Debug)]
pub(super) struct StoreIds {
    pub(super) terms: TextIds,
    pub(super) user_agents: TextIds,
    pub(super) request_types: TextIds,
    pub(super) came_from: TextIds,
}

impl Default for StoreIds {
    fn default() -> StoreIds {
        let table = |table, column| TextIds { table, column, ids: Map::default(), bytes: 0 };
        StoreIds {
            terms: table("term", "name"),
            user_agents: table("user_agent", "text"),
            request_types: table("request_type", "name"),
            came_from: table("came_from", "name"),
        }
    }
}

impl TextIds {
    /// Returns the id of a text, which is added to the table if it is new.
    pub(super) fn id(&mut self, connection: &Connection, text: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.ids.get(text) {
            return Ok(*id);
        }
        let TextIds { table, column, .. } = self;
        let find = format!("SELECT id FROM {table} WHERE {column} = ?1");
        let add = format!("INSERT INTO {table} ({column}) VALUES (?1)");
        let id = find_or_add(
            &mut connection.prepare_cached(&find)?,
            &mut connection.prepare_cached(&add)?,
            text,
        )?;
        if self.bytes > CACHE_BYTES_MAX {
            (self.ids, self.bytes) = (Map::default(), 0);
        }
        self.ids.insert(text.into(), id);
        self.bytes += text.len() + ENTRY_BYTES;
        Ok(id)
    }
}

fn find_or_add(
    find: &mut CachedStatement<'_>,
    add: &mut CachedStatement<'_>,
    text: &str,
) -> rusqlite::Result<i64> {
    match find.query_row([text], |row| row.get(0)) {
        Err(rusqlite::Error::QueryReturnedNoRows) => add.insert([text]),
        found => found,
    }
}
