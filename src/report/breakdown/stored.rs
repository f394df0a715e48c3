//! Counts the rows of the store in bounded memory.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::day::Day;
use crate::report::day_ranges::on_all_days;
use crate::store::{CoverageRow, Store, StoreError};

use super::counted::{Counted, Key};
use super::dimension::Dimension;
use super::dimensions::Fact;
use super::sum_table::SumTable;
use super::sums::Sums;

/// The most rows in memory at once. They take about 200 MB.
pub(super) const ROWS_MAX: usize = 1 << 21;

/// The rows that a thread counts on its own before it adds them to those of all.
const ROWS_APART: usize = 50_000;

/// The reason why a pass has no result.
pub(super) enum PassError {
    /// It has more rows than may be in memory.
    TooManyRows,
    Store(StoreError),
}

impl From<StoreError> for PassError {
    fn from(error: StoreError) -> PassError {
        PassError::Store(error)
    }
}

/// The pings and views of a store, with readers for several threads.
pub(super) struct StoredFacts {
    pub(super) readers: Vec<Store>,
    pub(super) coverage: Vec<CoverageRow>,
    /// The most rows of one table.
    pub(super) rows_max: usize,
}

impl StoredFacts {
    /// Counts the facts of some days into one table.
    pub(super) fn count<'s>(
        &mut self,
        days: &Range<Day>,
        sums: impl Fn() -> Sums<'s> + Sync,
    ) -> Result<SumTable, PassError> {
        let all = Mutex::new(SumTable::default());
        let rows_max = self.rows_max;
        self.count_spans(days, Dimension::Day, sums, |table, is_last| {
            if table.len() < ROWS_APART && !is_last {
                return Ok(());
            }
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            table.take_rows().for_each(|(key, counted)| all.add(key, counted));
            if all.len() > rows_max { Err(PassError::TooManyRows) } else { Ok(()) }
        })?;
        Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts the facts of some days, and calls `add` with each row. A column of time divides the rows, so that those of one
    /// day, week or month are complete before those of the next are counted.
    pub(super) fn count_by_time<'s>(
        &mut self,
        days: &Range<Day>,
        column: Dimension,
        sums: impl Fn() -> Sums<'s> + Sync,
        add: impl FnMut(Key, Counted) + Send,
    ) -> Result<(), PassError> {
        let add = Mutex::new(add);
        self.count_spans(days, column, sums, |table, _| {
            let mut add = add.lock().unwrap_or_else(PoisonError::into_inner);
            table.take_rows().for_each(|(key, counted)| add(key, counted));
            Ok(())
        })
    }

    /// Counts the facts of some days on all cores. Calls `take` with the table of a thread after each of its spans, and a
    /// last time at its end.
    fn count_spans<'s>(
        &mut self,
        days: &Range<Day>,
        column: Dimension,
        sums: impl Fn() -> Sums<'s> + Sync,
        take: impl Fn(&mut SumTable, bool) -> Result<(), PassError> + Sync,
    ) -> Result<(), PassError> {
        let rows_max = self.rows_max / self.readers.len();
        let covered = self.coverage.iter().filter(|row| days.contains(&row.day));
        let covered: Vec<CoverageRow> = covered.copied().collect();
        let is_same = |one: &CoverageRow, other: &CoverageRow| {
            column.time_key(one.day) == column.time_key(other.day)
        };
        let spans: Vec<&[CoverageRow]> = covered.chunk_by(is_same).collect();
        on_all_days(&mut self.readers, &covered, |reader, part| {
            let mut sums = sums();
            for span in spans.iter().filter(|span| part.contains(&span[0].day)) {
                for CoverageRow { day, .. } in *span {
                    let day = *day..day.plus(1);
                    reader.each_ping_in(day.clone(), |row| sums.add(&Fact::Ping(row)))?;
                    reader.each_view_in(day, |row| sums.add(&Fact::View(row)))?;
                    if sums.table.len() > rows_max {
                        return Err(PassError::TooManyRows);
                    }
                }
                take(&mut sums.table, false)?;
            }
            take(&mut sums.table, true)
        })?;
        Ok(())
    }
}
