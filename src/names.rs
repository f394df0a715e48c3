//! Numbers for texts: each distinct text is kept once, and everything after counts by its number.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// A hash map whose keys may come from visitors: fast, and seeded anew in every process.
pub type Map<K, V> = HashMap<K, V, RandomState>;

/// Distinct texts in the order they came, and their numbers. All lie in one piece of memory, so that a copy
/// costs little.
#[derive(Clone, Debug, Default)]
pub struct Names {
    text: String,
    /// Where each text ends in `text`.
    ends: Vec<u32>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

/// What a text costs beside its own bytes: its end, and its number in a table that may be half empty.
const ENTRY_BYTES: usize = 16;

impl Names {
    /// How many distinct texts there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text yet.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The number of `text`, which is added if it is new.
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.find(text) {
            return number;
        }
        let number = u32::try_from(self.ends.len()).expect("callers bound the texts they add");
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).expect("callers bound the texts they add"));
        let Names { text: all, ends, numbers, hasher } = self;
        let rehash = |number: &u32| hasher.hash_one(slice(all, ends, *number));
        numbers.insert_unique(hasher.hash_one(text), number, rehash);
        number
    }

    /// The memory that the texts take, in bytes, nearly.
    pub fn bytes(&self) -> usize {
        self.text.len() + ENTRY_BYTES * self.ends.len()
    }

    /// The number of `text`, where it has one.
    pub fn find(&self, text: &str) -> Option<u32> {
        let is_it = |number: &u32| self.text(*number) == text;
        self.numbers.find(self.hasher.hash_one(text), is_it).copied()
    }

    /// The text with a number that this table gave.
    pub fn text(&self, number: u32) -> &str {
        slice(&self.text, &self.ends, number)
    }

    /// All texts, by number.
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
    fn each_text_has_one_number_however_many_there_are() {
        let mut names = Names::default();
        assert_eq!((names.find(""), names.number(""), names.number("")), (None, 0, 0));
        for round in 0..2 {
            for n in 1..2_000 {
                assert_eq!(names.number(&"ü".repeat(n)), n as u32, "in round {round}");
            }
        }
        assert_eq!((names.len(), names.text(3)), (2_000, "üüü"));
        let copy = names.clone();
        assert!(copy.iter().eq(names.iter()) && copy.find("üü") == Some(2));
    }
}
