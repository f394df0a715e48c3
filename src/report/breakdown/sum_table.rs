//! The sums of a question by their keys, in less memory than a hash map takes.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::day::Day;

use super::counted::{Counted, Key};

/// Sums by key. There may be millions: the rows lie side by side, and the index has four bytes for each. A hash map of the rows
/// takes twice the memory.
#[derive(Default)]
pub(super) struct SumTable {
    index: HashTable<u32>,
    rows: Vec<(Key, Counted)>,
    hasher: RandomState,
}

impl SumTable {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns the sums of a key, if there are any.
    pub(super) fn get(&self, key: &Key) -> Option<&Counted> {
        let is_equal = |at: &u32| self.rows[*at as usize].0 == *key;
        let at = self.index.find(self.hasher.hash_one(key), is_equal)?;
        Some(&self.rows[*at as usize].1)
    }

    /// Returns the sums of a key, which are empty and on `day` if it is new.
    pub(super) fn entry(&mut self, key: Key, day: Day) -> &mut Counted {
        self.entry_or(key, || Counted::on(day))
    }

    /// Adds sums to those of a key.
    pub(super) fn add(&mut self, key: Key, counted: Counted) {
        match self.get(&key).is_some() {
            true => self.entry(key, counted.first_day).merge(&counted),
            false => drop(self.entry_or(key, || counted)),
        }
    }

    fn entry_or(&mut self, key: Key, new: impl FnOnce() -> Counted) -> &mut Counted {
        let SumTable { index, rows, hasher } = self;
        let hash = hasher.hash_one(key);
        let found = index.find(hash, |at| rows[*at as usize].0 == key).copied();
        let at = found.unwrap_or_else(|| {
            let at = u32::try_from(rows.len()).expect("a store has fewer rows");
            rows.push((key, new()));
            index.insert_unique(hash, at, |at| hasher.hash_one(rows[*at as usize].0));
            at
        });
        &mut rows[at as usize].1
    }

    /// Removes and returns all rows.
    pub(super) fn take_rows(&mut self) -> std::vec::Drain<'_, (Key, Counted)> {
        self.index.clear();
        self.rows.drain(..)
    }

    pub(super) fn rows(&self) -> &[(Key, Counted)] {
        &self.rows
    }
}
