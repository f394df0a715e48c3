//! Adds up facts by the columns of a question.

use super::condition::Condition;
use super::counted::Key;
use super::dimension::Dimension;
use super::dimensions::{Dimensions, Fact};
use super::pass::Pass;
use super::sum_table::SumTable;

/// Adds up facts that meet the conditions.
pub(super) struct Sums<'s> {
    by: &'s [Dimension],
    conditions: &'s Conditions,
    dimensions: &'s Dimensions<'s>,
    pass: Pass,
    pub(super) table: SumTable,
}

impl<'s> Sums<'s> {
    pub(super) fn new(
        by: &'s [Dimension],
        conditions: &'s Conditions,
        dimensions: &'s Dimensions<'s>,
        pass: Pass,
    ) -> Sums<'s> {
        Sums { by, conditions, dimensions, pass, table: SumTable::default() }
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
        if !self.pass.counts(&key) {
            return;
        }
        let day = fact.day();
        let counted = self.table.entry(key, day);
        counted.add(day, &dimensions.measures(fact));
        if let Some(term) = dimensions.term(fact) {
            counted.has_term = true;
            if !self.by.contains(&Dimension::Term) {
                counted.add_term(term);
            }
        }
        if !self.by.contains(&Dimension::Agent)
            && let Some(agent) = dimensions.value(Dimension::Agent, fact)
        {
            counted.add_agent(agent);
        }
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
