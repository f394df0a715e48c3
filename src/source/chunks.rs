//! Cuts a decoded stream into chunks of whole lines, each of bounded size.

mod checkpoints;

use std::io::{self, Read};
use std::mem::{swap, take};

use memchr::memchr;

use super::chunk::{Chunk, LINE_BYTES_MAX};
use super::cursor::{Checkpoint, Cursor, HEAD_BYTES, TAIL_BYTES};
use super::cut::Cut;
use super::hole::{read_some, skip_hole};

/// The usual size of a chunk: it fits into a core's second-level cache together with the classifier's tables.
const CHUNK_BYTES: usize = 128 << 10;

/// Returns a position in bytes.
type Position = Box<dyn FnMut() -> io::Result<u64> + Send>;

/// A decoded stream, read chunk by chunk.
pub struct Chunks {
    input: Box<dyn Read + Send>,
    /// The size of the hole of NUL bytes before the first byte of the stream.
    hole: u64,
    /// The first bytes of the stream, which identify it.
    head: Vec<u8>,
    /// Bytes that were read but not returned yet: the first `filled` of the buffer.
    buffer: Vec<u8>,
    filled: usize,
    /// The last bytes that were returned.
    tail: Vec<u8>,
    /// Offsets count from the first byte after the hole.
    offset: u64,
    /// The offset at which the stream is taken to end.
    end: u64,
    checkpoints: Vec<Checkpoint>,
    chunk_bytes: usize,
    /// The longest line that is read, and the size up to which a chunk grows for one.
    line_bytes_max: usize,
    cut: Cut,
    /// True if nothing can be appended to the stream.
    is_finished: bool,
    has_ended: bool,
    /// True if the buffer was filled by [`Chunks::peek`] and not used since.
    is_peeked: bool,
    /// Lines that were skipped since the last chunk.
    skipped_lines: u64,
    skipped_bytes: u64,
    /// The bytes of an unfinished last line that is too long for the buffer.
    unfinished_bytes: u64,
    /// The error that ended the stream early. It is returned after the lines before it.
    failure: Option<io::Error>,
    /// The error that ended the stream within its head.
    head_failure: Option<io::Error>,
    /// Returns the position within the file or object that the stream is read from.
    position: Option<Position>,
    last_position: u64,
}

impl Chunks {
    /// Sets the position within the file or object that the stream is read from.
    pub(super) fn set_position(&mut self, position: Position) {
        self.position = Some(position);
    }

    /// Returns how many bytes of the file or object, compressed or not, were read or skipped since the last call. 0 if the
    /// stream is from neither.
    pub fn take_file_bytes(&mut self) -> u64 {
        let Some(position) = &mut self.position else { return 0 };
        let offset = position().unwrap_or(self.last_position);
        let before = std::mem::replace(&mut self.last_position, offset);
        offset.saturating_sub(before)
    }

    /// Returns a reader at the first byte of `input` that is not NUL. A hole before it is left by a server that keeps
    /// its offset while logrotate's copytruncate empties its log. It is no part of the stream.
    ///
    /// `is_finished` means that the stream can't grow. Only then is a last line without its line end returned.
    pub fn new(input: Box<dyn Read + Send>, is_finished: bool) -> io::Result<Chunks> {
        let chunks = Chunks::with_chunk_bytes(input, is_finished, CHUNK_BYTES)?;
        Ok(Chunks { line_bytes_max: LINE_BYTES_MAX, ..chunks })
    }

