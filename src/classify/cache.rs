//! A cache of what was decided, of bounded size: it only ever saves time.

use std::num::NonZeroU64;

use crate::prefetch::prefetch;

use super::hash::Key;

/// So many places a table has at first: a power of two, as ever after.
const PLACES_MIN: usize = 64;

/// What was decided for byte strings of a log.
///
/// A string is known by a hash of 64 bits, and its text is not kept: comparing texts that lie all over the
/// memory took a tenth of all time. Among 100,000 strings, more than a run's honest visitors bring, two share a
/// hash with a chance of one in 3,600,000,000; and since the hash is keyed anew in every process, nobody can
/// look for such strings.
///
/// What was decided stands beside its hash, at the place that the hash says or behind it: one piece of memory is
/// waited for, and can be asked for before it is needed.
#[derive(Debug)]
pub(super) struct Cache<V> {
    /// At most three quarters of them are taken.
    places: Vec<Place<V>>,
    taken: usize,
    key: Key,
    /// The entries at which the cache is emptied. An attacker who makes new strings for ever pays for
    /// each; the usual ones are decided again once in a while.
    entries_max: usize,
}

type Place<V> = Option<(NonZeroU64, V)>;

/// What a string is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hash(NonZeroU64);

impl<V: Copy> Cache<V> {
    /// A cache that takes no more than so many bytes.
    pub(super) fn new(bytes_max: usize) -> Cache<V> {
        // A table that has just grown has two thirds more places than entries, and moves from one half as large.
        let entry_bytes = 4 * size_of::<Place<V>>();
        let (places, key) = (vec![None; PLACES_MIN], Key::new());
        Cache { places, taken: 0, key, entries_max: bytes_max / entry_bytes }
    }

    /// What a string is known by; most have from `UNIT` (8 or 16) up to `BYTES` bytes.
    ///
    /// What was decided for it is asked of the memory, to be there soon.
    #[inline(always)]
    pub(super) fn ahead<const UNIT: usize, const BYTES: usize>(&self, text: &[u8]) -> Hash {
        let hash =
            Hash(NonZeroU64::new(self.key.hash::<UNIT, BYTES>(text)).unwrap_or(NonZeroU64::MAX));
        prefetch(&self.places[self.first_place(hash)]);
        hash
    }

    /// What was decided for a string.
    #[inline(always)]
    pub(super) fn get(&self, hash: Hash) -> Option<V> {
        self.places[self.find(hash)].map(|(_, decided)| decided)
    }

    /// Keeps what was decided for a string.
    pub(super) fn put(&mut self, hash: Hash, decided: V) {
        if self.taken >= self.entries_max {
            self.clear();
        }
        if 4 * (self.taken + 1) > 3 * self.places.len() {
            let places = vec![None; 2 * self.places.len()];
            let old = std::mem::replace(&mut self.places, places);
            self.taken = 0;
            old.into_iter().flatten().for_each(|(hash, decided)| self.set(Hash(hash), decided));
        }
        self.set(hash, decided);
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.places = vec![None; PLACES_MIN]; // Its memory too, which only grows.
        self.taken = 0;
    }

    fn set(&mut self, hash: Hash, decided: V) {
        let at = self.find(hash);
        self.taken += usize::from(self.places[at].is_none());
        self.places[at] = Some((hash.0, decided));
    }

    /// Where a hash stands, or is to stand.
    #[inline(always)]
    fn find(&self, hash: Hash) -> usize {
        let mut at = self.first_place(hash);
        while self.places[at].is_some_and(|(known, _)| known != hash.0) {
            at = (at + 1) & (self.places.len() - 1);
        }
        at
    }

    /// Where a hash stands if no other was there before.
    #[inline(always)]
    fn first_place(&self, hash: Hash) -> usize {
        hash.0.get() as usize & (self.places.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_strings_for_ever_stay_within_bounds() {
        let mut cache = Cache::new(1 << 20);
        for n in 0..100_000_u32 {
            let text = format!("/{n:0100}");
            let hash = cache.ahead::<8, 64>(text.as_bytes());
            assert_eq!(cache.get(hash), None);
            cache.put(hash, n);
            assert_eq!(cache.get(hash), Some(n));
            // While a table grows, the one before it is there too.
            assert!(3 * cache.places.capacity() / 2 * size_of::<Place<u32>>() <= 1 << 20);
        }
    }

    #[test]
    fn strings_are_told_apart_whatever_their_length() {
        let mut cache = Cache::new(1 << 20);
        for round in 0..2 {
            for len in (0..2_000).chain([1 << 20]) {
                let text = vec![b'x'; len];
                let hash = cache.ahead::<8, 64>(&text);
                if round == 0 {
                    assert_eq!(cache.get(hash), None);
                    cache.put(hash, len);
                }
                assert_eq!(cache.get(hash), Some(len));
            }
        }
    }
}
