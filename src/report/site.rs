//! The guestbook of the whole site.

use std::cmp::Reverse;

use polars::error::PolarsResult;

use crate::classify::Rules;
use crate::names::Map;
use crate::store::{Carried, PingRow, Store, Stored};

use super::book::{Rows, check_day};
use super::frame::Frame;
use super::question::Question;
use super::{Book, JSON_SCHEMA, ReportError, SiteReport, TermRow, TypeRequests, rank};

/// The store's id of no term, under which stands what agents asked for elsewhere.
const NO_TERM_ID: i64 = 0;

/// The store's id of the user agent that says nothing: no agent.
const NO_USER_AGENT_ID: i64 = 0;

impl SiteReport {
    /// The guestbook of the site. `top` is how many terms are listed.
    pub fn new(
        store: &Store,
        rules: &Rules,
        question: &Question,
        top: usize,
    ) -> Result<SiteReport, ReportError> {
        let coverage = store.coverage()?;
        check_day(question, &coverage)?;
        let mut stored = store.all_rows()?;
        let terms = canonical_terms(store.terms()?, rules, &mut stored);
        let start = stored.pings.partition_point(|row| row.term == NO_TERM_ID);
        let (elsewhere, pings) = stored.pings.split_at(start);
        let request_types = store.request_types()?;
        let views = stored.views.iter().filter(|row| row.day <= question.today);
        let rows = Rows {
            pings,
            carried: &stored.carried,
            coverage: &coverage,
            user_agents: &store.user_agents()?,
            request_types: &request_types,
            views: views.map(|row| row.views).sum(),
        };
        let (book, frame) = Book::new(&rows, &rules.namer, question)?;
        let mut terms = term_rows(&terms, rules, question, &frame, &stored)?;
        let term_count = terms.len();
        terms.truncate(top);
        Ok(SiteReport {
            schema: JSON_SCHEMA,
            site: question.site.clone(),
            book,
            term_count,
            terms,
            elsewhere: elsewhere_types(elsewhere, question, &request_types),
            first_day: coverage.first().map(|row| row.day),
            last_day: coverage.last().map(|row| row.day),
        })
    }
}

/// The stored terms by the names that the catalogue gives them today. What stands under an alias is put
/// under its term, as when an alias was listed after the page had been seen under it.
fn canonical_terms(
    terms: Vec<(i64, String)>,
    rules: &Rules,
    stored: &mut Stored,
) -> Vec<(i64, String)> {
    let catalogue = rules.terms.catalogue();
    let (mut by_name, mut moved): (Map<String, i64>, Map<i64, i64>) = Default::default();
    for (id, name) in terms {
        let name = catalogue.get(&name).map_or(name, |entry| entry.term.clone());
        let first = *by_name.entry(name).or_insert(id);
        if first != id {
            moved.insert(id, first);
        }
    }
    if !moved.is_empty() {
        let put = |term: &mut i64| *term = moved.get(term).copied().unwrap_or(*term);
        stored.pings.iter_mut().for_each(|row| put(&mut row.term));
        stored.views.iter_mut().for_each(|row| put(&mut row.term));
        stored.carried.iter_mut().for_each(|row| put(&mut row.term));
    }
    by_name.into_iter().map(|(name, id)| (id, name)).collect()
}

/// Every term that was seen or is listed: most pings in the window first.
fn term_rows(
    terms: &[(i64, String)],
    rules: &Rules,
    question: &Question,
    frame: &Frame,
    stored: &Stored,
) -> Result<Vec<TermRow>, ReportError> {
    let catalogue = rules.terms.catalogue();
    let row = |term: &str| TermRow {
        term: term.to_owned(),
        title: catalogue
            .get(term)
            .and_then(|entry| entry.title.clone())
            .unwrap_or_else(|| term.into()),
        window_pings: 0,
        total_pings: 0,
        views: 0,
        days: vec![0; usize::from(question.days)],
    };
    let mut rows: Map<i64, TermRow> = terms.iter().map(|(id, term)| (*id, row(term))).collect();
    add_pings(&mut rows, question, frame, &stored.carried)?;
    for view in stored.views.iter().filter(|view| view.day <= question.today) {
        if let Some(row) = rows.get_mut(&view.term) {
            row.views += view.views;
        }
    }
    let mut list: Vec<TermRow> = rows.into_values().collect();
    let mut unseen: Vec<TermRow> = {
        let seen: Map<&str, ()> = list.iter().map(|row| (&*row.term, ())).collect();
        let entries = catalogue.entries().iter().map(|entry| &*entry.term);
        entries.filter(|term| !seen.contains_key(term)).map(row).collect()
    };
    list.append(&mut unseen);
    list.retain(|row| row.total_pings + row.views > 0 || catalogue.get(&row.term).is_some());
    list.sort_by(|a, b| {
        let order = |row: &TermRow| Reverse((row.window_pings, row.total_pings, row.views));
        order(a).cmp(&order(b)).then_with(|| a.term.cmp(&b.term))
    });
    Ok(list)
}

fn add_pings(
    rows: &mut Map<i64, TermRow>,
    question: &Question,
    frame: &Frame,
    carried: &[Carried],
) -> PolarsResult<()> {
    let first = i64::from(question.first_day().number());
    for sum in frame.sum_by(&["term", "day"])? {
        let Some(row) = rows.get_mut(&sum.key[0]) else { continue };
        row.total_pings += sum.pings;
        let at = usize::try_from(sum.key[1] - first).ok();
        if let Some(day) = at.and_then(|at| row.days.get_mut(at)) {
            *day += sum.pings;
            row.window_pings += sum.pings;
        }
    }
    for more in carried {
        if let Some(row) = rows.get_mut(&more.term) {
            row.total_pings += more.pings;
        }
    }
    Ok(())
}

/// What agents asked for beside the terms, whatever the answer was: a robots.txt that is not there was
/// asked for all the same.
fn elsewhere_types(
    rows: &[PingRow],
    question: &Question,
    names: &[(i64, String)],
) -> Vec<TypeRequests> {
    let names: Map<i64, &str> = names.iter().map(|(id, name)| (*id, &**name)).collect();
    let agents = rows.iter().filter(|row| row.user_agent != NO_USER_AGENT_ID);
    let until_today = agents.filter(|row| row.day <= question.today);
    let entries = until_today.map(|row| {
        let name = names.get(&row.request).copied().unwrap_or_default();
        (name.to_owned(), row.requests, row.first)
    });
    let list = rank::ranked(entries).into_iter();
    list.map(|(request_type, requests)| TypeRequests { request_type, requests }).collect()
}
