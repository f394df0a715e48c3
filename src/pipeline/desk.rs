//! One worker's place: a chunk in, counts out, with nothing shared and no lock.

use crate::classify::{Ahead, Judge, Question, Rules};
use crate::day::Calendar;
use crate::format::{Columns, Content, Format, Line, Malformed, Sink};
use crate::source::Chunk;
use crate::tally::{Counts, Tally};

/// What a question takes here, and where it waits for its answer, and as much again: a step has no more than 16,000.
const QUESTION_BYTES: usize = 500;

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
        let Desk { judge, counts, .. } = self;
        format.reader(columns).read_into(chunk.text(), &mut Seat { judge, counts, hosts });
    }

    /// Counts the lines of the desk's own chunk.
    pub(super) fn read_own(&mut self, format: &Format, columns: Columns, hosts: &[String]) {
        let chunk = std::mem::take(&mut self.chunk);
        self.read(&chunk, format, columns, hosts);
        self.chunk = chunk;
    }

    /// The memory that the counts take, in bytes, and what they ask.
    pub(super) fn counts_bytes(&self) -> usize {
        self.counts.bytes() + self.questions().len() * QUESTION_BYTES
    }

    /// What the counts ask of the DNS.
    pub(super) fn questions(&self) -> &[Question] {
        self.judge.questions()
    }

    /// Hands out the counts as a tally; the desk goes on from nothing.
    pub fn hand_in(&mut self) -> Tally {
        Tally::of(std::mem::take(&mut self.counts), &mut self.judge)
    }
}

/// What takes the lines of a chunk.
struct Seat<'d, 'r> {
    judge: &'d mut Judge<'r>,
    counts: &'d mut Counts,
    hosts: &'d [String],
}

impl Sink for Seat<'_, '_> {
    type Ahead = Option<Ahead>;

    #[inline(always)]
    fn look_ahead(&mut self, line: &Line<'_>) -> Option<Ahead> {
        match &line.content {
            Content::Record { record, .. } => Some(self.judge.look_ahead(record)),
            _ => None,
        }
    }

    fn take(&mut self, line: &Line<'_>, ahead: Option<Ahead>) {
        let Seat { judge, counts, hosts } = self;
        match &line.content {
            Content::Blank | Content::Comment => counts.add_blank(line.bytes),
            Content::Record { record, is_stray, .. } => {
                counts.lines.strays += u64::from(*is_stray);
                counts.lines.silent += u64::from(record.user_agent.is_none());
                counts.lines.forwarded += u64::from(record.forwarded.is_some());
                let ahead = ahead.expect("every record is looked at before it is taken");
                counts.add(&judge.judge(record, ahead, hosts), line.bytes);
            }
            Content::Malformed(reason) => counts.add_malformed(*reason, 1, line.bytes),
        }
    }
}
