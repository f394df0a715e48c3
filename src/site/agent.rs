//! The page of a family or of an agent.

use crate::interner::Map;
use crate::pages::TermCatalogue;
use crate::report::{
    Block, Breakdown, BreakdownRow, BreakdownTable, Cell, Condition, DataTable, Dimension,
    Document, LinkTarget, PagePings, SortBy,
};

use super::agents::TrustSum;
use super::facts::{Period, SiteView, agent_cell, change_cell, value};
use super::parts::stacked_chart;

/// The most rows of a table.
pub const ROWS_MAX: usize = 50;

/// Returns the page of a family, of whose facts alone the view is: its agents, purposes, answers, files and user agents, and what it read.
///
/// `pages` are the terms that it read most.
pub fn family(view: &SiteView<'_>, name: &str, pages: Vec<PagePings>) -> Document {
    of_one(view, Dimension::Family, name, pages)
}

/// Returns the page of an agent, which is like that of a family.
pub fn agent(view: &SiteView<'_>, name: &str, pages: Vec<PagePings>) -> Document {
    of_one(view, Dimension::Agent, name, pages)
}

/// Returns the question for the terms that a family or agent read.
pub fn pages_question(column: Dimension, name: &str, period: Period) -> Breakdown {
    Breakdown {
        by: vec![Dimension::Term],
        only: vec![Condition { column, values: vec![name.to_owned()] }],
        not: Vec::new(),
        from: period.from,
        to: period.to,
        compare: None,
        sort: None,
        top: usize::MAX,
    }
}

/// Returns the terms that were read most, from the answers for all time and for the window.
pub fn pages_of_answers(
    all: &BreakdownTable,
    window: &BreakdownTable,
    catalogue: &TermCatalogue,
) -> Vec<PagePings> {
    let in_window: Map<&str, u64> =
        (window.rows.iter()).map(|row| (value(row, Dimension::Term), row.measures.pings)).collect();
    let read = all.rows.iter().filter(|row| row.measures.pings > 0).take(ROWS_MAX);
    let page = |row: &BreakdownRow| {
        let term = value(row, Dimension::Term);
        PagePings {
            term: term.to_owned(),
            title: catalogue.title(term).to_owned(),
            window: in_window.get(term).copied().unwrap_or_default(),
            total: row.measures.pings,
        }
    };
    read.map(page).collect()
}

fn of_one(view: &SiteView<'_>, column: Dimension, name: &str, pages: Vec<PagePings>) -> Document {
    let period = view.period(view.query.days);
    let is_family = column == Dimension::Family;
    let mut page = view.page(name, if is_family { "Family" } else { "Agent" }, period);
    page.blocks.push(Block::Facts(facts(view, column, name, period)));
    let by = if is_family { Dimension::Agent } else { Dimension::Request };
    page.blocks.push(Block::Chart(stacked_chart(view, period, by)));
    let mut tables = Vec::new();
    if is_family {
        tables.push(breakdown(view, period, Dimension::Agent, "agents", "Agents"));
        tables.push(breakdown(view, period, Dimension::Purpose, "purposes", "Purposes"));
    }
    tables.push(pages_table(pages));
    tables.push(breakdown(view, period, Dimension::Status, "statuses", "Answers"));
    tables.push(breakdown(view, period, Dimension::Request, "types", "Request types"));
    tables.push(breakdown(view, period, Dimension::Trust, "trust", "Trust"));
    tables.push(failures_table(view, period));
    tables.push(user_agents_table(view));
    let tables = tables.into_iter().filter(|table| !table.rows.is_empty());
    page.blocks.extend(tables.map(Block::Table));
    page
}

fn facts(
    view: &SiteView<'_>,
    column: Dimension,
    name: &str,
    period: Period,
) -> Vec<(&'static str, Cell)> {
    let all_time = view.all_time();
    let (comparison, recent) = (view.compared(&[column], period), view.ask(&[column], period));
    let all = view.ask(&[column], all_time);
    let [trusts, types] =
        [Dimension::Trust, Dimension::Request].map(|column| view.ask(&[column], all_time).rows);
    let requests_of = |rows: &[BreakdownRow], name: &str| {
        let found = rows.iter().find(|row| row.values[0].1 == name);
        found.map_or(0, |row| row.measures.requests)
    };
    let verified = requests_of(&trusts, "verified");
    let trust = TrustSum { verified, impostors: requests_of(&trusts, "impostor") };
    let mut facts = catalogue_facts(view, column, name);
    facts.push(("Pings in these days", Cell::Count(recent.total.pings)));
    let change = recent.rows.first().map_or(Cell::Empty, |row| {
        change_cell(comparison.as_ref(), row, |measures| measures.pings)
    });
    facts.push(("Change of full days", change));
    facts.push(("Requests in all logs", Cell::Count(all.total.requests)));
    facts.push(("Pings in all logs", Cell::Count(all.total.pings)));
    let carried: u64 = view.facts.carried.values().sum();
    if carried > 0 && column == Dimension::Family {
        facts.push(("Pings from before there were logs", Cell::Count(carried)));
    }
    facts.push(("Verified of those checked", trust.share()));
    if trust.verified + trust.impostors > 0 {
        facts.push(("Impostor requests", Cell::Count(trust.impostors)));
    }
    facts.push(("robots.txt fetches", Cell::Count(requests_of(&types, "robots.txt"))));
    facts.push(("llms.txt fetches", Cell::Count(requests_of(&types, "llms.txt"))));
    if column == Dimension::Family {
        facts.push(("People it sent", Cell::Count(all.total.views)));
    }
    // People have no trust, so these are the days of the family's own requests.
    let first = trusts.iter().map(|row| row.first_day).min();
    let last = trusts.iter().map(|row| row.last_day).max();
    facts.push(("First seen", Cell::day(first)));
    facts.push(("Last seen", Cell::day(last)));
    facts
}

