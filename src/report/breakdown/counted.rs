//! The sums of one row of an answer.

use crate::day::Day;

use super::dimension::Dimension;
use super::table::Measures;

/// The most columns of an answer.
pub const COLUMNS_MAX: usize = 4;

/// The numbers of a row's values. Those that no column has are 0.
pub(super) type Key = [u32; COLUMNS_MAX];

/// The sums of a key, with its first and last day.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) pings: u64,
    pub(super) requests: u64,
    pub(super) bytes: u64,
    pub(super) views: u64,
    pub(super) first_day: Day,
    pub(super) last_day: Day,
    /// True if any of the facts is for a term.
    pub(super) has_term: bool,
    /// The terms and agents, if no column tells them.
    distinct: Option<Box<Distinct>>,
}

/// The terms and agents of some facts, by their numbers.
#[derive(Clone, Debug, Default)]
struct Distinct {
    terms: NumberSet,
    agents: NumberSet,
}

/// A set of small numbers.
#[derive(Clone, Debug, Default)]
struct NumberSet(Vec<u64>);

impl NumberSet {
    fn insert(&mut self, number: u32) {
        let at = number as usize / 64;
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (number % 64);
    }

    fn merge(&mut self, other: &NumberSet) {
        if other.0.len() > self.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (bits, more) in self.0.iter_mut().zip(&other.0) {
            *bits |= more;
        }
    }

    fn len(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }
}

impl Counted {
    pub(super) fn on(day: Day) -> Counted {
        Counted {
            pings: 0,
            requests: 0,
            bytes: 0,
            views: 0,
            first_day: day,
            last_day: day,
            has_term: false,
            distinct: None,
        }
    }

    /// Returns nothing, on the same days.
    pub(super) fn emptied(&self) -> Counted {
        Counted { last_day: self.last_day, ..Counted::on(self.first_day) }
    }

    pub(super) fn add(&mut self, day: Day, measures: &Measures) {
        self.pings += measures.pings;
        self.requests += measures.requests;
        self.bytes = self.bytes.saturating_add(measures.bytes);
        self.views += measures.views;
        self.first_day = self.first_day.min(day);
        self.last_day = self.last_day.max(day);
    }

    /// Adds a term to the distinct ones.
    pub(super) fn add_term(&mut self, term: u32) {
        self.distinct.get_or_insert_default().terms.insert(term);
    }

    /// Adds an agent to the distinct ones.
    pub(super) fn add_agent(&mut self, agent: u32) {
        self.distinct.get_or_insert_default().agents.insert(agent);
    }

    /// Returns the measures without the distinct terms and agents.
    fn sums(&self) -> Measures {
        let Counted { pings, requests, bytes, views, .. } = *self;
        Measures { pings, requests, bytes, views, ..Measures::default() }
    }

    pub(super) fn merge(&mut self, other: &Counted) {
        self.add(other.first_day, &other.sums());
        self.last_day = self.last_day.max(other.last_day);
        self.has_term |= other.has_term;
        if let Some(other) = &other.distinct {
            let distinct = self.distinct.get_or_insert_default();
            distinct.terms.merge(&other.terms);
            distinct.agents.merge(&other.agents);
        }
    }

    /// Returns the measures, with the numbers of distinct terms and agents.
    pub(super) fn measures(&self, by: &[Dimension]) -> Measures {
        // Within a row of one term there is no other. Views have no agent.
        let terms = match by.contains(&Dimension::Term) {
            true => u64::from(self.has_term),
            false => self.distinct.as_ref().map_or(0, |distinct| distinct.terms.len()),
        };
        let agents = match by.contains(&Dimension::Agent) {
            true => u64::from(self.requests > 0),
            false => self.distinct.as_ref().map_or(0, |distinct| distinct.agents.len()),
        };
        Measures { terms, agents, ..self.sums() }
    }
}
