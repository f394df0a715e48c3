//! Reads the days of a store on all cores.

use std::ops::Range;
use std::panic::resume_unwind;
use std::thread;

use crate::day::Day;
use crate::store::{CoverageRow, Store};

/// Calls `work` with each reader and a range of days, in a thread of its own. The ranges cover all days. Returns the
/// results in the order of the days.
pub(super) fn on_all_days<R: Send, E: Send>(
    readers: &mut [Store],
    coverage: &[CoverageRow],
    work: impl Fn(&Store, Range<Day>) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let work = &work;
    let ranges = day_ranges(coverage, readers.len());
    thread::scope(|scope| {
        let threads: Vec<_> = readers
            .iter_mut()
            .zip(ranges)
            .map(|(reader, days)| scope.spawn(move || work(reader, days)))
            .collect();
        let results = threads.into_iter().map(|thread| thread.join());
        results.map(|result| result.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// Splits all days into at most `count` ranges with about the same number of agents' requests each. The first and the
/// last are open-ended, so that no row is left out.
fn day_ranges(coverage: &[CoverageRow], count: usize) -> Vec<Range<Day>> {
    let all: u64 = coverage.iter().map(|row| row.agents).sum();
    let mut starts = vec![Day::MIN];
    let mut before = 0;
    for row in coverage {
        // Start the next range once the ranges so far have their share.
        if before * count as u64 >= all * starts.len() as u64 && starts.len() < count && before > 0
        {
            starts.push(row.day);
        }
        before += row.agents;
    }
    let ends = starts.iter().skip(1).copied().chain([Day::MAX]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_days_leave_no_day_out() {
        let row =
            |day, agents| CoverageRow { day: Day::from_number(day), lines: 0, people: 0, agents };
        let coverage = [row(1, 5), row(2, 0), row(3, 90), row(9, 5)];
        for count in 1..6 {
            let ranges = day_ranges(&coverage, count);
            assert!(ranges.len() <= count);
            assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (Day::MIN, Day::MAX));
            assert!(ranges.windows(2).all(|two| two[0].end == two[1].start));
        }
        assert_eq!(day_ranges(&[row(1, 0)], 2).len(), 1);
    }
}
