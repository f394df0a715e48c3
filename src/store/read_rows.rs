//! Reads pings, views and coverage, row by row.

use std::ops::Range;

use rusqlite::{Params, Row};

use crate::day::Day;

use super::connection::Store;
use super::error::StoreError;
use super::rows::{CoverageRow, PingRow, ViewRow};
use super::source_rows::SourceRow;

/// The covered days within two bounds. One look-up per day finds the rows of a term, since the key begins with the day.
const COVERED_DAYS: &str = "SELECT day FROM coverage WHERE day >= ?2 AND day < ?3";

impl Store {
    /// Calls `each` with every row of pings of one term in some days, in the order of days.
    pub fn each_ping_of(
        &self,
        term: i64,
        days: Range<Day>,
        each: impl FnMut(PingRow),
    ) -> Result<(), StoreError> {
        self.each_row_of("pings", term, days, each)
    }

    /// Calls `each` with every row of views of one term in some days, in the order of days.
    pub fn each_view_of(
        &self,
        term: i64,
        days: Range<Day>,
        each: impl FnMut(ViewRow),
    ) -> Result<(), StoreError> {
        self.each_row_of("views", term, days, each)
    }

    /// Calls `each` with every row of pings of some days, in the order of their key.
    pub fn each_ping_in(
        &self,
        days: Range<Day>,
        each: impl FnMut(PingRow),
    ) -> Result<(), StoreError> {
        self.each_row_in("pings", days, each)
    }

    /// Calls `each` with every row of views of some days, in the order of their key.
    pub fn each_view_in(
        &self,
        days: Range<Day>,
        each: impl FnMut(ViewRow),
    ) -> Result<(), StoreError> {
        self.each_row_in("views", days, each)
    }

    fn each_row_of<R: SourceRow>(
        &self,
        table: &str,
        term: i64,
        days: Range<Day>,
        mut each: impl FnMut(R),
    ) -> Result<(), StoreError> {
        let columns = R::COLUMNS;
        let query =
            format!("SELECT {columns} FROM {table} WHERE term = ?1 AND day IN ({COVERED_DAYS})");
        let [from, to] = day_numbers(&days);
        self.each(&query, (term, from, to), |row| R::from_row(row).map(&mut each))
    }

    fn each_row_in<R: SourceRow>(
        &self,
        table: &str,
        days: Range<Day>,
        mut each: impl FnMut(R),
    ) -> Result<(), StoreError> {
        let query = format!("SELECT {} FROM {table} WHERE day >= ?1 AND day < ?2", R::COLUMNS);
        self.each(&query, day_numbers(&days), |row| R::from_row(row).map(&mut each))
    }

    /// Returns the covered days, in order.
    pub fn coverage(&self) -> Result<Vec<CoverageRow>, StoreError> {
        let query = "SELECT day, lines, people, agents FROM coverage ORDER BY day";
        self.rows(query, [], CoverageRow::from_row)
    }

    pub(super) fn each(
        &self,
        query: &str,
        params: impl Params,
        mut each: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let run = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare_cached(query)?;
            let mut rows = statement.query(params)?;
            while let Some(row) = rows.next()? {
                each(row)?;
            }
            Ok(())
        };
        run().map_err(|error| self.error(error))
    }
}

fn day_numbers(days: &Range<Day>) -> [i32; 2] {
    [days.start.number(), days.end.number()]
}
