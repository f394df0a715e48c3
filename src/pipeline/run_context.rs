//! The state that all workers of a run share.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::classify::PendingQuery;
use crate::day::Day;
use crate::interner::Map;
use crate::meter::Meter;
use crate::overlap::{AnchorFilter, Candidate, Hit, LineAnchor, Matches};
use crate::source::{Cursor, Location};
use crate::store::{Batch, KnownCursor, Labels, NewCursor, Progress, Store, StoreError};
use crate::tally::{Lines, Tally};
use crate::trust::{Fcrdns, FcrdnsQuery, Resolver, Trust};

use super::source_start::RelatedLogs;
use super::stop::StopSignal;
use super::summary::TrustSummary;

/// Lines of a log may be this many seconds older than its first ones.
const OLDER_SECONDS_MAX: i64 = 3600;

/// The store, the DNS resolver, the stop signal, and the texts behind the numbers in tallies.
pub(super) struct RunContext {
    stop: StopSignal,
    store: Mutex<StoreState>,
    filter: Arc<AnchorFilter>,
    request_types: Vec<String>,
    came_from: Vec<String>,
    resolver: Option<Resolver>,
    pub(super) today: Day,
    pub(super) meter: Meter,
}

struct StoreState {
    store: Store,
    trust: TrustSummary,
    /// The hashes of the line ends in the heads of all logs, once a short log was found that may be an older copy.
    line_hashes: Option<Map<u64, i64>>,
    /// The second from which on the filter has the store's anchors.
    filter_from: i64,
    /// The locations of the logs that were found in this run, by cursor.
    locations: Map<i64, Location>,
}

/// A batch that is ready to be committed.
pub(super) struct FinishedBatch {
    /// The tally of each worker.
    pub(super) tallies: Vec<Tally>,
    pub(super) lines: Lines,
    pub(super) cursor: Cursor,
    pub(super) progress: Progress,
    pub(super) format: String,
    /// The lines that may have been counted before as part of another log.
    pub(super) candidates: Vec<Candidate>,
    pub(super) anchors: Vec<LineAnchor>,
    pub(super) tail: Vec<LineAnchor>,
}

impl FinishedBatch {
    /// Returns a batch without lines, which only stores a cursor.
    pub(super) fn empty(cursor: Cursor, progress: Progress, format: String) -> FinishedBatch {
        FinishedBatch {
            tallies: Vec::new(),
            lines: Lines::default(),
            cursor,
            progress,
            format,
            candidates: Vec::new(),
            anchors: Vec::new(),
            tail: Vec::new(),
        }
    }
}

/// The result of a commit.
pub(super) enum Committed {
    /// The batch is stored with the cursor of this id.
    Stored(i64),
    /// Nothing is stored, for this reason.
    Refused(String),
}

