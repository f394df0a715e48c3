//! An open log that any number of workers read together, batch by batch.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::format::{Columns, Format};
use crate::source::{Chunk, Chunks};
use crate::tally::{Lines, Tally};

use super::error::IngestError;
use super::input::LogInput;
use super::run_context::{FinishedBatch, RunContext};
use super::summary::{Outcome, SourceSummary};
use super::worker::Worker;

/// A batch also ends after this many decoded bytes, so that a crash costs seconds of work.
const BATCH_LOG_BYTES_MAX: u64 = 1 << 30;

/// If at least this many requests all have no user agent, or no header with addresses, the log does not record it.
const MISSING_RECORDS_MIN: u64 = 20;

/// An open log.
pub(super) struct Source {
    pub(super) input: LogInput,
    format: Format,
    batch_bytes: usize,
    /// The memory that the counts of all workers for the current batch take, in bytes.
    count_bytes: AtomicUsize,
    reader: Mutex<ReaderState>,
    /// Locked during a commit. The lock is acquired while the reader is locked, so that batches are committed in the
    /// order in which they were read.
    committed: Mutex<Committed>,
    batch_ended: Condvar,
}

/// The state of a source in the store.
struct Committed {
    /// The id and offset of the stored cursor that the next batch continues.
    cursor: Option<(i64, u64)>,
    /// True if a batch could not be written. Later batches must not be written then.
    has_failed: bool,
}

/// The state that the workers of a source share. Reading is sequential, counting is parallel.
struct ReaderState {
    chunks: Chunks,
    /// The columns in force at the start of the next chunk.
    columns: Columns,
    /// The tallies of the current batch, from the workers that are done with it.
    tallies: Vec<Tally>,
    /// The line counts of all earlier batches.
    lines: Lines,
    batch_start: u64,
    workers: usize,
    phase: Phase,
    outcome: Outcome,
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
    /// Returns a source to read. `cursor` is the id and offset of the stored cursor that is continued.
    pub(super) fn new(
        input: LogInput,
        chunks: Chunks,
        format: Format,
        columns: Columns,
        cursor: Option<(i64, u64)>,
        batch_bytes: usize,
    ) -> Source {
        let reader = ReaderState {
            batch_start: chunks.offset(),
            chunks,
            columns,
            tallies: Vec::new(),
            lines: Lines::default(),
            workers: 0,
            phase: Phase::Reading,
            outcome: Outcome::Read,
        };
        Source {
            input,
            format,
            batch_bytes,
            count_bytes: AtomicUsize::new(0),
            reader: Mutex::new(reader),
            committed: Mutex::new(Committed { cursor, has_failed: false }),
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
            while let Some(columns) = self.next_chunk(&mut worker.chunk, context) {
                let (bytes_before, asked) = (worker.bytes(), worker.pending().len());
                worker.read_own_chunk(&self.format, columns, &self.input.hosts);
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

    /// Reads the next chunk. Returns the columns in force at its start, or `None` if the batch has ended.
    fn next_chunk(&self, chunk: &mut Chunk, context: &RunContext) -> Option<Columns> {
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
                Ok(true) => {}
                Ok(false) => reader.phase = Phase::LogEnd,
                Err(error) => {
                    reader.phase = Phase::LogEnd;
                    reader.outcome = Outcome::Failed(error.to_string());
                }
            }
        }
        if reader.phase != Phase::Reading {
            return None;
        }
        let next = self.format.columns(chunk.text()).unwrap_or_else(|| reader.columns.clone());
        Some(std::mem::replace(&mut reader.columns, next))
    }

    /// Marks the source as done after a worker has panicked. Nothing more of it is committed.
    pub(super) fn abandon(&self) {
        self.reader().phase = Phase::Done;
        self.batch_ended.notify_all();
    }

    /// Adds the worker's counts to the batch. The last worker to leave commits the batch, while the others continue
    /// with the next one.
    fn leave_batch(
        &self,
        worker: &mut Worker<'_>,
        context: &RunContext,
    ) -> Result<(), IngestError> {
        let mut reader = self.reader();
        reader.tallies.push(worker.take_tally());
        reader.workers -= 1;
        if reader.workers > 0 || reader.phase == Phase::Done {
            return Ok(());
        }
        let mut committed = self.committed.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = reader.end_batch(self).inspect_err(|_| committed.has_failed = true);
        let has_next_batch = reader.phase == Phase::BatchEnd && !committed.has_failed;
        if has_next_batch {
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
        batch: FinishedBatch,
        committed: &mut Committed,
        context: &RunContext,
    ) -> Result<(), IngestError> {
        if batch.tallies.iter().all(|tally| tally.counts.lines.bytes == 0) {
            return Ok(());
        }
        let (name, offset) = (self.input.location.to_string(), batch.cursor.offset);
        let id = context
            .commit(batch, committed.cursor, &name)
            .inspect_err(|_| committed.has_failed = true)?;
        committed.cursor = Some((id, offset));
        Ok(())
    }

    /// Returns the result of reading the source, once it is done.
    pub(super) fn summary(&self) -> Option<SourceSummary> {
        let reader = self.reader();
        let (lines, records) = (reader.lines, reader.lines.records());
        // A few requests without a user agent may be from visitors who hide it.
        let records_min = if self.format.may_have_user_agent() { MISSING_RECORDS_MIN } else { 1 };
        let no_user_agent = lines.no_user_agent == records && records >= records_min;
        let no_header = !self.format.may_have_header()
            || lines.forwarded == 0 && records >= MISSING_RECORDS_MIN;
        (reader.phase == Phase::Done).then(|| SourceSummary {
            name: self.input.location.to_string(),
            outcome: reader.outcome.clone(),
            format: Some(self.format.name()),
            no_user_agent: no_user_agent.then(|| self.format.user_agent_advice()),
            no_header: self.input.header.clone().filter(|_| no_header),
            lines,
            unfinished_bytes: reader.chunks.unfinished_bytes(),
        })
    }

    fn reader(&self) -> MutexGuard<'_, ReaderState> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReaderState {
    /// Ends a batch: checks that every byte and line of it was counted, and returns it.
    fn end_batch(&mut self, source: &Source) -> Result<FinishedBatch, IngestError> {
        let tallies = std::mem::take(&mut self.tallies);
        let cursor = self.chunks.cursor();
        let mut lines = Lines::default();
        tallies.iter().for_each(|tally| lines += &tally.counts.lines);
        if !lines.is_balanced() || lines.bytes != cursor.offset - self.batch_start {
            return Err(IngestError::Unbalanced(source.input.location.to_string()));
        }
        self.lines += &lines;
        self.batch_start = cursor.offset;
        Ok(FinishedBatch { tallies, cursor, format: source.format.save(&self.columns) })
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
        let location = Location::File("x.log".into());
        let (zone, header) = (TimeZone::UTC, None);
        let format = Format::named("ncsa", &zone).unwrap();
        let input = LogInput { location, format: None, zone, hosts: Vec::new(), header };
        let source = Source::new(input, chunks, format, Columns::default(), None, 0);
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
