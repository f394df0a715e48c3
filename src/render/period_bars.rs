//! The bars of a guestbook's window: a day each, or a week if there are many.

use crate::report::{BarChart, Bucket, DayPings};

use super::words::{counted, day_words, letter, short_date};

/// A bar of a guestbook.
pub(super) struct PeriodBar {
    pub(super) pings: u64,
    /// True if any log covers its days.
    pub(super) covered: bool,
    /// Its days and pings in words.
    pub(super) words: String,
    /// The letter of the weekday; or the month of the first week in it, and nothing for other weeks.
    pub(super) label: String,
}

/// Returns the bars of successive days.
pub(super) fn period_bars(days: &[DayPings]) -> Vec<PeriodBar> {
    let Some(last) = days.last() else { return Vec::new() };
    let pings: Vec<u64> = days.iter().map(|day| day.pings).collect();
    let is_covered = |date| days.iter().any(|day| day.date == date && day.covered);
    let chart = BarChart::of_days("days", "", &pings, last.date, is_covered);
    let totals = chart.totals();
    let is_daily = chart.buckets.len() == days.len();
    let bar = |(at, (bucket, &pings)): (usize, (&Bucket, &u64))| {
        let (words, label) = if is_daily {
            (day_words(&days[at]), letter(&days[at]).to_owned())
        } else {
            let range = format!("{} to {}", short_date(bucket.from), short_date(bucket.to));
            let is_gap = !bucket.covered && pings == 0;
            let pings = if is_gap { "no log".into() } else { counted(pings, "ping") };
            (format!("{range}: {pings}"), month_label(&chart.buckets, at))
        };
        PeriodBar { pings, covered: bucket.covered, words, label }
    };
    chart.buckets.iter().zip(&totals).enumerate().map(bar).collect()
}

/// Returns the month of a bucket if it is the first in it.
fn month_label(buckets: &[Bucket], at: usize) -> String {
    let date = buckets[at].from.date();
    let is_new = at > 0 && buckets[at - 1].from.date().month() != date.month();
    if is_new { date.strftime("%b").to_string() } else { String::new() }
}
