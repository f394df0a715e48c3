//! The input of all pages, and the questions that they ask.

use std::collections::HashSet;
use std::sync::Arc;

use crate::classify::Rules;
use crate::day::Day;
use crate::interner::Map;
use crate::nearest::nearest;
use crate::report::{
    Breakdown, BreakdownRow, BreakdownTable, Cell, Compare, Dimension, Document, Guestbooks,
    LinkTarget, Measures, Query, ReportError, SiteFacts, SortBy,
};
use crate::store::RunRow;

/// The input of all pages.
pub struct SiteView<'v> {
    pub facts: &'v SiteFacts<'v>,
    pub books: &'v Guestbooks<'v>,
    pub rules: &'v Rules,
    pub query: &'v Query,
    /// All user agents, by their ids.
    pub user_agents: &'v Map<i64, String>,
    /// The last runs, the newest first.
    pub runs: &'v [RunRow],
    covered: Arc<HashSet<Day>>,
}

/// The last days up to today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub days: u16,
    pub from: Day,
    pub to: Day,
}

impl Period {
    pub fn new(days: u16, today: Day) -> Period {
        Period { days, from: today.plus(1 - i32::from(days)), to: today }
    }

    /// Returns the equally long time before.
    pub fn before(&self) -> Period {
        Period::new(self.days, self.from.plus(-1))
    }

    /// Iterates over the days, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = Day> + use<> {
        let from = self.from;
        (0..i32::from(self.days)).map(move |at| from.plus(at))
    }

    /// Returns the length in words: `30 days`.
    pub fn words(&self) -> String {
        if self.days == 1 { "1 day".into() } else { format!("{} days", self.days) }
    }
}

impl<'v> SiteView<'v> {
    pub fn new(
        facts: &'v SiteFacts<'v>,
        books: &'v Guestbooks<'v>,
        (rules, query): (&'v Rules, &'v Query),
        user_agents: &'v Map<i64, String>,
        runs: &'v [RunRow],
    ) -> SiteView<'v> {
        let covered = facts.coverage.iter().map(|row| row.day).collect::<HashSet<_>>().into();
        SiteView { facts, books, rules, query, user_agents, runs, covered }
    }

    /// Returns the last days up to today, or up to yesterday if the logs end with it: a night often reads the day before.
    pub fn period(&self, days: u16) -> Period {
        let today = self.query.today;
        let ends_before = self.last_covered() == Some(today.plus(-1));
        Period::new(days, if ends_before { today.plus(-1) } else { today })
    }

    /// Returns the last covered day up to today.
    fn last_covered(&self) -> Option<Day> {
        let days = self.facts.coverage.iter().map(|row| row.day);
        days.filter(|day| *day <= self.query.today).max()
    }

    /// Returns the values that a column has, most requests first.
    pub fn names(&self, column: Dimension) -> Vec<String> {
        let by = [Dimension::Agent, Dimension::Family];
        let rows = self.most(SortBy::Requests, &by, self.all_time()).rows;
        let mut seen = HashSet::new();
        let names = rows.iter().map(|row| value(row, column).to_owned());
        names.filter(|name| seen.insert(name.clone())).collect()
    }

    /// Returns a value of a column as the store has it, whatever case it is written in. Fails with the nearest names.
    pub fn name_of(&self, column: Dimension, name: &str) -> Result<String, ReportError> {
        let names = self.names(column);
        let found = names.iter().find(|known| known.eq_ignore_ascii_case(name));
        found.cloned().ok_or_else(|| ReportError::NoValue {
            column: column.name(),
            value: name.to_owned(),
            nearest: nearest(name, names.iter().map(String::as_str)),
        })
    }

    /// Returns the time from the first covered day to today.
    pub fn all_time(&self) -> Period {
        let first = self.facts.coverage.first().map_or(self.query.today, |row| row.day);
        let days = self.query.today.number() - first.number() + 1;
        Period { days: u16::try_from(days).unwrap_or(u16::MAX), from: first, to: self.query.today }
    }

    pub fn is_covered(&self, day: Day) -> bool {
        self.covered.contains(&day)
    }

    /// Returns whether as many days are covered within the period as before it, so that both can be compared: a day without a log
    /// is no zero.
    pub(super) fn is_comparable(&self, period: Period) -> bool {
        self.covered_days(period) == self.covered_days(period.before())
    }

    /// Returns the days of a period that no log covers, between the first and the last covered day.
    pub(super) fn gaps(&self, period: Period) -> Vec<Day> {
        let first = self.facts.coverage.first().map_or(period.to, |row| row.day);
        let last = self.last_covered().unwrap_or(period.to);
        let between = period.iter().filter(|day| *day >= first && *day <= last);
        between.filter(|day| !self.is_covered(*day)).collect()
    }

    /// Returns how many days of a period are covered.
    pub(super) fn covered_days(&self, period: Period) -> usize {
        period.iter().filter(|day| self.is_covered(*day)).count()
    }

    /// Returns the facts of a period by some columns.
    pub(super) fn ask(&self, by: &[Dimension], period: Period) -> BreakdownTable {
        self.answer(by, period, None, None)
    }

    /// Returns the facts of a period by some columns, with the rows that have most of a measure first.
    pub(super) fn most(&self, sort: SortBy, by: &[Dimension], period: Period) -> BreakdownTable {
        self.answer(by, period, None, Some(sort))
    }

    /// Returns the facts of the full days of a period, compared with as many days before. `None` if not as many of them have logs.
    pub(super) fn compared(&self, by: &[Dimension], period: Period) -> Option<Comparison> {
        let full = self.full_days(period);
        let answer = || self.answer(by, full, Some(Compare::Previous), None);
        self.is_comparable(full).then(|| Comparison::new(answer()))
    }

    /// Returns the last full days, as many as a period has: today may not be over.
    pub(super) fn full_days(&self, period: Period) -> Period {
        match period.to == self.query.today {
            true => Period::new(period.days, period.to.plus(-1)),
            false => period,
        }
    }

    fn answer(
        &self,
        by: &[Dimension],
        period: Period,
        compare: Option<Compare>,
        sort: Option<SortBy>,
    ) -> BreakdownTable {
        let question = Breakdown {
            by: by.to_vec(),
            only: Vec::new(),
            not: Vec::new(),
            from: period.from,
            to: period.to,
            compare,
            sort,
            top: usize::MAX,
        };
        question.answer_from(self.facts)
    }

    /// Returns the view of a part of the facts.
    #[must_use]
    pub fn of_part<'s>(&'s self, facts: &'s SiteFacts<'s>) -> SiteView<'s> {
        SiteView { facts, covered: Arc::clone(&self.covered), ..*self }
    }

    /// Returns an empty page for a period.
    pub(super) fn page(&self, title: &str, kind: &'static str, period: Period) -> Document {
        Document {
            title: title.to_owned(),
            kind,
            from: period.from,
            to: period.to,
            blocks: Vec::new(),
        }
    }
}

