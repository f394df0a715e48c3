//! The page of one term: its whole history.

use crate::report::{BarChart, Block, Cell, DataTable, Document, Target, TermHistory, TermReport};

use super::facts::{SiteView, agent_cell, family_cell};
use super::overview::last;

/// The lengths of the charts, in days.
pub const CHART_DAYS: [u16; 3] = [30, 90, 365];

/// The most rows of a table.
const ROWS_MAX: usize = 50;

/// Returns the page of a term. `history` is complete, and `report` is its guestbook.
pub fn term(view: &SiteView<'_>, history: &TermHistory<'_>, report: &TermReport) -> Document {
    let mut page = view.page(history.title, "Term", view.period(view.query.days));
    let mut facts = vec![("Key", Cell::name(history.term))];
    if let Some(url) = history.url {
        facts.push(("Address", Cell::Link(url.to_owned(), Target::Url(url.to_owned()))));
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
    page.blocks.push(Block::Facts(facts));
    let charts =
        [("days_30", CHART_DAYS[0]), ("days_90", CHART_DAYS[1]), ("days_365", CHART_DAYS[2])];
    for (id, days) in charts {
        let title = format!("Pings, last {days} days");
        let days = last(history.days, days);
        // A page that was never visited has no history.
        let zeros = vec![0; usize::from(CHART_DAYS[0])];
        let days = if days.is_empty() { &zeros[..] } else { days };
        let is_covered = |day| view.is_covered(day);
        let chart = BarChart::of_days(id, title, days, view.query.today, is_covered);
        page.blocks.push(Block::Chart(chart));
        if history.days.is_empty() {
            break;
        }
    }
    let columns = [
        "family:Family",
        "agent:Agent",
        "window_pings:Window",
        "pings:All time",
        "verified:Genuine",
    ];
    let mut agents = DataTable::new("agents", "Agents, all time", &columns);
    for row in &history.agents {
        agents.rows.push(vec![
            family_cell(&row.family),
            if row.agent.is_empty() { Cell::Empty } else { agent_cell(&row.agent) },
            Cell::Count(row.window),
            Cell::Count(row.pings),
            if row.verified > 0 {
                Cell::Share { part: row.verified, all: row.pings }
            } else {
                Cell::Empty
            },
        ]);
    }
    agents.truncate(ROWS_MAX);
    let mut statuses =
        DataTable::new("statuses", "Answers, all time", &["status:Answer", "requests:Requests"]);
    statuses.rows = history
        .statuses
        .iter()
        .map(|(status, requests)| vec![Cell::word(*status), Cell::Count(*requests)])
        .collect();
    let mut types =
        DataTable::new("types", "Request types, all time", &["type:Type", "pings:Pings"]);
    types.rows = (report.book.request_types.iter())
        .map(|row| vec![Cell::name(&row.request_type), Cell::Count(row.pings)])
        .collect();
    let mut sources = DataTable::new(
        "came_from",
        "Where people came from, all time",
        &["from:From", "views:Views"],
    );
    sources.rows = (report.came_from.iter())
        .map(|row| vec![Cell::name(&row.from), Cell::Count(row.views)])
        .collect();
    let tables = [agents, statuses, types, sources].into_iter();
    page.blocks.extend(tables.filter(|table| !table.rows.is_empty()).map(Block::Table));
    page
}
