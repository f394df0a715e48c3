//! All facts about the site without its terms, in memory, so that many questions cost one pass over the store.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use crate::day::Day;
use crate::interner::Map;
use crate::store::{CoverageRow, HourRow, NO_TERM_ID, PingRow, Store, StoreError, ViewRow};

use super::dimension::{Dimension, FactSource};
use super::dimensions::{Dimensions, Fact, FailureFact};

/// The id of all terms together.
const ANY_TERM_ID: i64 = 1;

/// The site's facts, in the order of days.
pub struct SiteFacts<'q> {
    pub(super) dimensions: Arc<Dimensions<'q>>,
    pub coverage: Arc<[CoverageRow]>,
    pings: Vec<PingRow>,
    views: Vec<ViewRow>,
    failures: Vec<FailureFact>,
    hours: Vec<HourRow>,
    /// The sums of the user agents, most requests first.
    pub user_agents: Vec<UserAgentSum>,
    /// Counts from before there were logs, by family.
    pub carried: Map<String, u64>,
}

/// The rows of pings and views of some days, with all terms and all user agents of an agent added up.
#[derive(Default)]
pub(in crate::report) struct SiteRows {
    pings: Map<SiteKey, PingRow>,
    views: Map<(Day, i64), ViewRow>,
    user_agents: Map<i64, UserAgentSum>,
}

/// The requests of one user agent.
#[derive(Clone, Copy, Debug)]
pub struct UserAgentSum {
    /// The user agent's id in the store.
    pub id: i64,
    pub pings: u64,
    /// All requests, for any path and with any status.
    pub requests: u64,
    pub first_day: Day,
    pub last_day: Day,
}

/// The day, the term, the user agent, the request type, the trust and the status.
type SiteKey = (Day, i64, i64, i64, u8, u8);

impl SiteRows {
    /// Adds a row. `user_agent` is the one that stands for all of the same agent.
    pub(in crate::report) fn add_ping(&mut self, row: &PingRow, user_agent: i64, is_ping: bool) {
        let PingRow { day, requests, .. } = *row;
        let id = row.user_agent;
        let none = UserAgentSum { id, pings: 0, requests: 0, first_day: day, last_day: day };
        let pings = if is_ping { requests } else { 0 };
        self.user_agents.entry(id).or_insert(none).add(&UserAgentSum { pings, requests, ..none });
        let term = if row.term == NO_TERM_ID { NO_TERM_ID } else { ANY_TERM_ID };
        let key = (row.day, term, user_agent, row.request, row.trust as u8, row.status as u8);
        let add = |sum: &mut PingRow| {
            sum.requests += row.requests;
            sum.bytes = sum.bytes.saturating_add(row.bytes);
            sum.first_seen = sum.first_seen.min(row.first_seen);
        };
        self.pings.entry(key).and_modify(add).or_insert(PingRow { term, user_agent, ..*row });
    }

    pub(in crate::report) fn add_view(&mut self, row: &ViewRow) {
        let sum = self.views.entry((row.day, row.came_from));
        sum.and_modify(|sum| sum.views += row.views)
            .or_insert(ViewRow { term: ANY_TERM_ID, ..*row });
    }

    pub(in crate::report) fn merge(&mut self, other: SiteRows) {
        // The parts have different days, so no key is in both.
        self.pings.extend(other.pings);
        self.views.extend(other.views);
        for (id, sum) in other.user_agents {
            self.user_agents.entry(id).and_modify(|known| known.add(&sum)).or_insert(sum);
        }
    }
}

impl UserAgentSum {
    fn add(&mut self, other: &UserAgentSum) {
        self.pings += other.pings;
        self.requests += other.requests;
        self.first_day = self.first_day.min(other.first_day);
        self.last_day = self.last_day.max(other.last_day);
    }
}

