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

/// A set of numbers: a sorted list while that takes less memory than a bit for each number up to the largest.
#[derive(Clone, Debug)]
enum NumberSet {
    List(Vec<u32>),
    Bits { words: Vec<u64>, len: u64 },
}

/// The numbers that a list may have for each number in a bit set: a number of a list takes 32 bits.
const LIST_SHARE: usize = 32;

/// A list that is shorter stays one, since looking through it is fast.
const LIST_MIN: usize = 16;

impl Default for NumberSet {
    fn default() -> NumberSet {
        NumberSet::List(Vec::new())
    }
}

impl NumberSet {
    fn insert(&mut self, number: u32) {
        match self {
            NumberSet::List(list) => {
                let Err(at) = list.binary_search(&number) else { return };
                list.insert(at, number);
                let largest = list.last().map_or(0, |largest| *largest as usize);
                if list.len() > LIST_MIN.max(largest / LIST_SHARE) {
                    let mut bits = NumberSet::Bits { words: vec![0; largest / 64 + 1], len: 0 };
                    list.iter().for_each(|number| bits.insert(*number));
                    *self = bits;
                }
            }
            NumberSet::Bits { words, len } => {
                let (at, bit) = (number as usize / 64, 1 << (number % 64));
                if at >= words.len() {
                    words.resize(at + 1, 0);
                }
                *len += u64::from(words[at] & bit == 0);
                words[at] |= bit;
            }
        }
    }

    fn merge(&mut self, other: &NumberSet) {
        match other {
            NumberSet::List(list) => list.iter().for_each(|number| self.insert(*number)),
            NumberSet::Bits { words: more, .. } => {
                if let NumberSet::List(list) = self {
                    let list = std::mem::take(list);
                    *self = other.clone();
                    list.into_iter().for_each(|number| self.insert(number));
                } else if let NumberSet::Bits { words, len } = self {
                    words.resize(words.len().max(more.len()), 0);
                    words.iter_mut().zip(more).for_each(|(bits, more)| *bits |= more);
                    *len = words.iter().map(|bits| u64::from(bits.count_ones())).sum();
                }
            }
        }
    }

    fn len(&self) -> u64 {
        match self {
            NumberSet::List(list) => list.len() as u64,
            NumberSet::Bits { len, .. } => *len,
        }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sets_of_numbers_are_sets(one in vec(0..3000_u32, 0..300), other in vec(0..90_u32, 0..80)) {
            let set = |numbers: &[u32]| {
                let mut set = NumberSet::default();
                numbers.iter().for_each(|number| set.insert(*number));
                set
            };
            let count = |numbers: &[u32]| numbers.iter().collect::<BTreeSet<_>>().len() as u64;
            prop_assert_eq!(set(&one).len(), count(&one));
            let both = count(&[&one[..], &other].concat());
            for (first, second) in [(&one, &other), (&other, &one)] {
                let mut merged = set(first);
                merged.merge(&set(second));
                prop_assert_eq!(merged.len(), both);
            }
        }
    }
}
