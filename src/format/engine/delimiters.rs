//! Finds the quotes and line ends of a text, for all of its lines at once.

use memchr::memrchr;

use crate::byte_mask::{BLOCK_BYTES, mask_either};

/// The number of bytes that are searched at a time. The offsets found in them fit in the L1 cache.
pub(crate) const WINDOW_BYTES: usize = 16 << 10;

/// The number of offsets that may be written for a block. They are written four at a time.
const BLOCK_OFFSETS_MAX: usize = BLOCK_BYTES + 4;

/// The offsets of the quotes and line ends of a text.
///
/// A separate search for each delimiter ends with a branch that the processor can't predict, since fields have any
/// length. Here every byte is handled in the same way.
#[derive(Debug, Default)]
pub(crate) struct DelimiterIndex {
    offsets: Vec<u32>,
}

impl DelimiterIndex {
    /// Returns the offsets in ascending order. The last is the length of the text. `text` has at most [`WINDOW_BYTES`].
    pub(crate) fn find(&mut self, text: &[u8]) -> &[u32] {
        let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
        let mut last = [0; BLOCK_BYTES];
        last[..rest.len()].copy_from_slice(rest);
        let mut found = 0;
        for (at, block) in blocks.iter().chain([&last]).enumerate() {
            let mut mask = mask_either(block, b'"', b'\n');
            if self.offsets.len() < found + BLOCK_OFFSETS_MAX {
                self.offsets.resize(2 * (found + BLOCK_OFFSETS_MAX), 0);
            }
            loop {
                // Nearly all blocks take the same number of iterations, so the branch is predictable.
                for offset in self.offsets[found..].first_chunk_mut::<4>().expect("resized above") {
                    *offset = (at * BLOCK_BYTES) as u32 + mask.trailing_zeros();
                    found += usize::from(mask != 0);
                    mask &= mask.wrapping_sub(1);
                }
                if mask == 0 {
                    break;
                }
            }
        }
        self.offsets[found] = text.len() as u32;
        &self.offsets[..=found]
    }
}

/// Returns the length of the whole lines within a window, in bytes; 0 if the first line is longer than a window.
pub(crate) fn window(text: &[u8]) -> usize {
    match text.get(..WINDOW_BYTES) {
        Some(window) => memrchr(b'\n', window).map_or(0, |at| at + 1),
        None => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_quote_and_line_end_is_found(texts in vec(vec(prop_oneof![
            Just(b'"'), Just(b'\n'), Just(0), any::<u8>(),
        ], 0..400), 1..4)) {
            let mut index = DelimiterIndex::default();
            for text in texts {
                let is_delimiter = |at: &usize| matches!(text.get(*at), None | Some(b'"' | b'\n'));
                let expected: Vec<usize> = (0..=text.len()).filter(is_delimiter).collect();
                let found: Vec<usize> = index.find(&text).iter().map(|at| *at as usize).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn a_text_may_consist_of_delimiters() {
        let text = [b'"'; WINDOW_BYTES];
        assert!(DelimiterIndex::default().find(&text).iter().copied().eq(0..=WINDOW_BYTES as u32));
    }
}
