//! An open log that any number of workers read together, batch by batch.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::format::{Columns, Format};
use crate::overlap::{AnchorFilter, EDGE_LINES};
use crate::source::{Chunk, Chunks, is_damage};
use crate::store::Progress;
use crate::tally::{Lines, Tally};

use super::batch_end::{EarlyEnd, MarkedBatch, is_suddenly_malformed};
use super::error::IngestError;
use super::input::LogInput;
use super::marks::{ChunkMarks, Misfit};
use super::run_context::{Committed, FinishedBatch, RunContext};
use super::source_start::{RelatedLogs, SourceStart};
use super::summary::{FutureRecords, Outcome, SourceSummary};
use super::worker::{Marking, Worker};

/// A batch also ends after this many decoded bytes, so that a crash costs seconds of work.
const BATCH_LOG_BYTES_MAX: u64 = 1 << 30;

/// If at least this many requests all have no user agent, or no header with addresses, the log does not record it.
const MISSING_RECORDS_MIN: u64 = 20;

/// An open log.
pub(super) struct Source {
    pub(super) input: LogInput,
    format: Format,
    batch_bytes: usize,
    filter: Option<Arc<AnchorFilter>>,
    related: RelatedLogs,
    guessed_zone: Option<String>,
    /// The memory that the counts of all workers for the current batch take, in bytes.
    count_bytes: AtomicUsize,
    reader: Mutex<ReaderState>,
    /// Locked during a commit. The lock is acquired while the reader is locked, so that batches are committed in the
    /// order in which they were read.
    committed: Mutex<CommittedState>,
    batch_ended: Condvar,
}

/// The state of a source in the store.
struct CommittedState {
    /// The id and offset of the stored cursor that the next batch continues.
    cursor: Option<(i64, u64)>,
    /// True if a batch was not written. Later batches must not be written then.
    has_failed: bool,
    /// The line counts of the batches that were written.
    lines: Lines,
    future: FutureRecords,
    /// Why a batch was refused.
    refusal: Option<String>,
}

/// The state that the workers of a source share. Reading is sequential, counting is parallel.
struct ReaderState {
    chunks: Chunks,
    /// The columns in force at the start of the next chunk.
    columns: Columns,
    /// The tallies and marks of the current batch, from the workers that are done with it.
    tallies: Vec<Tally>,
    marks: Vec<ChunkMarks>,
    batch_start: u64,
    progress: Progress,
    /// The number of the log's lines that are still to be marked as its first.
    head_lines: u64,
    workers: usize,
    phase: Phase,
    outcome: Outcome,
    /// True if the log's data is damaged, so that the lines before the error may be wrong too.
    is_damaged: bool,
    early_end: Option<EarlyEnd>,
    /// The offset at which the log has to be read to its end once more.
    retry: Option<EarlyEnd>,
    /// The first line of the run that is not a record.
    first_malformed: Option<Misfit>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There may be more to read.
    Reading,
    /// The batch has ended. Its last worker commits it while the others continue to read.
    BatchEnd,
    /// The log has ended. Its last worker commits.
    LogEnd,
    Done,
}

impl Source {
    pub(super) fn new(start: SourceStart, batch_bytes: usize) -> Source {
        let SourceStart { input, mut chunks, format, columns, cursor, progress, .. } = start;
        let SourceStart { filter, related, early_end, guessed_zone, lines, .. } = start;
        if let Some(early_end) = &early_end {
            chunks.end_at(early_end.offset);
        }
        let reader = ReaderState {
            batch_start: chunks.offset(),
            chunks,
            columns,
            tallies: Vec::new(),
            marks: Vec::new(),
            progress,
            head_lines: if cursor.is_none() { EDGE_LINES } else { 0 },
            workers: 0,
            phase: Phase::Reading,
            outcome: Outcome::Read,
            is_damaged: false,
            early_end,
            retry: None,
            first_malformed: None,
        };
        let future = FutureRecords::default();
        let committed = CommittedState { cursor, has_failed: false, lines, future, refusal: None };
        Source {
            input,
            format,
            batch_bytes,
            filter,
            related,
            guessed_zone,
            count_bytes: AtomicUsize::new(0),
            reader: Mutex::new(reader),
            committed: Mutex::new(committed),
            batch_ended: Condvar::new(),
        }
    }

    /// Reads and counts until the source is done.
    pub(super) fn run_worker(
        &self,
        worker: &mut Worker<'_>,
        context: &RunContext,
    ) -> Result<(), IngestError> {
        while self.join_batch() {
            while let Some((columns, head_lines)) = self.next_chunk(&mut worker.chunk, context) {
                let (bytes_before, asked) = (worker.bytes(), worker.pending().len());
                let filter = self.filter.as_deref().filter(|filter| !filter.is_empty());
                let marking = Marking { filter, head_lines };
                let lines =
                    worker.read_own_chunk(&self.format, columns, &self.input.hosts, &marking);
                context.meter.add_lines(lines);
                context.ask(&worker.pending()[asked..]);
                self.count_bytes.fetch_add(worker.bytes() - bytes_before, Ordering::Relaxed);
            }
            self.leave_batch(worker, context)?;
        }
        Ok(())
    }

