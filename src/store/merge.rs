//! Adds counts that were made elsewhere, in one transaction.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use crate::day::Day;
use crate::interner::Map;
use crate::overlap::{AnchorFilter, Candidate, Matches, Rarity};
use crate::pages::StatusClass;
use crate::source::Cursor;
use crate::tally::DayCoverage;
use crate::trust::{PublishedList, Trust};

use super::anchors::{fill, find_hits, write_anchors};
use super::by_source::SourceAnchor;
use super::commit::{write_coverage, write_pings, write_views};
use super::connection::Store;
use super::cursors::{KnownCursor, NewCursor, read_line_hashes, write_cursor};
use super::error::StoreError;
use super::failures::FailureSums;
use super::hours::write_hours;
use super::integers::{signed, unsigned};
use super::ip_lists::put_list;
use super::rows::{CoverageRow, HourRow, PingRow, ViewRow};
use super::rules::{CountingRules, put_rules};
use super::schema::NEW_STATE;
use super::text_ids::StoreIds;

/// A row of pings, with texts in place of ids.
#[derive(Clone, Copy, Debug)]
pub struct NamedPing<'t> {
    pub day: Day,
    /// Empty for no term.
    pub term: &'t str,
    /// Empty for the missing one.
    pub user_agent: &'t str,
    pub request: &'t str,
    pub trust: Trust,
    pub status: StatusClass,
    pub requests: u64,
    pub bytes: u64,
    pub first_seen: i64,
}

/// A row of views, with texts in place of ids.
#[derive(Clone, Copy, Debug)]
pub struct NamedView<'t> {
    pub day: Day,
    pub term: &'t str,
    pub came_from: &'t str,
    pub views: u64,
}

/// A row of failed requests, with the text of its user agent.
#[derive(Clone, Copy, Debug)]
pub struct NamedFailure<'t> {
    pub day: Day,
    pub path: &'t str,
    pub user_agent: &'t str,
    pub code: u16,
    pub requests: u64,
}

/// A row of requests by hour, with the text of its user agent.
#[derive(Clone, Copy, Debug)]
pub struct NamedHour<'t> {
    pub day: Day,
    pub hour: u8,
    pub user_agent: &'t str,
    pub requests: u64,
}

/// The store's knowledge of a source that was read elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquaintance {
    /// Nothing.
    New,
    /// All of it was counted, as the log with this name.
    Known(String),
    /// A part of it was counted, as the log with this name, or it is a part of that.
    InPart(String),
}

/// An open transaction that adds counts.
pub struct Merge<'s> {
    transaction: Transaction<'s>,
    ids: &'s mut StoreIds,
    /// The anchors of all logs in the store from a second on.
    filter: AnchorFilter,
    filter_from: i64,
    /// The hashes of the line ends in the heads of all logs, once a short log was found that may be an older copy.
    line_hashes: Option<Map<u64, i64>>,
    today: Day,
    /// The sources of the scan that is being added, which has compared them with each other.
    own: HashSet<i64>,
    is_scan: bool,
}

impl Store {
    /// Runs `add` in one transaction, and commits it if that succeeds and `is_kept`. `today` is the day on which new sources are
    /// found.
    pub fn merge<T, E: From<StoreError>>(
        &mut self,
        today: Day,
        is_kept: bool,
        add: impl FnOnce(&mut Merge<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let path = self.path().to_owned();
        let at = |error: rusqlite::Error| E::from(StoreError::from(error).at(&path));
        let result = {
            let Store { connection, ids, .. } = &mut *self;
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(at)?;
            let mut merge = Merge {
                transaction,
                ids,
                filter: AnchorFilter::new(),
                filter_from: i64::MAX,
                line_hashes: None,
                today,
                own: HashSet::new(),
                is_scan: false,
            };
            add(&mut merge).and_then(|added| {
                if is_kept {
                    merge.transaction.execute_batch(NEW_STATE).map_err(at)?;
                    merge.transaction.commit().map_err(at)?;
                }
                Ok(added)
            })
        };
        if result.is_err() || !is_kept {
            self.ids = StoreIds::default(); // The ids of new texts are gone with the transaction.
        }
        result
    }
}

impl Merge<'_> {
    /// Begins a file of sources. Those of one scan are not compared with each other.
    pub fn begin_file(&mut self, is_scan: bool) {
        self.own.clear();
        self.is_scan = is_scan;
    }