impl<'q> SiteFacts<'q> {
    /// Adds the failed requests and the hours of the store to its rows.
    pub(in crate::report) fn new(
        store: &Store,
        mut dimensions: Dimensions<'q>,
        rows: SiteRows,
    ) -> Result<SiteFacts<'q>, StoreError> {
        let all = Day::MIN..Day::MAX;
        let failures = dimensions.read_failures(store, all.clone())?;
        let hours = store.hours(all.start, all.end)?;
        let mut pings: Vec<PingRow> = rows.pings.into_values().collect();
        pings.sort_unstable_by_key(|row| row.day);
        let mut views: Vec<ViewRow> = rows.views.into_values().collect();
        views.sort_unstable_by_key(|row| row.day);
        let mut user_agents: Vec<UserAgentSum> = rows.user_agents.into_values().collect();
        user_agents.sort_unstable_by_key(|sum| (Reverse(sum.requests), sum.id));
        let (dimensions, coverage) = (Arc::new(dimensions), store.coverage()?.into());
        let mut carried: Map<String, u64> = Map::default();
        for row in store.carried()? {
            *carried.entry(row.family).or_default() += row.pings;
        }
        Ok(SiteFacts { dimensions, coverage, pings, views, failures, hours, user_agents, carried })
    }

    /// Returns the first day with requests by hour.
    pub fn first_hour_day(&self) -> Option<Day> {
        self.hours.first().map(|row| row.day)
    }

    /// Divides the facts by a column: agent or family. Those without a value are in none.
    pub fn divide(&self, column: Dimension) -> Map<String, SiteFacts<'q>> {
        let mut parts: Map<u32, SiteFacts<'q>> = Map::default();
        let mut part_of = |fact: Fact, add: &dyn Fn(&mut SiteFacts<'q>)| {
            if let Some(value) = self.dimensions.value(column, &fact) {
                add(parts.entry(value).or_insert_with(|| self.without_facts()));
            }
        };
        for row in &self.pings {
            part_of(Fact::Ping(*row), &|part| part.pings.push(*row));
        }
        for row in &self.views {
            part_of(Fact::View(*row), &|part| part.views.push(*row));
        }
        for row in &self.failures {
            part_of(Fact::Failure(*row), &|part| part.failures.push(*row));
        }
        for row in &self.hours {
            part_of(Fact::Hour(*row), &|part| part.hours.push(*row));
        }
        for sum in &self.user_agents {
            if let Some(value) = self.dimensions.value_of_agent(column, sum.id, sum.first_day) {
                let part = parts.entry(value).or_insert_with(|| self.without_facts());
                part.user_agents.push(*sum);
            }
        }
        let name = |number: u32| self.dimensions.texts.text(number).to_owned();
        let named = parts.into_iter().map(|(value, mut part)| {
            let name = name(value);
            if column == Dimension::Family
                && let Some(pings) = self.carried.get(&name)
            {
                part.carried.insert(name.clone(), *pings);
            }
            (name, part)
        });
        named.collect()
    }

    fn without_facts(&self) -> SiteFacts<'q> {
        SiteFacts {
            dimensions: Arc::clone(&self.dimensions),
            coverage: Arc::clone(&self.coverage),
            pings: Vec::new(),
            views: Vec::new(),
            failures: Vec::new(),
            hours: Vec::new(),
            user_agents: Vec::new(),
            carried: Map::default(),
        }
    }

    /// Calls `each` with the facts of some days.
    pub(super) fn each_in(
        &self,
        source: FactSource,
        days: &Range<Day>,
        mut each: impl FnMut(&Fact),
    ) {
        match source {
            FactSource::Requests => {
                for row in of_days(&self.pings, days, |row| row.day) {
                    each(&Fact::Ping(*row));
                }
                for row in of_days(&self.views, days, |row| row.day) {
                    each(&Fact::View(*row));
                }
            }
            FactSource::Failures => {
                for row in of_days(&self.failures, days, |row| row.day) {
                    each(&Fact::Failure(*row));
                }
            }
            FactSource::Hours => {
                for row in of_days(&self.hours, days, |row| row.day) {
                    each(&Fact::Hour(*row));
                }
            }
        }
    }
}

/// Returns the rows of some days. The rows are in the order of days.
fn of_days<'r, R>(rows: &'r [R], days: &Range<Day>, day: impl Fn(&R) -> Day) -> &'r [R] {
    let start = rows.partition_point(|row| day(row) < days.start);
    let end = rows.partition_point(|row| day(row) < days.end);
    &rows[start..end.max(start)]
}
