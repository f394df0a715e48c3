//! The page of one term: its whole history.

use crate::report::{
    BarChart, Block, Cell, DataTable, Document, LinkTarget, TermHistory, TermReport,
};

use super::facts::{SiteView, agent_cell, family_cell};
use super::parts::last;

/// The lengths of the charts, in days.
pub const CHART_DAYS: [u16; 3] = [30, 90, 365];

/// The most rows of a table.
const ROWS_MAX: usize = 50;

/// Returns the page of a term. `history` is complete, and `report` is its guestbook.
pub fn term(view: &SiteView<'_>, history: &TermHistory<'_>, report: &TermReport) -> Document {
    let mut page = view.page(history.title, "Term", view.period(view.query.days));
    page.blocks.push(Block::Facts(facts(history, report)));
    page.blocks.extend(charts(view, history).map(Block::Chart));
    let tables = [agents_table(history)].into_iter().chain(count_tables(report));
    page.blocks.extend(tables.filter(|table| !table.rows.is_empty()).map(Block::Table));
    page
}

fn facts(history: &TermHistory<'_>, report: &TermReport) -> Vec<(&'static str, Cell)> {
    let mut facts = vec![("Key", Cell::name(history.term))];
    if let Some(url) = history.url {
        facts.push(("Address", Cell::Link(url.to_owned(), LinkTarget::Url(url.to_owned()))));
    }
    if let Some(added) = &report.added {
        facts.push(("Published", Cell::name(added)));
    }
    facts.extend([
        ("Pings today", Cell::Count(report.book.today_pings)),
        ("Pings yesterday", Cell::Count(report.book.yesterday_pings)),
        ("Pings of all time", Cell::Count(report.book.total_pings)),
        ("Last ping", Cell::day(history.last_day)),
        ("Views by people", Cell::Count(report.book.views)),
    ]);
    facts
}

/// Returns the charts of the pings. A term without any in all its history has one, and it is empty.
fn charts<'t>(
    view: &'t SiteView<'_>,
    history: &'t TermHistory<'_>,
) -> impl Iterator<Item = BarChart> + use<'t> {
    const ZEROS: [u64; CHART_DAYS[0] as usize] = [0; CHART_DAYS[0] as usize];
    let ids = ["days_30", "days_90", "days_365"];
    let count = if history.days.is_empty() { 1 } else { ids.len() };
    ids.into_iter().zip(CHART_DAYS).take(count).map(|(id, length)| {
        let days = last(history.days, length);
        let days = if days.is_empty() { &ZEROS[..] } else { days };
        let is_covered = |day| view.is_covered(day);
        let title = format!("Pings, last {length} days");
        BarChart::of_days(id, title, days, view.query.today, is_covered)
    })
}

fn agents_table(history: &TermHistory<'_>) -> DataTable {
    let columns = [
        "family:Family",
        "agent:Agent",
        "window_pings:Window",
        "pings:All time",
        "verified:Verified",
    ];
    let mut agents = DataTable::new("agents", "Agents, all time", &columns);
    for row in &history.agents {
        let share = Cell::Share { part: row.verified, all: row.pings };
        agents.rows.push(vec![
            family_cell(&row.family),
            match &*row.agent {
                "" => Cell::word("(before there were logs)"),
                agent => agent_cell(agent),
            },
            Cell::Count(row.window),
            Cell::Count(row.pings),
            if row.verified > 0 { share } else { Cell::Empty },
        ]);
    }
    agents.show_at_most(ROWS_MAX);
    agents
}

/// Returns the requests by status, the pings by request type, and the views by source.
fn count_tables(report: &TermReport) -> [DataTable; 3] {
    let columns = ["status:Answer", "requests:Requests"];
    let mut statuses = DataTable::new("statuses", "Answers, all time", &columns);
    statuses.rows = (report.answers.iter())
        .map(|answer| vec![Cell::word(answer.status.name()), Cell::Count(answer.requests)])
        .collect();
    let columns = ["type:Type", "pings:Pings"];
    let mut types = DataTable::new("types", "Request types, all time", &columns);
    types.rows = (report.book.request_types.iter())
        .map(|row| vec![Cell::name(&row.request_type), Cell::Count(row.pings)])
        .collect();
    let columns = ["from:From", "views:Views"];
    let mut sources = DataTable::new("came_from", "Where people came from, all time", &columns);
    sources.rows = (report.came_from.iter())
        .map(|row| vec![Cell::name(&row.from), Cell::Count(row.views)])
        .collect();
    [statuses, types, sources]
}
