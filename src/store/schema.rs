//! Creates the tables, and checks a store that another version or program may have written.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::error::StoreError;

/// The version of the tables, kept in SQLite's `user_version`.
pub const SCHEMA_VERSION: i64 = 8;

/// The statements that create the tables.
pub const SCHEMA: &str = include_str!("schema.sql");

/// SQLite's `application_id` of every store: "gbok" in ASCII.
const APPLICATION_ID: i64 = 0x6762_6f6b;

/// The statement that sets a new value for `state`, by which readers detect that the store has changed.
pub(super) const NEW_STATE: &str =
    "INSERT OR REPLACE INTO meta VALUES ('state', hex(randomblob(16)))";

/// Creates the tables in an empty file, and checks them.
pub(super) fn create(connection: &Connection, timezone: &str) -> Result<(), StoreError> {
    if count_tables(connection)? == 0 {
        // Readers are not blocked while a log is ingested, and a crash loses nothing that was committed.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let transaction =
            rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        // Another process may have created them in the meantime.
        if count_tables(&transaction)? == 0 {
            transaction.execute_batch(SCHEMA)?;
            transaction.execute_batch(NEW_STATE)?;
            transaction.execute("INSERT INTO meta VALUES ('timezone', ?1)", [timezone])?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        }
        transaction.commit()?;
    }
    check(connection, Some(timezone)).map(drop)
}

/// Checks that the file is a guestbook store of this schema version and, if one is given, of this time zone. Returns the store's
/// time zone.
pub(super) fn check(connection: &Connection, timezone: Option<&str>) -> Result<String, StoreError> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("application_id")? != APPLICATION_ID {
        return Err(StoreError::Foreign(PathBuf::new()));
    }
    let found = number("user_version")?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { path: PathBuf::new(), found, known: SCHEMA_VERSION });
    }
    if found < SCHEMA_VERSION {
        return Err(StoreError::Older { path: PathBuf::new(), found, known: SCHEMA_VERSION });
    }
    let query = "SELECT value FROM meta WHERE name = 'timezone'";
    let stored: Option<String> = connection.query_row(query, [], |row| row.get(0)).optional()?;
    match (stored, timezone) {
        (Some(stored), Some(asked)) if stored != asked => {
            Err(StoreError::Timezone { path: PathBuf::new(), stored, asked: asked.to_owned() })
        }
        (stored, asked) => Ok(stored.or_else(|| asked.map(str::to_owned)).unwrap_or_default()),
    }
}

fn count_tables(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
}
