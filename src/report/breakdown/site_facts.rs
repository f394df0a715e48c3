//! All facts about the site without its terms: small enough to stay in memory, so that many questions cost one pass over the
//! store.

use std::ops::Range;

use crate::day::Day;
use crate::interner::Map;
use crate::report::guestbooks::NO_TERM_ID;
use crate::store::{CoverageRow, HourRow, PingRow, Store, StoreError, ViewRow};

use super::count_by::Breakdown;
use super::dimension::FactSource;
use super::dimensions::{Dimensions, Fact, FailureFact};
use super::table::BreakdownTable;

/// The id of all terms together.
const ANY_TERM_ID: i64 = 1;

/// The site's facts, in the order of days.
pub struct SiteFacts<'q> {
    pub(super) dimensions: Dimensions<'q>,
    pub(super) coverage: Vec<CoverageRow>,
    pings: Vec<PingRow>,
    views: Vec<ViewRow>,
    failures: Vec<FailureFact>,
    hours: Vec<HourRow>,
}

/// The rows of pings and views of some days, with all terms and all user agents of an agent added up.
#[derive(Default)]
pub(in crate::report) struct SiteRows {
    pings: Map<PingKey, PingRow>,
    views: Map<(Day, i64), ViewRow>,
}

/// The day, the term, the user agent, the request type, the trust and the status.
type PingKey = (Day, i64, i64, i64, u8, u8);

impl SiteRows {
    /// Adds a row. `user_agent` is the one that stands for all of the same agent.
    pub(in crate::report) fn add_ping(&mut self, row: &PingRow, user_agent: i64) {
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
        Ok(SiteFacts { dimensions, coverage: store.coverage()?, pings, views, failures, hours })
    }

    /// Answers a question that asks for no term.
    pub fn answer(&self, question: &Breakdown) -> BreakdownTable {
        question.answer_from(self)
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
