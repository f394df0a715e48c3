//! Finds bytes in texts that are mostly short, sixteen at a time.
//!
//! A search for long texts takes longer to begin than these take to end, and a loop over single bytes ends where a
//! processor can't foresee it.

use memchr::{memchr, memchr2};
use wide::u8x16;

/// Sixteen bytes, looked at together.
pub(crate) struct Sixteen(u8x16);

impl Sixteen {
    #[inline(always)]
    pub(crate) fn of(bytes: &[u8; 16]) -> Sixteen {
        Sixteen(u8x16::new(*bytes))
    }

    /// A bit for each byte, the first the lowest: whether it is this one.
    #[inline(always)]
    pub(crate) fn equal(&self, byte: u8) -> u64 {
        u64::from(self.0.simd_eq(u8x16::splat(byte)).to_bitmask())
    }

    /// A bit for each byte, the first the lowest: whether it is one of these.
    #[inline(always)]
    pub(crate) fn either(&self, one: u8, other: u8) -> u64 {
        let equal = |byte| self.0.simd_eq(u8x16::splat(byte));
        u64::from((equal(one) | equal(other)).to_bitmask())
    }

    /// A bit for each byte, the first the lowest: whether it is from `low` to `high`.
    #[inline(always)]
    pub(crate) fn between(&self, low: u8, high: u8) -> u64 {
        let above = self.0 - u8x16::splat(low);
        u64::from(above.min(u8x16::splat(high - low)).simd_eq(above).to_bitmask())
    }
}

/// As many bytes as a number has bits.
pub(crate) const BLOCK_BYTES: usize = 64;

/// The bits that each sixteen bytes of a block have, the first the lowest.
#[inline(always)]
fn bits_in(block: &[u8; BLOCK_BYTES], of: impl Fn(&Sixteen) -> u64) -> u64 {
    let (sixteens, _) = block.as_chunks::<16>();
    let mut found = 0;
    // Folded, this would be a call where it is done once.
    for (at, sixteen) in sixteens.iter().enumerate() {
        found |= of(&Sixteen::of(sixteen)) << (16 * at);
    }
    found
}

/// A bit for each byte of a block, the first the lowest: whether it is one of two.
#[inline(always)]
pub(crate) fn either_in(block: &[u8; BLOCK_BYTES], one: u8, other: u8) -> u64 {
    bits_in(block, |sixteen| sixteen.either(one, other))
}

/// A bit for each byte of a block, the first the lowest: whether it is a digit.
#[inline(always)]
pub(crate) fn digits_in(block: &[u8; BLOCK_BYTES]) -> u64 {
    bits_in(block, |sixteen| sixteen.between(b'0', b'9'))
}

/// Where a byte stands first.
#[inline]
pub(crate) fn find(sought: u8, text: &[u8]) -> Option<usize> {
    let Some((first, rest)) = text.split_first_chunk() else {
        return text.iter().position(|byte| *byte == sought);
    };
    match Sixteen::of(first).equal(sought) {
        0 => memchr(sought, rest).map(|at| first.len() + at),
        found => Some(found.trailing_zeros() as usize),
    }
}

/// Where one of two bytes stands first.
#[inline]
pub(crate) fn find_either(one: u8, other: u8, text: &[u8]) -> Option<usize> {
    let Some((first, rest)) = text.split_first_chunk() else {
        return text.iter().position(|byte| *byte == one || *byte == other);
    };
    match Sixteen::of(first).either(one, other) {
        0 => memchr2(one, other, rest).map(|at| first.len() + at),
        found => Some(found.trailing_zeros() as usize),
    }
}

/// Where a byte stands first among the first `len` bytes of a text that goes on behind them.
#[inline(always)]
pub(crate) fn find_within(text: &[u8], len: usize, sought: u8) -> Option<usize> {
    let Some(block) = text.first_chunk::<BLOCK_BYTES>().filter(|_| len <= BLOCK_BYTES) else {
        return find(sought, &text[..len]);
    };
    let found = either_in(block, sought, sought);
    Some(found.trailing_zeros() as usize).filter(|at| *at < len)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_found_stands_first(
            text in vec(prop_oneof![9 => Just(b'x'), 1 => any::<u8>(), 1 => Just(b' ')], 0..60),
            len in any::<prop::sample::Index>(),
        ) {
            for byte in [b' ', b'x', b'\xff'] {
                let expected = text.iter().position(|other| *other == byte);
                prop_assert_eq!(find(byte, &text), expected);
                let len = len.index(text.len() + 1);
                prop_assert_eq!(find_within(&text, len, byte), expected.filter(|at| *at < len));
            }
            let either = text.iter().position(|byte| b" \t".contains(byte));
            prop_assert_eq!(find_either(b' ', b'\t', &text), either);
            for sixteen in text.windows(16) {
                let bits = Sixteen::of(sixteen.first_chunk().unwrap()).between(b'0', b'9');
                let digits = sixteen.iter().rev().map(|byte| u64::from(byte.is_ascii_digit()));
                let expected = digits.fold(0, |bits, is_digit| bits << 1 | is_digit);
                prop_assert_eq!(bits, expected);
            }
        }
    }
}
