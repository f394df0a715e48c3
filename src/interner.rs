//! Interns texts: each distinct text is stored once and has a number.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// A hash map whose keys may come from visitors: fast, and seeded differently in every process.
pub type Map<K, V> = HashMap<K, V, RandomState>;

/// Distinct texts, numbered in the order in which they were added. They share one allocation, so that cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    text: String,
    /// The end of each text within `text`.
    ends: Vec<u32>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

/// The memory that a text takes beside its own bytes: its end, and its number in a table that may be half empty.
const ENTRY_BYTES: usize = 16;

impl Interner {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the number of `text`, and adds it if it is new.
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.find(text) {
            return number;
        }
        let number = u32::try_from(self.ends.len()).expect("callers bound the texts they add");
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).expect("callers bound the texts they add"));
        let Interner { text: all, ends, numbers, hasher } = self;
        let rehash = |number: &u32| hasher.hash_one(slice(all, ends, *number));
        numbers.insert_unique(hasher.hash_one(text), number, rehash);
        number
    }

    /// Returns the approximate memory use of the texts, in bytes.
    pub fn bytes(&self) -> usize {
        self.text.len() + ENTRY_BYTES * self.ends.len()
    }

    /// Returns the number of `text` if it was added.
    pub fn find(&self, text: &str) -> Option<u32> {
        let is_equal = |number: &u32| self.text(*number) == text;
        self.numbers.find(self.hasher.hash_one(text), is_equal).copied()
    }

    /// Returns the text with a number that [`Interner::number`] returned.
    pub fn text(&self, number: u32) -> &str {
        slice(&self.text, &self.ends, number)
    }

    /// Iterates over all texts, by number.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|number| self.text(number as u32))
    }
}

fn slice<'t>(text: &'t str, ends: &[u32], number: u32) -> &'t str {
    let at = number as usize;
    let start = if at == 0 { 0 } else { ends[at - 1] };
    &text[start as usize..ends[at] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_one_number() {
        let mut interner = Interner::default();
        assert_eq!((interner.find(""), interner.number(""), interner.number("")), (None, 0, 0));
        for round in 0..2 {
            for n in 1..2_000 {
                assert_eq!(interner.number(&"ü".repeat(n)), n as u32, "in round {round}");
            }
        }
        assert_eq!((interner.len(), interner.text(3)), (2_000, "üüü"));
        let copy = interner.clone();
        assert!(copy.iter().eq(interner.iter()) && copy.find("üü") == Some(2));
    }
}
