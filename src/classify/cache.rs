//! A cache of what was decided, of bounded size: it only ever saves time.

use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// What each key costs beside its text.
const ENTRY_BYTES: usize = 96;

/// Longer keys are decided each time: a hundred of them would fill the cache.
const KEY_LEN_MAX: usize = 4096;

/// What was decided for byte strings of a log.
#[derive(Debug)]
pub(super) struct Cache<V> {
    /// The standard library's map can't be asked with a borrowed key and then take an owned one.
    entries: HashMap<Vec<u8>, V, RandomState>,
    key_bytes: usize,
    /// The keys' size at which the cache is emptied. An attacker who makes new keys for ever pays for
    /// each; the usual ones are decided again once in a while.
    key_bytes_max: usize,
    last: Option<V>,
}

impl<V> Cache<V> {
    pub(super) fn new(key_bytes_max: usize) -> Cache<V> {
        Cache { entries: HashMap::default(), key_bytes: 0, key_bytes_max, last: None }
    }

    /// What was decided for `key`, deciding it now if it is new.
    pub(super) fn get(&mut self, key: &[u8], decide: impl FnOnce() -> V) -> &mut V {
        if key.len() > KEY_LEN_MAX {
            return self.last.insert(decide());
        }
        if self.key_bytes > self.key_bytes_max {
            self.entries = HashMap::default(); // Its table too, which only grows.
            self.key_bytes = 0;
        }
        let key_bytes = &mut self.key_bytes;
        self.entries.entry_ref(key).or_insert_with(|| {
            *key_bytes += key.len() + ENTRY_BYTES;
            decide()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_keys_for_ever_stay_within_bounds() {
        let mut cache = Cache::new(1 << 20);
        for n in 0..100_000_u32 {
            assert_eq!(*cache.get(format!("/{n:0100}").as_bytes(), || n), n);
            assert!(cache.key_bytes <= (1 << 20) + KEY_LEN_MAX + ENTRY_BYTES);
        }
        assert_eq!(*cache.get(&[b'x'; KEY_LEN_MAX + 1], || 7), 7);
    }
}
