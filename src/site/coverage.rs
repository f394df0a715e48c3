//! The days that logs cover, and what the last runs did.

use crate::report::{BarChart, Block, Cell, DataTable, Document};

use super::facts::SiteView;
use super::parts::gap_note;

/// The most days that are listed.
const DAYS_MAX: usize = 60;

/// Returns the page of coverage and runs.
pub fn coverage(view: &SiteView<'_>) -> Document {
    let period = view.period(365);
    let mut page = view.page("Coverage and runs", "", period);
    page.blocks.push(Block::Note(
        gap_note(view, period).unwrap_or_else(|| "Logs cover each of the last 365 days.".into()),
    ));
    let mut lines = vec![0; usize::from(period.days)];
    for row in view.facts.coverage.iter().filter(|row| row.day <= period.to) {
        let age = usize::try_from(period.to.number() - row.day.number()).unwrap_or(usize::MAX);
        if let Some(at) = lines.len().checked_sub(age.saturating_add(1)) {
            lines[at] += row.lines;
        }
    }
    let is_covered = |day| view.is_covered(day);
    let mut chart = BarChart::of_days(
        "lines",
        "Requests in the logs, last 365 days",
        &lines,
        period.to,
        is_covered,
    );
    chart.unit = "request";
    page.blocks.push(Block::Chart(chart));
    page.blocks.push(Block::Table(days_table(view)));
    page.blocks.push(Block::Table(runs_table(view)));
    page
}

fn days_table(view: &SiteView<'_>) -> DataTable {
    let columns =
        ["day:Day", "lines:Requests", "agents:By agents", "people:By people", "others:Others"];
    let mut table = DataTable::new("days", "The last covered days", &columns);
    table.note = "Others have no user agent, or are for other hosts.".into();
    for row in view.facts.coverage.iter().rev().filter(|row| row.day <= view.query.today) {
        table.rows.push(vec![
            Cell::Day(row.day),
            Cell::Count(row.lines),
            Cell::Count(row.agents),
            Cell::Count(row.people),
            Cell::Count(row.lines.saturating_sub(row.agents + row.people)),
        ]);
    }
    table.show_at_most(DAYS_MAX);
    table
}

fn runs_table(view: &SiteView<'_>) -> DataTable {
    let columns = [
        "started:Started (UTC)",
        "command:Command",
        "exit_code:Exit code",
        "lines:New lines",
        "pings:Pings",
        "views:Views",
        "malformed:Malformed",
        "warnings:Warnings",
    ];
    let mut table = DataTable::new("runs", "The last runs", &columns);
    for run in view.runs {
        let warnings: Vec<String> = serde_json::from_str(&run.warnings).unwrap_or_default();
        let started = jiff::Timestamp::from_second(run.started).unwrap_or_default();
        table.rows.push(vec![
            Cell::word(started.strftime("%Y-%m-%d %H:%M").to_string()),
            Cell::word(&*run.command),
            Cell::Count(run.exit_code.into()),
            Cell::Count(run.lines),
            Cell::Count(run.pings),
            Cell::Count(run.views),
            Cell::Count(run.malformed),
            Cell::name(&warnings.join("; ")),
        ]);
    }
    table
}
