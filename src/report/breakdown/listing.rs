//! Keeps the rows of an answer that are listed, and the sums of all.

use std::cmp::{Ordering, Reverse};
use std::collections::HashSet;

use super::counted::{Counted, Key};
use super::dimension::Dimension;
use super::dimensions::Dimensions;
use super::table::Measures;

/// The fewest rows from which those that are not listed are dropped while the others are looked at.
const ROWS_KEPT: usize = 10_000;

/// The order of the rows: most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    Pings,
    Requests,
    Bytes,
    Views,
    Terms,
    Agents,
}

/// The rows of an answer. There may be millions: only those that may be listed are kept, and get their texts.
pub(super) struct Listing<'l> {
    by: &'l [Dimension],
    sort: Option<SortBy>,
    top: usize,
    dimensions: &'l Dimensions<'l>,
    rows: Vec<ListedRow>,
    /// The number of all rows.
    pub(super) row_count: usize,
    total: Option<Counted>,
    terms: HashSet<u32>,
    agents: HashSet<u32>,
}

/// A row that may be listed.
pub(super) struct ListedRow {
    pub(super) key: Key,
    pub(super) counted: Counted,
    /// The measures of the time that it is compared with.
    pub(super) before: Option<Box<Measures>>,
}

impl<'l> Listing<'l> {
    pub(super) fn new(
        by: &'l [Dimension],
        sort: Option<SortBy>,
        top: usize,
        dimensions: &'l Dimensions<'l>,
    ) -> Listing<'l> {
        Listing {
            by,
            sort,
            top,
            dimensions,
            rows: Vec::new(),
            row_count: 0,
            total: None,
            terms: HashSet::new(),
            agents: HashSet::new(),
        }
    }

    /// Adds a row, which is complete.
    pub(super) fn add(&mut self, key: Key, counted: Counted, before: Option<Measures>) {
        for (column, number) in self.by.iter().zip(key) {
            match column {
                Dimension::Term if counted.has_term => drop(self.terms.insert(number)),
                Dimension::Agent if counted.requests > 0 => drop(self.agents.insert(number)),
                _ => {}
            }
        }
        match &mut self.total {
            Some(total) => total.merge(&counted),
            None => self.total = Some(counted.clone()),
        }
        self.row_count += 1;
        self.rows.push(ListedRow { key, counted, before: before.map(Box::new) });
        if self.rows.len() >= self.top.saturating_mul(2).max(ROWS_KEPT) {
            self.keep_most();
        }
    }

    fn keep_most(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        if self.top < rows.len() {
            rows.select_nth_unstable_by(self.top, |one, other| self.order(one, other));
            rows.truncate(self.top);
        }
        self.rows = rows;
    }

    /// Returns the measures of all rows together.
    pub(super) fn total(&self) -> Measures {
        let total = self.total.as_ref().map(|total| total.measures(self.by)).unwrap_or_default();
        let is_by = |column| self.by.contains(&column);
        Measures {
            terms: if is_by(Dimension::Term) { self.terms.len() as u64 } else { total.terms },
            agents: if is_by(Dimension::Agent) { self.agents.len() as u64 } else { total.agents },
            ..total
        }
    }

    /// Returns the rows that are listed, in their order.
    pub(super) fn into_rows(mut self) -> Vec<ListedRow> {
        self.keep_most();
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_unstable_by(|one, other| self.order(one, other));
        rows
    }

    fn order(&self, one: &ListedRow, other: &ListedRow) -> Ordering {
        let is_in_time = self.sort.is_none() && self.by[0].is_in_order();
        let most = |counted: &Counted| {
            let Counted { pings, requests, bytes, views, .. } = *counted;
            Reverse(match self.sort {
                None | Some(SortBy::Pings) => (pings, requests, views),
                Some(SortBy::Requests) => (requests, pings, views),
                Some(SortBy::Bytes) => (bytes, requests, pings),
                Some(SortBy::Views) => (views, pings, requests),
                Some(SortBy::Terms) => (counted.measures(self.by).terms, pings, requests),
                Some(SortBy::Agents) => (counted.measures(self.by).agents, pings, requests),
            })
        };
        let by_time = if is_in_time { one.key[0].cmp(&other.key[0]) } else { Ordering::Equal };
        let by_text = || {
            let columns = self.by.iter().zip(one.key.iter().zip(&other.key));
            let mut texts = columns.map(|(column, (one, other))| match column.is_in_order() {
                true => one.cmp(other),
                false => self.dimensions.texts.text(*one).cmp(self.dimensions.texts.text(*other)),
            });
            texts.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        };
        by_time.then_with(|| most(&one.counted).cmp(&most(&other.counted))).then_with(by_text)
    }
}
