//! The overview: what a site owner looks at in the morning.

use crate::interner::Map;
use crate::report::{
    BarChart, Block, Bucket, Cell, DataTable, Dimension, Document, HeatMap, Series, Target, Tile,
};

use super::agents::agents_table;
use super::changes::{ChangeKind, changes};
use super::facts::{Period, SiteView, agent_cell, family_cell, value};
use super::people::referred_table;

/// The most families that have a colour of their own in the chart.
const SERIES_MAX: usize = 7;

/// The most pages in the heat map, and the most rows of the other tables.
const PAGES_MAX: usize = 30;
const ROWS_MAX: usize = 20;

/// Returns the overview of a period.
pub fn overview(view: &SiteView<'_>, days: u16) -> Document {
    let period = view.period(days);
    let mut page = view.page(&view.query.site, "", period);
    page.blocks.push(Block::Tiles(tiles(view)));
    page.blocks.extend(gap_note(view, period).map(Block::Note));
    page.blocks.push(Block::Chart(stacked_chart(view, period, Dimension::Family)));
    page.blocks.push(Block::Table(changes_table(view, period)));
    page.blocks.push(Block::Heat(pages_map(view, period)));
    let mut agents = agents_table(view, period);
    agents.truncate(ROWS_MAX);
    page.blocks.push(Block::Table(agents));
    let mut referred = referred_table(view, period);
    referred.truncate(ROWS_MAX);
    page.blocks.push(Block::Table(referred));
    page
}

/// Returns the pings of today, yesterday, and the last 7 and 30 days.
pub(super) fn tiles(view: &SiteView<'_>) -> Vec<Tile> {
    let today = view.query.today;
    let days = view.ask(&[Dimension::Day], Period::new(60, today));
    let by_day: Map<&str, u64> =
        days.rows.iter().map(|row| (value(row, Dimension::Day), row.measures.pings)).collect();
    let sum = |period: Period| -> u64 {
        let days = (0..i32::from(period.days)).map(|at| period.from.plus(at).to_string());
        days.filter_map(|day| by_day.get(&*day)).sum()
    };
    let tile = |label: String, period: Period| Tile {
        label,
        pings: sum(period),
        before: view.is_comparable(period).then(|| sum(period.before())),
    };
    vec![
        tile("Today".into(), Period::new(1, today)),
        tile("Yesterday".into(), Period::new(1, today.plus(-1))),
        tile("Last 7 days".into(), Period::new(7, today)),
        tile("Last 30 days".into(), Period::new(30, today)),
    ]
}

/// Returns a sentence about the days that no log covers, if there are any.
pub(super) fn gap_note(view: &SiteView<'_>, period: Period) -> Option<String> {
    let gaps = view.gaps(period);
    let days: Vec<String> = gaps.iter().rev().take(5).rev().map(ToString::to_string).collect();
    let listed = days.join(", ");
    match (gaps.len(), gaps.len() - days.len()) {
        (0, _) => None,
        (1, _) => Some(format!("No log covers {listed}: that is a gap, not a zero.")),
        (count, 0) => Some(format!("No log covers these {count} days, which are gaps: {listed}.")),
        (count, _) => Some(format!("No log covers {count} of these days, the last: {listed}.")),
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

/// Returns what rose, fell, is new or has fallen silent.
pub(super) fn changes_table(view: &SiteView<'_>, period: Period) -> DataTable {
    let title = format!("What changed in {}", period.words());
    let columns = [
        "agent:Agent",
        "family:Family",
        "what:What",
        "before:Before",
        "pings:Pings",
        "change:Change",
    ];
    let mut table = DataTable::new("changes", title, &columns);
    if !view.is_comparable(period) {
        table.note = format!(
            "The {} before have fewer days with logs, so nothing is compared.",
            period.words()
        );
    }
    table.rows = changes(view, period)
        .into_iter()
        .map(|change| {
            let what = match change.kind {
                ChangeKind::New => "new",
                ChangeKind::Silent => "silent",
                ChangeKind::Rose => "rose",
                ChangeKind::Fell => "fell",
            };
            vec![
                agent_cell(&change.agent),
                family_cell(&change.family),
                Cell::word(what),
                Cell::Count(change.before),
                Cell::Count(change.now),
                Cell::Change { before: Some(change.before), now: change.now },
            ]
        })
        .collect();
    table.truncate(ROWS_MAX);
    table
}

/// Returns the pings of the most visited pages over time.
fn pages_map(view: &SiteView<'_>, period: Period) -> HeatMap {
    let buckets = Bucket::divide(period.from, period.to, |day| view.is_covered(day));
    let mut pages = view.books.histories();
    let sum = |days: &[u64]| last(days, period.days).iter().sum::<u64>();
    pages.retain(|page| sum(page.days) > 0);
    pages.sort_by_key(|page| (std::cmp::Reverse(sum(page.days)), page.term));
    let rows = pages.iter().take(PAGES_MAX).map(|page| {
        let chart =
            BarChart::of_days("page", "", last(page.days, period.days), period.to, |_| true);
        let mut values = vec![0; buckets.len() - chart.buckets.len()];
        values.extend(chart.totals());
        (Cell::Link(page.title.to_owned(), Target::Term(page.term.to_owned())), values)
    });
    HeatMap {
        id: "pages",
        title: format!("The most visited terms, last {}", period.words()),
        unit: "ping",
        row_label: "Term",
        columns: buckets
            .iter()
            .map(|bucket| bucket.from.date().strftime("%-d %b").to_string())
            .collect(),
        rows: rows.collect(),
    }
}

/// Returns the last days of a history, as many as there are.
pub(super) fn last(days: &[u64], count: u16) -> &[u64] {
    &days[days.len().saturating_sub(count.into())..]
}
