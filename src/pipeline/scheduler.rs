//! Distributes the logs of a run among its workers.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::classify::{Classifier, Rules};
use crate::day::Calendar;
use crate::source::{Location, Stream, open};
use crate::store::{KnownCursor, Store, StoreError};

use super::error::IngestError;
use super::input::LogInput;
use super::job::Ingest;
use super::run_context::RunContext;
use super::source::Source;
use super::start::{OpenOutcome, QueuedLog, compare, start};
use super::summary::{Outcome, Summary};
use super::worker::Worker;

/// The memory that all classifiers together may use for texts that visitors choose.
const CLASSIFIER_BYTES_MAX: usize = 24 << 20;

/// A run over many logs.
pub(super) struct Scheduler {
    rules: Rules,
    calendar: Calendar,
    state: Mutex<SchedulerState>,
    changed: Condvar,
    context: RunContext,
    /// The memory that each classifier may use for texts that visitors choose.
    classifier_bytes: usize,
    /// The memory that the counts of a batch may use.
    batch_bytes: usize,
}

/// The logs that are queued, blocked and open, and the results of the others.
#[derive(Default)]
struct SchedulerState {
    /// The logs that were not opened yet.
    inputs: std::vec::IntoIter<LogInput>,
    /// Logs that are opened again, before the others.
    queue: VecDeque<QueuedLog>,
    /// Logs with the same start as an open one. They are queued again once that one is done.
    blocked: Vec<QueuedLog>,
    /// Logs that may be older copies. They are compared with the others once those are done.
    undecided: Vec<(QueuedLog, Vec<KnownCursor>)>,
    /// The number of logs that were taken from the queue and are neither open nor done yet.
    opening: usize,
    open: Vec<OpenSource>,
    summary: Summary,
    failure: Option<IngestError>,
}

/// A log that a worker has opened.
struct OpenSource {
    head: Vec<u8>,
    /// `None` while its start is being found.
    source: Option<Arc<Source>>,
}

impl Scheduler {
    pub(super) fn new(ingest: Ingest, store: Store) -> Result<Scheduler, StoreError> {
        let Ingest { inputs, mut rules, zone, threads, batch_bytes, resolver, stop, meter, today } =
            ingest;
        rules.terms.add_known(store.terms()?.into_iter().map(|(_, name)| name));
        rules.lists.add(store.ip_lists()?);
        if resolver.is_some() {
            rules.lists.enable_reverse_dns(rules.namer.catalogue());
        }
        let request_types = rules.requests.names().to_vec();
        let came_from = rules.referrers.names().to_vec();
        let context =
            RunContext::new(store, request_types, came_from, resolver, stop, today, meter);
        let state = SchedulerState { inputs: inputs.into_iter(), ..SchedulerState::default() };
        Ok(Scheduler {
            rules,
            calendar: Calendar::new(zone),
            state: Mutex::new(state),
            changed: Condvar::new(),
            context,
            classifier_bytes: CLASSIFIER_BYTES_MAX / threads.max(1),
            batch_bytes,
        })
    }

    /// Runs a worker until all logs are done.
    pub(super) fn run_worker(&self) {
        let classifier = Classifier::new(&self.rules, self.calendar.clone());
        let mut worker = Worker::with_classifier(classifier.with_memory(self.classifier_bytes));
        // A panic is a bug. It must not leave the other workers waiting forever.
        let result = catch_unwind(AssertUnwindSafe(|| {
            while let Some(source) = self.next_source() {
                let read = AssertUnwindSafe(|| source.run_worker(&mut worker, &self.context));
                let read = catch_unwind(read).unwrap_or_else(|_| {
                    source.abandon();
                    Err(IngestError::Panicked(source.input.location.to_string()))
                });
                self.close(&source, read);
            }
        }));
        if result.is_err() {
            self.state().failure.get_or_insert(IngestError::Panicked("a source".into()));
            self.stop();
            self.changed.notify_all();
        }
    }

    pub(super) fn stop(&self) {
        self.context.stop();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.context.is_stopped()
    }

    /// Returns the summary of the run, after all workers have ended.
    pub(super) fn finish(self) -> Result<(Summary, Store), IngestError> {
        let interrupted = self.is_stopped();
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = state.failure {
            return Err(failure);
        }
        let (trust, store) = self.context.finish()?;
        let mut summary = state.summary;
        summary.sources.sort_by(|one, other| one.name.cmp(&other.name));
        Ok((Summary { interrupted, trust, ..summary }, store))
    }