    /// Adds a source. Returns what the store knows of it: only a new one is added.
    pub fn add_source(
        &mut self,
        source: &KnownCursor,
        anchors: &[SourceAnchor],
    ) -> Result<Acquaintance, StoreError> {
        let acquaintance = self.acquaintance(source, anchors)?;
        if acquaintance == Acquaintance::New {
            let new = NewCursor {
                previous: None,
                cursor: &source.cursor,
                progress: source.progress,
                format: source.format.as_deref(),
                name: &source.name,
                today: self.today,
            };
            let id = write_cursor(&self.transaction, &new)?;
            if self.is_scan {
                self.own.insert(id);
            }
            let of = |tail: bool| anchors.iter().filter(move |(_, is_tail)| *is_tail == tail);
            let [first, tail] = [false, true].map(|tail| of(tail).map(|(anchor, _)| *anchor));
            write_anchors(
                &self.transaction,
                id,
                &first.collect::<Vec<_>>(),
                &tail.collect::<Vec<_>>(),
            )?;
            anchors.iter().for_each(|(anchor, _)| self.filter.add(anchor.second, anchor.hash));
            if let Some(hashes) = &mut self.line_hashes {
                hashes.extend(source.cursor.line_hashes.iter().map(|hash| (*hash, id)));
            }
        }
        Ok(acquaintance)
    }

    fn acquaintance(
        &mut self,
        source: &KnownCursor,
        anchors: &[SourceAnchor],
    ) -> Result<Acquaintance, StoreError> {
        let mut equal_start = HashSet::new();
        for known in self.with_related_head(&source.cursor)? {
            let (one, other) = (&known.cursor, &source.cursor);
            if one.is_same_position(other) {
                let seen = "UPDATE cursor SET seen = max(seen, ?1) WHERE id = ?2";
                self.transaction
                    .prepare_cached(seen)?
                    .execute([i64::from(self.today.number()), known.id])?;
                return Ok(Acquaintance::Known(known.name));
            }
            if one.may_be_same_stream(other) {
                return Ok(Acquaintance::InPart(known.name));
            }
            equal_start.insert(known.id);
        }
        let first = anchors.iter().map(|(anchor, _)| anchor.second).min().unwrap_or(i64::MAX);
        if first < self.filter_from {
            fill(&self.transaction, &self.filter, first, self.filter_from)?;
            self.filter_from = first;
        }
        let candidates: Vec<Candidate> = anchors
            .iter()
            .map(|(anchor, is_tail)| {
                let rarity = if *is_tail { Rarity::EDGE } else { Rarity::of_anchors(anchor.line) };
                Candidate { anchor: *anchor, rarity }
            })
            .collect();
        let mut hits = find_hits(&self.transaction, &candidates, &self.filter)?;
        hits.retain(|hit| !self.own.contains(&hit.cursor));
        let mut logs: Map<i64, KnownCursor> = Map::default();
        for hit in &hits {
            if !logs.contains_key(&hit.cursor)
                && let Some(known) = self.cursor(hit.cursor)?
            {
                logs.insert(hit.cursor, known);
            }
        }
        let other_log = |id| {
            let known = logs.get(&id).map(|known| known.counted(equal_start.contains(&id)));
            known.unwrap_or_default()
        };
        let lines = source.progress.first_line..source.progress.lines;
        let overlap = Matches::new(&candidates, &hits).find_overlap(&lines, other_log);
        Ok(match overlap {
            None => Acquaintance::New,
            Some(overlap) => {
                let name = logs.remove(&overlap.cursor).map(|known| known.name);
                Acquaintance::InPart(name.unwrap_or_default())
            }
        })
    }

