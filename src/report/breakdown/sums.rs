//! Adds up facts by the columns of a question.

use crate::day::Day;
use crate::interner::Map;

use super::condition::Condition;
use super::dimension::Dimension;
use super::dimensions::{Dimensions, Fact};
use super::table::Measures;

/// The most columns of an answer.
pub const COLUMNS_MAX: usize = 4;

/// The numbers of a row's values. Those that no column has are 0.
pub(super) type Key = [u32; COLUMNS_MAX];

/// The sums of a key, with its first and last day.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) measures: Measures,
    pub(super) first_day: Day,
    pub(super) last_day: Day,
    /// True if any of the facts is for a term.
    pub(super) has_term: bool,
    /// The terms and agents, if no column tells them.
    distinct: Distinct,
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
        let (measures, distinct) = (Measures::default(), Distinct::default());
        Counted { measures, first_day: day, last_day: day, has_term: false, distinct }
    }

    /// Returns nothing, on the same days.
    pub(super) fn emptied(&self) -> Counted {
        Counted { last_day: self.last_day, ..Counted::on(self.first_day) }
    }

    fn add(&mut self, day: Day, measures: &Measures) {
        self.measures.add(measures);
        self.first_day = self.first_day.min(day);
        self.last_day = self.last_day.max(day);
    }

    pub(super) fn merge(&mut self, other: &Counted) {
        self.add(other.first_day, &other.measures);
        self.last_day = self.last_day.max(other.last_day);
        self.has_term |= other.has_term;
        self.distinct.terms.merge(&other.distinct.terms);
        self.distinct.agents.merge(&other.distinct.agents);
    }

    /// Returns the measures, with the numbers of distinct terms and agents.
    pub(super) fn measures(&self, by: &[Dimension]) -> Measures {
        // Within a row of one term there is no other. Views have no agent.
        let terms = match by.contains(&Dimension::Term) {
            true => u64::from(self.has_term),
            false => self.distinct.terms.len(),
        };
        let agents = match by.contains(&Dimension::Agent) {
            true => u64::from(self.measures.requests > 0),
            false => self.distinct.agents.len(),
        };
        Measures { terms, agents, ..self.measures }
    }
}

/// Adds up facts that meet the conditions.
pub(super) struct Sums<'s> {
    by: &'s [Dimension],
    conditions: &'s Conditions,
    dimensions: &'s Dimensions<'s>,
    sums: Map<Key, Counted>,
}

impl<'s> Sums<'s> {
    pub(super) fn new(
        by: &'s [Dimension],
        conditions: &'s Conditions,
        dimensions: &'s Dimensions<'s>,
    ) -> Sums<'s> {
        Sums { by, conditions, dimensions, sums: Map::default() }
    }

    pub(super) fn add(&mut self, fact: &Fact) {
        let dimensions = self.dimensions;
        if !self.conditions.are_met(fact, dimensions) {
            return;
        }
        let mut key = Key::default();
        for (slot, column) in key.iter_mut().zip(self.by) {
            match dimensions.value(*column, fact) {
                Some(value) => *slot = value,
                None => return,
            }
        }
        let day = fact.day();
        let counted = self.sums.entry(key).or_insert_with(|| Counted::on(day));
        counted.add(day, &dimensions.measures(fact));
        if let Some(term) = dimensions.term(fact) {
            counted.has_term = true;
            if !self.by.contains(&Dimension::Term) {
                counted.distinct.terms.insert(term);
            }
        }
        if !self.by.contains(&Dimension::Agent)
            && let Some(agent) = dimensions.value(Dimension::Agent, fact)
        {
            counted.distinct.agents.insert(agent);
        }
    }

    pub(super) fn into_map(self) -> Map<Key, Counted> {
        self.sums
    }
}

/// The conditions of a question: of each text, by its number, whether it matches.
pub(super) struct Conditions {
    only: Vec<(Dimension, Vec<bool>)>,
    not: Vec<(Dimension, Vec<bool>)>,
}

impl Conditions {
    pub(super) fn of(
        only: &[Condition],
        not: &[Condition],
        dimensions: &Dimensions<'_>,
    ) -> Conditions {
        let numbers = |conditions: &[Condition]| {
            let pair = |condition: &Condition| (condition.column, dimensions.matching(condition));
            conditions.iter().map(pair).collect()
        };
        Conditions { only: numbers(only), not: numbers(not) }
    }

    fn are_met(&self, fact: &Fact, dimensions: &Dimensions<'_>) -> bool {
        let is_one = |(column, matches): &(Dimension, Vec<bool>)| {
            dimensions.value(*column, fact).is_some_and(|value| matches[value as usize])
        };
        self.only.iter().all(is_one) && !self.not.iter().any(is_one)
    }
}
