//! The tables, and the checks on meeting a store that another version or program wrote.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::error::StoreError;

/// The version of the tables below, kept in SQLite's `user_version`.
pub const SCHEMA_VERSION: i64 = 1;

/// "gbok": SQLite's `application_id` of every store.
const APPLICATION_ID: i64 = 0x6762_6f6b;

/// One term's pings stand together, so that a term is one range read. The key is kept in columns and
/// not packed into a rowid: that writes twice as slowly (0.5 s against 0.25 s for 500,000 rows), but
/// every tool can read it, and the number of terms and user agents has no limit.
///
/// Term 0 and user agent 0 are the empty text: no term, and nothing said.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE term (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE user_agent (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE request_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE came_from (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE pings (
    term INTEGER NOT NULL,          -- term.id
    day INTEGER NOT NULL,           -- days since 1970-01-01 in the site's time zone
    user_agent INTEGER NOT NULL,    -- user_agent.id
    request INTEGER NOT NULL,       -- request_type.id
    trust INTEGER NOT NULL,         -- 0 verified, 1 impostor, 2 unverifiable, 3 unchecked
    status INTEGER NOT NULL,        -- 0 ok, 1 not modified, 2 redirect, 3 client error, 4 server error, 5 unknown
    requests INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    first INTEGER NOT NULL,         -- the first of them, seconds since the Unix epoch
    PRIMARY KEY (term, day, user_agent, request, trust, status)
) WITHOUT ROWID;
CREATE TABLE views (
    term INTEGER NOT NULL,
    day INTEGER NOT NULL,
    came_from INTEGER NOT NULL,     -- came_from.id
    views INTEGER NOT NULL,
    PRIMARY KEY (term, day, came_from)
) WITHOUT ROWID;
CREATE TABLE coverage (
    day INTEGER PRIMARY KEY,
    lines INTEGER NOT NULL,
    people INTEGER NOT NULL,
    agents INTEGER NOT NULL
);
CREATE TABLE carried (
    term INTEGER NOT NULL,
    family TEXT NOT NULL,
    pings INTEGER NOT NULL,
    PRIMARY KEY (term, family)
) WITHOUT ROWID;
CREATE TABLE cursor (
    id INTEGER PRIMARY KEY,
    head_len INTEGER NOT NULL,      -- decoded bytes at the start that head_hash covers
    head_hash INTEGER NOT NULL,
    offset INTEGER NOT NULL,        -- decoded bytes read
    tail_hash INTEGER NOT NULL,     -- of the bytes before offset
    line_hashes BLOB NOT NULL,      -- of the head up to each of its line ends, 8 bytes each
    marks BLOB NOT NULL,            -- offsets on the way, each with a hash of what is before it, 8 bytes each
    format TEXT,                    -- what the first lines were found to be
    name TEXT NOT NULL              -- where the stream was last met: for people, never compared
);
INSERT INTO term VALUES (0, '');
INSERT INTO user_agent VALUES (0, '');
";

/// Makes the tables in an empty file, or checks the ones that are there.
pub(super) fn create(connection: &Connection, timezone: &str) -> Result<(), StoreError> {
    if count_tables(connection)? == 0 {
        build(connection, timezone)?;
    }
    check(connection, timezone)
}

/// Checks that the tables are ours, of a version that this program knows, and of this time zone.
pub(super) fn check(connection: &Connection, timezone: &str) -> Result<(), StoreError> {
    let version =
        |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if version("application_id")? != APPLICATION_ID {
        return Err(StoreError::Foreign(PathBuf::new()));
    }
    let found = version("user_version")?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { path: PathBuf::new(), found, known: SCHEMA_VERSION });
    }
    let query = "SELECT value FROM meta WHERE name = 'timezone'";
    let kept: Option<String> = connection.query_row(query, [], |row| row.get(0)).optional()?;
    match kept {
        Some(kept) if kept != timezone => {
            Err(StoreError::Timezone { path: PathBuf::new(), kept, asked: timezone.to_owned() })
        }
        _ => Ok(()),
    }
}

fn count_tables(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
}

fn build(connection: &Connection, timezone: &str) -> Result<(), StoreError> {
    // Readers go on reading while a night's log is written, and a crash loses nothing committed.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if count_tables(&transaction)? == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.execute("INSERT INTO meta VALUES ('timezone', ?1)", [timezone])?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}