    /// Opens the next log, or joins a source that is open. Returns `None` if all are done.
    fn next_source(&self) -> Option<Arc<Source>> {
        let mut state = self.state();
        loop {
            if self.is_stopped() {
                return None;
            }
            let next = state.queue.pop_front();
            if let Some(log) = next.or_else(|| state.inputs.next().map(QueuedLog::new)) {
                state.opening += 1;
                drop(state);
                let source = self.open(log);
                state = self.state();
                state.opening -= 1;
                self.changed.notify_all();
                if source.is_some() {
                    return source;
                }
            } else if let Some(source) = state.open.iter().find_map(|open| open.source.clone()) {
                return Some(source);
            } else if state.open.is_empty() && state.opening == 0 {
                // Nothing is blocked either: the log that blocks it would be open.
                let (log, longer) = state.undecided.pop()?;
                state.opening += 1;
                drop(state);
                let outcome = compare(log, &longer, &self.context);
                state = self.state();
                state.opening -= 1;
                state.record(outcome);
                self.changed.notify_all();
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Opens a log. Returns `None` if it has nothing to read or is blocked.
    fn open(&self, log: QueuedLog) -> Option<Arc<Source>> {
        let meter = &self.context.meter;
        meter.open_source(&log.input.location);
        let bytes = log.input.location.bytes();
        let source = match open(&log.input.location) {
            Ok(stream) => self.open_stream(log, stream),
            Err(error) => {
                let outcome = log.finished(Outcome::of_error(&log.input, &error), 0);
                self.settle(Ok(outcome), &[])
            }
        };
        if source.is_none() {
            meter.add_done(bytes);
        }
        source
    }

    fn open_stream(&self, log: QueuedLog, stream: Stream) -> Option<Arc<Source>> {
        let head = stream.chunks.head().to_vec();
        let log = self.reserve(&head, log)?;
        let outcome = start(log, stream, &self.context, self.batch_bytes);
        self.settle(outcome, &head)
    }

    /// Ensures that no two workers read the same log under two names: the second is blocked, and later continues where
    /// the first stopped. Returns the log if it is not blocked.
    fn reserve(&self, head: &[u8], log: QueuedLog) -> Option<QueuedLog> {
        let mut state = self.state();
        let may_be_same = |open: &OpenSource| {
            !head.is_empty() && (open.head.starts_with(head) || head.starts_with(&open.head))
        };
        if state.open.iter().any(may_be_same) {
            state.blocked.push(log);
            return None;
        }
        if !head.is_empty() {
            state.open.push(OpenSource { head: head.to_vec(), source: None });
        }
        Some(log)
    }

    /// Records the result of opening a log.
    fn settle(&self, outcome: Result<OpenOutcome, StoreError>, head: &[u8]) -> Option<Arc<Source>> {
        let mut state = self.state();
        let source = match outcome {
            Ok(OpenOutcome::Source(source)) => {
                let source = Arc::from(source);
                let open = state.open.iter_mut().find(|open| open.head == head);
                open.expect("the log was reserved before").source = Some(Arc::clone(&source));
                Some(source)
            }
            Ok(outcome) => {
                state.record(outcome);
                state.release(head);
                None
            }
            Err(error) => {
                state.failure.get_or_insert(error.into());
                state.release(head);
                self.stop();
                None
            }
        };
        self.changed.notify_all();
        source
    }

    /// Records that a worker is done with a source. The first worker that is done removes the source.
    fn close(&self, source: &Arc<Source>, read: Result<(), IngestError>) {
        let mut state = self.state();
        if let Err(failure) = read {
            state.failure.get_or_insert(failure);
            self.stop();
        }
        // Another log with the same head may have been opened meanwhile, so the source itself is compared.
        let is_same = |open: &OpenSource| {
            open.source.as_ref().is_some_and(|other| Arc::ptr_eq(other, source))
        };
        let at = state.open.iter().position(is_same);
        if let (Some(at), Some(summary)) = (at, source.summary()) {
            match source.take_retry().filter(|_| source.input.location != Location::Stdin) {
                Some(early_end) => {
                    let log = QueuedLog::new(source.input.clone());
                    let early_end = Some(early_end);
                    state.queue.push_front(QueuedLog { early_end, lines: summary.lines, ..log });
                }
                None => state.summary.add(summary),
            }
            state.open.remove(at);
            state.unblock();
        }
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, SchedulerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SchedulerState {
    /// Records what to do with a log that is not read now.
    fn record(&mut self, outcome: OpenOutcome) {
        match outcome {
            OpenOutcome::Finished(summary) => self.summary.add(*summary),
            OpenOutcome::Undecided(log, longer) => self.undecided.push((log, longer)),
            OpenOutcome::Again(log) => self.queue.push_front(log),
            OpenOutcome::Source(_) => {}
        }
    }

    /// Releases a log that was reserved but has nothing to read.
    fn release(&mut self, head: &[u8]) {
        self.open.retain(|open| open.head != head || open.source.is_some());
        self.unblock();
    }

    /// Queues the blocked logs again.
    fn unblock(&mut self) {
        self.queue.extend(self.blocked.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use jiff::tz::TimeZone;

    use super::*;
    use crate::config::{Config, Settings};
    use crate::day::Day;
    use crate::pipeline::{BATCH_BYTES, StopSignal};
    use crate::source::Chunks;

    /// A reader that panics at the end of its text.
    struct PanickingRead(io::Cursor<Vec<u8>>);

    impl Read for PanickingRead {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => panic!("this panic is part of the test"),
                read => Ok(read),
            }
        }
    }

    #[test]
    fn a_panic_ends_the_run_with_an_error_and_stores_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let settings = Settings::new(Config::default(), folder.path().to_path_buf()).unwrap();
        let ingest = Ingest {
            inputs: Vec::new(),
            rules: settings.rules,
            zone: TimeZone::UTC,
            threads: 2,
            batch_bytes: BATCH_BYTES,
            resolver: None,
            meter: Default::default(),
            stop: StopSignal::new(),
            today: Day::from_number(20_000),
        };
        let scheduler =
            Scheduler::new(ingest, Store::open_or_create(&path, "UTC").unwrap()).unwrap();
        let line = "203.0.113.9 - - [20/May/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"GPTBot/1.2\"\n";
        let read = PanickingRead(io::Cursor::new(line.repeat(30_000).into_bytes()));
        let chunks = Chunks::new(Box::new(read), true).unwrap();
        let location = Location::File("broken.log".into());
        let input = LogInput::new(location, TimeZone::UTC);
        scheduler.open_stream(QueuedLog::new(input), Stream::of(chunks));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| scheduler.run_worker());
            }
        });
        let error = scheduler.finish().unwrap_err();
        assert!(matches!(&error, IngestError::Panicked(name) if name == "broken.log"), "{error}");
        assert!(Store::open_read_only(&path, "UTC").unwrap().coverage().unwrap().is_empty());
    }
}
