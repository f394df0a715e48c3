//! A cache of bounded size for decisions about the byte strings of a log.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_secret;

/// XXH3 requires a secret of at least 136 bytes.
const SECRET_BYTES: usize = 192;

/// Maps byte strings to values.
///
/// A string is identified by a keyed hash of 64 bits. Its text is not stored, since comparing texts that are scattered
/// over the memory took a tenth of the run time. Among 100,000 strings, more than a run's honest visitors bring, two
/// share a hash with a probability of one in 3,600,000,000. The key is chosen at random in every process, so nobody can
/// search for such strings.
#[derive(Debug)]
pub(super) struct Cache<V> {
    entries: HashTable<(u64, V)>,
    secret: [u8; SECRET_BYTES],
    /// The number of entries at which the cache is emptied. If a visitor keeps sending new strings, the common ones are
    /// decided again once in a while.
    entries_max: usize,
}

impl<V: Copy> Cache<V> {
    /// Returns a cache that takes at most about `bytes_max` bytes.
    pub(super) fn new(bytes_max: usize) -> Cache<V> {
        let mut secret = [0; SECRET_BYTES];
        for (at, word) in secret.chunks_mut(size_of::<u64>()).enumerate() {
            // The standard library offers no other source of randomness. Each state has its own seed.
            word.copy_from_slice(&RandomState::new().hash_one(at).to_le_bytes());
        }
        // A table that was just doubled is half full, and the old one is still allocated.
        let entry_bytes = 4 * size_of::<(u64, V)>();
        Cache { entries: HashTable::new(), secret, entries_max: bytes_max / entry_bytes }
    }

    /// Returns the hash of a string, and the value if there is one.
    #[inline(always)]
    pub(super) fn get(&self, text: &[u8]) -> (u64, Option<V>) {
        let hash = xxh3_64_with_secret(text, &self.secret);
        (hash, self.entries.find(hash, |(known, _)| *known == hash).map(|(_, value)| *value))
    }

    /// Removes all values, and frees their memory.
    pub(super) fn clear(&mut self) {
        self.entries = HashTable::new();
    }

    /// Sets the value of the string with a hash.
    pub(super) fn insert(&mut self, hash: u64, value: V) {
        if self.entries.len() >= self.entries_max {
            self.clear();
        }
        let entry = self.entries.entry(hash, |(known, _)| *known == hash, |(known, _)| *known);
        entry.and_modify(|(_, old)| *old = value).or_insert((hash, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_the_cache_is_bounded() {
        let mut cache = Cache::new(1 << 20);
        for n in 0..100_000_u32 {
            let text = format!("/{n:0100}");
            let (hash, value) = cache.get(text.as_bytes());
            assert_eq!(value, None);
            cache.insert(hash, n);
            assert_eq!(cache.get(text.as_bytes()).1, Some(n));
            assert!(cache.entries.len() <= cache.entries_max);
        }
        assert!(cache.entries.capacity() * size_of::<(u64, u32)>() <= 1 << 20);
    }

    #[test]
    fn strings_of_any_length_are_distinguished() {
        let mut cache = Cache::new(1 << 20);
        for round in 0..2 {
            for len in (0..2_000).chain([1 << 20]) {
                let text = vec![b'x'; len];
                let (hash, value) = cache.get(&text);
                assert_eq!(value, (round == 1).then_some(len));
                cache.insert(hash, len);
            }
        }
    }
}
