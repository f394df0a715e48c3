//! What every worker of a run writes to and asks: the store, one step at a time, the DNS, and whether to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::classify::{Question, Told, Trust};
use crate::dns::Resolver;
use crate::source::Cursor;
use crate::store::{Commit, KnownCursor, Labels, Store, StoreError};
use crate::tally::Tally;

use super::summary::Trusted;

/// The store, its cursors as they are now, and the word to stop.
pub(super) struct Ledger {
    stopped: AtomicBool,
    books: Mutex<Books>,
    request_types: Vec<String>,
    came_from: Vec<String>,
    resolver: Option<Resolver>,
}

struct Books {
    store: Store,
    cursors: Vec<KnownCursor>,
    trusted: Trusted,
}

/// One step of reading a stream.
pub(super) struct Step<'a> {
    /// What each worker has counted of it.
    pub(super) tallies: Vec<Tally>,
    /// The id and offset of the stored cursor that the step went on from; `None` for a new stream.
    pub(super) previous: Option<(i64, u64)>,
    pub(super) cursor: &'a Cursor,
    pub(super) format: &'a str,
    pub(super) name: &'a str,
}

impl Ledger {
    /// `request_types` and `came_from` are the texts behind the numbers of tallies.
    pub(super) fn new(
        store: Store,
        request_types: Vec<String>,
        came_from: Vec<String>,
        resolver: Option<Resolver>,
    ) -> Result<Ledger, StoreError> {
        let cursors = store.cursors()?;
        let books = Mutex::new(Books { store, cursors, trusted: Trusted::default() });
        Ok(Ledger { stopped: AtomicBool::new(false), books, request_types, came_from, resolver })
    }

    /// Tells every worker to commit what it has, and to read no more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(resolver) = &self.resolver {
            resolver.hurry();
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn cursors(&self) -> Vec<KnownCursor> {
        self.books().cursors.clone()
    }

    /// Begins to ask the DNS, and waits for nothing.
    pub(super) fn ask(&self, questions: &[Question]) {
        if let Some(resolver) = &self.resolver {
            questions.iter().for_each(|question| resolver.ask(question));
        }
    }

    /// Waits for what was asked of a step's requests, and counts them under the answers.
    pub(super) fn settle(&self, tallies: &mut [Tally]) {
        let answer = |question: &Question| match &self.resolver {
            Some(resolver) => resolver.answer(question),
            None => Told::Nothing,
        };
        let unanswered = tallies.iter_mut().map(|tally| tally.settle(answer)).sum::<u64>();
        self.books().trusted.unanswered += unanswered;
    }

    /// What became of the trust in the requests of agents, so far.
    pub(super) fn trusted(&self) -> Trusted {
        self.books().trusted
    }

    /// Writes a step; returns the id of its cursor.
    pub(super) fn commit(&self, step: Step<'_>) -> Result<i64, StoreError> {
        let Step { tallies, previous, cursor, format, name } = step;
        let labels = Labels { request_types: &self.request_types, came_from: &self.came_from };
        let format = Some(format);
        let mut books = self.books();
        // Two streams may have begun alike and gone on from one cursor. The first to commit moves it; the
        // second gets one of its own.
        let is_there = |(id, offset): &(i64, u64)| {
            books.cursors.iter().any(|known| known.id == *id && known.cursor.offset == *offset)
        };
        let previous = previous.filter(is_there).map(|(id, _)| id);
        let mut trusted = books.trusted;
        for (key, requests) in tallies.iter().flat_map(|tally| tally.counts.pings.iter()) {
            match key.trust {
                Trust::Verified => trusted.verified += requests.count,
                Trust::Impostor => trusted.impostors += requests.count,
                Trust::Unverifiable | Trust::Unchecked => {}
            }
        }
        let commit = Commit { tallies, labels, previous, cursor, format, name };
        let id = books.store.commit(commit)?;
        books.trusted = trusted;
        books.cursors.retain(|known| known.id != id);
        let (format, name) = (format.map(str::to_owned), name.to_owned());
        books.cursors.push(KnownCursor { id, cursor: cursor.clone(), format, name });
        Ok(id)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
