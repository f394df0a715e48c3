//! Takes the days that can't be read again over from an older store, and replaces that by the new one.

use std::path::Path;

use rusqlite::backup::Backup;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::day::Day;

use super::connection::Store;
use super::error::StoreError;
use super::hours::drop_old_hours;
use super::integers::unsigned;
use super::schema::NEW_STATE;

/// The days that a store has taken over from an older one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptDays {
    /// Days that only the older store has, in order.
    pub missing: Vec<Day>,
    /// Days of which the older store has read more lines, in order.
    pub longer: Vec<Day>,
    /// True if both stores use the same time zone.
    pub is_same_zone: bool,
}

/// The statements that take over what is no count: lists of addresses, and whether the DNS was asked.
const TAKE_OVER_LISTS: &str = "
    INSERT OR IGNORE INTO main.ip_list SELECT * FROM old.ip_list;
    INSERT OR IGNORE INTO main.meta SELECT * FROM old.meta WHERE name = 'dns_asked';";

/// The statements that take over the rows of the days in `kept`, the imported counts, and the cursors of logs that were not
/// read again, so that their lines do not count twice if they come back. Texts have other ids in each store.
const TAKE_OVER_ROWS: &str = "
    DELETE FROM main.pings WHERE day IN (SELECT day FROM kept);
    DELETE FROM main.views WHERE day IN (SELECT day FROM kept);
    DELETE FROM main.failure WHERE day IN (SELECT day FROM kept);
    DELETE FROM main.hour WHERE day IN (SELECT day FROM kept);
    DELETE FROM main.coverage WHERE day IN (SELECT day FROM kept);
    INSERT INTO main.coverage SELECT * FROM old.coverage WHERE day IN (SELECT day FROM kept);
    INSERT OR IGNORE INTO main.term (name) SELECT name FROM old.term WHERE id IN (
        SELECT term FROM old.pings WHERE day IN (SELECT day FROM kept)
        UNION SELECT term FROM old.views WHERE day IN (SELECT day FROM kept)
        UNION SELECT term FROM old.carried);
    INSERT OR IGNORE INTO main.user_agent (text) SELECT text FROM old.user_agent WHERE id IN (
        SELECT user_agent FROM old.pings WHERE day IN (SELECT day FROM kept));
    INSERT OR IGNORE INTO main.request_type (name) SELECT name FROM old.request_type;
    INSERT OR IGNORE INTO main.came_from (name) SELECT name FROM old.came_from;
    INSERT INTO main.pings
        SELECT p.day, t.id, u.id, r.id, p.trust, p.status, p.requests, p.bytes, p.first_seen
        FROM old.pings AS p
        JOIN old.term AS ot ON ot.id = p.term JOIN main.term AS t ON t.name = ot.name
        JOIN old.user_agent AS ou ON ou.id = p.user_agent JOIN main.user_agent AS u ON u.text = ou.text
        JOIN old.request_type AS o ON o.id = p.request JOIN main.request_type AS r ON r.name = o.name
        WHERE p.day IN (SELECT day FROM kept);
    INSERT INTO main.views
        SELECT v.day, t.id, c.id, v.views
        FROM old.views AS v
        JOIN old.term AS ot ON ot.id = v.term JOIN main.term AS t ON t.name = ot.name
        JOIN old.came_from AS o ON o.id = v.came_from JOIN main.came_from AS c ON c.name = o.name
        WHERE v.day IN (SELECT day FROM kept);
    INSERT INTO main.failure
        SELECT f.day, f.path, u.id, f.code, f.requests
        FROM old.failure AS f
        JOIN old.user_agent AS ou ON ou.id = f.user_agent JOIN main.user_agent AS u ON u.text = ou.text
        WHERE f.day IN (SELECT day FROM kept);
    INSERT INTO main.hour
        SELECT h.day, h.hour, u.id, h.requests
        FROM old.hour AS h
        JOIN old.user_agent AS ou ON ou.id = h.user_agent JOIN main.user_agent AS u ON u.text = ou.text
        WHERE h.day IN (SELECT day FROM kept);
    INSERT OR IGNORE INTO main.carried
        SELECT t.id, c.family, c.pings FROM old.carried AS c
        JOIN old.term AS ot ON ot.id = c.term JOIN main.term AS t ON t.name = ot.name;
    CREATE TEMP TABLE gone AS
        SELECT id, id + (SELECT coalesce(max(id), 0) FROM main.cursor) AS new_id FROM old.cursor AS o
        WHERE NOT EXISTS (SELECT 1 FROM main.cursor AS n
            WHERE n.head_hash = o.head_hash AND n.head_len = o.head_len AND n.offset >= o.offset);
    INSERT INTO main.cursor
        SELECT gone.new_id, head_len, head_hash, offset, tail_hash, line_hashes, checkpoints, lines, first_line,
            malformed, format, name, seen
        FROM old.cursor JOIN gone USING (id);
    INSERT OR IGNORE INTO main.anchor
        SELECT second, hash, visitor, gone.new_id, line, is_tail FROM old.anchor JOIN gone ON gone.id = anchor.cursor;
    INSERT INTO main.run SELECT * FROM old.run;
    DROP TABLE gone;
    DROP TABLE kept;";

