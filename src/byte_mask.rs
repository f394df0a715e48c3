//! Finds bytes in blocks of 16 or 64 at once.
//!
//! A separate search for each byte ends with a branch that the processor can't predict, since fields have any length.

use memchr::memchr2;
use wide::u8x16;

/// The number of bytes in a block, one for each bit of a mask.
pub(crate) const BLOCK_BYTES: usize = 64;

/// Returns a mask with a bit for each byte of a block, set if the byte is `one` or `other`. The first byte has the
/// lowest bit.
#[inline(always)]
pub(crate) fn mask_either(block: &[u8; BLOCK_BYTES], one: u8, other: u8) -> u64 {
    let (sixteens, _) = block.as_chunks();
    sixteens
        .iter()
        .rev()
        .fold(0, |mask, sixteen| mask << 16 | u64::from(mask_sixteen(sixteen, one, other)))
}

/// Returns the offset of the first byte that is `one` or `other`. It is most often among the first 16, as in short
/// texts between quotes.
#[inline]
pub(crate) fn find_either(text: &[u8], one: u8, other: u8) -> Option<usize> {
    match text.first_chunk().map(|sixteen| mask_sixteen(sixteen, one, other)) {
        None | Some(0) => memchr2(one, other, text),
        Some(mask) => Some(mask.trailing_zeros() as usize),
    }
}

#[inline(always)]
fn mask_sixteen(bytes: &[u8; 16], one: u8, other: u8) -> u32 {
    let bytes = u8x16::new(*bytes);
    (bytes.simd_eq(u8x16::splat(one)) | bytes.simd_eq(u8x16::splat(other))).to_bitmask()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_bit_belongs_to_its_byte(block: [[u8; 32]; 2]) {
            let mut bytes = [0; BLOCK_BYTES];
            bytes[..32].copy_from_slice(&block[0]);
            bytes[32..].copy_from_slice(&block[1]);
            let (one, other) = (bytes[7], bytes[50]);
            let expected = bytes.iter().rev().fold(0, |mask, byte| {
                mask << 1 | u64::from(*byte == one || *byte == other)
            });
            prop_assert_eq!(mask_either(&bytes, one, other), expected);
            for len in [0, 5, 20, BLOCK_BYTES] {
                prop_assert_eq!(find_either(&bytes[..len], one, other), memchr2(one, other, &bytes[..len]));
            }
        }
    }
}
