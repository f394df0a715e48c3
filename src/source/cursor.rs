//! How far a stream was read, known by its content and not by its name.

use memchr::memchr_iter;
use xxhash_rust::xxh3::xxh3_64;

/// The decoded bytes at a stream's start that tell it from every other stream.
///
/// An access log's first lines carry times and addresses, so 4 KiB of them are never twice the same.
pub(super) const HEAD_BYTES: usize = 4096;

/// The decoded bytes before the offset that prove that a stream with a known head is the one meant.
pub(super) const TAIL_BYTES: usize = 256;

/// Where reading a stream stopped, and how to know the stream again under any name, compressed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// How many decoded bytes at the start `head_hash` covers: 4096, or fewer while fewer were read.
    pub head_len: u64,
    /// XXH3-64 of those bytes.
    pub head_hash: u64,
    /// Decoded bytes read so far; the next line starts here.
    pub offset: u64,
    /// XXH3-64 of the last 256 decoded bytes before `offset`, or of all where there are fewer.
    pub tail_hash: u64,
    /// XXH3-64 of the head up to each of its line ends: by these an older and shorter copy of the stream
    /// is known, which has no more than its beginning.
    pub line_hashes: Vec<u64>,
    /// Places further on, each twice as far as the one before, by which a longer copy that ends before
    /// `offset` is told from another stream with the same head.
    pub marks: Vec<Mark>,
}

/// A place in a stream, and what stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Decoded bytes before it.
    pub offset: u64,
    /// XXH3-64 of the last 256 of them.
    pub tail_hash: u64,
}

/// Where the first mark stands.
const FIRST_MARK: u64 = 2 * HEAD_BYTES as u64;

impl Mark {
    pub(super) fn has_tail(self, tail: &[u8]) -> bool {
        xxh3_64(tail) == self.tail_hash
    }

    /// Adds the marks that fall into the `text` at `offset`, which `tail` stands before.
    pub(super) fn add(marks: &mut Vec<Mark>, offset: u64, tail: &[u8], text: &[u8]) {
        let mut next = marks.last().map_or(FIRST_MARK, |mark| 2 * mark.offset);
        while next <= offset {
            next *= 2; // A line too long to be kept went over it.
        }
        while let Some(before) = usize::try_from(next - offset).ok().and_then(|at| text.get(..at)) {
            let window = [tail, &before[before.len().saturating_sub(TAIL_BYTES)..]].concat();
            let tail_hash = xxh3_64(&window[window.len().saturating_sub(TAIL_BYTES)..]);
            marks.push(Mark { offset: next, tail_hash });
            next *= 2;
        }
    }
}

impl Cursor {
    pub(super) fn new(head: &[u8], offset: u64, tail: &[u8], marks: &[Mark]) -> Cursor {
        let head_len = head.len().min(usize::try_from(offset).unwrap_or(usize::MAX));
        Cursor {
            head_len: head_len as u64,
            head_hash: xxh3_64(&head[..head_len]),
            offset,
            tail_hash: xxh3_64(tail),
            marks: marks.to_vec(),
            line_hashes: line_ends(&head[..head_len]).map(|end| xxh3_64(&head[..end])).collect(),
        }
    }

    /// Whether a stream that starts with `head` (its first 4 KiB, or all it has) can be the one this
    /// cursor stands in.
    pub fn has_head(&self, head: &[u8]) -> bool {
        let start = usize::try_from(self.head_len).ok().and_then(|len| head.get(..len));
        self.head_len > 0 && start.is_some_and(|start| xxh3_64(start) == self.head_hash)
    }

    /// Whether a stream that has no more than its head, and less than this cursor has read, is an older
    /// copy of the cursor's stream. An unfinished last line says nothing.
    pub(super) fn is_beyond(&self, head: &[u8]) -> bool {
        let end = line_ends(head).next_back().filter(|_| head.len() < HEAD_BYTES);
        end.is_some_and(|end| {
            (end as u64) < self.head_len && self.line_hashes.contains(&xxh3_64(&head[..end]))
        })
    }

    /// Where this cursor stands, as a mark.
    pub(super) fn place(&self) -> Mark {
        Mark { offset: self.offset, tail_hash: self.tail_hash }
    }
}

/// Where the lines of a text end, behind their line feeds.
fn line_ends(text: &[u8]) -> impl DoubleEndedIterator<Item = usize> {
    memchr_iter(b'\n', text).map(|at| at + 1)
}