/// Returns what the catalogue says of a family or an agent.
fn catalogue_facts(
    view: &SiteView<'_>,
    column: Dimension,
    name: &str,
) -> Vec<(&'static str, Cell)> {
    let mut facts = Vec::new();
    let agents = view.rules.namer.catalogue().agents();
    let known = agents.iter().find(|agent| match column {
        Dimension::Family => agent.family() == name,
        _ => agent.entry.name == name,
    });
    if let Some(agent) = known {
        if !agent.entry.operator.is_empty() {
            facts.push(("Operator", Cell::name(&agent.entry.operator)));
        }
        if column == Dimension::Agent {
            let family = agent.family().to_owned();
            facts.push(("Family", Cell::Link(family.clone(), LinkTarget::Family(family))));
            facts.push(("Purpose", Cell::word(agent.entry.purpose.to_string())));
            facts.push(("In robots.txt", Cell::name(agent.entry.robots_token())));
        }
        if let Some(docs) = agent.entry.docs.as_ref().filter(|_| column == Dimension::Agent) {
            facts.push(("Documentation", Cell::Link(docs.clone(), LinkTarget::Url(docs.clone()))));
        }
    }
    facts
}

/// Returns the requests by a column.
fn breakdown(
    view: &SiteView<'_>,
    period: Period,
    column: Dimension,
    id: &'static str,
    title: &str,
) -> DataTable {
    let name = match column {
        Dimension::Agent => "agent:Agent",
        Dimension::Purpose => "purpose:Purpose",
        Dimension::Status => "status:Answer",
        Dimension::Trust => "trust:Trust",
        _ => "request:Type",
    };
    let columns = [
        name,
        "pings:Pings",
        "change:Change",
        "requests:Requests",
        "share:Share",
        "bytes:Bytes",
        "last_day:Last",
    ];
    let title = format!("{title}, last {}", period.words());
    let mut table = DataTable::new(id, title, &columns);
    let comparison = view.compared(&[column], period);
    let answer = view.ask(&[column], period);
    for row in &answer.rows {
        let text = value(row, column);
        table.rows.push(vec![
            if column == Dimension::Agent { agent_cell(text) } else { Cell::name(text) },
            Cell::Count(row.measures.pings),
            change_cell(comparison.as_ref(), row, |measures| measures.pings),
            Cell::Count(row.measures.requests),
            Cell::Share { part: row.measures.requests, all: answer.total.requests },
            Cell::Count(row.measures.bytes),
            Cell::Day(row.last_day),
        ]);
    }
    table.show_at_most(ROWS_MAX);
    table
}

/// Returns the terms that a family or agent read most, of all time.
fn pages_table(pages: Vec<PagePings>) -> DataTable {
    let columns = ["term:Term", "window_pings:Window", "pings:All time"];
    let mut table = DataTable::new("pages", "Terms that it read most, all time", &columns);
    for page in pages {
        let link = Cell::Link(page.title, LinkTarget::Term(page.term));
        table.rows.push(vec![link, Cell::Count(page.window), Cell::Count(page.total)]);
    }
    table
}

fn failures_table(view: &SiteView<'_>, period: Period) -> DataTable {
    let title = format!("What it asked for and did not get, last {}", period.words());
    let columns = ["path:Path", "code:Status", "requests:Requests", "last_day:Last"];
    let mut table = DataTable::new("failures", title, &columns);
    let rows = view.most(SortBy::Requests, &[Dimension::Path, Dimension::Code], period).rows;
    for row in &rows {
        table.rows.push(vec![
            Cell::name(value(row, Dimension::Path)),
            Cell::name(value(row, Dimension::Code)),
            Cell::Count(row.measures.requests),
            Cell::Day(row.last_day),
        ]);
    }
    table.show_at_most(ROWS_MAX);
    table
}

fn user_agents_table(view: &SiteView<'_>) -> DataTable {
    let columns =
        ["user_agent:User agent", "requests:Requests", "first_day:First", "last_day:Last"];
    let mut table = DataTable::new("user_agents", "User agents, all time", &columns);
    for sum in &view.facts.user_agents {
        if let Some(text) = view.user_agents.get(&sum.id) {
            table.rows.push(vec![
                Cell::name(text),
                Cell::Count(sum.requests),
                Cell::Day(sum.first_day),
                Cell::Day(sum.last_day),
            ]);
        }
    }
    table.show_at_most(ROWS_MAX);
    table
}
