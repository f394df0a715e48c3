//! Keeps rows of counts by source and day, in memory while they fit.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use crate::day::Day;

/// The memory of a day of a source in addition to its rows, in bytes.
const DAY_BYTES: usize = 128;

/// A row of counts that are summed by a key.
pub(super) trait SourceRow: Clone {
    /// The table of the rows that do not fit into memory.
    const TABLE: &str;
    /// The columns, in the order of [`SourceRow::to_values`] and [`SourceRow::from_row`].
    const COLUMNS: &str;
    /// The SET clause that adds a row to the one with the same key.
    const ADD: &str;

    fn day(&self) -> Day;

    /// Returns all columns that are not counts.
    fn key(&self) -> impl Ord;

    /// Adds the counts of a row with the same key.
    fn add(&mut self, other: &Self);

    /// Returns the size of the row's texts, in bytes.
    fn text_bytes(&self) -> usize {
        0
    }

    fn to_values(&self) -> Vec<Value>;

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self>;
}

/// Sorts rows and adds those with the same key.
pub(super) fn sum_by_key<R: SourceRow>(rows: &mut Vec<R>) {
    rows.sort_unstable_by(|one, other| one.key().cmp(&other.key()));
    rows.dedup_by(|next, row| {
        let is_same = next.key() == row.key();
        if is_same {
            row.add(next);
        }
        is_same
    });
}

/// The rows of one kind.
#[derive(Debug)]
pub(super) struct SourceRows<R> {
    /// The rows in memory, by source and day. Some may have the same key.
    days: BTreeMap<(i64, Day), Vec<R>>,
    /// The memory that they take, in bytes, approximately.
    bytes: usize,
    /// True if the table has rows too.
    is_spilled: bool,
}

impl<R> Default for SourceRows<R> {
    fn default() -> SourceRows<R> {
        SourceRows { days: BTreeMap::new(), bytes: 0, is_spilled: false }
    }
}

impl<R: SourceRow> SourceRows<R> {
    /// Adds rows of a source.
    pub(super) fn add(&mut self, source: i64, rows: Vec<R>) {
        for row in rows {
            self.bytes += size_of::<R>() + row.text_bytes();
            let rows = self.days.entry((source, row.day())).or_insert_with(|| {
                self.bytes += DAY_BYTES;
                Vec::new()
            });
            rows.push(row);
        }
    }

    /// Returns the memory that the rows take, in bytes, approximately.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the rows in memory that have the same key.
    pub(super) fn sum(&mut self) {
        self.bytes = 0;
        for rows in self.days.values_mut() {
            sum_by_key(rows);
            rows.shrink_to_fit();
            let bytes = |row: &R| size_of::<R>() + row.text_bytes();
            self.bytes += DAY_BYTES + rows.iter().map(bytes).sum::<usize>();
        }
    }

    /// Moves the rows from memory to the table, in the order of its key if they were summed before.
    pub(super) fn spill(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let marks = vec!["?"; 1 + R::COLUMNS.split(',').count()].join(", ");
        let (table, columns, add) = (R::TABLE, R::COLUMNS, R::ADD);
        let insert = format!(
            "INSERT INTO {table} (source, {columns}) VALUES ({marks}) ON CONFLICT DO UPDATE SET {add}"
        );
        let mut insert = connection.prepare_cached(&insert)?;
        for ((source, _), rows) in std::mem::take(&mut self.days) {
            for row in rows {
                let source = [Value::from(source)];
                insert.execute(params_from_iter(source.into_iter().chain(row.to_values())))?;
            }
            self.is_spilled = true;
        }
        self.bytes = 0;
        Ok(())
    }

    /// Returns the rows of a source on one day, in the order of their keys.
    pub(super) fn of(
        &self,
        connection: &Connection,
        source: i64,
        day: Day,
    ) -> rusqlite::Result<Vec<R>> {
        let mut rows = self.days.get(&(source, day)).cloned().unwrap_or_default();
        if self.is_spilled {
            let (columns, table) = (R::COLUMNS, R::TABLE);
            let query = format!("SELECT {columns} FROM {table} WHERE source = ?1 AND day = ?2");
            let mut query = connection.prepare_cached(&query)?;
            for row in query.query_map((source, day.number()), R::from_row)? {
                rows.push(row?);
            }
        }
        sum_by_key(&mut rows);
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{FailureRow, ViewRow};

    /// Adds rows of two sources in several batches, and returns those of each day. Every `spill_each` batches they are moved to the
    /// table, and after every other batch they are summed.
    fn rows_of_days<R: SourceRow>(
        row: impl Fn(i32) -> R,
        spill_each: Option<usize>,
    ) -> Vec<Vec<R>> {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("by_source.sql")).unwrap();
        let mut rows = SourceRows::default();
        for batch in 0..10 {
            for source in [7, 8] {
                rows.add(source, (0..100).map(|number| row(number * (batch + 1) % 60)).collect());
            }
            if spill_each.is_some_and(|each| (batch as usize + 1).is_multiple_of(each)) {
                assert!(rows.bytes() > 0);
                rows.spill(&connection).unwrap();
                assert_eq!(rows.bytes(), 0);
            } else if spill_each.is_some() {
                let before = rows.bytes();
                rows.sum();
                assert!(rows.bytes() < before);
            }
        }
        let days = (0..4).flat_map(|day| [7, 8].map(|source| (source, Day::from_number(day))));
        days.map(|(source, day)| rows.of(&connection, source, day).unwrap()).collect()
    }

    #[test]
    fn spilled_rows_have_the_same_sums() {
        let view = |number: i32| {
            let (day, term) = (Day::from_number(number % 3), i64::from(number % 5));
            ViewRow { day, term, came_from: 1, views: 2 }
        };
        let failure = |number: i32| {
            let (day, path) = (Day::from_number(number % 3), format!("/{}", number % 7));
            FailureRow { day, path, user_agent: 1, code: 404, requests: 3 }
        };
        let views = rows_of_days(view, None);
        assert_eq!(views.iter().flatten().map(|row| row.views).sum::<u64>(), 2 * 2000);
        assert!(views[..6].iter().all(|rows| rows.len() == 5) && views[6].is_empty());
        for each in [1, 3, 10] {
            assert_eq!(rows_of_days(view, Some(each)), views);
            assert_eq!(rows_of_days(failure, Some(each)), rows_of_days(failure, None));
        }
    }
}
