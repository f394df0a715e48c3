//! The people who read the site, and who sent them.

use crate::report::{
    BarChart, Block, Bucket, Cell, DataTable, Dimension, Document, Series, SortBy,
};

use super::facts::{Period, SiteView, change_cell, family_cell, value};
use super::parts::gap_note;

/// Returns the page about people in a period.
pub fn people(view: &SiteView<'_>, days: u16) -> Document {
    let period = view.period(days);
    let mut page = view.page("People", "", period);
    page.blocks.extend(gap_note(view, period).map(Block::Note));
    page.blocks.push(Block::Chart(views_chart(view, period)));
    page.blocks.push(Block::Table(sources_table(view, period)));
    page.blocks.push(Block::Table(referred_table(view, period)));
    page
}

fn views_chart(view: &SiteView<'_>, period: Period) -> BarChart {
    let buckets = Bucket::divide(period.from, period.to, |day| view.is_covered(day));
    let mut values = vec![0; buckets.len()];
    for row in view.ask(&[Dimension::Day], period).rows {
        if let Some(at) = Bucket::find(&buckets, row.first_day) {
            values[at] += row.measures.views;
        }
    }
    let series = vec![Series { name: String::new(), values }];
    let title = format!("Views of pages by people, last {}", period.words());
    BarChart { id: "views", title, unit: "view", buckets, series }
}

fn sources_table(view: &SiteView<'_>, period: Period) -> DataTable {
    let title = format!("Where people came from, last {}", period.words());
    let columns = ["came_from:Came from", "views:Views", "share:Share", "change:Change"];
    let mut table = DataTable::new("came_from", title, &columns);
    let comparison = view.compared(&[Dimension::CameFrom], period);
    let answer = view.most(SortBy::Views, &[Dimension::CameFrom], period);
    for row in &answer.rows {
        let views = row.measures.views;
        table.rows.push(vec![
            Cell::name(value(row, Dimension::CameFrom)),
            Cell::Count(views),
            Cell::Share { part: views, all: answer.total.views },
            change_cell(comparison.as_ref(), row, |measures| measures.views),
        ]);
    }
    table
}

/// Returns what each family crawled against the people that it sent.
pub(super) fn referred_table(view: &SiteView<'_>, period: Period) -> DataTable {
    let title = format!("Crawled against referred, last {}", period.words());
    let columns = [
        "family:Family",
        "pings:Pings",
        "views:Sent views",
        "pings_per_view:Pings for each view",
        "change:Change of views",
    ];
    let mut table = DataTable::new("referred", title, &columns);
    table.note = "Families that sent people, and what they read for it.".into();
    let comparison = view.compared(&[Dimension::Family], period);
    let mut rows = view.most(SortBy::Views, &[Dimension::Family], period).rows;
    let families = view.ask(&[Dimension::Agent, Dimension::Family], view.all_time());
    let is_family =
        |name: &str| families.rows.iter().any(|row| value(row, Dimension::Family) == name);
    rows.retain(|row| row.measures.views > 0 && is_family(value(row, Dimension::Family)));
    for row in &rows {
        let (pings, views) = (row.measures.pings, row.measures.views);
        table.rows.push(vec![
            family_cell(value(row, Dimension::Family)),
            Cell::Count(pings),
            Cell::Count(views),
            Cell::Ratio { of: pings, to: views },
            change_cell(comparison.as_ref(), row, |measures| measures.views),
        ]);
    }
    table
}
