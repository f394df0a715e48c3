//! Cuts a decoded stream at line ends into chunks of bounded size.

use std::io::{self, Read};

use memchr::{memchr, memrchr};

use super::cursor::{Cursor, HEAD_BYTES, Mark, TAIL_BYTES};

/// The usual size of a chunk: a processor's second cache has room for it beside what lines are judged by.
const CHUNK_BYTES: usize = 128 << 10;

/// The longest line that is read, in bytes with its line end. Real attack lines reach 64 KiB; what is
/// longer is counted, passed over, and reading goes on at the next line end.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Some whole lines of a stream. Its buffer is used again for the next ones.
#[derive(Debug, Default)]
pub struct Chunk {
    buffer: Vec<u8>,
    len: usize,
    /// Lines longer than [`LINE_BYTES_MAX`] that were passed over before this text.
    pub overlong_lines: u64,
    /// The bytes of those lines, and of holes of NUL bytes.
    pub overlong_bytes: u64,
}

impl Chunk {
    /// The lines, each with its line end, but for the last of a stream that ended without one.
    pub fn text(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// The decoded bytes that this chunk stands for, those of passed-over lines included.
    pub fn bytes(&self) -> u64 {
        self.len as u64 + self.overlong_bytes
    }
}

/// Tells how much of a text is whole lines, in bytes, up to a line end; `None` if there is none.
pub type WholeLines = fn(&[u8]) -> Option<usize>;

/// A decoded stream, read chunk by chunk.
pub struct Chunks {
    input: Box<dyn Read + Send>,
    /// The first bytes of the stream, by which it is known; kept while the stream is open.
    head: Vec<u8>,
    /// Read, but not yet handed out: the beginning of the next line, or the head at first.
    carry: Vec<u8>,
    /// The last bytes that were handed out.
    tail: Vec<u8>,
    offset: u64,
    /// Places that were passed, by which the stream is known.
    marks: Vec<Mark>,
    chunk_bytes: usize,
    /// The longest line that is read, for which a chunk grows.
    line_bytes_max: usize,
    /// How much of a text is whole lines.
    whole_lines: WholeLines,
    /// Whether a last line without its line end is handed out too, since nothing can follow it.
    finished: bool,
    ended: bool,
    /// The bytes of an unfinished last line that is too long to be kept.
    unfinished_bytes: u64,
    /// What ended the stream early, until it has been told.
    failure: Option<io::Error>,
}

impl Chunks {
    /// Starts at the first byte of `input`.
    ///
    /// `finished` says that the stream cannot grow (a compressed file, a pipe that was closed): only
    /// then is a last line without its line end handed out. Otherwise it is left for the next run.
    pub fn new(input: Box<dyn Read + Send>, finished: bool) -> io::Result<Chunks> {
        let chunks = Chunks::with_chunk_bytes(input, finished, CHUNK_BYTES)?;
        Ok(Chunks { line_bytes_max: LINE_BYTES_MAX, ..chunks })
    }

    /// As [`Chunks::new`], with chunks of another size: the tests' way to cut a stream anywhere.
    /// Lines longer than a chunk are passed over.
    pub fn with_chunk_bytes(
        mut input: Box<dyn Read + Send>,
        finished: bool,
        chunk_bytes: usize,
    ) -> io::Result<Chunks> {
        let mut head = Vec::new();
        input.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head)?;
        let (carry, tail) = (head.clone(), Vec::new());
        Ok(Chunks {
            input,
            head,
            carry,
            tail,
            offset: 0,
            marks: Vec::new(),
            chunk_bytes,
            line_bytes_max: chunk_bytes,
            whole_lines: |text| memrchr(b'\n', text).map(|at| at + 1),
            finished,
            ended: false,
            unfinished_bytes: 0,
            failure: None,
        })
    }

    /// From here on a chunk ends where `whole_lines` says, since some line ends may stand within what is
    /// one line to those who read it.
    pub fn cut_by(&mut self, whole_lines: WholeLines) {
        self.whole_lines = whole_lines;
    }

    /// The first 4 KiB of the stream, or all of it where it is shorter.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// How far the stream was handed out.
    pub fn cursor(&self) -> Cursor {
        Cursor::new(&self.head, self.offset, &self.tail, &self.marks)
    }

    /// How many decoded bytes were handed out, or passed over.
    pub fn cursor_offset(&self) -> u64 {
        self.offset
    }

    /// The bytes of an unfinished last line, once the stream has ended.
    pub fn left_bytes(&self) -> u64 {
        self.unfinished().len() as u64 + self.unfinished_bytes
    }

    /// An unfinished last line, once the stream has ended.
    pub fn unfinished(&self) -> &[u8] {
        if self.ended { &self.carry } else { &[] }
    }

