//! A keyed hash of short texts.

use std::hash::{BuildHasher, RandomState};

use xxhash_rust::xxh3::xxh3_64_with_secret;

/// XXH3 takes a secret of at least 136 bytes.
const SECRET_BYTES: usize = 192;

const WORD_BYTES: usize = 8;

/// Chosen by chance for every cache: nobody who writes to a log can look for texts that share a hash.
#[derive(Debug)]
pub(super) struct Key([u8; SECRET_BYTES]);

impl Key {
    pub(super) fn new() -> Key {
        let mut secret = [0; SECRET_BYTES];
        for (at, word) in secret.chunks_mut(WORD_BYTES).enumerate() {
            // The standard library has no other source of chance; each state is seeded apart.
            word.copy_from_slice(&RandomState::new().hash_one(at).to_le_bytes());
        }
        Key(secret)
    }

    /// The hash of a text, of which most have from `UNIT` (8 or 16) up to `BYTES` bytes.
    ///
    /// Those are hashed by as many steps whatever their length: XXH3 has others for each, and a processor can't foresee
    /// which. Each step is XXH3's for texts of up to 240 bytes: sixteen bytes and as many of the key come to the two
    /// halves of a product. Behind a text's end its last unit stands for those that it has not.
    #[inline(always)]
    pub(super) fn hash<const UNIT: usize, const BYTES: usize>(&self, text: &[u8]) -> u64 {
        const { assert!(matches!(UNIT, 8 | 16) && BYTES <= SECRET_BYTES && BYTES.is_multiple_of(16)) }
        let last = match text.len().checked_sub(UNIT) {
            Some(last) if text.len() <= BYTES => last,
            _ => return xxh3_64_with_secret(text, &self.0),
        };
        let mut sum = (text.len() as u64).wrapping_mul(PRIME_1);
        for at in (0..BYTES).step_by(2 * WORD_BYTES) {
            let one = at.min(last);
            let other =
                if UNIT > WORD_BYTES { one + WORD_BYTES } else { (at + WORD_BYTES).min(last) };
            let one = word(text, one) ^ word(&self.0, at);
            let other = word(text, other) ^ word(&self.0, at + WORD_BYTES);
            let product = u128::from(one) * u128::from(other);
            sum = sum.wrapping_add(product as u64 ^ (product >> 64) as u64);
        }
        sum ^= sum >> 37;
        sum = sum.wrapping_mul(PRIME_2);
        sum ^ sum >> 32
    }
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*bytes[at..].first_chunk().expect("a word more"))
}

/// The numbers by which XXH3 scatters lengths and sums.
const PRIME_1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME_2: u64 = 0x1656_6791_9e37_79f9;

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const UNIT: usize, const BYTES: usize>() {
        let key = Key::new();
        for len in 0..250 {
            let text = vec![b'x'; len];
            let hash = key.hash::<UNIT, BYTES>(&text);
            assert_eq!(hash, key.hash::<UNIT, BYTES>(&text));
            assert_ne!(hash, Key::new().hash::<UNIT, BYTES>(&text));
            assert_ne!(hash, key.hash::<UNIT, BYTES>(&[&text[..], b"x"].concat()));
            for at in 0..len {
                let mut other = text.clone();
                other[at] = b'y';
                assert_ne!(hash, key.hash::<UNIT, BYTES>(&other), "{at} of {len}");
            }
        }
    }

    #[test]
    fn texts_are_told_apart_by_each_byte_and_their_length() {
        check::<8, 64>();
        check::<16, 144>();
    }

    #[test]
    fn hashes_are_spread_evenly() {
        let key = Key::new();
        let mut places = [0_u32; 1 << 10];
        for n in 0..100_000_u32 {
            let text = format!("/glossary/term-{n}");
            let hash = key.hash::<8, 64>(text.as_bytes());
            places[hash as usize & 0x3ff] += 1;
            places[(hash >> 54) as usize] += 1;
        }
        // Of 195 in each place as a rule, by chance none is six deviations from it.
        assert!(places.iter().all(|count| (112..=279).contains(count)), "{places:?}");
    }
}