/// The statements that drop the days from the new store of which the old one has only a sum.
const DROP_PRUNED: &str = "
    CREATE TEMP TABLE pruned AS SELECT CAST(value AS INTEGER) AS day FROM old.meta WHERE name = 'pruned_to';
    DELETE FROM main.pings WHERE day <= (SELECT day FROM pruned);
    DELETE FROM main.views WHERE day <= (SELECT day FROM pruned);
    DELETE FROM main.failure WHERE day <= (SELECT day FROM pruned);
    DELETE FROM main.hour WHERE day <= (SELECT day FROM pruned);
    DELETE FROM main.coverage WHERE day <= (SELECT day FROM pruned);
    INSERT OR REPLACE INTO main.meta SELECT * FROM old.meta WHERE name = 'pruned_to';
    DROP TABLE pruned;";

impl Store {
    /// Takes the fetched lists of addresses over from the store at `old`. They decide the trust of lines that are read.
    pub fn take_over_lists(&mut self, old: &Path) -> Result<(), StoreError> {
        self.with_old(old, |transaction| transaction.execute_batch(TAKE_OVER_LISTS))
    }

    /// Takes the days over from the store at `old` that this one does not have, and, if both use the same time zone, those
    /// of which the old one has read more lines; and all that belongs to no day. Either all is taken over or nothing.
    pub fn take_over_days(&mut self, old: &Path) -> Result<KeptDays, StoreError> {
        self.with_old(old, |transaction| {
            transaction.execute_batch(DROP_PRUNED)?;
            transaction.execute_batch(
                "CREATE TEMP TABLE kept AS
                 SELECT o.day, n.day IS NULL AS is_missing
                 FROM old.coverage AS o LEFT JOIN main.coverage AS n ON n.day = o.day
                 WHERE n.day IS NULL OR n.lines < o.lines
                     AND (SELECT value FROM old.meta WHERE name = 'timezone')
                       = (SELECT value FROM main.meta WHERE name = 'timezone')",
            )?;
            let query =
                "SELECT o.value = n.value FROM old.meta AS o JOIN main.meta AS n USING (name)
                 WHERE name = 'timezone'";
            let is_same_zone = transaction.query_row(query, [], |row| row.get(0))?;
            let mut kept = KeptDays { is_same_zone, ..KeptDays::default() };
            let mut statement =
                transaction.prepare("SELECT day, is_missing FROM kept ORDER BY day")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let days = if row.get(1)? { &mut kept.missing } else { &mut kept.longer };
                days.push(Day::from_number(row.get(0)?));
            }
            drop(rows);
            drop(statement);
            transaction.execute_batch(TAKE_OVER_ROWS)?;
            drop_old_hours(transaction)?;
            transaction.execute_batch(NEW_STATE)?;
            Ok(kept)
        })
    }

    /// Runs statements in a transaction in which the store at `old` is the schema `old`.
    fn with_old<T>(
        &mut self,
        old: &Path,
        run: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let attached = || -> rusqlite::Result<T> {
            self.connection.execute("ATTACH ?1 AS old", [old.to_string_lossy()])?;
            let result = || -> rusqlite::Result<T> {
                let behavior = TransactionBehavior::Immediate;
                let transaction = self.connection.transaction_with_behavior(behavior)?;
                let result = run(&transaction)?;
                transaction.commit()?;
                Ok(result)
            }();
            self.connection.execute_batch("DETACH old")?;
            result
        };
        let result = attached();
        self.ids = Default::default();
        result.map_err(|error| self.error(error))
    }

    /// Replaces the store at `path` by this one, in one transaction: a reader sees the one or the other, and a crash leaves
    /// the old one.
    pub fn replace(&self, path: &Path) -> Result<(), StoreError> {
        let replace = || -> rusqlite::Result<()> {
            let mut old = Connection::open(path)?;
            old.busy_timeout(super::connection::BUSY_TIMEOUT)?;
            let backup = Backup::new(&self.connection, &mut old)?;
            backup.run_to_completion(i32::MAX, std::time::Duration::ZERO, None)
        };
        replace().map_err(|error| StoreError::from(error).at(path))
    }

    /// Returns how many lines of logs the store has counted.
    pub fn lines(&self) -> Result<u64, StoreError> {
        let query = "SELECT coalesce(sum(lines), 0) FROM coverage";
        let sum = self.connection.query_row(query, [], |row| row.get(0).map(unsigned));
        sum.map_err(|error| self.error(error))
    }
}