    /// Returns the cursors of logs that may start with the same bytes as another one.
    fn with_related_head(&mut self, cursor: &Cursor) -> Result<Vec<KnownCursor>, StoreError> {
        let mut ids = Vec::new();
        if cursor.is_short() {
            let hashes = match &mut self.line_hashes {
                Some(hashes) => hashes,
                hashes => hashes.insert(read_line_hashes(&self.transaction)?),
            };
            ids.extend(hashes.get(&cursor.head_hash));
        }
        let mut statement =
            self.transaction.prepare_cached("SELECT id FROM cursor WHERE head_hash = ?1")?;
        let hashes = cursor.line_hashes.iter().chain([&cursor.head_hash]);
        for hash in hashes {
            let mut rows = statement.query([hash.cast_signed()])?;
            while let Some(row) = rows.next()? {
                ids.push(row.get(0)?);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        let cursors = ids.into_iter().map(|id| self.cursor(id));
        cursors.filter_map(Result::transpose).collect()
    }

    fn cursor(&self, id: i64) -> Result<Option<KnownCursor>, StoreError> {
        Ok(KnownCursor::find(&self.transaction, id)?)
    }

    /// Adds the records of days.
    pub fn add_coverage(&mut self, rows: &[CoverageRow]) -> Result<(), StoreError> {
        let days: Vec<(Day, DayCoverage)> = rows
            .iter()
            .map(|row| {
                let &CoverageRow { day, lines, people, agents } = row;
                (day, DayCoverage { lines, people, agents })
            })
            .collect();
        Ok(write_coverage(&self.transaction, &days)?)
    }

    /// Adds pings.
    pub fn add_pings(&mut self, facts: &[NamedPing<'_>]) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(facts.len());
        for fact in facts {
            let &NamedPing { day, trust, status, requests, bytes, first_seen, .. } = fact;
            let term = self.ids.terms.id(&self.transaction, fact.term)?;
            let user_agent = self.ids.user_agents.id(&self.transaction, fact.user_agent)?;
            let request = self.ids.request_types.id(&self.transaction, fact.request)?;
            rows.push(PingRow {
                day,
                term,
                user_agent,
                request,
                trust,
                status,
                requests,
                bytes,
                first_seen,
            });
        }
        Ok(write_pings(&self.transaction, rows)?)
    }

    /// Adds views.
    pub fn add_views(&mut self, facts: &[NamedView<'_>]) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(facts.len());
        for &NamedView { day, term, came_from, views } in facts {
            let term = self.ids.terms.id(&self.transaction, term)?;
            let came_from = self.ids.came_from.id(&self.transaction, came_from)?;
            rows.push(ViewRow { day, term, came_from, views });
        }
        Ok(write_views(&self.transaction, rows)?)
    }

    /// Adds failed requests.
    pub fn add_failures(&mut self, facts: &[NamedFailure<'_>]) -> Result<(), StoreError> {
        let mut sums = FailureSums::default();
        for &NamedFailure { day, path, user_agent, code, requests } in facts {
            let user_agent = self.ids.user_agents.id(&self.transaction, user_agent)?;
            sums.add(day, path, user_agent, code, requests);
        }
        Ok(sums.write(&self.transaction)?)
    }

    /// Adds requests by hour. The coverage of their days must have been added before.
    pub fn add_hours(&mut self, facts: &[NamedHour<'_>]) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(facts.len());
        for &NamedHour { day, hour, user_agent, requests } in facts {
            let user_agent = self.ids.user_agents.id(&self.transaction, user_agent)?;
            rows.push(HourRow { day, hour, user_agent, requests });
        }
        Ok(write_hours(&self.transaction, rows)?)
    }

    /// Adds a count from before there were logs. Returns the other count if there is one of the same term and family.
    pub fn add_carried(
        &mut self,
        term: &str,
        family: &str,
        pings: u64,
    ) -> Result<Option<u64>, StoreError> {
        let term = self.ids.terms.id(&self.transaction, term)?;
        let query = "SELECT pings FROM carried WHERE term = ?1 AND family = ?2";
        let mut find = self.transaction.prepare_cached(query)?;
        let known = find.query_row(params![term, family], |row| row.get(0)).optional()?;
        if let Some(known) = known {
            return Ok(Some(unsigned(known)).filter(|known| *known != pings));
        }
        let put = "INSERT INTO carried VALUES (?1, ?2, ?3)";
        self.transaction.prepare_cached(put)?.execute(params![term, family, signed(pings)])?;
        Ok(None)
    }

    /// Adds a version of a list of addresses, unless the store has one of that day.
    pub fn add_ip_list(&mut self, list: &PublishedList) -> Result<(), StoreError> {
        Ok(put_list(&self.transaction, "INSERT OR IGNORE", list)?)
    }

    /// Remembers the rules by which the counts were made.
    pub fn set_counting_rules(&mut self, rules: &CountingRules) -> Result<(), StoreError> {
        Ok(put_rules(&self.transaction, rules)?)
    }

    /// Remembers the last day that has the sum of the days before it.
    pub fn set_pruned_to(&mut self, day: Day) -> Result<(), StoreError> {
        let put = "INSERT OR IGNORE INTO meta VALUES ('pruned_to', ?1)";
        self.transaction.execute(put, [day.number().to_string()])?;
        Ok(())
    }
}
