//! The state that all workers of a run share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::classify::PendingQuery;
use crate::source::Cursor;
use crate::store::{Batch, KnownCursor, Labels, Store, StoreError};
use crate::tally::Tally;
use crate::trust::{Fcrdns, FcrdnsQuery, Resolver, Trust};

use super::stop::StopSignal;
use super::summary::TrustSummary;

/// The store, the DNS resolver, the stop signal, and the texts behind the numbers in tallies.
pub(super) struct RunContext {
    stop: StopSignal,
    store: Mutex<StoreState>,
    request_types: Vec<String>,
    came_from: Vec<String>,
    resolver: Option<Resolver>,
}

struct StoreState {
    store: Store,
    /// The cursors as they are in the store.
    cursors: Vec<KnownCursor>,
    trust: TrustSummary,
}

/// A batch that is ready to be committed.
pub(super) struct FinishedBatch {
    /// The tally of each worker.
    pub(super) tallies: Vec<Tally>,
    pub(super) cursor: Cursor,
    pub(super) format: String,
}

impl RunContext {
    /// Returns the shared state. `request_types` and `came_from` are the texts behind the numbers in tallies.
    pub(super) fn new(
        store: Store,
        request_types: Vec<String>,
        came_from: Vec<String>,
        resolver: Option<Resolver>,
        stop: StopSignal,
    ) -> Result<RunContext, StoreError> {
        let cursors = store.cursors()?;
        let state = StoreState { store, cursors, trust: TrustSummary::default() };
        Ok(RunContext { stop, store: Mutex::new(state), request_types, came_from, resolver })
    }

    /// Asks every worker to commit its counts and to stop reading.
    pub(super) fn stop(&self) {
        self.stop.request();
        if let Some(resolver) = &self.resolver {
            resolver.shorten_wait();
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_requested()
    }

    pub(super) fn cursors(&self) -> Vec<KnownCursor> {
        self.state().cursors.clone()
    }

    /// Starts queries to the DNS, without waiting for the answers.
    pub(super) fn ask(&self, queries: &[PendingQuery]) {
        if let Some(resolver) = &self.resolver {
            queries.iter().for_each(|pending| resolver.ask(&pending.query));
        }
    }

    /// Returns the number of the agents' requests so far, by trust.
    pub(super) fn trust(&self) -> TrustSummary {
        self.state().trust
    }

    /// Waits for the DNS answers, then writes a batch. Returns the id of its cursor.
    ///
    /// `previous` are the id and offset of the stored cursor that was continued.
    pub(super) fn commit(
        &self,
        batch: FinishedBatch,
        previous: Option<(i64, u64)>,
        name: &str,
    ) -> Result<i64, StoreError> {
        let FinishedBatch { mut tallies, cursor, format } = batch;
        let answer = |query: &FcrdnsQuery| match &self.resolver {
            Some(resolver) => resolver.answer(query),
            None => Fcrdns::NoAnswer,
        };
        let unanswered = tallies.iter_mut().map(|tally| tally.settle(answer)).sum::<u64>();
        let trust = trust_of(&tallies);
        let labels = Labels { request_types: &self.request_types, came_from: &self.came_from };
        let mut state = self.state();
        // Two logs with the same start may both have continued one cursor. The first commit moves it, and the second
        // log gets a cursor of its own.
        let is_current = |(id, offset): &(i64, u64)| {
            state.cursors.iter().any(|known| known.id == *id && known.cursor.offset == *offset)
        };
        let previous = previous.filter(is_current).map(|(id, _)| id);
        let batch =
            Batch { tallies, labels, previous, cursor: &cursor, format: Some(&format), name };
        let id = state.store.commit(batch)?;
        state.trust.verified += trust.verified;
        state.trust.impostors += trust.impostors;
        state.trust.unanswered += unanswered;
        state.cursors.retain(|known| known.id != id);
        state.cursors.push(KnownCursor { id, cursor, format: Some(format), name: name.to_owned() });
        Ok(id)
    }

    fn state(&self) -> MutexGuard<'_, StoreState> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn trust_of(tallies: &[Tally]) -> TrustSummary {
    let mut summary = TrustSummary::default();
    for tally in tallies {
        for (key, count) in &tally.counts.pings {
            match tally.trust(key.trust) {
                Trust::Verified => summary.verified += count.requests,
                Trust::Impostor => summary.impostors += count.requests,
                Trust::Unverifiable | Trust::Unchecked => {}
            }
        }
    }
    summary
}
