//! Writes and reads the requests of agents that failed: the most frequent paths of each day.

use std::cmp::Reverse;
use std::ops::Range;

use rusqlite::{Connection, params};

use crate::agents::OTHER;
use crate::day::Day;
use crate::interner::Map;

use super::connection::Store;
use super::error::StoreError;
use super::integers::signed;
use super::rows::FailureRow;
use super::source_rows::SourceRow;

/// The number of rows of a day that are kept when there are too many. The others are added to the path `(other)`.
const ROWS_KEPT: i64 = 200;

/// The most rows that a day may have before the rarest are added up.
const ROWS_MAX: i64 = 2 * ROWS_KEPT;

/// The failed requests of a batch, summed.
#[derive(Default)]
pub(super) struct FailureSums<'t> {
    days: Map<Day, Map<FailureOf<'t>, u64>>,
}

/// The path, the user agent's id, and the status.
type FailureOf<'t> = (&'t str, i64, u16);

impl<'t> FailureSums<'t> {
    pub(super) fn add(&mut self, day: Day, path: &'t str, user_agent: i64, code: u16, n: u64) {
        *self.days.entry(day).or_default().entry((path, user_agent, code)).or_default() += n;
    }

    /// Adds the sums to the table. The rarest beyond the limit are added up to the path `(other)` before, so that a flood of paths
    /// costs little.
    pub(super) fn write(self, connection: &Connection) -> rusqlite::Result<()> {
        let mut add = connection.prepare_cached(
            "INSERT INTO failure VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET requests = requests + excluded.requests",
        )?;
        for (day, sums) in self.days {
            let mut rows: Vec<(FailureOf<'_>, u64)> = sums.into_iter().collect();
            rows.sort_unstable_by_key(|(of, requests)| (Reverse(*requests), *of));
            let rare = rows.split_off(rows.len().min(ROWS_KEPT as usize));
            let mut others: Map<FailureOf<'_>, u64> = Map::default();
            for ((_, user_agent, code), requests) in rare {
                *others.entry((OTHER, user_agent, code)).or_default() += requests;
            }
            rows.extend(others);
            // In the order of the key, neighbouring pages are written one after the other.
            rows.sort_unstable();
            for ((path, user_agent, code), requests) in rows {
                add.execute(params![day.number(), path, user_agent, code, signed(requests)])?;
            }
            bound_failures(connection, day)?;
        }
        Ok(())
    }

    /// Returns all sums as rows.
    pub(super) fn into_rows(self) -> Vec<FailureRow> {
        let sums = self.days.into_iter().flat_map(|(day, sums)| {
            sums.into_iter().map(move |((path, user_agent, code), requests)| {
                let path = path.to_owned();
                FailureRow { day, path, user_agent, code, requests }
            })
        });
        sums.collect()
    }
}

/// Adds the rarest rows of one day to the path `(other)` if there are too many, as the store does. Of equally rare ones, the last go,
/// in the order of their paths and of `place_of` their user agent's id.
pub fn bounded_failures(
    mut rows: Vec<FailureRow>,
    place_of: impl Fn(i64) -> u32,
) -> Vec<FailureRow> {
    if rows.len() <= ROWS_MAX as usize {
        return rows;
    }
    rows.sort_unstable_by(|one, other| {
        let key = |row: &FailureRow| (row.code, place_of(row.user_agent));
        let by_requests = other.requests.cmp(&one.requests);
        by_requests.then_with(|| one.path.cmp(&other.path)).then_with(|| key(one).cmp(&key(other)))
    });
    let mut others: Map<(i64, u16), FailureRow> = Map::default();
    for row in rows.split_off(ROWS_KEPT as usize) {
        let key = (row.user_agent, row.code);
        let (path, requests) = (OTHER.to_owned(), row.requests);
        others
            .entry(key)
            .and_modify(|sum| sum.requests += requests)
            .or_insert(FailureRow { path, ..row });
    }
    rows.extend(others.into_values());
    rows
}

/// Adds the rarest rows of a day to the path `(other)` if there are too many.
pub(super) fn bound_failures(connection: &Connection, day: Day) -> rusqlite::Result<()> {
    let query = "SELECT count(*) FROM failure WHERE day = ?1 AND path != ?2";
    let count: i64 = connection
        .prepare_cached(query)?
        .query_row(params![day.number(), OTHER], |row| row.get(0))?;
    if count <= ROWS_MAX {
        return Ok(());
    }
    connection.execute(
        "CREATE TEMP TABLE rare AS SELECT * FROM failure WHERE day = ?1 AND path != ?2
         ORDER BY requests DESC, path, user_agent, code LIMIT -1 OFFSET ?3",
        params![day.number(), OTHER, ROWS_KEPT],
    )?;
    connection.execute(
        "DELETE FROM failure WHERE (day, path, user_agent, code) IN
         (SELECT day, path, user_agent, code FROM rare)",
        [],
    )?;
    connection.execute(
        "INSERT INTO failure SELECT day, ?1, user_agent, code, sum(requests) FROM rare
         WHERE true GROUP BY day, user_agent, code
         ON CONFLICT DO UPDATE SET requests = requests + excluded.requests",
        [OTHER],
    )?;
    connection.execute("DROP TABLE rare", [])?;
    Ok(())
}

impl Store {
    /// Calls `each` with the failed requests of agents in some days, in the order of their key.
    pub fn each_failure_in(
        &self,
        days: Range<Day>,
        mut each: impl FnMut(FailureRow),
    ) -> Result<(), StoreError> {
        let query = "SELECT day, path, user_agent, code, requests FROM failure
                     WHERE day >= ?1 AND day < ?2";
        self.each(query, [days.start.number(), days.end.number()], |row| {
            FailureRow::from_row(row).map(&mut each)
        })
    }
}
