//! The agents of the site, by family.

use crate::interner::Map;
use crate::report::{Block, BreakdownRow, Cell, DataTable, Dimension, Document};

use super::facts::{Period, SiteView, agent_cell, change_cell, family_cell, value};
use super::parts::{gap_note, stacked_chart};

/// The most rows of a table.
const ROWS_MAX: usize = 300;

/// Returns the page of all agents in a period.
pub fn agents(view: &SiteView<'_>, days: u16) -> Document {
    let period = view.period(days);
    let mut page = view.page("Agents", "", period);
    page.blocks.extend(gap_note(view, period).map(Block::Note));
    page.blocks.push(Block::Chart(stacked_chart(view, period, Dimension::Purpose)));
    for mut table in [families_table(view, period), agents_table(view, period)] {
        table.show_at_most(ROWS_MAX);
        page.blocks.push(Block::Table(table));
    }
    page
}

/// Returns each agent with its purpose, its pings and their trust.
pub(super) fn agents_table(view: &SiteView<'_>, period: Period) -> DataTable {
    let columns = [
        "agent:Agent",
        "family:Family",
        "purpose:Purpose",
        "pings:Pings",
        "change:Change",
        "requests:Requests",
        "verified:Verified",
        "impostor:Impostor requests",
    ];
    let title = format!("Agents, last {}", period.words());
    let mut table = DataTable::new("agents", title, &columns);
    let by = [Dimension::Agent, Dimension::Family, Dimension::Purpose];
    let trusts = trust_by(view, Dimension::Agent, period);
    let comparison = view.compared(&by, period);
    let rows = view.ask(&by, period).rows;
    for row in rows.into_iter().filter(|row| row.measures.requests > 0) {
        let agent = value(&row, Dimension::Agent);
        let trust = trusts.get(agent).copied().unwrap_or_default();
        table.rows.push(vec![
            agent_cell(agent),
            family_cell(value(&row, Dimension::Family)),
            Cell::word(value(&row, Dimension::Purpose)),
            Cell::Count(row.measures.pings),
            change_cell(comparison.as_ref(), &row, |measures| measures.pings),
            Cell::Count(row.measures.requests),
            trust.share(),
            if trust.verified + trust.impostors > 0 {
                Cell::Count(trust.impostors)
            } else {
                Cell::Empty
            },
        ]);
    }
    table
}

/// The requests of an agent or a family by trust.
#[derive(Clone, Copy, Default)]
pub(super) struct TrustSum {
    pub(super) verified: u64,
    pub(super) impostors: u64,
}

impl TrustSum {
    /// Returns the share of the requests that could be checked and are genuine.
    pub(super) fn share(self) -> Cell {
        match self.verified + self.impostors {
            0 => Cell::Empty,
            all => Cell::Share { part: self.verified, all },
        }
    }
}

pub(super) fn trust_by(
    view: &SiteView<'_>,
    column: Dimension,
    period: Period,
) -> Map<String, TrustSum> {
    let mut sums: Map<String, TrustSum> = Map::default();
    for row in view.ask(&[column, Dimension::Trust], period).rows {
        let sum = sums.entry(value(&row, column).to_owned()).or_default();
        match value(&row, Dimension::Trust) {
            "verified" => sum.verified += row.measures.requests,
            "impostor" => sum.impostors += row.measures.requests,
            _ => {}
        }
    }
    sums
}

fn families_table(view: &SiteView<'_>, period: Period) -> DataTable {
    let columns = [
        "family:Family",
        "agents:Agents",
        "pings:Pings",
        "change:Change",
        "requests:Requests",
        "bytes:Bytes",
        "verified:Verified",
        "views:Sent views",
    ];
    let title = format!("Families, last {}", period.words());
    let mut table = DataTable::new("families", title, &columns);
    let trusts = trust_by(view, Dimension::Family, period);
    let mut agents: Map<String, u64> = Map::default();
    for row in view.ask(&[Dimension::Family, Dimension::Agent], period).rows {
        *agents.entry(value(&row, Dimension::Family).to_owned()).or_default() += 1;
    }
    let comparison = view.compared(&[Dimension::Family], period);
    let mut rows = view.ask(&[Dimension::Family], period).rows;
    // People come from other places than families too.
    let has_agents = |row: &BreakdownRow| agents.contains_key(value(row, Dimension::Family));
    rows.retain(|row| has_agents(row) && row.measures.requests + row.measures.views > 0);
    for row in &rows {
        let family = value(row, Dimension::Family);
        let trust = trusts.get(family).copied().unwrap_or_default();
        table.rows.push(vec![
            family_cell(family),
            Cell::Count(agents.get(family).copied().unwrap_or_default()),
            Cell::Count(row.measures.pings),
            change_cell(comparison.as_ref(), row, |measures| measures.pings),
            Cell::Count(row.measures.requests),
            Cell::Count(row.measures.bytes),
            trust.share(),
            Cell::Count(row.measures.views),
        ]);
    }
    table
}
