//! One open source, which any number of workers read together, step by step.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::format::{Columns, Format};
use crate::source::{Chunk, Chunks, Cursor};
use crate::tally::{Lines, Tally};

use super::desk::Desk;
use super::ledger::{Ledger, Step};
use super::summary::{Outcome, SourceSummary};
use super::{IngestError, Work};

/// A step is committed when the workers' counts take this many bytes: 175,000 rows of pings. Where they are listed,
/// up to half of the list may be empty; when the step is written, its rows are there once more; and the next is counted
/// meanwhile: some 25 MB in all.
const STEP_COUNTS_BYTES_MAX: usize = 7_000_000;

/// … or when this many decoded bytes were read, so that a crash costs seconds of work.
const STEP_BYTES_MAX: u64 = 1 << 30;

/// So many requests without something that a format has tell that it is not logged: a user agent, a header.
const MISSING_MIN: u64 = 20;

/// One open source.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) format: Format,
    /// What the counts of the present step take, of all workers.
    counts_bytes: AtomicUsize,
    lane: Mutex<Lane>,
    /// Whoever commits holds it; it is taken while the lane is held, so that steps are committed in the
    /// order in which they were read.
    committed: Mutex<Committed>,
    settled: Condvar,
}

/// What the store has of a source.
struct Committed {
    /// The stored cursor that the next step goes on from: its id and offset.
    cursor: Option<(i64, u64)>,
    /// A step could not be written, so that none behind it may be.
    failed: bool,
}

/// What the workers of a job share: reading is one after the other, counting is not.
pub(super) struct Lane {
    pub(super) chunks: Chunks,
    /// Read already, to find out the format.
    pub(super) first: Option<Chunk>,
    /// The columns in force behind what was handed out.
    pub(super) columns: Columns,
    /// What the workers have handed in of the present step.
    tallies: Vec<Tally>,
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
    /// The step is over; its last worker commits it while the others go on reading.
    StepEnd,
    /// The stream is over; the last worker commits.
    StreamEnd,
    Done,
}

impl Job {
    /// `cursor` is the stored cursor that reading goes on from: its id and offset.
    pub(super) fn new(work: Work, format: Format, lane: Lane, cursor: Option<(i64, u64)>) -> Job {
        let (counts_bytes, lane) = (AtomicUsize::new(0), Mutex::new(lane));
        let committed = Mutex::new(Committed { cursor, failed: false });
        Job { work, format, counts_bytes, lane, committed, settled: Condvar::new() }
    }

    /// Reads and counts until the source is done.
    pub(super) fn help(&self, desk: &mut Desk<'_>, ledger: &Ledger) -> Result<(), IngestError> {
        while self.join_step() {
            while let Some(columns) = self.next(&mut desk.chunk, ledger) {
                let (before, asked) = (desk.counts_bytes(), desk.questions().len());
                desk.read_own(&self.format, columns, &self.work.hosts);
                ledger.ask(&desk.questions()[asked..]);
                self.counts_bytes.fetch_add(desk.counts_bytes() - before, Ordering::Relaxed);
            }
            self.leave_step(desk, ledger)?;
        }
        Ok(())
    }

    /// Waits while a step ends. False if the source is done.
    fn join_step(&self) -> bool {
        let mut lane = self.lane();
        while matches!(lane.state, State::StepEnd | State::StreamEnd) {
            lane = self.settled.wait(lane).unwrap_or_else(PoisonError::into_inner);
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
        let full = self.counts_bytes.load(Ordering::Relaxed) > STEP_COUNTS_BYTES_MAX
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
        self.settled.notify_all();
    }

    /// Hands in what was counted. The last worker to leave commits the step, while the others go on with
    /// the next.
    fn leave_step(&self, desk: &mut Desk<'_>, ledger: &Ledger) -> Result<(), IngestError> {
        let mut lane = self.lane();
        lane.tallies.push(desk.hand_in());
        lane.workers -= 1;
        if lane.workers > 0 || lane.state == State::Done {
            return Ok(());
        }
        let mut committed = self.committed.lock().unwrap_or_else(PoisonError::into_inner);
        let step = lane.end_step(self).inspect_err(|_| committed.failed = true);
        let goes_on = lane.state == State::StepEnd && !committed.failed;
        if goes_on {
            lane.state = State::Open;
            self.counts_bytes.store(0, Ordering::Relaxed);
            self.settled.notify_all();
            drop(lane);
            return self.commit(step?, &mut committed, ledger);
        }
        // Nobody waits for the last step but those who find the source done behind it.
        let written = match step {
            Ok(step) if !committed.failed => self.commit(step, &mut committed, ledger),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        lane.state = State::Done;
        self.settled.notify_all();
        written
    }

    fn commit(
        &self,
        ended: Ended,
        committed: &mut Committed,
        ledger: &Ledger,
    ) -> Result<(), IngestError> {
        let Ended { mut tallies, cursor, format } = ended;
        if tallies.iter().all(|tally| tally.counts.lines.bytes == 0) {
            return Ok(());
        }
        ledger.settle(&mut tallies);
        let (name, previous) = (self.work.place.to_string(), committed.cursor);
        let (cursor, format) = (&cursor, &format);
        let step = Step { tallies, previous, cursor, format, name: &name };
        let id = ledger.commit(step).inspect_err(|_| committed.failed = true)?;
        committed.cursor = Some((id, cursor.offset));
        Ok(())
    }

    /// What became of the source, once it is done.
    pub(super) fn summary(&self) -> Option<SourceSummary> {
        let lane = self.lane();
        let (silent, records) = (lane.lines.silent, lane.lines.records());
        // A few requests may well come from those who hide.
        let none_speaks = silent == records
            && records >= if self.format.has_user_agent() { MISSING_MIN } else { 1 };
        let has_none =
            !self.format.may_have_header() || lane.lines.forwarded == 0 && records >= MISSING_MIN;
        (lane.state == State::Done).then(|| SourceSummary {
            name: self.work.place.to_string(),
            silent: none_speaks.then(|| self.format.user_agent_advice()),
            lacks_header: self.work.header.clone().filter(|_| has_none),
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
    pub(super) fn new(chunks: Chunks, step_start: u64) -> Lane {
        Lane {
            chunks,
            first: None,
            columns: Columns::default(),
            tallies: Vec::new(),
            lines: Lines::default(),
            step_start,
            workers: 0,
            state: State::Open,
            outcome: Outcome::Read,
        }
    }

    /// Ends a step: checks that every byte and line of it is accounted for, and hands it out to be written.
    fn end_step(&mut self, job: &Job) -> Result<Ended, IngestError> {
        let tallies = std::mem::take(&mut self.tallies);
        let cursor = self.chunks.cursor();
        let mut lines = Lines::default();
        tallies.iter().for_each(|tally| lines.add(&tally.counts.lines));
        if !lines.is_balanced() || lines.bytes != cursor.offset - self.step_start {
            return Err(IngestError::Unbalanced(job.work.place.to_string()));
        }
        self.lines.add(&lines);
        self.step_start = cursor.offset;
        Ok(Ended { tallies, cursor, format: job.format.memo(&self.columns) })
    }
}

/// A step that is over, ready to be written.
struct Ended {
    tallies: Vec<Tally>,
    cursor: Cursor,
    format: String,
}
