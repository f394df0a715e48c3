//! Finds bytes in blocks of 64 at once.
//!
//! A separate search for each byte ends with a branch that the processor can't predict, since fields have any length.

/// The number of bytes in a block, one for each bit of a mask.
pub(crate) const BLOCK_BYTES: usize = 64;

/// Returns a mask with a bit for each byte of a block, set if the byte is `one` or `other`. The first byte has the
/// lowest bit.
#[inline(always)]
pub(crate) fn mask_either(block: &[u8; BLOCK_BYTES], one: u8, other: u8) -> u64 {
    mask(block, |byte| (byte == one) | (byte == other))
}

/// Returns a mask with a bit for each byte of a block, set if the byte matches. The comparison is compiled to vector
/// instructions, and a multiplication gathers the results of eight bytes.
#[inline(always)]
fn mask(block: &[u8; BLOCK_BYTES], is_match: impl Fn(u8) -> bool) -> u64 {
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let matches = block.map(|byte| u8::from(is_match(byte)));
    let (eights, _) = matches.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |mask, (at, eight)| {
        let bits = u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56;
        mask | bits << (8 * at)
    })
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
        }
    }
}
