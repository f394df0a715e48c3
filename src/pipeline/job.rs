//! One open source, which any number of workers read together, step by step.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::format::{Columns, Format};
use crate::source::{Chunk, Chunks};
use crate::tally::{Lines, Tally};

use super::desk::Desk;
use super::ledger::{Ledger, Step};
use super::summary::{Outcome, SourceSummary};
use super::{IngestError, Work};

/// A step is committed when the workers' counts reach this many rows, at about 100 bytes each …
const STEP_ROWS_MAX: usize = 100_000;

/// … or when this many decoded bytes were read, so that a crash costs seconds of work.
const STEP_BYTES_MAX: u64 = 1 << 30;

/// So many requests without a user agent tell that it is not logged.
const SILENT_MIN: u64 = 20;

/// One open source.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) format: Format,
    /// Rows counted in the present step, by all workers.
    rows: AtomicUsize,
    lane: Mutex<Lane>,
    committed: Condvar,
}

/// What the workers of a job share: reading is one after the other, counting is not.
pub(super) struct Lane {
    pub(super) chunks: Chunks,
    /// Read already, to find out the format.
    pub(super) first: Option<Chunk>,
    /// The columns in force behind what was handed out.
    pub(super) columns: Columns,
    /// The stored cursor that the present step goes on from: its id and offset.
    pub(super) cursor: Option<(i64, u64)>,
    tally: Tally,
    /// What the steps before this one came to.
    lines: Lines,
    step_start: u64,
    workers: usize,
    state: State,
    outcome: Outcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// There may be more to read.
    Open,
    /// The step is over; its last worker commits it, and then reading goes on.
    StepEnd,
    /// The stream is over; the last worker commits.
    StreamEnd,
    Done,
}

impl Job {
    pub(super) fn new(work: Work, format: Format, lane: Lane) -> Job {
        let rows = AtomicUsize::new(0);
        Job { work, format, rows, lane: Mutex::new(lane), committed: Condvar::new() }
    }

    /// Reads and counts until the source is done.
    pub(super) fn help(&self, desk: &mut Desk<'_>, ledger: &Ledger) -> Result<(), IngestError> {
        while self.join_step() {
            while let Some(columns) = self.next(&mut desk.chunk, ledger) {
                let before = desk.rows();
                desk.read_own(&self.format, columns, &self.work.hosts);
                self.rows.fetch_add(desk.rows() - before, Ordering::Relaxed);
            }
            self.leave_step(desk, ledger)?;
        }
        Ok(())
    }

    /// Waits for a commit that is under way. False if the source is done.
    fn join_step(&self) -> bool {
        let mut lane = self.lane();
        while matches!(lane.state, State::StepEnd | State::StreamEnd) {
            lane = self.committed.wait(lane).unwrap_or_else(PoisonError::into_inner);
        }
        lane.workers += usize::from(lane.state == State::Open);
        lane.state == State::Open
    }

    /// Takes the next chunk; returns the columns in force at its start. `None` if the step is over.
    fn next(&self, chunk: &mut Chunk, ledger: &Ledger) -> Option<Columns> {
        let mut lane = self.lane();
        if lane.state != State::Open {
            return None;
        }
        if let Some(first) = lane.first.take() {
            *chunk = first; // Whatever comes: it has been handed out already.
            return Some(self.columns_at_start(&mut lane, chunk));
        }
        let full = self.rows.load(Ordering::Relaxed) > STEP_ROWS_MAX
            || lane.chunks.cursor_offset() - lane.step_start > STEP_BYTES_MAX;
        if ledger.is_stopped() {
            lane.state = State::StreamEnd;
        } else if full {
            lane.state = State::StepEnd;
        } else {
            match lane.chunks.next(chunk) {
                Ok(true) => {}
                Ok(false) => lane.state = State::StreamEnd,
                Err(error) => {
                    lane.state = State::StreamEnd;
                    lane.outcome = Outcome::Failed(error.to_string());
                }
            }
        }
        if lane.state != State::Open {
            return None;
        }
        Some(self.columns_at_start(&mut lane, chunk))
    }

    /// The columns in force at a chunk's start; the lane then knows those behind it.
    fn columns_at_start(&self, lane: &mut Lane, chunk: &Chunk) -> Columns {
        let next = self.format.columns(chunk.text()).unwrap_or_else(|| lane.columns.clone());
        std::mem::replace(&mut lane.columns, next)
    }

    /// Lets go of a source whose worker has panicked: nothing more is committed of it.
    pub(super) fn abandon(&self) {
        self.lane().state = State::Done;
        self.committed.notify_all();
    }

    /// Hands in what was counted. The last worker to leave commits the step.
    fn leave_step(&self, desk: &mut Desk<'_>, ledger: &Ledger) -> Result<(), IngestError> {
        let mut lane = self.lane();
        desk.hand_in(&mut lane.tally);
        lane.workers -= 1;
        if lane.workers > 0 || lane.state == State::Done {
            return Ok(());
        }
        let committed = lane.commit(self, ledger);
        lane.state = match lane.state {
            State::StepEnd if committed.is_ok() => State::Open,
            _ => State::Done,
        };
        self.rows.store(0, Ordering::Relaxed);
        self.committed.notify_all();
        committed
    }

    /// What became of the source, once it is done.
    pub(super) fn summary(&self) -> Option<SourceSummary> {
        let lane = self.lane();
        let (silent, records) = (lane.lines.silent, lane.lines.records());
        // A few requests may well come from those who hide.
        let none_speaks = silent == records
            && records >= if self.format.has_user_agent() { SILENT_MIN } else { 1 };
        (lane.state == State::Done).then(|| SourceSummary {
            name: self.work.place.to_string(),
            silent: none_speaks.then(|| self.format.user_agent_advice()),
            outcome: lane.outcome.clone(),
            format: Some(self.format.name()),
            lines: lane.lines,
            left_bytes: lane.chunks.left_bytes(),
        })
    }

    fn lane(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    pub(super) fn new(chunks: Chunks, cursor: Option<(i64, u64)>, step_start: u64) -> Lane {
        Lane {
            chunks,
            first: None,
            columns: Columns::default(),
            cursor,
            tally: Tally::default(),
            lines: Lines::default(),
            step_start,
            workers: 0,
            state: State::Open,
            outcome: Outcome::Read,
        }
    }

    /// Checks that every byte and line of the step is accounted for, and writes it.
    fn commit(&mut self, job: &Job, ledger: &Ledger) -> Result<(), IngestError> {
        let tally = std::mem::take(&mut self.tally);
        let cursor = self.chunks.cursor();
        let lines = &tally.counts.lines;
        if !lines.is_balanced() || lines.bytes != cursor.offset - self.step_start {
            return Err(IngestError::Unbalanced(job.work.place.to_string()));
        }
        if lines.bytes > 0 {
            let name = job.work.place.to_string();
            let (previous, format) = (self.cursor, job.format.memo(&self.columns));
            let step =
                Step { tally: &tally, previous, cursor: &cursor, format: &format, name: &name };
            self.cursor = Some((ledger.commit(&step)?, cursor.offset));
        }
        self.lines.add(lines);
        self.step_start = cursor.offset;
        Ok(())
    }
}
