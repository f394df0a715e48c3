//! Tells quickly that a line was not counted before.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::anchor::mix;

/// The number of bits for seconds, and for anchors, as powers of two: 128 KiB, and 1 MiB for 2 million anchors.
const SECOND_BITS: u32 = 20;
const KEY_BITS: u32 = 23;

/// The seconds and hashes of stored anchors, in two Bloom filters. All workers share it, and it grows during a run.
#[derive(Debug)]
pub struct AnchorFilter {
    seconds: Vec<AtomicU64>,
    keys: Vec<AtomicU64>,
    has_any: AtomicBool,
}

impl AnchorFilter {
    pub fn new() -> AnchorFilter {
        let bits = |bits: u32| (0..1_u64 << bits >> 6).map(|_| AtomicU64::new(0)).collect();
        let has_any = AtomicBool::new(false);
        AnchorFilter { seconds: bits(SECOND_BITS), keys: bits(KEY_BITS), has_any }
    }

    pub fn add(&self, second: i64, hash: u32) {
        set(&self.seconds, second.cast_unsigned());
        set(&self.keys, key(second, hash));
        self.has_any.store(true, Ordering::Relaxed);
    }

    /// Returns whether there is no anchor at all, as in a new store.
    pub fn is_empty(&self) -> bool {
        !self.has_any.load(Ordering::Relaxed)
    }

    /// Returns whether there may be an anchor of this second.
    pub fn may_have_second(&self, second: i64) -> bool {
        get(&self.seconds, second.cast_unsigned())
    }

    /// Returns whether there may be this anchor.
    pub fn may_have(&self, second: i64, hash: u32) -> bool {
        get(&self.keys, key(second, hash))
    }
}

impl Default for AnchorFilter {
    fn default() -> AnchorFilter {
        AnchorFilter::new()
    }
}

fn key(second: i64, hash: u32) -> u64 {
    mix(second << 32, u64::from(hash)) >> (u64::BITS - KEY_BITS)
}

fn set(words: &[AtomicU64], bit: u64) {
    let (word, mask) = place(words, bit);
    word.fetch_or(mask, Ordering::Relaxed);
}

fn get(words: &[AtomicU64], bit: u64) -> bool {
    let (word, mask) = place(words, bit);
    word.load(Ordering::Relaxed) & mask != 0
}

fn place(words: &[AtomicU64], bit: u64) -> (&AtomicU64, u64) {
    let at = (bit >> 6) as usize % words.len();
    (&words[at], 1 << (bit & 63))
}
