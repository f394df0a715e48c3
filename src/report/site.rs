//! The guestbook of the whole site.

use std::cmp::Reverse;

use crate::classify::Rules;
use crate::names::Map;
use crate::store::Store;

use super::guestbooks::Guestbooks;
use super::question::Question;
use super::term::Views;
use super::{JSON_SCHEMA, ReportError, SiteReport, TermRow, TypeRequests, rank};

impl SiteReport {
    /// The guestbook of the site. `top` is how many terms are listed.
    pub fn new(
        store: &Store,
        rules: &Rules,
        question: &Question,
        top: usize,
    ) -> Result<SiteReport, ReportError> {
        Ok(Guestbooks::read(store, rules, question)?.site(top))
    }
}

impl Guestbooks<'_> {
    /// The guestbook of the site. `top` is how many terms are listed.
    pub fn site(&self, top: usize) -> SiteReport {
        let mut terms = self.term_rows();
        let term_count = terms.len();
        terms.truncate(top);
        SiteReport {
            schema: JSON_SCHEMA,
            site: self.question.site.clone(),
            book: self.all(),
            term_count,
            terms,
            elsewhere: self.elsewhere_types(),
            first_day: self.coverage.first().map(|row| row.day),
            last_day: self.coverage.last().map(|row| row.day),
        }
    }

    /// Every term that was seen or is listed: most pings in the window first.
    fn term_rows(&self) -> Vec<TermRow> {
        let catalogue = self.rules.terms.catalogue();
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
        let entry = self.rules.terms.catalogue().get(term);
        let mut days = vec![0; usize::from(self.question.days)];
        let first = i64::from(self.question.first_day().number());
        let mut total_pings = self.carried_of(term).iter().map(|row| row.pings).sum();
        for (day, pings) in self.days_of(term) {
            total_pings += pings;
            let at = usize::try_from(day - first).ok();
            if let Some(day) = at.and_then(|at| days.get_mut(at)) {
                *day += pings;
            }
        }
        TermRow {
            term: term.to_owned(),
            title: entry.and_then(|entry| entry.title.clone()).unwrap_or_else(|| term.into()),
            window_pings: days.iter().sum(),
            total_pings,
            views: self.views_of(term).map_or(0, Views::total),
            days,
        }
    }

    /// What agents asked for beside the terms, whatever the answer was: a robots.txt that is not there
    /// was asked for all the same.
    fn elsewhere_types(&self) -> Vec<TypeRequests> {
        let names: Map<i64, &str> =
            self.request_types.iter().map(|(id, name)| (*id, &**name)).collect();
        let entries = self.elsewhere.iter().map(|(id, (requests, first))| {
            let name = names.get(id).copied().unwrap_or_default();
            (name.to_owned(), *requests, *first)
        });
        let list = rank::ranked(entries).into_iter();
        list.map(|(request_type, requests)| TypeRequests { request_type, requests }).collect()
    }
}
