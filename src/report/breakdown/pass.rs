//! Divides the rows of an answer among several passes over the store.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use super::counted::Key;

/// The keys that are counted in one of several passes over the store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    pub(super) number: u64,
    pub(super) count: u64,
}

impl Pass {
    /// The only pass.
    pub(super) const ONLY: Pass = Pass { number: 0, count: 1 };

    /// Returns whether a key is counted in this pass.
    pub(super) fn counts(self, key: &Key) -> bool {
        self.count == 1 || FixedState::default().hash_one(key) % self.count == self.number
    }
}
