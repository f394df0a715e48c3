//! The parts that several pages have.

use crate::day::Day;
use crate::interner::Map;
use crate::report::{BarChart, Bucket, Dimension, Series, Tile};

use super::facts::{Period, SiteView, value};

/// The most values that have a colour of their own in a chart.
const SERIES_MAX: usize = 7;

/// Returns the pings of today, yesterday, and the last 7 and 30 days. Changes are those of full days.
pub(super) fn tiles(view: &SiteView<'_>) -> Vec<Tile> {
    let today = view.query.today;
    let days = view.ask(&[Dimension::Day], Period::new(62, today));
    let by_day: Map<&str, u64> =
        days.rows.iter().map(|row| (value(row, Dimension::Day), row.measures.pings)).collect();
    let sum = |period: Period| -> u64 {
        period.iter().filter_map(|day| by_day.get(&*day.to_string())).sum()
    };
    let tile = |label: &'static str, period: Period| {
        let full = view.full_days(period);
        let is_comparable = period.to < today || period.days > 1;
        let change = (is_comparable && view.is_comparable(full) && view.covered_days(full) > 0)
            .then(|| (sum(full.before()), sum(full)));
        Tile { label, pings: sum(period), covered: view.covered_days(period) > 0, change }
    };
    vec![
        tile("Today so far", Period::new(1, today)),
        tile("Yesterday", Period::new(1, today.plus(-1))),
        tile("Last 7 days", view.period(7)),
        tile("Last 30 days", view.period(30)),
    ]
}

/// Returns a sentence about the days that no log covers, if there are any.
pub(super) fn gap_note(view: &SiteView<'_>, period: Period) -> Option<String> {
    let missing: Vec<Day> = period.iter().filter(|day| !view.is_covered(*day)).collect();
    let covered = usize::from(period.days) - missing.len();
    let listed = || missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match missing.len() {
        0 => None,
        1..=5 => Some(format!("No log covers {}: a day without a log is no zero.", listed())),
        _ => Some(format!(
            "Logs cover {covered} of these {} days: a day without a log is no zero.",
            period.days
        )),
    }
}

/// Returns the pings by a column, in bars of days, weeks or months. The largest values have their own colours.
pub(super) fn stacked_chart(view: &SiteView<'_>, period: Period, column: Dimension) -> BarChart {
    let buckets = Bucket::divide(period.from, period.to, |day| view.is_covered(day));
    let largest = view.ask(&[column], period);
    let names = largest.rows.iter().filter(|row| row.measures.pings > 0);
    let names: Vec<&str> = names.map(|row| value(row, column)).collect();
    let (own, others) = names.split_at(names.len().min(SERIES_MAX));
    // One more than the others is listed itself.
    let own = if others.len() == 1 { &names[..] } else { own };
    let none = vec![0; buckets.len()];
    let mut series: Vec<Series> =
        own.iter().map(|name| Series { name: (*name).to_owned(), values: none.clone() }).collect();
    if names.len() > own.len() {
        let name = format!("{} others", names.len() - own.len());
        series.push(Series { name, values: none });
    }
    let last = series.len().saturating_sub(1);
    let by_name: Map<&str, usize> =
        names.iter().enumerate().map(|(at, name)| (*name, at.min(last))).collect();
    for row in view.ask(&[Dimension::Day, column], period).rows {
        let bucket = Bucket::find(&buckets, row.first_day);
        if let (Some(bucket), Some(at)) = (bucket, by_name.get(value(&row, column))) {
            series[*at].values[bucket] += row.measures.pings;
        }
    }
    let title = format!("Pings by {}, last {}", column.name(), period.words());
    BarChart { id: "pings", title, unit: "ping", buckets, series }
}

/// Returns the last days of a history, as many as there are.
pub(super) fn last(days: &[u64], count: u16) -> &[u64] {
    &days[days.len().saturating_sub(count.into())..]
}