    /// Waits while a batch ends. Returns false if the source is done.
    fn join_batch(&self) -> bool {
        let mut reader = self.reader();
        while matches!(reader.phase, Phase::BatchEnd | Phase::LogEnd) {
            reader = self.batch_ended.wait(reader).unwrap_or_else(PoisonError::into_inner);
        }
        reader.workers += usize::from(reader.phase == Phase::Reading);
        reader.phase == Phase::Reading
    }

    /// Reads the next chunk. Returns the columns at its start, and how many of its lines are the first of the log. `None`
    /// if the batch has ended.
    fn next_chunk(&self, chunk: &mut Chunk, context: &RunContext) -> Option<(Columns, u64)> {
        let mut reader = self.reader();
        if reader.phase != Phase::Reading {
            return None;
        }
        let is_full = self.count_bytes.load(Ordering::Relaxed) > self.batch_bytes
            || reader.chunks.offset() - reader.batch_start > BATCH_LOG_BYTES_MAX;
        if context.is_stopped() {
            reader.phase = Phase::LogEnd;
        } else if is_full {
            reader.phase = Phase::BatchEnd;
        } else {
            match reader.chunks.next(chunk) {
                Ok(true) => context.meter.add_done(reader.chunks.take_file_bytes()),
                Ok(false) => reader.phase = Phase::LogEnd,
                Err(error) => {
                    reader.phase = Phase::LogEnd;
                    reader.is_damaged = is_damage(&error);
                    reader.outcome = Outcome::of_error(&self.input, &error);
                }
            }
        }
        if reader.phase != Phase::Reading {
            return None;
        }
        let next = self.format.columns(chunk.text()).unwrap_or_else(|| reader.columns.clone());
        let head_lines = std::mem::take(&mut reader.head_lines);
        Some((std::mem::replace(&mut reader.columns, next), head_lines))
    }

    /// Marks the source as done after a worker has panicked. Nothing more of it is committed.
    pub(super) fn abandon(&self) {
        self.reader().phase = Phase::Done;
        self.batch_ended.notify_all();
    }

