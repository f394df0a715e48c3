//! Builds the guestbook of the whole site.

use std::cmp::Reverse;

use crate::classify::Rules;
use crate::store::Store;

use super::data::{JSON_SCHEMA, SiteReport, TermRow};
use super::error::ReportError;
use super::guestbooks::Guestbooks;
use super::query::Query;
use super::totals::Totals;

impl SiteReport {
    /// Reads the store and returns the guestbook of the site, which lists at most `top` terms.
    pub fn new(
        store: &Store,
        rules: &Rules,
        query: &Query,
        top: usize,
    ) -> Result<SiteReport, ReportError> {
        Ok(Guestbooks::read_for_site(store, rules, query)?.site(top))
    }
}

impl Guestbooks<'_> {
    /// Returns the guestbook of the site, which lists at most `top` terms.
    pub fn site(&self, top: usize) -> SiteReport {
        let mut terms = self.term_rows();
        let term_count = terms.len();
        terms.truncate(top);
        let coverage = &self.context.coverage;
        SiteReport {
            schema: JSON_SCHEMA,
            site: self.context.query.site.clone(),
            book: self.book(),
            term_count,
            terms,
            elsewhere: self.context.elsewhere(&self.elsewhere),
            first_day: coverage.first().map(|row| row.day),
            last_day: coverage.last().map(|row| row.day),
        }
    }

    /// Returns every term that was seen or is listed, most pings in the window first.
    fn term_rows(&self) -> Vec<TermRow> {
        let catalogue = self.context.rules.terms.catalogue();
        let listed = catalogue.entries().iter().map(|entry| &*entry.term);
        let unseen = listed.filter(|term| !self.ids.contains_key(*term));
        let names = self.ids.keys().map(|name| &**name).chain(unseen);
        let mut list: Vec<TermRow> = names.map(|term| self.term_row(term)).collect();
        list.retain(|row| row.total_pings + row.views > 0 || catalogue.get(&row.term).is_some());
        list.sort_by(|a, b| {
            let order = |row: &TermRow| Reverse((row.window_pings, row.total_pings, row.views));
            order(a).cmp(&order(b)).then_with(|| a.term.cmp(&b.term))
        });
        list
    }

    fn term_row(&self, term: &str) -> TermRow {
        let totals = self.totals(term);
        let empty = Totals::default();
        let days = totals.unwrap_or(&empty).last_days(self.context.query.days);
        TermRow {
            term: term.to_owned(),
            title: self.context.rules.terms.catalogue().title(term).to_owned(),
            window_pings: days.iter().sum(),
            total_pings: totals.map_or(0, |totals| totals.pings),
            views: totals.map_or(0, |totals| totals.view_count()),
            days,
        }
    }
}
