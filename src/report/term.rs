//! The guestbook of one term.

use std::collections::BTreeMap;
use std::iter;

use crate::classify::{Referrers, Rules};
use crate::day::Day;
use crate::names::Map;
use crate::store::{PingRow, Store, ViewRow};

use super::book::{Counted, Shared, check_day, trust_basis};
use super::frame::Sums;
use super::guests::{Guests, Picked, take_impostors};
use super::nearest::nearest;
use super::question::Question;
use super::{Book, CameFrom, JSON_SCHEMA, ReportError, TermReport, rank};

impl TermReport {
    /// The guestbook of `name`, a term or an alias of one.
    pub fn new(
        store: &Store,
        rules: &Rules,
        question: &Question,
        name: &str,
    ) -> Result<TermReport, ReportError> {
        let _snapshot = store.snapshot()?;
        let coverage = store.coverage()?;
        check_day(question, &coverage)?;
        let entry = rules.terms.catalogue().get(name);
        let term = entry.map_or(name, |entry| &entry.term);
        // What was seen under an alias before it was listed as one belongs to its term too.
        let aliases = entry.map(|entry| &entry.aliases[..]).unwrap_or_default();
        let names = iter::once(term).chain(aliases.iter().map(|alias| &**alias));
        let ids: Vec<i64> =
            names.filter_map(|name| store.term_id(name).transpose()).collect::<Result<_, _>>()?;
        if ids.is_empty() && entry.is_none() {
            return Err(no_term(store, rules, name)?);
        }
        let (mut picked, mut views) = (Picked::new(question), Views::default());
        let mut carried = Vec::new();
        for id in ids {
            let ping = |row: PingRow| picked.add(&row, row.user_agent);
            store.each_row_of(id, ping, |row| views.add(&row, question.today))?;
            carried.extend(store.carried_of(id)?);
        }
        // Only now is it known who has to be named.
        let rows = picked.finish();
        let user_agents = store.user_agents_of(rows.iter().map(|row| row.family))?;
        let guests = Guests::new(&user_agents, &rules.namer, question);
        let mut rows = guests.signed(rows);
        let impostors = take_impostors(&mut rows, question).into_values().sum();
        let sums = Sums::of_few(&rows);
        let request_types = store.request_types()?;
        let shared = Shared {
            question,
            coverage: &coverage,
            guests: &guests,
            request_types: &request_types,
            basis: trust_basis(store)?,
            catalogue: rules.namer.catalogue().version(),
        };
        let came_from = views.came_from(&store.came_from()?);
        let referred = &Views::by_family(&came_from, &rules.referrers);
        let views = views.total();
        let counted = Counted { sums: &sums, impostors, carried: &carried, views, referred };
        Ok(TermReport::of(term, rules, Book::new(&counted, &shared), came_from))
    }

    pub(super) fn of(
        term: &str,
        rules: &Rules,
        book: Book,
        came_from: Vec<CameFrom>,
    ) -> TermReport {
        let entry = rules.terms.catalogue().get(term);
        let title = entry.and_then(|entry| entry.title.clone()).unwrap_or_else(|| term.to_owned());
        let added = entry.and_then(|entry| entry.added.clone());
        TermReport { schema: JSON_SCHEMA, term: term.to_owned(), title, added, book, came_from }
    }
}

fn no_term(store: &Store, rules: &Rules, name: &str) -> Result<ReportError, ReportError> {
    let stored = store.terms()?;
    let listed = rules.terms.catalogue().entries().iter().map(|entry| &*entry.term);
    let nearest = nearest(name, stored.iter().map(|(_, term)| &**term).chain(listed));
    Ok(ReportError::NoTerm { term: name.to_owned(), nearest })
}

/// The views of one term, by where people came from: how many, and the first day.
#[derive(Clone, Debug, Default)]
pub(super) struct Views(BTreeMap<i64, rank::Tallied>);

impl Views {
    pub(super) fn add(&mut self, row: &ViewRow, today: Day) {
        if row.day <= today {
            let sum = self.0.entry(row.came_from).or_insert(rank::NOTHING);
            rank::add(sum, row.views, row.day.number().into());
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.0.values().map(|(views, _)| views).sum()
    }

    pub(super) fn came_from(&self, names: &[(i64, String)]) -> Vec<CameFrom> {
        let names: Map<i64, &str> = names.iter().map(|(id, name)| (*id, &**name)).collect();
        let entries = self.0.iter().map(|(id, (views, first))| {
            let name = names.get(id).copied().unwrap_or_default();
            (name.to_owned(), *views, *first)
        });
        rank::ranked(entries).into_iter().map(|(from, views)| CameFrom { from, views }).collect()
    }

    /// The same by the families whose products have sent people.
    pub(super) fn by_family(came_from: &[CameFrom], referrers: &Referrers) -> Map<String, u64> {
        let mut families: Map<String, u64> = Map::default();
        for CameFrom { from, views } in came_from {
            *families.entry(referrers.family(from).to_owned()).or_default() += views;
        }
        families
    }
}
