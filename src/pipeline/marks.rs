//! Notes the lines of a chunk that matter to its batch: anchors, and lines that are not records.

use memchr::memrchr;

use crate::format::{Columns, Format, Malformed, Record, excerpt, reason_words};
use crate::overlap::{AnchorFilter, Candidate, EDGE_LINES, LineAnchor, Rarity};
use crate::source::Chunk;
use crate::tally::Lines;

/// The first lines of a log, of which more are anchors, end before these decoded offsets. The number of a chunk's first
/// line is not known yet.
const DENSE_BYTES: u64 = 1 << 20;
const MEDIUM_BYTES: u64 = 16 << 20;

/// The length of a line that a message quotes, in characters.
const QUOTED_CHARS: usize = 120;

/// The marked lines of a chunk.
#[derive(Clone, Debug, Default)]
pub(super) struct ChunkMarks {
    /// The decoded offset at which the chunk starts.
    pub(super) start: u64,
    pub(super) lines: u64,
    pub(super) records: u64,
    pub(super) malformed: u64,
    pub(super) anchors: Vec<Mark>,
    pub(super) first_malformed: Option<Misfit>,
    /// The first of the malformed lines after the last record, and their number.
    pub(super) last_malformed: Option<(Misfit, u64)>,
}

/// An anchor, or a line that may have been counted before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    /// The line, whose number counts from the start of the chunk.
    pub(super) candidate: Candidate,
    /// True if it is one of the first lines of a log.
    pub(super) is_head: bool,
    /// True if it is one of the last lines of the chunk.
    pub(super) is_tail: bool,
}

/// A line that is not a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    /// The decoded offset of the line.
    pub(super) offset: u64,
    /// The reason, with the value that can't be read.
    pub(super) reason: String,
    pub(super) text: String,
}

/// Marks the lines of one chunk after the other.
#[derive(Debug)]
pub(super) struct Marker {
    marks: ChunkMarks,
    /// The counts of lines and bytes at the start of the chunk.
    lines_before: u64,
    bytes_before: u64,
    /// The count of bytes from which on lines are the last of the chunk.
    tail_from: u64,
    /// The count of lines up to which lines are the first of a log.
    head_until: u64,
    /// The rarity from which on lines are anchors.
    rare: Rarity,
    /// The second of the last record, and whether another log has an anchor of that second.
    second: (i64, bool),
    /// The number of malformed lines since the last record.
    run: u64,
    run_start: Option<Misfit>,
}

impl Marker {
    pub(super) fn new() -> Marker {
        Marker {
            marks: ChunkMarks::default(),
            lines_before: 0,
            bytes_before: 0,
            tail_from: 0,
            head_until: 0,
            rare: Rarity::SPARSE,
            second: (i64::MIN, false),
            run: 0,
            run_start: None,
        }
    }

    /// Begins a chunk at these counts. Its first `head_lines` lines are the first of a log.
    pub(super) fn begin(&mut self, chunk: &Chunk, head_lines: u64, counts: &Lines) {
        self.marks = ChunkMarks { start: chunk.start, ..ChunkMarks::default() };
        (self.lines_before, self.bytes_before) = (counts.lines, counts.bytes);
        self.tail_from = counts.bytes + chunk.skipped_bytes + tail_start(chunk.text()) as u64;
        self.head_until = counts.lines + head_lines;
        self.rare = match chunk.start {
            0..DENSE_BYTES => Rarity::DENSE,
            DENSE_BYTES..MEDIUM_BYTES => Rarity::MEDIUM,
            MEDIUM_BYTES.. => Rarity::SPARSE,
        };
        self.second = (i64::MIN, false);
        (self.run, self.run_start) = (0, None);
    }

    /// Marks a record at these counts. `filter` has the anchors of other logs, if this one is compared with them.
    #[inline(always)]
    pub(super) fn record(
        &mut self,
        record: &Record<'_>,
        counts: &Lines,
        filter: Option<&AnchorFilter>,
    ) {
        self.run = 0;
        let second = record.time.as_second();
        if let Some(filter) = filter
            && second != self.second.0
        {
            self.second = (second, filter.may_have_second(second));
        }
        let is_edge = counts.bytes >= self.tail_from || counts.lines < self.head_until;
        if Rarity::of(second, record) >= self.rare || is_edge || self.second.1 {
            self.mark(record, counts, filter);
        }
    }

    #[cold]
    fn mark(&mut self, record: &Record<'_>, counts: &Lines, filter: Option<&AnchorFilter>) {
        let (is_head, is_tail) = (counts.lines < self.head_until, counts.bytes >= self.tail_from);
        let anchor = LineAnchor::new(record, counts.lines - self.lines_before);
        let rarity = Rarity::of(anchor.second, record);
        let is_anchor = is_head || is_tail || rarity >= self.rare;
        if is_anchor || filter.is_some_and(|filter| filter.may_have(anchor.second, anchor.hash)) {
            let candidate = Candidate { anchor, rarity };
            self.marks.anchors.push(Mark { candidate, is_head, is_tail });
        }
    }

    /// Notes a line that is not a record.
    #[cold]
    pub(super) fn malformed(
        &mut self,
        reason: Malformed,
        text: &[u8],
        counts: &Lines,
        format: &Format,
    ) {
        if !is_misfit(reason) {
            return;
        }
        let offset = self.marks.start + counts.bytes - self.bytes_before;
        let misfit = || {
            let reason = reason_words(format, reason, text, &Columns::default());
            Misfit { offset, reason, text: excerpt(text, QUOTED_CHARS) }
        };
        if self.run == 0 {
            self.run_start = Some(misfit());
        }
        if self.marks.first_malformed.is_none() {
            self.marks.first_malformed = Some(misfit());
        }
        self.run += 1;
        self.marks.malformed += 1;
    }

    /// Ends the chunk.
    pub(super) fn end(&mut self, lines: u64, records: u64) -> ChunkMarks {
        let run = std::mem::take(&mut self.run);
        let last_malformed = self.run_start.take().filter(|_| run > 0).map(|start| (start, run));
        ChunkMarks { lines, records, last_malformed, ..std::mem::take(&mut self.marks) }
    }
}

/// Returns whether a line shows that the log's format has changed. Other programs may write into a log too.
fn is_misfit(reason: Malformed) -> bool {
    !matches!(reason, Malformed::NoRequest | Malformed::ErrorLog | Malformed::Marker)
}

/// Returns the offset of the last lines of a text.
fn tail_start(text: &[u8]) -> usize {
    let mut start = text.len();
    for _ in 0..EDGE_LINES {
        let before = &text[..start.saturating_sub(1)];
        start = memrchr(b'\n', before).map_or(0, |end| end + 1);
    }
    start
}
