//! The histories of all terms, for their pages and for lists of them.

use std::cmp::Reverse;

use super::breakdown::Dimension;
use super::families::NO_AGENT;
use super::guestbooks::Guestbooks;
use super::totals::{SignerTotal, Totals};
use crate::day::Day;
use crate::interner::Map;

/// The history of one term.
#[derive(Clone, Debug)]
pub struct TermHistory<'g> {
    pub term: &'g str,
    /// The title from the catalogue, or the term's key.
    pub title: &'g str,
    /// The address of the live page, from the catalogue.
    pub url: Option<&'g str>,
    /// Pings by day up to today, oldest first. Empty if there were none in all of the query's history.
    pub days: &'g [u64],
    pub total: u64,
    pub views: u64,
    /// The last day with a ping.
    pub last_day: Option<Day>,
    /// The pings by agent, most first. Only in the history of one term.
    pub agents: Vec<SignerPings>,
}

/// The pings of one agent for a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerPings {
    pub family: String,
    /// Empty for counts from before there were logs.
    pub agent: String,
    pub window: u64,
    pub pings: u64,
    pub verified: u64,
}

/// The pings of a family or agent for one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePings {
    pub term: String,
    pub title: String,
    pub window: u64,
    pub total: u64,
}

/// The first ping of a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstRead {
    pub term: String,
    pub title: String,
    pub day: Day,
    pub family: String,
}

impl Guestbooks<'_> {
    /// Returns the first pings of all terms that were not read before a day.
    pub fn first_reads(&self, from: Day) -> Vec<FirstRead> {
        let catalogue = self.context.rules.terms.catalogue();
        let first = |(term, id): (&String, &i64)| {
            let totals = self.terms.get(id).filter(|totals| totals.first_day >= Some(from))?;
            let first = totals.agents.iter().filter(|(_, total)| total.count.n > 0);
            let (signer, _) =
                first.min_by_key(|(signer, total)| (total.count.first_seen, signer.family))?;
            Some(FirstRead {
                term: term.clone(),
                title: catalogue.title(term).to_owned(),
                day: totals.first_day.filter(|_| totals.carried == 0)?,
                family: self.families.name(signer.family).to_owned(),
            })
        };
        self.ids.iter().filter_map(first).collect()
    }

    /// Returns the history of every term that was seen or is listed, in no order.
    pub fn histories(&self) -> Vec<TermHistory<'_>> {
        let catalogue = self.context.rules.terms.catalogue();
        let seen = self.ids.iter().filter_map(|(term, id)| {
            let totals = self.terms.get(id).filter(|totals| totals.pings + totals.view_count() > 0);
            (totals.is_some() || catalogue.get(term).is_some()).then_some((&**term, totals))
        });
        let listed = catalogue.entries().iter().map(|entry| &*entry.term);
        let unseen = listed.filter(|term| !self.ids.contains_key(*term)).map(|term| (term, None));
        seen.chain(unseen).map(|(term, totals)| self.history_of(term, totals)).collect()
    }

    fn history_of<'g>(&'g self, term: &'g str, totals: Option<&'g Totals>) -> TermHistory<'g> {
        let catalogue = self.context.rules.terms.catalogue();
        TermHistory {
            term,
            title: catalogue.title(term),
            url: catalogue.get(term).and_then(|entry| entry.url.as_deref()),
            days: totals.map_or(&[], |totals| &totals.days),
            total: totals.map_or(0, |totals| totals.pings),
            views: totals.map_or(0, Totals::view_count),
            last_day: totals.and_then(|totals| totals.last_day),
            agents: Vec::new(),
        }
    }

    /// Adds the agents to the history of a term.
    pub fn complete<'g>(&'g self, history: &TermHistory<'g>) -> TermHistory<'g> {
        let mut history = history.clone();
        let Some(totals) = self.totals(history.term) else { return history };
        let name = |number: u32| self.families.name(number).to_owned();
        let mut agents: Vec<SignerPings> = totals
            .agents
            .iter()
            .map(|(signer, total)| SignerPings {
                family: name(signer.family),
                agent: if signer.agent == NO_AGENT { String::new() } else { name(signer.agent) },
                window: total.window,
                pings: total.count.n,
                verified: total.verified,
            })
            .collect();
        agents.sort_by(|a, b| {
            (b.pings, b.window, &a.family, &a.agent).cmp(&(a.pings, a.window, &b.family, &b.agent))
        });
        history.agents = agents;
        history
    }

    /// Returns the terms that each family or each agent has read most, by its name, at most `count` for each. Counts from
    /// before there were logs have no agent and are left out.
    pub fn most_read(&self, column: Dimension, count: usize) -> Map<String, Vec<PagePings>> {
        let mut most: Map<u32, Vec<(&str, SignerTotal)>> = Map::default();
        let mut of_term: Map<u32, SignerTotal> = Map::default();
        for (term, id) in &self.ids {
            let Some(totals) = self.terms.get(id) else { continue };
            let agents = totals.agents.iter().filter(|(signer, _)| signer.agent != NO_AGENT);
            for (signer, total) in agents {
                let number = if column == Dimension::Agent { signer.agent } else { signer.family };
                *of_term.entry(number).or_default() += *total;
            }
            for (number, total) in of_term.drain().filter(|(_, total)| total.count.n > 0) {
                let terms = most.entry(number).or_default();
                terms.push((term, total));
                if terms.len() >= 2 * count.max(1) {
                    keep_most(terms, count);
                }
            }
        }
        let catalogue = self.context.rules.terms.catalogue();
        let page_pings = |(term, total): (&str, SignerTotal)| PagePings {
            term: term.to_owned(),
            title: catalogue.title(term).to_owned(),
            window: total.window,
            total: total.count.n,
        };
        let named = most.into_iter().map(|(number, mut terms)| {
            keep_most(&mut terms, count);
            let terms = terms.into_iter().map(page_pings).collect();
            (self.families.name(number).to_owned(), terms)
        });
        named.collect()
    }
}

/// Sorts terms by their pings, most first, and keeps the first ones.
fn keep_most(terms: &mut Vec<(&str, SignerTotal)>, count: usize) {
    terms.sort_unstable_by_key(|(term, total)| (Reverse(total.count.n), *term));
    terms.truncate(count);
}