    /// Works like [`Chunks::new`] with chunks of another size, for tests. Lines longer than a chunk are skipped.
    pub fn with_chunk_bytes(
        mut input: Box<dyn Read + Send>,
        is_finished: bool,
        chunk_bytes: usize,
    ) -> io::Result<Chunks> {
        let (hole, mut head) = skip_hole(&mut input)?;
        let missing = HEAD_BYTES.saturating_sub(head.len());
        let head_failure = match input.by_ref().take(missing as u64).read_to_end(&mut head) {
            // The head is not known, so that the stream can't be told from another.
            Err(error) if error.raw_os_error().is_some() => return Err(error),
            // The text that was decoded before the damage is kept.
            result => result.err(),
        };
        let buffer = head.clone();
        head.truncate(HEAD_BYTES);
        Ok(Chunks {
            input,
            hole,
            filled: buffer.len(),
            buffer,
            head,
            tail: Vec::new(),
            offset: 0,
            end: u64::MAX,
            checkpoints: Vec::new(),
            chunk_bytes,
            line_bytes_max: chunk_bytes,
            cut: Cut::Line,
            is_finished,
            has_ended: false,
            is_peeked: false,
            skipped_lines: 0,
            skipped_bytes: 0,
            unfinished_bytes: 0,
            failure: None,
            head_failure,
            position: None,
            last_position: 0,
        })
    }

    /// Sets where chunks end from here on.
    pub fn set_cut(&mut self, cut: Cut) {
        self.cut = cut;
    }

