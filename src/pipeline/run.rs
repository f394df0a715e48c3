//! Who reads what: a queue of places, the sources that are open, and workers that go where work is.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::classify::{Judge, Rules};
use crate::day::Calendar;
use crate::source::{Stream, open};
use crate::store::{Store, StoreError};

use super::desk::Desk;
use super::job::Job;
use super::ledger::Ledger;
use super::start::{Started, finished, start};
use super::summary::{Outcome, Summary};
use super::{Ingest, IngestError, Work};

/// What all workers together may keep of texts that visitors choose, and of what was decided of them.
const JUDGES_BYTES_MAX: usize = 24 << 20;

/// One run over many places.
pub(super) struct Run {
    rules: Rules,
    calendar: Calendar,
    board: Mutex<Board>,
    changed: Condvar,
    ledger: Ledger,
    /// What each worker may keep of texts that visitors choose.
    judge_bytes: usize,
}

/// What is to be done, what is being done, and what came of it.
#[derive(Default)]
struct Board {
    queue: VecDeque<Work>,
    /// Places whose stream is open under another name, until that one is done.
    parked: Vec<Work>,
    /// Places that were taken from the queue, and are not open or settled yet.
    opening: usize,
    open: Vec<Open>,
    summary: Summary,
    failure: Option<IngestError>,
}

/// A stream that a worker has opened.
struct Open {
    head: Vec<u8>,
    /// `None` while it is being started.
    job: Option<Arc<Job>>,
}

impl Run {
    pub(super) fn new(ingest: Ingest, store: Store) -> Result<Run, StoreError> {
        let Ingest { work, mut rules, zone, threads, resolver } = ingest;
        rules.terms.add_known(store.terms()?.into_iter().map(|(_, name)| name));
        store.add_ip_lists_to(&mut rules.lists)?;
        if resolver.is_some() {
            rules.lists.ask_names(rules.namer.catalogue());
        }
        let judge_bytes = JUDGES_BYTES_MAX / threads.max(1);
        let request_types = rules.requests.names().to_vec();
        let came_from = rules.referrers.names().to_vec();
        let ledger = Ledger::new(store, request_types, came_from, resolver)?;
        Ok(Run {
            rules,
            calendar: Calendar::new(zone),
            board: Mutex::new(Board { queue: work.into(), ..Board::default() }),
            changed: Condvar::new(),
            ledger,
            judge_bytes,
        })
    }

    /// What one worker does: whatever there is to do, until nothing is left.
    pub(super) fn work(&self) {
        let judge = Judge::new(&self.rules, self.calendar.clone()).with_memory(self.judge_bytes);
        let mut desk = Desk::with_judge(judge);
        // A panic is a defect of this program. It must not leave the other workers waiting for ever.
        let worked = catch_unwind(AssertUnwindSafe(|| {
            while let Some(job) = self.next_job() {
                let helped = catch_unwind(AssertUnwindSafe(|| job.help(&mut desk, &self.ledger)));
                let helped = helped.unwrap_or_else(|_| {
                    job.abandon();
                    Err(IngestError::Panicked(job.work.place.to_string()))
                });
                self.close(&job, helped);
            }
        }));
        if worked.is_err() {
            self.board().failure.get_or_insert(IngestError::Panicked("a source".into()));
            self.stop();
            self.changed.notify_all();
        }
    }

    pub(super) fn stop(&self) {
        self.ledger.stop();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.ledger.is_stopped()
    }

    /// What the run came to, once all workers are done.
    pub(super) fn finish(&self) -> Result<Summary, IngestError> {
        let mut board = self.board();
        if let Some(failure) = board.failure.take() {
            return Err(failure);
        }
        let (interrupted, trusted) = (self.is_stopped(), self.ledger.trusted());
        Ok(Summary { interrupted, trusted, ..std::mem::take(&mut board.summary) })
    }

    /// Opens the next place, or joins in at one that is open. `None` when all is done.
    fn next_job(&self) -> Option<Arc<Job>> {
        let mut board = self.board();
        loop {
            if self.is_stopped() {
                return None;
            }
            if let Some(work) = board.queue.pop_front() {
                board.opening += 1;
                drop(board);
                let job = self.open(work);
                board = self.board();
                board.opening -= 1;
                self.changed.notify_all();
                if job.is_some() {
                    return job;
                }
            } else if let Some(job) = board.open.iter().find_map(|open| open.job.clone()) {
                return Some(job);
            } else if board.open.is_empty() && board.opening == 0 {
                return None; // Nothing is parked either: its stream would be open.
            } else {
                board = self.changed.wait(board).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Opens a place. `None` if there is nothing to read, or not yet.
    fn open(&self, work: Work) -> Option<Arc<Job>> {
        let stream = match open(&work.place) {
            Ok(stream) => stream,
            Err(error) => {
                let outcome = Outcome::Failed(error.to_string());
                self.settle(finished(work.place.to_string(), outcome, 0), &[]);
                return None;
            }
        };
        let head = stream.chunks.head().to_vec();
        self.reserve(&head, work).and_then(|work| self.start(work, stream, &head))
    }

    /// Makes sure that no two workers read one stream under two names: the second waits, and then
    /// goes on where the first stopped. Gives the work back if its stream is free.
    fn reserve(&self, head: &[u8], work: Work) -> Option<Work> {
        let mut board = self.board();
        let same = |open: &Open| {
            !head.is_empty() && (open.head.starts_with(head) || head.starts_with(&open.head))
        };
        if board.open.iter().any(same) {
            board.parked.push(work);
            return None;
        }
        if !head.is_empty() {
            board.open.push(Open { head: head.to_vec(), job: None });
        }
        Some(work)
    }

    fn start(&self, work: Work, stream: Stream, head: &[u8]) -> Option<Arc<Job>> {
        let started = start(work, stream, &self.ledger.cursors());
        self.settle(started, head)
    }

    /// Notes what starting a place came to.
    fn settle(&self, started: Started, head: &[u8]) -> Option<Arc<Job>> {
        let mut board = self.board();
        let job = match started {
            Started::Job(job) => {
                let job = Arc::from(job);
                let open = board.open.iter_mut().find(|open| open.head == head);
                open.expect("reserved before it was started").job = Some(Arc::clone(&job));
                Some(job)
            }
            Started::Finished(source) => {
                board.summary.add(*source);
                board.release(head);
                None
            }
        };
        self.changed.notify_all();
        job
    }

    /// Notes that a worker is done with a source; the first to come back from it closes it.
    fn close(&self, job: &Arc<Job>, helped: Result<(), IngestError>) {
        let mut board = self.board();
        if let Err(failure) = helped {
            board.failure.get_or_insert(failure);
            self.stop();
        }
        // By the job itself: another stream with the same head may have been opened meanwhile.
        let is_its = |open: &Open| open.job.as_ref().is_some_and(|other| Arc::ptr_eq(other, job));
        let at = board.open.iter().position(is_its);
        if let (Some(at), Some(source)) = (at, job.summary()) {
            board.summary.add(source);
            board.open.remove(at);
            board.unpark();
        }
        self.changed.notify_all();
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Board {
    /// Lets go of a stream that was reserved, but has nothing to read.
    fn release(&mut self, head: &[u8]) {
        self.open.retain(|open| open.head != head || open.job.is_some());
        self.unpark();
    }

    /// Tries the places again that waited for a stream.
    fn unpark(&mut self) {
        self.queue.extend(self.parked.drain(..));
    }
}
