//! One worker's place: a chunk in, counts out, with nothing shared and no lock.

use memchr::memchr;

use crate::classify::{Judge, Rules};
use crate::day::Calendar;
use crate::format::{Columns, Format, LineReader, Malformed};
use crate::source::Chunk;
use crate::tally::{Counts, Tally};

/// A worker's judge, its counts so far, and the chunk it reads.
pub struct Desk<'r> {
    judge: Judge<'r>,
    counts: Counts,
    pub(super) chunk: Chunk,
}

impl<'r> Desk<'r> {
    /// A desk that judges by `rules`, with days as `calendar` tells them.
    pub fn new(rules: &'r Rules, calendar: Calendar) -> Desk<'r> {
        Desk::with_judge(Judge::new(rules, calendar))
    }

    /// A desk with a judge of its own kind.
    pub fn with_judge(judge: Judge<'r>) -> Desk<'r> {
        Desk { judge, counts: Counts::default(), chunk: Chunk::default() }
    }

    /// Counts the lines of a chunk, which begins where `columns` are in force. `hosts` are the virtual
    /// hosts to keep.
    pub fn read(&mut self, chunk: &Chunk, format: &Format, columns: Columns, hosts: &[String]) {
        let overlong = (chunk.overlong_lines, chunk.overlong_bytes);
        self.counts.add_malformed(Malformed::TooLong, overlong.0, overlong.1);
        let mut reader = format.reader(columns);
        let mut rest = chunk.text();
        while !rest.is_empty() {
            let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            self.read_line(line, &mut reader, hosts);
            rest = after;
        }
    }

    fn read_line(&mut self, line: &[u8], reader: &mut LineReader<'_>, hosts: &[String]) {
        let bytes = line.len() as u64;
        let line = trimmed(line);
        match line.first() {
            None => self.counts.add_blank(bytes),
            Some(b'#') => {
                reader.note(line);
                self.counts.add_blank(bytes);
            }
            Some(_) => match reader.read(line) {
                Ok(record) => self.counts.add(&self.judge.judge(&record, hosts), bytes),
                Err(reason) => self.counts.add_malformed(reason, 1, bytes),
            },
        }
    }

    /// Counts the lines of the desk's own chunk.
    pub(super) fn read_own(&mut self, format: &Format, columns: Columns, hosts: &[String]) {
        let chunk = std::mem::take(&mut self.chunk);
        self.read(&chunk, format, columns, hosts);
        self.chunk = chunk;
    }

    /// How many rows the counts have.
    pub(super) fn rows(&self) -> usize {
        self.counts.rows()
    }

    /// Moves the counts into a tally; the desk goes on from nothing.
    pub fn hand_in(&mut self, tally: &mut Tally) {
        tally.take(&mut self.counts, &self.judge);
    }
}

/// The line without its end, without space around it, and without the NUL bytes of a hole before it.
fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    match line.first() {
        Some(0) => {
            line[line.iter().position(|byte| *byte != 0).unwrap_or(line.len())..].trim_ascii()
        }
        _ => line,
    }
}
