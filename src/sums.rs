//! Sums by key, of which those added to last lie close together.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;

use crate::prefetch::prefetch;

/// So many sums have a place: of pings, they take 640 KiB of a processor's second cache.
const PLACES: usize = 1 << 14;

/// What can be added up.
pub trait Sum {
    /// Adds another.
    fn add(&mut self, other: &Self);
}

impl Sum for u64 {
    fn add(&mut self, other: &u64) {
        *self += other;
    }
}

/// Sums by key, where each key is met many times in a while and hardly ever again, as a log's are from day to day.
///
/// One table of all would be waited for in memory at each line. Here each key has one place, which it may share with
/// others: whichever comes takes it, and the sum that stood there goes to a list. So a key may have several sums, which
/// are added up where they are read.
#[derive(Clone, Debug)]
pub struct Sums<K, V> {
    /// None, until something is added.
    places: Vec<Option<(K, V)>>,
    taken: usize,
    older: Vec<(K, V)>,
    /// What was added last, until its place was brought from memory: when the next is added.
    waiting: Option<(usize, K, V)>,
    hasher: RandomState,
}

impl<K, V> Default for Sums<K, V> {
    fn default() -> Sums<K, V> {
        let (places, older, hasher) = (Vec::new(), Vec::new(), RandomState::default());
        Sums { places, taken: 0, older, waiting: None, hasher }
    }
}

impl<K: Copy + Eq + Hash, V: Copy + Sum> Sums<K, V> {
    /// Adds to the sum of a key.
    #[inline(always)]
    pub fn add(&mut self, key: K, value: V) {
        if self.places.is_empty() {
            self.places = vec![None; PLACES];
        }
        let place = self.hasher.hash_one(key) as usize % PLACES;
        prefetch(&self.places[place]);
        if let Some((place, key, value)) = self.waiting.replace((place, key, value)) {
            self.add_at(place, key, value);
        }
    }

    #[inline(always)]
    fn add_at(&mut self, place: usize, key: K, value: V) {
        match &mut self.places[place] {
            Some((known, sum)) if *known == key => sum.add(&value),
            other => match other.replace((key, value)) {
                Some(older) => self.older.push(older),
                None => self.taken += 1,
            },
        }
    }

    /// How many sums there are, those of one key apart.
    pub fn len(&self) -> usize {
        self.taken + self.older.len() + usize::from(self.waiting.is_some())
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory that the sums take, in bytes, nearly.
    pub fn bytes(&self) -> usize {
        self.len() * size_of::<(K, V)>()
    }

    /// Every sum, in any order; a key's are all to be added up.
    pub fn iter(&self) -> impl Iterator<Item = (K, V)> {
        let waiting = self.waiting.map(|(_, key, value)| (key, value));
        self.older.iter().copied().chain(self.places.iter().copied().flatten()).chain(waiting)
    }

    /// Takes every sum out, in any order; a key's are all to be added up.
    pub fn drain(&mut self) -> impl Iterator<Item = (K, V)> {
        let Sums { places, older, waiting, .. } = std::mem::take(self);
        let waiting = waiting.map(|(_, key, value)| (key, value));
        older.into_iter().chain(places.into_iter().flatten()).chain(waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Map;

    #[test]
    fn nothing_is_lost_however_many_keys_there_are() {
        let (mut sums, mut expected) = (Sums::default(), Map::default());
        // More keys than places, of which every third comes again at once, and every seventh later.
        let keys = (0..40_000_u32).flat_map(|n| [n, n / 3 * 3, n / 7]);
        for (value, key) in keys.enumerate() {
            sums.add(key, value as u64);
            *expected.entry(key).or_insert(0) += value as u64;
        }
        assert!(sums.len() > expected.len() && sums.len() == sums.iter().count());
        let add_up = |each: &mut dyn Iterator<Item = (u32, u64)>| {
            each.fold(Map::default(), |mut found: Map<u32, u64>, (key, sum)| {
                *found.entry(key).or_default() += sum;
                found
            })
        };
        assert_eq!(add_up(&mut sums.iter()), expected);
        assert_eq!(add_up(&mut sums.drain()), expected);
        assert!(sums.is_empty() && sums.iter().next().is_none());
    }
}
