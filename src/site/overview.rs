//! The overview: what a site owner looks at in the morning.

use crate::report::{
    BarChart, Block, Bucket, Cell, Dimension, Document, HeatColumn, HeatMap, LinkTarget,
};

use super::agents::agents_table;
use super::changes::changes_table;
use super::facts::{Period, SiteView};
use super::parts::{gap_note, last, stacked_chart, tiles};
use super::people::referred_table;

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
    agents.show_at_most(ROWS_MAX);
    page.blocks.push(Block::Table(agents));
    let mut referred = referred_table(view, period);
    referred.show_at_most(ROWS_MAX);
    page.blocks.push(Block::Table(referred));
    page
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
        (Cell::Link(page.title.to_owned(), LinkTarget::Term(page.term.to_owned())), values)
    });
    HeatMap {
        id: "pages",
        title: format!("The most visited terms, last {}", period.words()),
        unit: "ping",
        row_label: "Term",
        columns: buckets
            .iter()
            .map(|bucket| HeatColumn {
                name: bucket.from.date().strftime("%-d %b").to_string(),
                covered: bucket.covered,
            })
            .collect(),
        rows: rows.collect(),
    }
}
