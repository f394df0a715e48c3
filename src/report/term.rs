//! The guestbook of one term.

use std::iter;

use crate::classify::Rules;
use crate::day::Day;
use crate::names::Map;
use crate::store::{Store, Stored, ViewRow};

use super::book::{Rows, check_day};
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
        let mut stored = Stored::default();
        for id in ids {
            let Stored { pings, views, carried } = store.term_rows(id)?;
            stored.pings.extend(pings);
            stored.views.extend(views);
            stored.carried.extend(carried);
        }
        let came_from = came_from(&stored.views, question.today, &store.came_from()?);
        let rows = Rows {
            pings: &stored.pings,
            carried: &stored.carried,
            coverage: &coverage,
            user_agents: &store.user_agents_of(&stored.pings)?,
            request_types: &store.request_types()?,
            views: came_from.iter().map(|from| from.views).sum(),
        };
        let (book, _) = Book::new(&rows, &rules.namer, question)?;
        let title = entry.and_then(|entry| entry.title.clone()).unwrap_or_else(|| term.to_owned());
        let added = entry.and_then(|entry| entry.added.clone());
        Ok(TermReport { schema: JSON_SCHEMA, term: term.to_owned(), title, added, book, came_from })
    }
}

fn no_term(store: &Store, rules: &Rules, name: &str) -> Result<ReportError, ReportError> {
    let stored = store.terms()?;
    let listed = rules.terms.catalogue().entries().iter().map(|entry| &*entry.term);
    let nearest = nearest(name, stored.iter().map(|(_, term)| &**term).chain(listed));
    Ok(ReportError::NoTerm { term: name.to_owned(), nearest })
}

fn came_from(rows: &[ViewRow], today: Day, names: &[(i64, String)]) -> Vec<CameFrom> {
    let names: Map<i64, &str> = names.iter().map(|(id, name)| (*id, &**name)).collect();
    let until_today = rows.iter().filter(|row| row.day <= today);
    let entries = until_today.map(|row| {
        let name = names.get(&row.came_from).copied().unwrap_or_default();
        (name.to_owned(), row.views, i64::from(row.day.number()))
    });
    rank::ranked(entries).into_iter().map(|(from, views)| CameFrom { from, views }).collect()
}
