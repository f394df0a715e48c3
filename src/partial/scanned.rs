//! The sources of a scan, as a partial has them.

use crate::overlap::LineAnchor;
use crate::store::{KnownCursor, SourceAnchor, SourceLines};

/// A source in a partial.
#[derive(Clone, Debug)]
pub(super) struct PartialSource {
    pub(super) cursor: KnownCursor,
    pub(super) anchors: Vec<SourceAnchor>,
    pub(super) figures: SourceLines,
}

/// The bytes of an anchor: the second, the hash, the visitor, the line, and whether it is one of the last lines.
const ANCHOR_BYTES: usize = 8 + 4 + 2 + 8 + 1;

/// Returns anchors as bytes, little-endian.
pub(super) fn anchor_bytes(anchors: &[SourceAnchor]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(anchors.len() * ANCHOR_BYTES);
    for (LineAnchor { second, hash, visitor, line }, is_tail) in anchors {
        bytes.extend(second.to_le_bytes());
        bytes.extend(hash.to_le_bytes());
        bytes.extend(visitor.to_le_bytes());
        bytes.extend(line.to_le_bytes());
        bytes.push(u8::from(*is_tail));
    }
    bytes
}

/// Returns the anchors of bytes. What is behind the last whole one is left out.
pub(super) fn anchors_of(bytes: &[u8]) -> Vec<SourceAnchor> {
    fn part<const N: usize>(bytes: &[u8; ANCHOR_BYTES], at: usize) -> [u8; N] {
        std::array::from_fn(|byte| bytes[at + byte])
    }
    let anchor = |bytes: &[u8; ANCHOR_BYTES]| {
        let anchor = LineAnchor {
            second: i64::from_le_bytes(part(bytes, 0)),
            hash: u32::from_le_bytes(part(bytes, 8)),
            visitor: u16::from_le_bytes(part(bytes, 12)),
            line: u64::from_le_bytes(part(bytes, 14)),
        };
        (anchor, bytes[ANCHOR_BYTES - 1] == 1)
    };
    bytes.as_chunks::<ANCHOR_BYTES>().0.iter().map(anchor).collect()
}
