//! Reads all that the pages show from the store.

use crate::classify::Rules;
use crate::interner::Map;
use crate::report::{Guestbooks, Query, ReportError, SiteFacts};
use crate::store::{RunRow, Store};

use super::facts::SiteView;

/// The runs that the page about coverage shows.
const RUNS_SHOWN: u32 = 30;

const SECONDS_PER_DAY: i64 = 86_400;

/// The data of all pages.
pub struct SiteData<'d> {
    pub books: Guestbooks<'d>,
    facts: SiteFacts<'d>,
    rules: &'d Rules,
    query: &'d Query,
    user_agents: Map<i64, String>,
    runs: Vec<RunRow>,
}

impl<'d> SiteData<'d> {
    /// Reads the store once.
    pub fn read(
        store: &Store,
        rules: &'d Rules,
        query: &'d Query,
    ) -> Result<SiteData<'d>, ReportError> {
        let (books, facts) = Guestbooks::read_with_facts(store, rules, query)?;
        SiteData::of(store, books, facts, (rules, query))
    }

    /// Reads the store once, without the terms, which take more memory than all else.
    pub fn read_without_terms(
        store: &Store,
        rules: &'d Rules,
        query: &'d Query,
    ) -> Result<SiteData<'d>, ReportError> {
        let (books, facts) = Guestbooks::read_facts(store, rules, query)?;
        SiteData::of(store, books, facts, (rules, query))
    }

    fn of(
        store: &Store,
        books: Guestbooks<'d>,
        facts: SiteFacts<'d>,
        (rules, query): (&'d Rules, &'d Query),
    ) -> Result<SiteData<'d>, ReportError> {
        let user_agents = store.user_agents()?.into_iter().collect();
        let mut runs = store.runs(RUNS_SHOWN)?;
        // Runs after today are no part of a report of the past.
        let tomorrow = i64::from(query.today.number()) + 1;
        runs.retain(|run| run.started.div_euclid(SECONDS_PER_DAY) <= tomorrow);
        Ok(SiteData { books, facts, rules, query, user_agents, runs })
    }

    pub fn view(&self) -> SiteView<'_> {
        let SiteData { books, facts, rules, query, user_agents, runs } = self;
        SiteView::new(facts, books, (rules, query), user_agents, runs)
    }

    /// Returns the facts of each value of a column.
    pub fn divide(&self, column: crate::report::Dimension) -> Map<String, SiteFacts<'d>> {
        self.facts.divide(column)
    }
}
