//! The tables, and the checks on meeting a store that another version or program wrote.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::error::StoreError;
use super::span::{DAY_0, GROUPS, SPAN_DAYS, SPANS_OF_DAYS};

/// The version of the tables below, kept in SQLite's `user_version`.
pub const SCHEMA_VERSION: i64 = 3;

/// "gbok": SQLite's `application_id` of every store.
const APPLICATION_ID: i64 = 0x6762_6f6b;

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

/// What some of the terms had in a few days stands together as one row. With a row of SQLite's own for each count,
/// 800,000 of them took 0.45 s more to write; with one for each term and few days, 520,000 counts of 10,000 terms
/// took a sixth of all reading. The texts are JSON, so that every tool can read them; who asks in SQL asks the views
/// `pings` and `views`, which have them as rows.
fn spans() -> String {
    format!(
        "CREATE TABLE spans (
             key INTEGER PRIMARY KEY,    -- (first_day / {SPAN_DAYS} + {DAY_0}) * {SPANS_OF_DAYS} + terms
             pings TEXT NOT NULL,        -- [[place, user_agent, request, trust, status, requests, bytes, first], …]
             views TEXT NOT NULL,        -- [[place, came_from, views], …]
             -- days since 1970-01-01 in the site's time zone
             first_day INTEGER AS ((key / {SPANS_OF_DAYS} - {DAY_0}) * {SPAN_DAYS}),
             -- 0 for no term, else (term.id - 1) % {GROUPS} + 1; a place is (term.id - 1) / {GROUPS} * {SPAN_DAYS} + day - first_day
             terms INTEGER AS (key % {SPANS_OF_DAYS})
         );"
    )
}

/// The columns of a span's texts, as rows.
fn views() -> String {
    let place = "json_extract(value, '$[0]')";
    let term = format!("{place} / {SPAN_DAYS} * {GROUPS} + terms AS term");
    let day = format!("first_day + {place} % {SPAN_DAYS}");
    format!(
        "CREATE VIEW pings AS SELECT
             {term},
             {day} AS day,
             json_extract(value, '$[1]') AS user_agent,  -- user_agent.id
             json_extract(value, '$[2]') AS request,     -- request_type.id
             json_extract(value, '$[3]') AS trust,       -- 0 verified, 1 impostor, 2 unverifiable, 3 unchecked
             json_extract(value, '$[4]') AS status,      -- 0 ok, 1 not modified, 2 redirect, 3 client error, 4 server error, 5 unknown
             json_extract(value, '$[5]') AS requests,
             json_extract(value, '$[6]') AS bytes,
             ({day}) * 86400 + json_extract(value, '$[7]') AS first -- since the Unix epoch
         FROM spans, json_each(spans.pings);
         CREATE VIEW views AS SELECT
             {term},
             {day} AS day,
             json_extract(value, '$[1]') AS came_from,   -- came_from.id
             json_extract(value, '$[2]') AS views
         FROM spans, json_each(spans.views);"
    )
}

/// Changes with every transaction: by it who reads the store can tell that nothing is new.
pub(super) const NEW_STATE: &str =
    "INSERT OR REPLACE INTO meta VALUES ('state', hex(randomblob(16)))";

/// Takes the rows of an older schema into spans. Schema 1 had a row of SQLite's own for each, schema 2 a span for each
/// term; both had them, as tables or as views, under the same names and with the same columns.
fn upgrade_from(found: i64) -> String {
    let day = format!("(day + {DAY_0} * {SPAN_DAYS})");
    let place = format!("(max(term - 1, 0) / {GROUPS} * {SPAN_DAYS} + {day} % {SPAN_DAYS})");
    let terms = format!("iif(term = 0, 0, (term - 1) % {GROUPS} + 1)");
    let key = format!("{day} / {SPAN_DAYS} * {SPANS_OF_DAYS} + {terms}");
    let (spans, views) = (spans(), views());
    let (before, after) = match found {
        1 => (IP_LISTS, "DROP TABLE pings; DROP TABLE views;"),
        _ => (
            "ALTER TABLE spans RENAME TO old_spans;",
            "DROP VIEW pings; DROP VIEW views; DROP TABLE old_spans;",
        ),
    };
    format!(
        "{before}
         {spans}
         INSERT INTO spans SELECT {key} AS span, json_group_array(
             json_array({place}, user_agent, request, trust, status, requests, bytes, first - day * 86400)
             ORDER BY {place}, user_agent, request, trust, status
         ), '[]' FROM pings GROUP BY span;
         INSERT INTO spans SELECT {key} AS span, '[]', json_group_array(
             json_array({place}, came_from, views) ORDER BY {place}, came_from
         ) FROM views WHERE true GROUP BY span
         ON CONFLICT DO UPDATE SET views = excluded.views;
         {after}
         {views}"
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
        transaction.execute_batch(&upgrade_from(found))?;
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
        transaction.execute_batch(&spans())?;
        transaction.execute_batch(&views())?;
        transaction.execute_batch(IP_LISTS)?;
        transaction.execute_batch(NEW_STATE)?;
        transaction.execute("INSERT INTO meta VALUES ('timezone', ?1)", [timezone])?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}
