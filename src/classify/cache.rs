//! A cache of what was decided, of bounded size: it only ever saves time.

use crate::names::Map;

/// The keys' size at which a cache is emptied. An attacker who makes new keys for ever pays for each;
/// the usual ones are decided again once in a while.
const KEY_BYTES_MAX: usize = 4 << 20;

/// What each key costs beside its text.
const ENTRY_BYTES: usize = 64;

/// Longer keys are decided each time: a hundred of them would fill the cache.
const KEY_LEN_MAX: usize = 4096;

/// What was decided for byte strings of a log.
#[derive(Debug)]
pub(super) struct Cache<V> {
    entries: Map<Box<[u8]>, V>,
    key_bytes: usize,
    last: Option<V>,
}

impl<V> Cache<V> {
    pub(super) fn new() -> Cache<V> {
        Cache { entries: Map::default(), key_bytes: 0, last: None }
    }

    /// What was decided for `key`, deciding it now if it is new.
    pub(super) fn get(&mut self, key: &[u8], decide: impl FnOnce() -> V) -> &mut V {
        if key.len() > KEY_LEN_MAX {
            return self.last.insert(decide());
        }
        // Two look-ups for a new key, one for a known one: no key is copied to ask for it.
        if !self.entries.contains_key(key) {
            if self.key_bytes > KEY_BYTES_MAX {
                self.entries.clear();
                self.key_bytes = 0;
            }
            self.key_bytes += key.len() + ENTRY_BYTES;
            self.entries.insert(key.into(), decide());
        }
        self.entries.get_mut(key).expect("inserted if it was missing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_keys_for_ever_stay_within_bounds() {
        let mut cache = Cache::new();
        for n in 0..100_000_u32 {
            assert_eq!(*cache.get(format!("/{n:0100}").as_bytes(), || n), n);
            assert!(cache.key_bytes <= KEY_BYTES_MAX + KEY_LEN_MAX + ENTRY_BYTES);
        }
        assert_eq!(*cache.get(&[b'x'; KEY_LEN_MAX + 1], || 7), 7);
    }
}