    /// Adds the worker's counts to the batch. The last worker commits it, while the others go on with the next one.
    fn leave_batch(
        &self,
        worker: &mut Worker<'_>,
        context: &RunContext,
    ) -> Result<(), IngestError> {
        let mut reader = self.reader();
        reader.tallies.push(worker.take_tally());
        reader.marks.append(&mut worker.take_marks());
        reader.workers -= 1;
        if reader.workers > 0 || reader.phase == Phase::Done {
            return Ok(());
        }
        let mut committed = self.committed();
        let batch = reader.end_batch(self).inspect_err(|_| committed.has_failed = true);
        let has_next_batch = reader.phase == Phase::BatchEnd && !committed.has_failed;
        if has_next_batch && matches!(batch, Ok(Some(_))) {
            reader.phase = Phase::Reading;
            self.count_bytes.store(0, Ordering::Relaxed);
            self.batch_ended.notify_all();
            drop(reader);
            return self.commit(batch?, &mut committed, context);
        }
        // The reader stays locked during the last commit. The workers that wait for it will find the source done.
        let result = match batch {
            Ok(batch) if !committed.has_failed => self.commit(batch, &mut committed, context),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        reader.phase = Phase::Done;
        self.batch_ended.notify_all();
        result
    }

    fn commit(
        &self,
        batch: Option<FinishedBatch>,
        committed: &mut CommittedState,
        context: &RunContext,
    ) -> Result<(), IngestError> {
        let Some(batch) = batch.filter(|batch| batch.lines.bytes > 0) else { return Ok(()) };
        let (offset, lines) = (batch.cursor.offset, batch.lines);
        let future = FutureRecords::of(&batch.tallies, context.today);
        let result = context.commit(batch, committed.cursor, &self.input.location, &self.related);
        match result.inspect_err(|_| committed.has_failed = true)? {
            Committed::Stored(id) => {
                committed.cursor = Some((id, offset));
                committed.lines += &lines;
                committed.future += future;
            }
            Committed::Refused(reason) => {
                (committed.has_failed, committed.refusal) = (true, Some(reason));
            }
        }
        Ok(())
    }

    /// Returns the result of reading the source, once it is done.
    pub(super) fn summary(&self) -> Option<SourceSummary> {
        let reader = self.reader();
        let committed = self.committed();
        let (lines, records) = (committed.lines, committed.lines.records());
        // A few requests without a user agent may be from visitors who hide it.
        let records_min = if self.format.may_have_user_agent() { MISSING_RECORDS_MIN } else { 1 };
        let no_user_agent = lines.no_user_agent == records && records >= records_min;
        let no_header = !self.format.may_have_header()
            || lines.forwarded == 0 && records >= MISSING_RECORDS_MIN;
        let early_end = reader.early_end.as_ref().or(reader.retry.as_ref());
        let refusal = committed.refusal.clone().map(Outcome::Refused);
        let is_sudden = is_suddenly_malformed(&reader.progress, &lines);
        let outcome = refusal.or(early_end.map(|end| end.outcome.clone()));
        (reader.phase == Phase::Done).then(|| SourceSummary {
            name: self.input.location.to_string(),
            outcome: outcome.unwrap_or_else(|| reader.outcome.clone()),
            format: Some(self.format.name()),
            no_user_agent: no_user_agent.then(|| self.format.user_agent_advice()),
            has_no_address: lines.no_address == records && records >= MISSING_RECORDS_MIN,
            no_header: self.input.header.clone().filter(|_| no_header),
            guessed_zone: self.guessed_zone.clone(),
            sudden_malformed: reader
                .first_malformed
                .as_ref()
                .filter(|_| is_sudden)
                .map(|first| format!("{} (\"{}\")", first.reason, first.text)),
            future: committed.future,
            lines,
            unfinished_bytes: reader.chunks.unfinished_bytes(),
        })
    }

    /// Returns where the log has to end when it is read once more, if it has to.
    pub(super) fn take_retry(&self) -> Option<EarlyEnd> {
        let mut reader = self.reader();
        let batch_start = reader.batch_start;
        reader.retry.take_if(|retry| retry.offset > batch_start)
    }

    fn reader(&self) -> MutexGuard<'_, ReaderState> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn committed(&self) -> MutexGuard<'_, CommittedState> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReaderState {
    /// Ends a batch: checks that every byte and line of it was counted, and returns it. Returns `None` if it must not
    /// be committed as it is.
    fn end_batch(&mut self, source: &Source) -> Result<Option<FinishedBatch>, IngestError> {
        let tallies = std::mem::take(&mut self.tallies);
        let marked = MarkedBatch::new(std::mem::take(&mut self.marks));
        let cursor = self.chunks.cursor();
        let mut lines = Lines::default();
        tallies.iter().for_each(|tally| lines += &tally.counts.lines);
        let is_complete = lines.bytes == cursor.offset - self.batch_start;
        if !lines.is_balanced() || !is_complete || lines.lines != marked.lines() {
            return Err(IngestError::Unbalanced(source.input.location.to_string()));
        }
        if self.early_end.is_none()
            && let Some(early_end) = self.find_early_end(&marked)
        {
            self.retry = Some(early_end);
            return Ok(None);
        }
        if self.first_malformed.is_none() {
            self.first_malformed = marked.first_malformed().cloned();
        }
        let first_line = self.progress.lines;
        self.progress.lines += lines.lines;
        self.progress.malformed += lines.malformed_total();
        self.batch_start = cursor.offset;
        let (progress, format) = (self.progress, source.format.save(&self.columns));
        let candidates = match source.filter {
            Some(_) => marked.candidates(first_line),
            None => Vec::new(),
        };
        let (anchors, tail) = marked.anchors(first_line);
        Ok(Some(FinishedBatch {
            tallies,
            lines,
            cursor,
            progress,
            format,
            candidates,
            anchors,
            tail,
        }))
    }

    /// Returns where the batch has to end, if its last lines must not be spent: they are damaged, or of another format.
    fn find_early_end(&self, marked: &MarkedBatch) -> Option<EarlyEnd> {
        if self.is_damaged {
            let misfit = marked.first_malformed()?;
            return Some(EarlyEnd { offset: misfit.offset, outcome: self.outcome.clone() });
        }
        marked.format_change(&self.progress)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::source::Location;

    #[test]
    fn a_batch_that_does_not_add_up_is_refused() {
        let chunks = Chunks::new(Box::new(io::Cursor::new(b"a line\n".to_vec())), true).unwrap();
        let start = SourceStart {
            input: LogInput::new(Location::File("x.log".into()), TimeZone::UTC),
            chunks,
            format: Format::named("ncsa", &TimeZone::UTC).unwrap(),
            columns: Columns::default(),
            cursor: None,
            progress: Progress::default(),
            filter: None,
            related: RelatedLogs::default(),
            early_end: None,
            guessed_zone: None,
            lines: Lines::default(),
        };
        let source = Source::new(start, 0);
        let mut chunk = Chunk::default();
        let mut reader = source.reader();
        // The chunk was read, but no worker has counted its line.
        assert!(reader.chunks.next(&mut chunk).unwrap());
        let error = reader.end_batch(&source).err();
        assert!(
            matches!(&error, Some(IngestError::Unbalanced(name)) if name == "x.log"),
            "{error:?}"
        );
    }
}
