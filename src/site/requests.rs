//! The requests of agents: what they asked for, what they got, and when they came.

use crate::interner::Map;
use crate::report::{
    Block, Cell, DataTable, Dimension, Document, HeatColumn, HeatMap, NO_USER_AGENT, SortBy,
};

use super::facts::{Period, SiteView, agent_cell, family_cell, value};
use super::parts::gap_note;

/// The most rows of a table, and the most families in the map of hours.
const ROWS_MAX: usize = 100;
const FAMILIES_MAX: usize = 15;

/// The request types of files that are made for programs.
const PROGRAM_FILES: [&str; 5] = ["robots.txt", "llms.txt", "sitemap", "feed", "well-known"];

/// Returns the page about requests in a period.
pub fn requests(view: &SiteView<'_>, days: u16) -> Document {
    let period = view.period(days);
    let mut page = view.page("Requests", "", period);
    page.blocks.extend(gap_note(view, period).map(Block::Note));
    page.blocks.push(Block::Table(failures_table(view, period)));
    page.blocks.push(Block::Table(counted_table(view, period, Dimension::Status)));
    page.blocks.push(Block::Table(counted_table(view, period, Dimension::Request)));
    page.blocks.push(Block::Table(program_files_table(view, period)));
    page.blocks.push(Block::Heat(hours_map(view)));
    page
}

/// Returns what agents asked for and did not get.
fn failures_table(view: &SiteView<'_>, period: Period) -> DataTable {
    let title = format!("What agents asked for and did not get, last {}", period.words());
    let columns = [
        "path:Path",
        "agent:Agent",
        "code:Status",
        "requests:Requests",
        "first_day:First",
        "last_day:Last",
    ];
    let mut table = DataTable::new("failures", title, &columns);
    table.note =
        "The most frequent paths of each day; the others share (other). Redirects are told too."
            .into();
    let by = [Dimension::Path, Dimension::Agent, Dimension::Code];
    let rows = view.most(SortBy::Requests, &by, period).rows;
    for row in &rows {
        table.rows.push(vec![
            Cell::name(value(row, Dimension::Path)),
            agent_cell(value(row, Dimension::Agent)),
            Cell::name(value(row, Dimension::Code)),
            Cell::Count(row.measures.requests),
            Cell::Day(row.first_day),
            Cell::Day(row.last_day),
        ]);
    }
    table.show_at_most(ROWS_MAX);
    table
}

/// Returns the requests by one column, with their share.
fn counted_table(view: &SiteView<'_>, period: Period, column: Dimension) -> DataTable {
    let (id, title, columns) = match column {
        Dimension::Status => ("statuses", "Answers", ["status:Answer", "requests:Requests"]),
        _ => ("types", "Request types", ["request:Type", "requests:Requests"]),
    };
    let columns = [columns[0], columns[1], "share:Share", "pings:Pings", "bytes:Bytes"];
    let mut table = DataTable::new(id, format!("{title}, last {}", period.words()), &columns);
    let answer = view.most(SortBy::Requests, &[column], period);
    for row in &answer.rows {
        let requests = row.measures.requests;
        table.rows.push(vec![
            Cell::name(value(row, column)),
            Cell::Count(requests),
            Cell::Share { part: requests, all: answer.total.requests },
            Cell::Count(row.measures.pings),
            Cell::Count(row.measures.bytes),
        ]);
    }
    table
}

/// Returns who fetched robots.txt, llms.txt and the like.
fn program_files_table(view: &SiteView<'_>, period: Period) -> DataTable {
    let title = format!("Files for programs, last {}", period.words());
    let columns = ["request:File", "agent:Agent", "requests:Requests", "last_day:Last"];
    let mut table = DataTable::new("files", title, &columns);
    let by = [Dimension::Request, Dimension::Agent];
    let mut rows = view.most(SortBy::Requests, &by, period).rows;
    rows.retain(|row| PROGRAM_FILES.contains(&value(row, Dimension::Request)));
    for row in &rows {
        table.rows.push(vec![
            Cell::name(value(row, Dimension::Request)),
            agent_cell(value(row, Dimension::Agent)),
            Cell::Count(row.measures.requests),
            Cell::Day(row.last_day),
        ]);
    }
    table.show_at_most(ROWS_MAX);
    table
}

/// Returns the requests of the last 30 days by hour of the day.
fn hours_map(view: &SiteView<'_>) -> HeatMap {
    let period = view.period(30);
    let first = view.facts.first_hour_day().unwrap_or(period.from).max(period.from);
    let mut families: Map<String, Vec<u64>> = Map::default();
    for row in view.ask(&[Dimension::Hour, Dimension::Family], period).rows {
        let hour: usize = value(&row, Dimension::Hour).parse().unwrap_or_default();
        let hours = families.entry(value(&row, Dimension::Family).to_owned());
        hours.or_insert_with(|| vec![0; 24])[hour] += row.measures.requests;
    }
    families.remove(NO_USER_AGENT);
    let mut rows: Vec<(String, Vec<u64>)> = families.into_iter().collect();
    rows.sort_by_key(|(name, hours)| (std::cmp::Reverse(hours.iter().sum::<u64>()), name.clone()));
    rows.truncate(FAMILIES_MAX);
    HeatMap {
        id: "hours",
        title: format!(
            "When they came: requests by hour ({}), {first} to {}",
            view.query.timezone, period.to
        ),
        unit: "request",
        row_label: "Family",
        columns: (0..24)
            .map(|hour| HeatColumn { name: format!("{hour:02}:00"), covered: true })
            .collect(),
        rows: rows.into_iter().map(|(name, hours)| (family_cell(&name), hours)).collect(),
    }
}