    /// Reads the next lines into `chunk`. False at the end of the stream, when there are none.
    ///
    /// The first chunk may be as long as the longest line, since it tells the format. After an error, the lines before
    /// it have been handed out and the cursor stands behind them.
    pub fn next(&mut self, chunk: &mut Chunk) -> io::Result<bool> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        (chunk.len, chunk.overlong_lines, chunk.overlong_bytes) = (0, 0, 0);
        let bytes = if self.offset == 0 { self.line_bytes_max } else { self.chunk_bytes };
        chunk.buffer.resize(bytes.max(self.carry.len()), 0);
        chunk.buffer[..self.carry.len()].copy_from_slice(&self.carry);
        let mut filled = self.carry.len();
        self.carry.clear();
        loop {
            let failure = self.fill(&mut chunk.buffer, &mut filled);
            if let Some(end) = (self.whole_lines)(&chunk.buffer[..filled]) {
                self.hand_out(chunk, end, filled);
                self.failure = failure.err(); // Told at the next call, behind these lines.
                return Ok(true);
            }
            if let Err(error) = failure {
                if chunk.overlong_bytes > 0 {
                    // What was passed over before it has been counted already.
                    self.failure = Some(error);
                    return Ok(true);
                }
                self.carry.extend_from_slice(&chunk.buffer[..filled]);
                return Err(error);
            }
            if self.ended {
                let taken = if self.finished { filled } else { 0 };
                self.hand_out(chunk, taken, filled);
                return Ok(chunk.bytes() > 0);
            }
            if filled < self.line_bytes_max {
                chunk.buffer.resize((2 * filled).min(self.line_bytes_max), 0);
                continue;
            }
            if chunk.buffer[..filled].iter().all(|byte| *byte == 0) {
                self.skip_hole(chunk, &mut filled);
                continue;
            }
            if !self.skip_line(chunk, &mut filled) {
                let failure = self.failure.take_if(|_| chunk.bytes() == 0);
                return failure.map_or(Ok(chunk.bytes() > 0), Err);
            }
        }
    }

    /// Reads until the buffer is full or the stream has ended.
    fn fill(&mut self, buffer: &mut [u8], filled: &mut usize) -> io::Result<()> {
        while *filled < buffer.len() && !self.ended {
            match self.input.read(&mut buffer[*filled..]) {
                Ok(0) => self.ended = true,
                Ok(count) => *filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Makes the first `end` bytes the chunk's text, and keeps the rest for the next.
    fn hand_out(&mut self, chunk: &mut Chunk, end: usize, filled: usize) {
        self.carry.extend_from_slice(&chunk.buffer[end..filled]);
        chunk.len = end;
        self.advance(end as u64, &chunk.buffer[..end]);
    }

    /// Moves on by `count` bytes, of which `last` are the last, or all.
    fn advance(&mut self, count: u64, last: &[u8]) {
        if last.len() as u64 == count {
            Mark::add(&mut self.marks, self.offset, &self.tail, last);
        }
        self.offset += count;
        self.tail.extend_from_slice(&last[last.len().saturating_sub(TAIL_BYTES)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL_BYTES));
    }

    /// Passes over a line that filled the whole buffer; what follows it moves to the buffer's start.
    /// False if the stream ended or failed within it: the line is then left, or counted if nothing can
    /// follow.
    fn skip_line(&mut self, chunk: &mut Chunk, filled: &mut usize) -> bool {
        let mut skipped = 0;
        let mut tail = Vec::new();
        loop {
            let text = &chunk.buffer[..*filled];
            let end = memchr(b'\n', text).map_or(text.len(), |at| at + 1);
            skipped += end as u64;
            tail.extend_from_slice(&text[end.saturating_sub(TAIL_BYTES)..end]);
            tail.drain(..tail.len().saturating_sub(TAIL_BYTES));
            let found = end > 0 && text[end - 1] == b'\n';
            if found || self.ended {
                if !found && !self.finished {
                    self.unfinished_bytes = skipped;
                    return false; // The cursor stays before it, until its line end has come.
                }
                chunk.buffer.copy_within(end..*filled, 0);
                *filled -= end;
                chunk.overlong_lines += 1;
                chunk.overlong_bytes += skipped;
                self.advance(skipped, &tail);
                return found;
            }
            *filled = 0;
            if let Err(error) = self.fill(&mut chunk.buffer, filled) {
                self.failure = Some(error);
                return false; // The line stays before the cursor.
            }
        }
    }

    /// Passes over NUL bytes that fill the buffer: a hole that copytruncate or a crash left, which is no
    /// line and may be longer than any.
    fn skip_hole(&mut self, chunk: &mut Chunk, filled: &mut usize) {
        chunk.overlong_bytes += *filled as u64;
        self.advance(*filled as u64, &chunk.buffer[..*filled]);
        *filled = 0;
    }

    /// Passes over decoded bytes up to a place by reading them, as where a compressed stream goes on.
    /// Whether the stream has the place's tail there; `None` if it ends before.
    pub(super) fn skip_to(&mut self, place: Mark) -> io::Result<Option<bool>> {
        let mut buffer = vec![0; CHUNK_BYTES];
        let mut text = std::mem::take(&mut self.carry);
        loop {
            let wanted = usize::try_from(place.offset - self.offset).unwrap_or(usize::MAX);
            let taken = wanted.min(text.len());
            self.advance(taken as u64, &text[..taken]);
            if self.offset == place.offset {
                self.carry = text.split_off(taken);
                return Ok(Some(place.has_tail(&self.tail)));
            }
            let count = self.input.read(&mut buffer)?;
            if count == 0 {
                self.ended = true;
                return Ok(None);
            }
            text.clear();
            text.extend_from_slice(&buffer[..count]);
        }
    }

    /// Goes on at a place to which the input has been moved by seeking; `tail` was read before it.
    /// Whether that tail is the place's.
    pub(super) fn stand_at(&mut self, place: Mark, tail: Vec<u8>) -> bool {
        self.carry.clear();
        self.offset = place.offset;
        self.tail = tail;
        place.has_tail(&self.tail)
    }

    /// Takes over the marks of the cursor from which the stream goes on.
    pub(super) fn remember(&mut self, marks: Vec<Mark>) {
        self.marks = marks;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text handed out, the lines passed over, the bytes left, and where the cursor stands.
    fn read(text: &'static [u8], chunk_bytes: usize, finished: bool) -> (Vec<u8>, u64, u64, u64) {
        read_all(Chunks::with_chunk_bytes(Box::new(text), finished, chunk_bytes).unwrap())
    }

    fn read_all(mut chunks: Chunks) -> (Vec<u8>, u64, u64, u64) {
        let (mut chunk, mut read, mut overlong, mut bytes) = (Chunk::default(), Vec::new(), 0, 0);
        while chunks.next(&mut chunk).unwrap() {
            read.extend_from_slice(chunk.text());
            overlong += chunk.overlong_lines;
            bytes += chunk.bytes();
        }
        assert_eq!(bytes, chunks.cursor().offset);
        (read, overlong, chunks.left_bytes(), bytes)
    }

    #[test]
    fn an_unfinished_line_is_left_where_the_stream_can_grow() {
        assert_eq!(read(b"one\ntwo\nthr", 64, false), (b"one\ntwo\n".to_vec(), 0, 3, 8));
        assert_eq!(read(b"one\ntwo\nthr", 64, true), (b"one\ntwo\nthr".to_vec(), 0, 0, 11));
        assert_eq!(read(b"", 64, true), (vec![], 0, 0, 0));
    }

    #[test]
    fn a_chunk_grows_for_a_line_and_no_more() {
        let lines = [1, 5000, 2, 64, 4999, 5001].map(|bytes| "x".repeat(bytes - 1) + "\n");
        let text: &[u8] = Box::leak(lines.concat().into_bytes().into());
        let chunks = Chunks::with_chunk_bytes(Box::new(text), false, 64).unwrap();
        let (read, overlong, left, bytes) = read_all(Chunks { line_bytes_max: 5000, ..chunks });
        assert_eq!((read, overlong, left), (lines[..5].concat().into_bytes(), 1, 0));
        assert_eq!(bytes, text.len() as u64);
    }

    #[test]
    fn a_line_longer_than_a_chunk_is_passed_over_and_counted() {
        let long: &[u8] =
            Box::leak([b"a\n", vec![b'x'; 9000].as_slice(), b"\nb\n"].concat().into());
        assert_eq!(read(long, 5000, false), (b"a\nb\n".to_vec(), 1, 0, 9005));
        let hole: &[u8] = Box::leak([b"a\n", vec![0; 30_000].as_slice(), b"b\n"].concat().into());
        let (text, overlong, _, bytes) = read(hole, 5000, false);
        assert_eq!((text.first(), overlong, bytes), (Some(&b'a'), 0, 30_004));
        assert!(text.len() < 5010 && text.ends_with(b"b\n"));
        let unended: &[u8] = Box::leak([b"a\n", vec![b'x'; 9000].as_slice()].concat().into());
        assert_eq!(read(unended, 5000, false).0, b"a\n");
        assert_eq!(read(unended, 5000, true), (b"a\n".to_vec(), 1, 0, 9002));
    }
}