/// The facts of some days, compared with as many days before.
pub(super) struct Comparison {
    pub(super) rows: Vec<BreakdownRow>,
    /// The numbers of the rows, by the values of their columns.
    by_values: Map<Vec<String>, usize>,
}

impl Comparison {
    fn new(answer: BreakdownTable) -> Comparison {
        let rows = answer.rows;
        let by_values = rows.iter().enumerate().map(|(at, row)| (values(row), at)).collect();
        Comparison { rows, by_values }
    }

    /// Returns the change of a measure in the row with the same values.
    fn change(&self, row: &BreakdownRow, measure: fn(&Measures) -> u64) -> Cell {
        let found = self.by_values.get(&values(row)).map(|at| &self.rows[*at]);
        let before = found.and_then(|row| row.previous).map_or(0, |before| measure(&before));
        Cell::Change { before: Some(before), now: found.map_or(0, |row| measure(&row.measures)) }
    }
}

/// Returns the change of a measure of a row, if there is a comparison.
pub(super) fn change_cell(
    comparison: Option<&Comparison>,
    row: &BreakdownRow,
    measure: fn(&Measures) -> u64,
) -> Cell {
    comparison.map_or(Cell::Empty, |comparison| comparison.change(row, measure))
}

fn values(row: &BreakdownRow) -> Vec<String> {
    row.values.iter().map(|(_, value)| value.clone()).collect()
}

/// Returns the value of a row in a column.
pub(super) fn value(row: &BreakdownRow, column: Dimension) -> &str {
    let name = column.name();
    row.values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

pub(super) fn family_cell(name: &str) -> Cell {
    Cell::Link(name.to_owned(), LinkTarget::Family(name.to_owned()))
}

pub(super) fn agent_cell(name: &str) -> Cell {
    Cell::Link(name.to_owned(), LinkTarget::Agent(name.to_owned()))
}
