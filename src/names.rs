//! Numbers for texts: each distinct text is kept once, and everything after counts by its number.

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// A hash map whose keys may come from visitors: fast, and seeded anew in every process.
pub type Map<K, V> = HashMap<K, V, RandomState>;

/// Distinct texts in the order they came, and their numbers.
#[derive(Clone, Debug, Default)]
pub struct Names {
    texts: Vec<Box<str>>,
    numbers: Map<Box<str>, u32>,
    bytes: usize,
}

/// What a text costs beside its own bytes, which are kept twice.
const ENTRY_BYTES: usize = 64;

impl Names {
    /// How many distinct texts there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there is no text yet.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The number of `text`, which is added if it is new.
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = u32::try_from(self.texts.len()).expect("callers bound the texts they add");
        self.bytes += 2 * text.len() + ENTRY_BYTES;
        self.texts.push(text.into());
        self.numbers.insert(text.into(), number);
        number
    }

    /// The memory that the texts take, in bytes, nearly.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of `text`, where it has one.
    pub fn find(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    /// The text with a number that this table gave.
    pub fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    /// All texts, by number.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }
}
