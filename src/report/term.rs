//! Builds the guestbook of one term.

use std::iter;

use crate::classify::Rules;
use crate::nearest::nearest;
use crate::parallel::cores;
use crate::store::{Store, StoreError};

use super::book::ReportContext;
use super::data::{JSON_SCHEMA, TermReport};
use super::day_ranges::on_all_days;
use super::error::ReportError;
use super::families::FamilyIndex;
use super::query::Query;
use super::totals::Totals;

impl TermReport {
    /// Reads the store and returns the guestbook of `name`, which is a term or an alias of one.
    pub fn new(
        store: &Store,
        rules: &Rules,
        query: &Query,
        name: &str,
    ) -> Result<TermReport, ReportError> {
        let mut readers = store.readers(cores())?;
        let store = &readers[0];
        let context = ReportContext::read(store, rules, query)?;
        let entry = rules.terms.catalogue().get(name);
        let term = entry.map_or(name, |entry| &entry.term);
        // A page may have been stored under an alias before the catalogue listed that.
        let aliases = entry.map(|entry| &entry.aliases[..]).unwrap_or_default();
        let names = iter::once(term).chain(aliases.iter().map(|alias| &**alias));
        let ids: Vec<i64> =
            names.filter_map(|name| store.term_id(name).transpose()).collect::<Result<_, _>>()?;
        if ids.is_empty() && entry.is_none() {
            return Err(no_term(store, rules, name)?);
        }
        let parts =
            on_all_days::<_, StoreError>(&mut readers, &context.coverage, |store, days| {
                let (mut pings, mut views) = (Vec::new(), Vec::new());
                for id in &ids {
                    store.each_ping_of(*id, days.clone(), |row| pings.push(row))?;
                    store.each_view_of(*id, days.clone(), |row| views.push(row))?;
                }
                Ok((pings, views))
            })?;
        let store = &readers[0];
        let pings = || parts.iter().flat_map(|(pings, _)| pings);
        let views = parts.iter().flat_map(|(_, views)| views);
        let mut totals = Totals::default();
        views.for_each(|row| totals.add_view(row, query));
        // Only the user agents of these pings have to be named.
        let user_agents = store.user_agents_of(pings().map(|row| row.user_agent))?;
        let mut families = FamilyIndex::new(&user_agents, rules);
        for row in pings() {
            if let Some(signer) = families.of_user_agent(row.user_agent) {
                totals.add_ping(row, signer, query);
            }
        }
        for id in ids {
            for row in store.carried_of(id)? {
                let family = families.of_carried(&row);
                totals.add_carried(&row, family);
            }
        }
        Ok(term_report(term, &totals, &families, &context))
    }
}

/// Returns the guestbook of a term with its totals.
pub(super) fn term_report(
    term: &str,
    totals: &Totals,
    families: &FamilyIndex,
    context: &ReportContext<'_>,
) -> TermReport {
    let catalogue = context.rules.terms.catalogue();
    TermReport {
        schema: JSON_SCHEMA,
        term: term.to_owned(),
        title: catalogue.title(term).to_owned(),
        added: catalogue.get(term).and_then(|entry| entry.added.clone()),
        book: context.book(totals, families),
        answers: totals.answers(),
        came_from: context.sources(totals),
    }
}

fn no_term(store: &Store, rules: &Rules, name: &str) -> Result<ReportError, ReportError> {
    let stored = store.terms()?;
    let listed = rules.terms.catalogue().entries().iter().map(|entry| &*entry.term);
    let nearest = nearest(name, stored.iter().map(|(_, term)| &**term).chain(listed));
    Ok(ReportError::NoTerm { term: name.to_owned(), nearest })
}
