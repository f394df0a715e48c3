//! Sums by key, of which those added to last lie close together.

use std::hash::Hash;
use std::mem::take;

use crate::names::Map;

/// So many sums are looked among: as many as fill a table of 2^14 places, which stays in a processor's second cache.
const RECENT_MAX: usize = 7 << 11;

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
/// One table of all would be waited for in memory at each line. So a key may have several sums here, which are added
/// up where they are read.
#[derive(Clone, Debug)]
pub struct Sums<K, V> {
    recent: Map<K, V>,
    older: Vec<(K, V)>,
}

impl<K, V> Default for Sums<K, V> {
    fn default() -> Sums<K, V> {
        Sums { recent: Map::default(), older: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash, V: Copy + Sum> Sums<K, V> {
    /// Adds to the sum of a key.
    #[inline]
    pub fn add(&mut self, key: K, value: V) {
        if self.recent.len() >= RECENT_MAX {
            self.older.extend(self.recent.drain());
        }
        self.recent.entry(key).and_modify(|sum| sum.add(&value)).or_insert(value);
    }

    /// How many sums there are, those of one key apart.
    pub fn len(&self) -> usize {
        self.recent.len() + self.older.len()
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
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.older.iter().map(|(key, sum)| (key, sum)).chain(&self.recent)
    }

    /// Takes every sum out, in any order; a key's are all to be added up.
    pub fn drain(&mut self) -> impl Iterator<Item = (K, V)> {
        take(&mut self.older).into_iter().chain(take(&mut self.recent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_however_many_keys_there_are() {
        let (mut sums, mut expected) = (Sums::default(), Map::default());
        // Every third key comes again at once, and every seventh when the table has been emptied.
        let keys = (0..40_000_u32).flat_map(|n| [n, n / 3 * 3, n / 7]);
        for (value, key) in keys.enumerate() {
            sums.add(key, value as u64);
            *expected.entry(key).or_insert(0) += value as u64;
        }
        assert!(sums.len() > expected.len() && sums.bytes() == 16 * sums.len());
        let add_up = |each: &mut dyn Iterator<Item = (u32, u64)>| {
            each.fold(Map::default(), |mut found: Map<u32, u64>, (key, sum)| {
                *found.entry(key).or_default() += sum;
                found
            })
        };
        assert_eq!(add_up(&mut sums.iter().map(|(key, sum)| (*key, *sum))), expected);
        assert_eq!(add_up(&mut sums.drain()), expected);
        assert!(sums.is_empty() && sums.iter().next().is_none());
    }
}