impl RunContext {
    /// Returns the shared state. `request_types` and `came_from` are the texts behind the numbers in tallies.
    pub(super) fn new(
        store: Store,
        request_types: Vec<String>,
        came_from: Vec<String>,
        resolver: Option<Resolver>,
        stop: StopSignal,
        today: Day,
        meter: Meter,
    ) -> RunContext {
        let state = StoreState {
            store,
            trust: TrustSummary::default(),
            line_hashes: None,
            filter_from: i64::MAX,
            locations: Map::default(),
        };
        RunContext {
            stop,
            store: Mutex::new(state),
            filter: Arc::new(AnchorFilter::new()),
            request_types,
            came_from,
            resolver,
            today,
            meter,
        }
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

    /// Returns the cursors of logs that start with `head`, or of which a log with this head is an older copy.
    pub(super) fn cursors_of(&self, head: &[u8]) -> Result<Vec<KnownCursor>, StoreError> {
        let mut state = self.state();
        let mut known = state.store.cursors_with_head(head)?;
        if known.is_empty()
            && let Some(hash) = Cursor::last_line_hash(head)
        {
            if state.line_hashes.is_none() {
                state.line_hashes = Some(state.store.line_hashes()?);
            }
            let id = state.line_hashes.as_ref().and_then(|hashes| hashes.get(&hash).copied());
            if let Some(longer) = id.map(|id| state.store.cursor(id)).transpose()?.flatten() {
                known.push(longer);
            }
        }
        Ok(known)
    }

    /// Returns the cursor with an id.
    pub(super) fn cursor(&self, id: i64) -> Result<Option<KnownCursor>, StoreError> {
        self.state().store.cursor(id)
    }

    /// Returns the anchors of all logs from shortly before a second on, which is that of a log's first record.
    pub(super) fn filter(&self, second: i64) -> Result<Arc<AnchorFilter>, StoreError> {
        let mut state = self.state();
        let from = second.saturating_sub(OLDER_SECONDS_MAX);
        if from < state.filter_from {
            state.store.fill_filter(&self.filter, from, state.filter_from)?;
            state.filter_from = from;
        }
        Ok(Arc::clone(&self.filter))
    }

    /// Returns the stored anchors that equal one of the candidates.
    pub(super) fn anchor_hits(&self, candidates: &[Candidate]) -> Result<Vec<Hit>, StoreError> {
        self.state().store.anchor_hits(candidates, &self.filter)
    }

    /// Records where the log with a cursor was found.
    pub(super) fn set_location(&self, id: i64, location: &Location) {
        self.state().locations.insert(id, location.clone());
    }

    /// Returns where the log with a cursor was found in this run.
    pub(super) fn location(&self, id: i64) -> Option<Location> {
        self.state().locations.get(&id).cloned()
    }

    /// Starts queries to the DNS, without waiting for the answers.
    pub(super) fn ask(&self, queries: &[PendingQuery]) {
        if let Some(resolver) = &self.resolver {
            queries.iter().for_each(|pending| resolver.ask(&pending.query));
        }
    }

    /// Records which logs are still there. Returns the number of the agents' requests, by trust, and the store.
    pub(super) fn finish(self) -> Result<(TrustSummary, Store), StoreError> {
        let state = self.store.into_inner().unwrap_or_else(PoisonError::into_inner);
        let StoreState { mut store, trust, locations, .. } = state;
        let seen: Vec<i64> = locations.keys().copied().collect();
        store.update_seen(&seen, self.today)?;
        Ok((trust, store))
    }

    /// Waits for the DNS answers, then writes a batch, unless its lines were counted before.
    ///
    /// `previous` are the id and offset of the stored cursor that was continued.
    pub(super) fn commit(
        &self,
        batch: FinishedBatch,
        previous: Option<(i64, u64)>,
        location: &Location,
        related: &RelatedLogs,
    ) -> Result<Committed, StoreError> {
        let FinishedBatch { mut tallies, lines, cursor, progress, format, candidates, .. } = batch;
        let answer = |query: &FcrdnsQuery| match &self.resolver {
            Some(resolver) => resolver.answer(query),
            None => Fcrdns::NoAnswer,
        };
        let unanswered = tallies.iter_mut().map(|tally| tally.settle(answer)).sum::<u64>();
        let trust = trust_of(&tallies);
        let labels = Labels { request_types: &self.request_types, came_from: &self.came_from };
        let mut state = self.state();
        let mut hits = state.store.anchor_hits(&candidates, &self.filter)?;
        let own = [previous.map(|(id, _)| id), related.continued];
        hits.retain(|hit| !own.contains(&Some(hit.cursor)));
        let compared = progress.lines - lines.lines..progress.lines;
        if let Some(reason) = state.refusal(&candidates, &hits, compared, &related.equal_start)? {
            return Ok(Committed::Refused(reason));
        }
        // Two logs with the same start may both have continued one cursor. The first commit moves it, and the second
        // log gets a cursor of its own.
        let previous = match previous {
            Some((id, offset)) => {
                let stored = state.store.cursor(id)?;
                stored.filter(|known| known.cursor.offset == offset).map(|known| known.id)
            }
            None => None,
        };
        let name = location.to_string();
        let new = NewCursor {
            previous,
            cursor: &cursor,
            progress,
            format: Some(&format),
            name: &name,
            today: self.today,
        };
        for anchor in batch.anchors.iter().chain(&batch.tail) {
            self.filter.add(anchor.second, anchor.hash);
        }
        let (anchors, tail) = (batch.anchors, batch.tail);
        let id = state.store.commit(Batch { tallies, labels, cursor: new, anchors, tail })?;
        state.trust.verified += trust.verified;
        state.trust.impostors += trust.impostors;
        state.trust.unchecked += trust.unchecked;
        state.trust.unanswered += unanswered;
        if let Some(hashes) = &mut state.line_hashes {
            hashes.extend(cursor.line_hashes.iter().map(|hash| (*hash, id)));
        }
        state.locations.insert(id, location.clone());
        Ok(Committed::Stored(id))
    }

    fn state(&self) -> MutexGuard<'_, StoreState> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StoreState {
    /// Returns why a batch is refused, if its lines were counted before as part of another log.
    fn refusal(
        &self,
        candidates: &[Candidate],
        hits: &[Hit],
        lines: Range<u64>,
        equal_start: &[i64],
    ) -> Result<Option<String>, StoreError> {
        let mut logs: Map<i64, KnownCursor> = Map::default();
        for hit in hits {
            if !logs.contains_key(&hit.cursor)
                && let Some(known) = self.store.cursor(hit.cursor)?
            {
                logs.insert(hit.cursor, known);
            }
        }
        let other_log = |id| {
            let known = logs.get(&id).map(|known| known.counted(equal_start.contains(&id)));
            known.unwrap_or_default()
        };
        let overlap = Matches::new(candidates, hits).find_overlap(&lines, other_log);
        Ok(overlap.map(|overlap| {
            let other = logs.get(&overlap.cursor).map_or("another log", |known| &known.name);
            refusal(other, overlap.known, overlap.compared)
        }))
    }
}

/// Returns the message for a log whose lines were counted before.
pub(super) fn refusal(other: &str, known: usize, anchors: usize) -> String {
    format!(
        "{known} of {anchors} lines that were compared were counted before, as part of {other}, so its lines are not \
         counted: leave it out, give the log files themselves, or set overlap = \"count\" under [[logs]] if its \
         requests are others"
    )
}

fn trust_of(tallies: &[Tally]) -> TrustSummary {
    let mut summary = TrustSummary::default();
    for tally in tallies {
        for (key, count) in &tally.counts.pings {
            match tally.trust(key.trust) {
                Trust::Verified => summary.verified += count.requests,
                Trust::Impostor => summary.impostors += count.requests,
                Trust::Unchecked => summary.unchecked += count.requests,
                Trust::Unverifiable => {}
            }
        }
    }
    summary
}
