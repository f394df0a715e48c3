//! Counts the lines of chunks, without shared state or locks.

use std::mem::take;
use std::ops::ControlFlow;

use crate::classify::{Classifier, PendingQuery, Rules};
use crate::day::Calendar;
use crate::format::{Columns, Content, Format, Line, LineReader, Malformed};
use crate::overlap::AnchorFilter;
use crate::source::Chunk;
use crate::tally::{Counts, Tally};

use super::marks::{ChunkMarks, Marker};

/// The memory of a pending query in bytes, here and while it waits for its answer. A batch has no more than 16,000.
const QUERY_BYTES: usize = 500;

/// A worker's classifier, its counts so far, and the chunk that it reads.
pub struct Worker<'r> {
    classifier: Classifier<'r>,
    counts: Counts,
    pub(super) chunk: Chunk,
    marker: Marker,
    marks: Vec<ChunkMarks>,
}

/// Which lines of a chunk are marked beside those that are anchors in any log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marking<'f> {
    /// The anchors of other logs, if the chunk's log is compared with them.
    pub(super) filter: Option<&'f AnchorFilter>,
    /// The number of lines at the chunk's start that are the first of their log.
    pub(super) head_lines: u64,
}

impl<'r> Worker<'r> {
    /// Returns a worker that classifies by `rules`, for a site whose days are those of `calendar`.
    pub fn new(rules: &'r Rules, calendar: Calendar) -> Worker<'r> {
        Worker::with_classifier(Classifier::new(rules, calendar))
    }

    pub fn with_classifier(classifier: Classifier<'r>) -> Worker<'r> {
        Worker {
            classifier,
            counts: Counts::default(),
            chunk: Chunk::default(),
            marker: Marker::new(),
            marks: Vec::new(),
        }
    }

    /// Counts the lines of a chunk that starts where `columns` are in force. `hosts` are the virtual hosts to keep.
    pub fn read(&mut self, chunk: &Chunk, format: &Format, columns: Columns, hosts: &[String]) {
        self.read_marking(chunk, format, columns, hosts, &Marking::default());
        self.marks.clear();
    }

    /// Counts the lines of the worker's own chunk, and marks some of them. Returns their number.
    pub(super) fn read_own_chunk(
        &mut self,
        format: &Format,
        columns: Columns,
        hosts: &[String],
        marking: &Marking<'_>,
    ) -> u64 {
        let (chunk, before) = (take(&mut self.chunk), self.counts.lines.lines);
        self.read_marking(&chunk, format, columns, hosts, marking);
        self.chunk = chunk;
        self.counts.lines.lines - before
    }

    fn read_marking(
        &mut self,
        chunk: &Chunk,
        format: &Format,
        columns: Columns,
        hosts: &[String],
        marking: &Marking<'_>,
    ) {
        let before = self.counts.lines;
        self.marker.begin(chunk, marking.head_lines, &before);
        let (lines, bytes) = (chunk.skipped_lines, chunk.skipped_bytes);
        self.counts.add_malformed(Malformed::TooLong, lines, bytes);
        let _ = LineReader::new(format, columns).each(chunk.text(), |line| {
            self.count(line, format, hosts, marking.filter);
            ControlFlow::Continue(())
        });
        let after = &self.counts.lines;
        let records = after.records() - before.records();
        self.marks.push(self.marker.end(after.lines - before.lines, records));
    }

    fn count(
        &mut self,
        line: &Line<'_>,
        format: &Format,
        hosts: &[String],
        filter: Option<&AnchorFilter>,
    ) {
        let Content::Record { record, is_mismatched, .. } = &line.content else {
            return self.count_without_record(line, format);
        };
        let counts = &mut self.counts;
        counts.lines.mismatched += u64::from(*is_mismatched);
        counts.lines.no_user_agent += u64::from(record.user_agent.is_none());
        counts.lines.no_address += u64::from(record.ip.is_none());
        counts.lines.forwarded += u64::from(record.forwarded.is_some());
        self.marker.record(record, &counts.lines, filter);
        counts.add(&self.classifier.classify(record, hosts), line.bytes);
    }

    #[cold]
    fn count_without_record(&mut self, line: &Line<'_>, format: &Format) {
        match line.content {
            Content::Malformed(reason) => {
                self.marker.malformed(reason, line.text, &self.counts.lines, format);
                self.counts.add_malformed(reason, 1, line.bytes);
            }
            _ => self.counts.add_blank(line.bytes),
        }
    }

    /// Returns the memory that the counts, their texts and pending queries take, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let queries = self.pending().len() * QUERY_BYTES;
        self.counts.bytes() + self.classifier.text_bytes() + queries
    }

    /// Returns the queries to the DNS that were not handed over with a tally yet.
    pub(super) fn pending(&self) -> &[PendingQuery] {
        self.classifier.pending()
    }

    /// Returns the marks of the chunks that were counted since the last call.
    pub(super) fn take_marks(&mut self) -> Vec<ChunkMarks> {
        take(&mut self.marks)
    }

    /// Returns the counts as a tally, and resets them.
    pub fn take_tally(&mut self) -> Tally {
        let pending = self.classifier.take_pending();
        let tally = Tally::new(take(&mut self.counts), self.classifier.texts(), pending);
        self.classifier.bound_texts();
        tally
    }
}
