//! Finds what rose, fell, is new or has fallen silent.

use std::cmp::Reverse;

use crate::day::Day;
use crate::interner::Map;
use crate::report::{Cell, DataTable, Dimension};

use super::facts::{Period, SiteView, agent_cell, family_cell, value};

/// An agent whose pings changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub agent: String,
    pub family: String,
    pub kind: ChangeKind,
    pub before: u64,
    pub now: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Its first request ever is within the period.
    New,
    /// It had pings in the time before, and has none.
    Silent,
    Rose,
    Fell,
}

/// A change by fewer pings is not told, unless the agent is new.
const PINGS_MIN: u64 = 3;

/// The most changes in a table.
const ROWS_MAX: usize = 20;

/// Returns the changes of the full days of a period against as many before, by kind, the largest first. Returns nothing if they
/// can't be compared.
pub fn changes(view: &SiteView<'_>, period: Period) -> Vec<Change> {
    let by = [Dimension::Agent, Dimension::Family];
    let full = view.full_days(period);
    let Some(comparison) = view.compared(&by, period) else { return Vec::new() };
    let first_days: Map<String, Day> = {
        let all = view.ask(&by, view.all_time());
        all.rows
            .iter()
            .map(|row| (value(row, Dimension::Agent).to_owned(), row.first_day))
            .collect()
    };
    let mut changes = Vec::new();
    for row in comparison.rows {
        let agent = value(&row, Dimension::Agent);
        let (before, now) = (row.previous.map_or(0, |before| before.pings), row.measures.pings);
        let is_new = now > 0 && first_days.get(agent).is_some_and(|first| *first >= full.from);
        let kind = match () {
            () if is_new => ChangeKind::New,
            () if before.abs_diff(now) < PINGS_MIN => continue,
            () if now == 0 => ChangeKind::Silent,
            () if now > before => ChangeKind::Rose,
            () => ChangeKind::Fell,
        };
        let family = value(&row, Dimension::Family).to_owned();
        changes.push(Change { agent: agent.to_owned(), family, kind, before, now });
    }
    changes.sort_by_key(|change| {
        let size = Reverse(change.before.abs_diff(change.now));
        (change.kind, size, change.agent.clone())
    });
    changes
}

/// Returns what rose, fell, is new or has fallen silent.
pub(super) fn changes_table(view: &SiteView<'_>, period: Period) -> DataTable {
    let title = format!("What changed in {} (full days)", period.words());
    let columns = [
        "agent:Agent",
        "family:Family",
        "what:What",
        "before:Before",
        "pings:Pings",
        "change:Change",
    ];
    let mut table = DataTable::new("changes", title, &columns);
    if !view.is_comparable(view.full_days(period)) {
        table.note = format!(
            "These {} and those before have not equally many days with logs, so nothing is compared.",
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
    table.show_at_most(ROWS_MAX);
    table
}
