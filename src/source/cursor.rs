//! Records how far a stream was read, and identifies the stream by its content.

use memchr::memchr_iter;
use xxhash_rust::xxh3::xxh3_64;

/// The number of decoded bytes at a stream's start that identify it.
///
/// The first lines of an access log carry times and addresses, so 4 KiB of them hardly ever repeat.
pub(super) const HEAD_BYTES: usize = 4096;

/// The number of decoded bytes before an offset that confirm that a stream with a known head is the same one.
pub(super) const TAIL_BYTES: usize = 256;

/// The offset at which reading a stream stopped, and hashes that identify the stream under any name, compressed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The number of decoded bytes at the start that `head_hash` covers: 4096, or fewer while fewer were read.
    pub head_len: u64,
    /// XXH3-64 of those bytes.
    pub head_hash: u64,
    /// Decoded bytes read so far; the next line starts here.
    pub offset: u64,
    /// XXH3-64 of the last 256 decoded bytes before `offset`, or of all if there are fewer.
    pub tail_hash: u64,
    /// XXH3-64 of the head up to each of its line ends. They identify an older copy of the stream that is shorter than
    /// the head.
    pub line_hashes: Vec<u64>,
    /// Checkpoints before `offset`, each at twice the offset of the previous one. They distinguish an older copy, which
    /// ends before `offset`, from another stream with the same head.
    pub checkpoints: Vec<Checkpoint>,
}

/// An offset in a stream with a hash of the bytes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Decoded bytes before it.
    pub offset: u64,
    /// XXH3-64 of the last 256 of them.
    pub tail_hash: u64,
}

/// The offset of the first checkpoint.
const FIRST_CHECKPOINT: u64 = 2 * HEAD_BYTES as u64;

impl Checkpoint {
    pub(super) fn has_tail(self, tail: &[u8]) -> bool {
        xxh3_64(tail) == self.tail_hash
    }

    /// Adds the checkpoints within `text`, which starts at `offset`. `tail` are the bytes before it.
    pub(super) fn add(checkpoints: &mut Vec<Checkpoint>, offset: u64, tail: &[u8], text: &[u8]) {
        let mut next =
            checkpoints.last().map_or(FIRST_CHECKPOINT, |checkpoint| 2 * checkpoint.offset);
        while next <= offset {
            next *= 2; // It is within a skipped line.
        }
        while let Some(before) = usize::try_from(next - offset).ok().and_then(|at| text.get(..at)) {
            let window = [tail, &before[before.len().saturating_sub(TAIL_BYTES)..]].concat();
            let tail_hash = xxh3_64(&window[window.len().saturating_sub(TAIL_BYTES)..]);
            checkpoints.push(Checkpoint { offset: next, tail_hash });
            next *= 2;
        }
    }
}

impl Cursor {
    pub(super) fn new(head: &[u8], offset: u64, tail: &[u8], checkpoints: &[Checkpoint]) -> Cursor {
        let head_len = head.len().min(usize::try_from(offset).unwrap_or(usize::MAX));
        Cursor {
            head_len: head_len as u64,
            head_hash: xxh3_64(&head[..head_len]),
            offset,
            tail_hash: xxh3_64(tail),
            checkpoints: checkpoints.to_vec(),
            line_hashes: line_ends(&head[..head_len]).map(|end| xxh3_64(&head[..end])).collect(),
        }
    }

    /// Returns whether the cursor's stream was shorter than a head.
    pub fn is_short(&self) -> bool {
        self.head_len < HEAD_BYTES as u64
    }

    /// Returns the hashes that [`Cursor::head_hash`] may have if the cursor belongs to a stream that starts with `head`:
    /// a cursor is at a line end, behind the head, or at the stream's end.
    pub fn head_hashes(head: &[u8]) -> Vec<u64> {
        let ends = line_ends(head).chain([head.len()]);
        ends.filter(|end| *end > 0).map(|end| xxh3_64(&head[..end])).collect()
    }

    /// Returns the hash by which an older copy of a stream is found that is no longer than its head, if `head` is all
    /// of it. An unfinished last line is ignored.
    pub fn last_line_hash(head: &[u8]) -> Option<u64> {
        whole_lines(head).map(xxh3_64)
    }

    /// Returns whether a stream that starts with `head` (its first 4 KiB, or all of it) may be this cursor's stream.
    pub fn has_head(&self, head: &[u8]) -> bool {
        let start = usize::try_from(self.head_len).ok().and_then(|len| head.get(..len));
        self.head_len > 0 && start.is_some_and(|start| xxh3_64(start) == self.head_hash)
    }

    /// Returns whether a stream that is no longer than its head, and shorter than what this cursor has read, is an
    /// older copy of the cursor's stream. An unfinished last line is ignored.
    pub(super) fn is_ahead_of(&self, head: &[u8]) -> bool {
        whole_lines(head).is_some_and(|lines| {
            (lines.len() as u64) < self.head_len && self.line_hashes.contains(&xxh3_64(lines))
        })
    }

    /// Returns the hashes at line ends as bytes: little-endian integers.
    pub fn line_hash_bytes(&self) -> Vec<u8> {
        self.line_hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect()
    }

    /// Returns the hashes of [`Cursor::line_hash_bytes`].
    pub fn line_hashes_of(bytes: &[u8]) -> Vec<u64> {
        bytes.as_chunks::<8>().0.iter().map(|eight| u64::from_le_bytes(*eight)).collect()
    }

    /// Returns the checkpoints as bytes: pairs of an offset and a hash, each a little-endian integer.
    pub fn checkpoint_bytes(&self) -> Vec<u8> {
        let pairs = self.checkpoints.iter().flat_map(|point| [point.offset, point.tail_hash]);
        pairs.flat_map(u64::to_le_bytes).collect()
    }

    /// Returns the checkpoints of [`Cursor::checkpoint_bytes`].
    pub fn checkpoints_of(bytes: &[u8]) -> Vec<Checkpoint> {
        let integers = Cursor::line_hashes_of(bytes);
        let checkpoint = |pair: &[u64; 2]| Checkpoint { offset: pair[0], tail_hash: pair[1] };
        integers.as_chunks::<2>().0.iter().map(checkpoint).collect()
    }

    /// Returns whether both cursors have read the same stream up to the same offset.
    pub fn is_same_position(&self, other: &Cursor) -> bool {
        let key =
            |cursor: &Cursor| (cursor.head_hash, cursor.head_len, cursor.offset, cursor.tail_hash);
        key(self) == key(other)
    }

    /// Returns whether two cursors with the same start may have read one stream, up to different offsets. Their last common
    /// checkpoint tells.
    pub fn may_be_same_stream(&self, other: &Cursor) -> bool {
        if self.offset == other.offset {
            return false; // The bytes before it differ.
        }
        let common = self.checkpoints.iter().zip(&other.checkpoints).next_back();
        common.is_none_or(|(one, other)| one == other)
    }

    /// Returns this cursor's offset as a checkpoint.
    pub(super) fn end(&self) -> Checkpoint {
        Checkpoint { offset: self.offset, tail_hash: self.tail_hash }
    }
}

/// Returns the whole lines of a stream that is no longer than its head. `None` if it may be longer, or has no whole line.
fn whole_lines(head: &[u8]) -> Option<&[u8]> {
    let end = line_ends(head).next_back().filter(|_| head.len() < HEAD_BYTES)?;
    Some(&head[..end])
}

/// Returns the offsets after the line feeds of a text.
fn line_ends(text: &[u8]) -> impl DoubleEndedIterator<Item = usize> {
    memchr_iter(b'\n', text).map(|at| at + 1)
}