    /// Ends the stream at the end of a line that was not reached yet.
    pub fn end_at(&mut self, offset: u64) {
        self.end = offset;
        let buffered = usize::try_from(offset.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        self.filled = self.filled.min(buffered);
    }

    /// Returns an error if the stream is damaged within its head. One that only ends there may be still being written.
    pub(super) fn check_head(&mut self) -> io::Result<()> {
        let failure =
            self.head_failure.take_if(|error| error.kind() != io::ErrorKind::UnexpectedEof);
        failure.map_or(Ok(()), Err)
    }

    /// Returns the first 4 KiB of the stream, or all of it.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Returns the cursor after the last chunk.
    pub fn cursor(&self) -> Cursor {
        Cursor::new(&self.head, self.offset, &self.tail, &self.checkpoints)
    }

    /// Returns the number of decoded bytes that were returned or skipped.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the bytes of an unfinished last line, once the stream has ended.
    pub fn unfinished_bytes(&self) -> u64 {
        self.unfinished().len() as u64 + self.unfinished_bytes
    }

    /// Returns an unfinished last line, once the stream has ended.
    pub fn unfinished(&self) -> &[u8] {
        if self.has_ended { &self.buffer[..self.filled] } else { &[] }
    }

    /// Reads ahead and returns the lines of the next chunk, if it is cut at line ends. They are empty if only overlong
    /// lines were skipped. `None` at the stream's end. At its start these are many, to detect the format from.
    pub fn peek(&mut self) -> io::Result<Option<&[u8]>> {
        let bytes = if self.offset == 0 { self.line_bytes_max } else { self.chunk_bytes };
        let end = self.read_lines(bytes)?;
        self.is_peeked = true;
        Ok((end > 0 || self.skipped_bytes > 0).then(|| &self.buffer[..end]))
    }

    /// Reads the next lines into `chunk`. Returns false at the end of the stream, when there are none. An error is
    /// returned after the lines before it were returned. The cursor is then after those lines.
    pub fn next(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        // Otherwise the buffer has only the start of a record.
        let has_records = take(&mut self.is_peeked) || self.failure.is_some();
        let end = match self.cut.end(&self.buffer[..self.filled]).filter(|_| has_records) {
            Some(end) => end,
            None if self.skipped_bytes > 0 && self.failure.is_some() => 0,
            None => match self.failure.take() {
                Some(failure) => return Err(failure),
                None => self.read_lines(self.chunk_bytes)?,
            },
        };
        self.fill_chunk(chunk, end);
        Ok(chunk.bytes() > 0)
    }

    /// Reads until the buffer starts with whole lines, and returns their size in bytes; 0 at the stream's end.
    fn read_lines(&mut self, bytes: usize) -> io::Result<usize> {
        self.buffer.resize(bytes.max(self.filled), 0);
        loop {
            let failure = self.fill();
            if let Some(end) = self.cut.end(&self.buffer[..self.filled]) {
                self.failure = failure.err();
                return Ok(end);
            }
            if let Err(error) = failure {
                if self.skipped_bytes == 0 {
                    return Err(error);
                }
                self.failure = Some(error); // The skipped lines are returned first.
                return Ok(0);
            }
            if self.has_ended {
                return Ok(if self.is_finished { self.filled } else { 0 });
            }
            if self.filled < self.line_bytes_max {
                self.buffer.resize((2 * self.filled).min(self.line_bytes_max), 0);
            } else if self.buffer[..self.filled].iter().all(|byte| *byte == 0) {
                self.skip_inner_hole();
            } else if !self.skip_line() {
                let failure = self.failure.take_if(|_| self.skipped_bytes == 0);
                return failure.map_or(Ok(0), Err);
            }
        }
    }

    /// Reads until the buffer is full or the stream has ended.
    fn fill(&mut self) -> io::Result<()> {
        // An error stays if `peek` has met it.
        if let Some(failure) = self.head_failure.take().or(self.failure.take()) {
            return Err(failure);
        }
        while self.filled < self.buffer.len() && !self.has_ended {
            let left = self.end.saturating_sub(self.offset + self.filled as u64);
            let room = self.filled.saturating_add(usize::try_from(left).unwrap_or(usize::MAX));
            let room = room.min(self.buffer.len());
            match read_some(&mut self.input, &mut self.buffer[self.filled..room])? {
                0 => self.has_ended = true,
                count => self.filled += count,
            }
        }
        Ok(())
    }

    /// Moves the first `end` bytes of the buffer into the chunk. The rest stays for the next chunk.
    fn fill_chunk(&mut self, chunk: &mut Chunk, end: usize) {
        swap(&mut chunk.buffer, &mut self.buffer);
        let rest = &chunk.buffer[end..self.filled];
        self.filled = rest.len();
        self.buffer.resize(self.chunk_bytes.max(rest.len()), 0);
        self.buffer[..rest.len()].copy_from_slice(rest);
        chunk.len = end;
        chunk.start = self.offset - self.skipped_bytes;
        chunk.skipped_lines = take(&mut self.skipped_lines);
        chunk.skipped_bytes = take(&mut self.skipped_bytes);
        self.advance(end as u64, &chunk.buffer[..end]);
    }

    /// Advances the offset by `count` bytes. `last` are the last of them, or all.
    fn advance(&mut self, count: u64, last: &[u8]) {
        if last.len() as u64 == count {
            Checkpoint::add(&mut self.checkpoints, self.offset, &self.tail, last);
        }
        self.offset += count;
        self.tail.extend_from_slice(&last[last.len().saturating_sub(TAIL_BYTES)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL_BYTES));
    }

    /// Takes back the last chunk from `from` on. `tail` are the bytes before that chunk's text.
    pub fn give_back(&mut self, chunk: &Chunk, from: usize, tail: &[u8]) {
        let rest = &chunk.text()[from..];
        let mut buffer = [rest, &self.buffer[..self.filled]].concat();
        self.filled = buffer.len();
        buffer.resize(self.chunk_bytes.max(self.filled), 0);
        (self.buffer, self.is_peeked) = (buffer, false);
        self.offset -= rest.len() as u64;
        self.checkpoints.retain(|checkpoint| checkpoint.offset <= self.offset);
        self.tail = [tail, &chunk.text()[..from]].concat();
        self.tail.drain(..self.tail.len().saturating_sub(TAIL_BYTES));
    }

    /// Returns the last bytes before the next chunk, of which there are at most 256.
    pub fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// Skips a line that fills the whole buffer, and moves what follows it to the buffer's start.
    ///
    /// Returns false if the stream ended or failed within the line. The line is then left for the next run, or counted
    /// if nothing can follow.
    fn skip_line(&mut self) -> bool {
        let mut skipped = 0;
        let mut tail = Vec::new();
        loop {
            let text = &self.buffer[..self.filled];
            let end = memchr(b'\n', text).map_or(text.len(), |at| at + 1);
            skipped += end as u64;
            tail.extend_from_slice(&text[end.saturating_sub(TAIL_BYTES)..end]);
            tail.drain(..tail.len().saturating_sub(TAIL_BYTES));
            let has_line_end = end > 0 && text[end - 1] == b'\n';
            if has_line_end || self.has_ended {
                self.buffer.copy_within(end..self.filled, 0);
                self.filled -= end;
                if !has_line_end && !self.is_finished {
                    self.unfinished_bytes = skipped;
                    return false; // The cursor stays before the line until its line end has come.
                }
                self.skipped_lines += 1;
                self.skipped_bytes += skipped;
                self.advance(skipped, &tail);
                return has_line_end;
            }
            self.filled = 0;
            if let Err(error) = self.fill() {
                self.failure = Some(error); // The cursor stays before the line.
                return false;
            }
        }
    }

    /// Skips NUL bytes that fill the buffer: a hole that a crash has left. It is not a line, and may be of any length.
    fn skip_inner_hole(&mut self) {
        let hole = take(&mut self.buffer);
        self.skipped_bytes += self.filled as u64;
        self.advance(self.filled as u64, &hole[..self.filled]);
        (self.buffer, self.filled) = (hole, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the text, the number of skipped lines, the bytes left, and the offset of the cursor.
    fn read(
        text: &'static [u8],
        chunk_bytes: usize,
        is_finished: bool,
    ) -> (Vec<u8>, u64, u64, u64) {
        read_all(Chunks::with_chunk_bytes(Box::new(text), is_finished, chunk_bytes).unwrap())
    }

    fn read_all(mut chunks: Chunks) -> (Vec<u8>, u64, u64, u64) {
        let (mut chunk, mut read, mut overlong, mut bytes) = (Chunk::default(), Vec::new(), 0, 0);
        while chunks.next(&mut chunk).unwrap() {
            read.extend_from_slice(chunk.text());
            overlong += chunk.skipped_lines;
            bytes += chunk.bytes();
        }
        assert_eq!(bytes, chunks.cursor().offset);
        (read, overlong, chunks.unfinished_bytes(), bytes)
    }

    #[test]
    fn an_unfinished_line_is_left_if_the_stream_can_grow() {
        assert_eq!(read(b"one\ntwo\nthr", 64, false), (b"one\ntwo\n".to_vec(), 0, 3, 8));
        assert_eq!(read(b"one\ntwo\nthr", 64, true), (b"one\ntwo\nthr".to_vec(), 0, 0, 11));
        assert_eq!(read(b"", 64, true), (vec![], 0, 0, 0));
    }

    #[test]
    fn a_chunk_grows_up_to_the_longest_line() {
        let lines = [1, 5000, 2, 64, 4999, 5001].map(|bytes| "x".repeat(bytes - 1) + "\n");
        let text: &[u8] = Box::leak(lines.concat().into_bytes().into());
        let chunks = Chunks::with_chunk_bytes(Box::new(text), false, 64).unwrap();
        let (read, overlong, left, bytes) = read_all(Chunks { line_bytes_max: 5000, ..chunks });
        assert_eq!((read, overlong, left), (lines[..5].concat().into_bytes(), 1, 0));
        assert_eq!(bytes, text.len() as u64);
    }

    #[test]
    fn a_line_longer_than_a_chunk_is_skipped_and_counted() {
        let long: &[u8] =
            Box::leak([b"a\n", vec![b'x'; 9000].as_slice(), b"\nb\n"].concat().into());
        assert_eq!(read(long, 5000, false), (b"a\nb\n".to_vec(), 1, 0, 9005));
        let hole: &[u8] = Box::leak([b"a\n", vec![0; 30_000].as_slice(), b"b\n"].concat().into());
        let (text, overlong, _, bytes) = read(hole, 5000, false);
        assert_eq!((text.first(), overlong, bytes), (Some(&b'a'), 0, 30_004));
        assert!(text.len() < 5010 && text.ends_with(b"b\n"));
        let unfinished: &[u8] = Box::leak([b"a\n", vec![b'x'; 9000].as_slice()].concat().into());
        assert_eq!(read(unfinished, 5000, false).0, b"a\n");
        assert_eq!(read(unfinished, 5000, true), (b"a\n".to_vec(), 1, 0, 9002));
    }
}
