//! A cache of what was decided, of bounded size: it only ever saves time.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use xxhash_rust::xxh3::xxh3_64_with_secret;

/// XXH3 takes a secret of at least 136 bytes.
const SECRET_BYTES: usize = 192;

/// What was decided for byte strings of a log.
///
/// A string is known by a hash of 64 bits, and its text is not kept: comparing texts that lie all over the
/// memory took a tenth of all time. Among 100,000 strings, more than a run's honest visitors bring, two share a
/// hash with a chance of one in 3,600,000,000; and since the hash is keyed anew in every process, nobody can
/// look for such strings.
#[derive(Debug)]
pub(super) struct Cache<V> {
    entries: HashMap<u64, V, BuildHasherDefault<Itself>>,
    secret: [u8; SECRET_BYTES],
    /// The entries at which the cache is emptied. An attacker who makes new strings for ever pays for
    /// each; the usual ones are decided again once in a while.
    entries_max: usize,
}

impl<V: Copy> Cache<V> {
    /// A cache that takes no more than so many bytes.
    pub(super) fn new(bytes_max: usize) -> Cache<V> {
        // A table is up to twice what it holds when it has just grown, and moves from one half as large.
        let entry_bytes = 3 * (size_of::<(u64, V)>() + 1);
        let mut secret = [0; SECRET_BYTES];
        for (at, eight) in secret.chunks_mut(8).enumerate() {
            // The standard library has no other source of chance; each state is seeded apart.
            eight.copy_from_slice(&RandomState::new().hash_one(at).to_le_bytes());
        }
        Cache { entries: HashMap::default(), secret, entries_max: bytes_max / entry_bytes }
    }

    /// What was decided for a string.
    #[inline(always)]
    pub(super) fn get(&self, text: &[u8]) -> Option<V> {
        self.entries.get(&self.hash(text)).copied()
    }

    /// Keeps what was decided for a string.
    pub(super) fn put(&mut self, text: &[u8], decided: V) {
        if self.entries.len() >= self.entries_max {
            self.clear();
        }
        self.entries.insert(self.hash(text), decided);
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.entries = HashMap::default(); // Its table too, which only grows.
    }

    #[inline(always)]
    fn hash(&self, text: &[u8]) -> u64 {
        xxh3_64_with_secret(text, &self.secret)
    }
}

/// What is a hash already.
#[derive(Debug, Default)]
struct Itself(u64);

impl Hasher for Itself {
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are numbers")
    }

    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
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
            assert_eq!(cache.get(text.as_bytes()), None);
            cache.put(text.as_bytes(), n);
            assert_eq!(cache.get(text.as_bytes()), Some(n));
            assert!(cache.entries.capacity() * size_of::<(u64, u32)>() <= 1 << 20);
        }
    }

    #[test]
    fn strings_are_told_apart_whatever_their_length() {
        let mut cache = Cache::new(1 << 20);
        for round in 0..2 {
            for len in (0..2_000).chain([1 << 20]) {
                let text = vec![b'x'; len];
                if round == 0 {
                    assert_eq!(cache.get(&text), None);
                    cache.put(&text, len);
                }
                assert_eq!(cache.get(&text), Some(len));
            }
        }
    }
}
