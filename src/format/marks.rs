//! Where the quotes and the line ends of a text stand, found for all of its lines at once.

use crate::find::{BLOCK_BYTES, either_in};

/// So much of a text is searched at a time: what is found in it stays in the processor's nearest cache.
pub(super) const WINDOW_BYTES: usize = 16 << 10;

/// So many places may be written for a block, four at a time.
const ROOM: usize = BLOCK_BYTES + 4;

/// Where the quotes and line ends of a text stand.
///
/// To search for each by itself, a processor must foresee where each search ends, which it can't, as texts are of
/// any length. Here it looks at every byte in the same way.
#[derive(Debug, Default)]
pub(super) struct Marks {
    places: Vec<u32>,
}

impl Marks {
    /// The places, in order; the last is the end of the text. `text` has no more than [`WINDOW_BYTES`].
    pub(super) fn find(&mut self, text: &[u8]) -> &[u32] {
        let (blocks, rest) = text.as_chunks::<BLOCK_BYTES>();
        let mut last = [0; BLOCK_BYTES];
        last[..rest.len()].copy_from_slice(rest);
        let mut found = 0;
        for (at, block) in blocks.iter().chain([&last]).enumerate() {
            let mut marked = either_in(block, b'"', b'\n');
            if self.places.len() < found + ROOM {
                self.places.resize(2 * (found + ROOM), 0);
            }
            loop {
                // As many in any block, but for a few: no branch that a processor can't foresee.
                for place in self.places[found..].first_chunk_mut::<4>().expect("there is room") {
                    *place = (at * BLOCK_BYTES) as u32 + marked.trailing_zeros();
                    found += usize::from(marked != 0);
                    marked &= marked.wrapping_sub(1);
                }
                if marked == 0 {
                    break;
                }
            }
        }
        self.places[found] = text.len() as u32;
        &self.places[..=found]
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
            let mut marks = Marks::default();
            for text in texts {
                let is_mark = |at: &usize| matches!(text.get(*at), None | Some(b'"' | b'\n'));
                let expected: Vec<usize> = (0..=text.len()).filter(is_mark).collect();
                let found: Vec<usize> = marks.find(&text).iter().map(|at| *at as usize).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn a_text_may_be_all_marks() {
        let text = [b'"'; WINDOW_BYTES];
        assert!(Marks::default().find(&text).iter().copied().eq(0..=WINDOW_BYTES as u32));
    }
}
