//! Counts what a long task has done, for a thread that shows it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A step of a task, by the unit that it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkStep {
    /// Nothing yet.
    #[default]
    Start,
    /// Bytes of logs, as they are on the disk.
    Read,
    /// Published lists of addresses.
    Fetch,
    /// Terms whose pages are written.
    Publish,
    /// Bytes of an export.
    Export,
}

/// The counts of what a long task has done. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<MeterCounts>);

#[derive(Debug, Default)]
struct MeterCounts {
    step: Mutex<(WorkStep, String)>,
    total: AtomicU64,
    done: AtomicU64,
    lines: AtomicU64,
}

/// The counts of a [`Meter`] at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub step: WorkStep,
    /// The log that was opened last.
    pub source: String,
    /// The number of bytes, lists or terms in all. 0 if it is unknown.
    pub total: u64,
    /// Those that are done, not more than `total` if that is known.
    pub done: u64,
    /// The number of lines that were read, in any step.
    pub lines: u64,
}

impl Meter {
    /// Begins a step with so many bytes, lists or terms, 0 if that is unknown.
    pub fn begin(&self, step: WorkStep, total: u64) {
        *self.step() = (step, String::new());
        self.0.done.store(0, Ordering::Relaxed);
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// Names the log that is being read.
    pub fn open_source(&self, name: impl ToString) {
        self.step().1 = name.to_string();
    }

    pub fn add_done(&self, count: u64) {
        self.0.done.fetch_add(count, Ordering::Relaxed);
    }

    pub fn add_lines(&self, count: u64) {
        self.0.lines.fetch_add(count, Ordering::Relaxed);
    }

    pub fn reading(&self) -> Reading {
        let (step, source) = self.step().clone();
        let total = self.0.total.load(Ordering::Relaxed);
        let done = self.0.done.load(Ordering::Relaxed);
        let done = if total == 0 { done } else { done.min(total) };
        Reading { step, source, total, done, lines: self.0.lines.load(Ordering::Relaxed) }
    }

    fn step(&self) -> std::sync::MutexGuard<'_, (WorkStep, String)> {
        self.0.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
