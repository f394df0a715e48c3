//! Sums up old days, so that a store does not grow for ever.

use rusqlite::{OptionalExtension, TransactionBehavior};

use super::connection::Store;
use super::error::StoreError;
use super::failures::bound_failures;
use super::schema::NEW_STATE;
use crate::day::Day;

/// The statements that add the rows of all days before the last pruned one (`day` in `pruned`) to those of that day.
const SUM_UP: &str = "
    CREATE TEMP TABLE old_pings AS
        SELECT term, user_agent, request, trust, status, sum(requests) AS requests,
               -- Sums past the largest integer are cut to it, as elsewhere.
               CASE WHEN sum(bytes >> 32) + (sum(bytes & 4294967295) >> 32) >= 2147483648 THEN 9223372036854775807
                    ELSE (sum(bytes >> 32) << 32) + sum(bytes & 4294967295) END AS bytes,
               min(first_seen) AS first_seen
        FROM pings WHERE day <= (SELECT day FROM pruned) GROUP BY 1, 2, 3, 4, 5;
    CREATE TEMP TABLE old_views AS
        SELECT term, came_from, sum(views) AS views
        FROM views WHERE day <= (SELECT day FROM pruned) GROUP BY 1, 2;
    CREATE TEMP TABLE old_failure AS
        SELECT path, user_agent, code, sum(requests) AS requests
        FROM failure WHERE day <= (SELECT day FROM pruned) GROUP BY 1, 2, 3;
    CREATE TEMP TABLE old_coverage AS
        SELECT sum(lines) AS lines, sum(people) AS people, sum(agents) AS agents
        FROM coverage WHERE day <= (SELECT day FROM pruned);
    DELETE FROM pings WHERE day <= (SELECT day FROM pruned);
    DELETE FROM views WHERE day <= (SELECT day FROM pruned);
    DELETE FROM failure WHERE day <= (SELECT day FROM pruned);
    DELETE FROM hour WHERE day <= (SELECT day FROM pruned);
    DELETE FROM coverage WHERE day <= (SELECT day FROM pruned);
    INSERT INTO pings SELECT (SELECT day FROM pruned), * FROM old_pings;
    INSERT INTO views SELECT (SELECT day FROM pruned), * FROM old_views;
    INSERT INTO failure SELECT (SELECT day FROM pruned), * FROM old_failure;
    INSERT INTO coverage SELECT (SELECT day FROM pruned), * FROM old_coverage;
    INSERT OR REPLACE INTO meta SELECT 'pruned_to', max(day, coalesce(
        (SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'pruned_to'), day)) FROM pruned;
    DROP TABLE old_pings; DROP TABLE old_views; DROP TABLE old_failure; DROP TABLE old_coverage; DROP TABLE pruned;";

/// The result of pruning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// The number of days that were summed up.
    pub days: u64,
    /// The day that has their sum.
    pub sum_day: Day,
}

impl Store {
    /// Replaces all days before `first` by their sum, which counts for the last of them. Totals stay as they are. Returns
    /// `None` if there are fewer than two such days. Then gives the space back to the file system.
    pub fn prune(&mut self, first: Day) -> Result<Option<Pruned>, StoreError> {
        let mut sum_up = || -> rusqlite::Result<Option<Pruned>> {
            let behavior = TransactionBehavior::Immediate;
            let transaction = self.connection.transaction_with_behavior(behavior)?;
            let query =
                "SELECT count(*), max(day) FROM coverage WHERE day < ?1 HAVING count(*) > 1";
            let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<(i64, i32)> {
                Ok((row.get(0)?, row.get(1)?))
            };
            let found = transaction.query_row(query, [first.number()], row).optional()?;
            let Some((days, last)) = found else { return Ok(None) };
            transaction.execute("CREATE TEMP TABLE pruned AS SELECT ?1 AS day", [last])?;
            transaction.execute_batch(SUM_UP)?;
            bound_failures(&transaction, Day::from_number(last))?;
            transaction.execute_batch(NEW_STATE)?;
            transaction.commit()?;
            self.connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
            Ok(Some(Pruned { days: days.unsigned_abs(), sum_day: Day::from_number(last) }))
        };
        sum_up().map_err(|error| self.error(error))
    }

    /// Returns the day that has the sum of all days before it, if the store was pruned.
    pub fn pruned_to(&self) -> Result<Option<Day>, StoreError> {
        let query = "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'pruned_to'";
        Ok(self.rows(query, [], |row| Ok(Day::from_number(row.get(0)?)))?.into_iter().next())
    }
}
