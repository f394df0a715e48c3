//! The tables, and the checks on meeting a store that another version or program wrote.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::error::StoreError;
use super::span::{DAY_0, SPAN_DAYS};

/// The version of the tables below, kept in SQLite's `user_version`.
pub const SCHEMA_VERSION: i64 = 2;

/// "gbok": SQLite's `application_id` of every store.
const APPLICATION_ID: i64 = 0x6762_6f6b;

/// What one term had in a few days stands together as one row, so that a term is one range read. With a row of
/// SQLite's own for each count, 800,000 of them took 0.45 s more to write. The texts are JSON, so that every tool
/// can read them; who asks in SQL asks the views `pings` and `views`, which have them as rows.
///
/// Term 0 and user agent 0 are the empty text: no term, and nothing said.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE term (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE user_agent (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE request_type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE came_from (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
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

/// What operators publish of their agents' addresses: a row for each time that a list changed.
const IP_LISTS: &str = "
CREATE TABLE ip_list (
    url TEXT NOT NULL,
    first_day INTEGER NOT NULL,     -- on which it was first seen so, days since 1970-01-01
    last_day INTEGER NOT NULL,      -- on which it was last seen so
    etag TEXT,                      -- by these two the server tells that it has not changed
    last_modified TEXT,
    networks TEXT NOT NULL,         -- one a line
    PRIMARY KEY (url, first_day)
) WITHOUT ROWID;
";

const SPANS: &str = "
CREATE TABLE spans (
    key INTEGER PRIMARY KEY,    -- term.id * 2^24 + 2^23 + first_day
    pings TEXT NOT NULL,        -- [[day - first_day, user_agent, request, trust, status, requests, bytes, first], …]
    views TEXT NOT NULL,        -- [[day - first_day, came_from, views], …]
    term INTEGER AS (key >> 24),                            -- term.id
    first_day INTEGER AS ((key & 16777215) - 8388608)       -- days since 1970-01-01 in the site's time zone
);
CREATE VIEW pings AS SELECT
    term,
    first_day + json_extract(value, '$[0]') AS day,
    json_extract(value, '$[1]') AS user_agent,  -- user_agent.id
    json_extract(value, '$[2]') AS request,     -- request_type.id
    json_extract(value, '$[3]') AS trust,       -- 0 verified, 1 impostor, 2 unverifiable, 3 unchecked
    json_extract(value, '$[4]') AS status,      -- 0 ok, 1 not modified, 2 redirect, 3 client error, 4 server error, 5 unknown
    json_extract(value, '$[5]') AS requests,
    json_extract(value, '$[6]') AS bytes,
    (first_day + json_extract(value, '$[0]')) * 86400 + json_extract(value, '$[7]') AS first -- since the Unix epoch
FROM spans, json_each(spans.pings);
CREATE VIEW views AS SELECT
    term,
    first_day + json_extract(value, '$[0]') AS day,
    json_extract(value, '$[1]') AS came_from,   -- came_from.id
    json_extract(value, '$[2]') AS views
FROM spans, json_each(spans.views);
";

/// Changes with every transaction: by it who reads the store can tell that nothing is new.
pub(super) const NEW_STATE: &str =
    "INSERT OR REPLACE INTO meta VALUES ('state', hex(randomblob(16)))";

/// Takes the rows of schema 1, which had a row of SQLite's own for each, into spans.
fn upgrade_from_1() -> String {
    let place = format!("(day % {SPAN_DAYS} + {SPAN_DAYS}) % {SPAN_DAYS}");
    let key = format!("(term << 24) + {DAY_0} + day - {place}");
    format!(
        "ALTER TABLE pings RENAME TO old_pings;
         ALTER TABLE views RENAME TO old_views;
         {SPANS}
         {IP_LISTS}
         INSERT INTO spans SELECT {key} AS span, json_group_array(
             json_array({place}, user_agent, request, trust, status, requests, bytes, first - day * 86400)
             ORDER BY day, user_agent, request, trust, status
         ), '[]' FROM old_pings GROUP BY span;
         INSERT INTO spans SELECT {key} AS span, '[]', json_group_array(
             json_array({place}, came_from, views) ORDER BY day, came_from
         ) FROM old_views WHERE true GROUP BY span
         ON CONFLICT DO UPDATE SET views = excluded.views;
         DROP TABLE old_pings;
         DROP TABLE old_views;"
    )
}

/// Makes the tables in an empty file, or brings those that are there up to date, and checks them.
pub(super) fn create(connection: &Connection, timezone: &str) -> Result<(), StoreError> {
    if count_tables(connection)? == 0 {
        build(connection, timezone)?;
    }
    let found = version(connection, timezone)?;
    if found < SCHEMA_VERSION {
        upgrade(connection)?;
    }
    Ok(())
}

/// Checks that the tables are ours, of the version that this program knows, and of this time zone.
pub(super) fn check(connection: &Connection, timezone: &str) -> Result<(), StoreError> {
    match version(connection, timezone)? {
        SCHEMA_VERSION => Ok(()),
        _ => Err(StoreError::Older(PathBuf::new())),
    }
}

/// The version of the tables, which are ours and of this time zone.
fn version(connection: &Connection, timezone: &str) -> Result<i64, StoreError> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("application_id")? != APPLICATION_ID {
        return Err(StoreError::Foreign(PathBuf::new()));
    }
    let found = number("user_version")?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { path: PathBuf::new(), found, known: SCHEMA_VERSION });
    }
    let query = "SELECT value FROM meta WHERE name = 'timezone'";
    let kept: Option<String> = connection.query_row(query, [], |row| row.get(0)).optional()?;
    match kept {
        Some(kept) if kept != timezone => {
            Err(StoreError::Timezone { path: PathBuf::new(), kept, asked: timezone.to_owned() })
        }
        _ => Ok(found),
    }
}

fn upgrade(connection: &Connection) -> Result<(), StoreError> {
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found < SCHEMA_VERSION {
        transaction.execute_batch(&upgrade_from_1())?;
        transaction.execute_batch(NEW_STATE)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}

fn count_tables(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
}

fn build(connection: &Connection, timezone: &str) -> Result<(), StoreError> {
    // A span is several kilobytes long, and each page costs calls to the system.
    connection.pragma_update(None, "page_size", 16_384)?;
    // Readers go on reading while a night's log is written, and a crash loses nothing committed.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if count_tables(&transaction)? == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.execute_batch(SPANS)?;
        transaction.execute_batch(IP_LISTS)?;
        transaction.execute_batch(NEW_STATE)?;
        transaction.execute("INSERT INTO meta VALUES ('timezone', ?1)", [timezone])?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}
