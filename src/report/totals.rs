//! Adds up rows of the store, for one term or for all.

use std::hash::Hash;
use std::ops::AddAssign;

use crate::day::Day;
use crate::interner::Map;
use crate::pages::StatusClass;
use crate::store::{Carried, PingRow, ViewRow};
use crate::trust::Trust;

use super::count::Count;
use super::data::{AnswerCount, TrustPings};
use super::families::{NO_AGENT, Signer};
use super::query::{Impostors, Query};

/// Carried counts come before every day that a log can have.
const BEFORE_LOGS: i64 = i64::MIN;

/// All counts of a guestbook. Rows become counts only here.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    /// All pings, with carried counts.
    pub(super) pings: u64,
    /// Carried counts, which have no day and no request type.
    pub(super) carried: u64,
    /// Pings by day of the query's history, oldest first. Empty until there is any.
    pub(super) days: Vec<u64>,
    /// Pings by agent. Those of a family are their sum, so that each row is added once.
    pub(super) agents: Map<Signer, SignerTotal>,
    /// Pings on the last day of the window, by family.
    pub(super) today: Map<u32, Count>,
    /// Pings on the day before, by family.
    pub(super) yesterday: Map<u32, Count>,
    /// All requests of the agents that sign, by the number of their status.
    pub(super) statuses: [u64; StatusClass::ALL.len()],
    /// The first day with a ping.
    pub(super) first_day: Option<Day>,
    /// The last day with a ping.
    pub(super) last_day: Option<Day>,
    /// Pings by the request type's id.
    pub(super) requests: Map<i64, Count>,
    pub(super) trust: TrustPings,
    /// Views by the id of their source.
    pub(super) views: Map<i64, Count>,
}

/// The pings of one family or agent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SignerTotal {
    pub(super) count: Count,
    pub(super) verified: u64,
    /// Those within the window.
    pub(super) window: u64,
}

impl AddAssign for SignerTotal {
    fn add_assign(&mut self, other: SignerTotal) {
        self.count += other.count;
        self.verified += other.verified;
        self.window += other.window;
    }
}

impl Totals {
    /// Adds a row of pings of an agent, if it counts: up to today, with a status that counts.
    pub(super) fn add_ping(&mut self, row: &PingRow, signer: Signer, query: &Query) {
        if !self.add_unsigned(row, query) {
            return;
        }
        let count = Count { n: row.requests, first_seen: row.first_seen };
        let verified = if row.trust == Trust::Verified { row.requests } else { 0 };
        let window = if row.day >= query.first_day() { row.requests } else { 0 };
        *self.agents.entry(signer).or_default() += SignerTotal { count, verified, window };
        *self.requests.entry(row.request).or_default() += count;
        match query.today.number() - row.day.number() {
            0 => *self.today.entry(signer.family).or_default() += count,
            1 => *self.yesterday.entry(signer.family).or_default() += count,
            _ => {}
        }
    }

    /// Adds a row of pings without its agent and request type, if it counts. Returns whether it does.
    pub(super) fn add_unsigned(&mut self, row: &PingRow, query: &Query) -> bool {
        if row.day > query.today {
            return false;
        }
        self.statuses[row.status as usize] += row.requests;
        if !query.statuses.contains(&row.status) {
            return false;
        }
        let n = row.requests;
        match (row.trust, query.impostors) {
            (Trust::Impostor, Impostors::Hide) => return false,
            (Trust::Impostor, Impostors::Separate) => {
                self.trust.impostor += n;
                return false;
            }
            (Trust::Verified, _) => self.trust.verified += n,
            (Trust::Impostor, Impostors::Count) => self.trust.impostor += n,
            (Trust::Unverifiable, _) => self.trust.unverifiable += n,
            (Trust::Unchecked, _) => self.trust.unchecked += n,
        }
        self.pings += n;
        self.last_day = self.last_day.max(Some(row.day));
        self.first_day = earlier(self.first_day, Some(row.day));
        let (age, days) = (query.today.number() - row.day.number(), usize::from(query.history));
        if let Some(day) = usize::try_from(age).ok().and_then(|age| days.checked_sub(age + 1)) {
            self.days.resize(days, 0);
            self.days[day] += n;
        }
        true
    }

    /// Adds a row of views, if it is not after today.
    pub(super) fn add_view(&mut self, row: &ViewRow, query: &Query) {
        if row.day <= query.today {
            let first_seen = row.day.number().into();
            *self.views.entry(row.came_from).or_default() += Count { n: row.views, first_seen };
        }
    }

    /// Adds a count from before there were logs.
    pub(super) fn add_carried(&mut self, carried: &Carried, family: u32) {
        let count = Count { n: carried.pings, first_seen: BEFORE_LOGS };
        self.pings += carried.pings;
        self.carried += carried.pings;
        self.trust.unchecked += carried.pings;
        let signer = Signer { family, agent: NO_AGENT };
        *self.agents.entry(signer).or_default() += SignerTotal { count, ..SignerTotal::default() };
    }

    /// Returns the pings by family.
    pub(super) fn families(&self) -> Map<u32, SignerTotal> {
        let mut families: Map<u32, SignerTotal> = Map::default();
        for (signer, total) in &self.agents {
            *families.entry(signer.family).or_default() += *total;
        }
        families
    }

    /// Returns the pings of the last days of the history, oldest first.
    pub(super) fn last_days(&self, count: u16) -> Vec<u64> {
        let count = usize::from(count);
        let known = &self.days[self.days.len().saturating_sub(count)..];
        let mut days = vec![0; count - known.len()];
        days.extend(known);
        days
    }

    /// Returns the requests by status, without those that there are none of.
    pub(super) fn answers(&self) -> Vec<AnswerCount> {
        let answers = StatusClass::ALL.into_iter().zip(self.statuses);
        let answers = answers.map(|(status, requests)| AnswerCount { status, requests });
        answers.filter(|answer| answer.requests > 0).collect()
    }

    /// Returns how many views there are.
    pub(super) fn view_count(&self) -> u64 {
        self.views.values().map(|count| count.n).sum()
    }
}

impl AddAssign<&Totals> for Totals {
    fn add_assign(&mut self, other: &Totals) {
        self.pings += other.pings;
        self.carried += other.carried;
        self.days.resize(self.days.len().max(other.days.len()), 0);
        for (sum, more) in self.days.iter_mut().zip(&other.days) {
            *sum += more;
        }
        self.last_day = self.last_day.max(other.last_day);
        self.first_day = earlier(self.first_day, other.first_day);
        for (sum, more) in self.statuses.iter_mut().zip(other.statuses) {
            *sum += more;
        }
        merge(&mut self.agents, &other.agents);
        merge(&mut self.today, &other.today);
        merge(&mut self.yesterday, &other.yesterday);
        merge(&mut self.requests, &other.requests);
        merge(&mut self.views, &other.views);
        self.trust.verified += other.trust.verified;
        self.trust.impostor += other.trust.impostor;
        self.trust.unverifiable += other.trust.unverifiable;
        self.trust.unchecked += other.trust.unchecked;
    }
}

/// Returns the earlier of two days, if there are any.
fn earlier(one: Option<Day>, other: Option<Day>) -> Option<Day> {
    one.into_iter().chain(other).min()
}

fn merge<K: Copy + Eq + Hash, V: Copy + Default + AddAssign>(
    sums: &mut Map<K, V>,
    more: &Map<K, V>,
) {
    for (key, value) in more {
        *sums.entry(*key).or_default() += *value;
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn query() -> Query {
        Query {
            today: Day::from_number(100),
            days: 7,
            history: 7,
            statuses: vec![StatusClass::Ok],
            impostors: Impostors::Separate,
            site: String::new(),
            timezone: String::new(),
            caption: String::new(),
        }
    }

    fn any_row() -> impl Strategy<Value = (PingRow, u32)> {
        let row = (90..104, 0..4_usize, 0..2_usize, 0..3_i64, 1..9_u64, 0..99_i64);
        (row, 0..3_u32).prop_map(|((day, trust, status, request, requests, first_seen), family)| {
            let row = PingRow {
                day: Day::from_number(day),
                term: 1,
                user_agent: 1,
                request,
                trust: Trust::ALL[trust],
                status: StatusClass::ALL[status],
                requests,
                bytes: 0,
                first_seen,
            };
            (row, family)
        })
    }

    proptest! {
        #[test]
        fn totals_are_the_naive_sums_however_the_rows_are_split(
            rows in vec(any_row(), 0..60),
            split in any::<prop::sample::Index>(),
        ) {
            let query = query();
            let (first, second) = rows.split_at(split.index(rows.len() + 1));
            let mut merged = Totals::default();
            for part in [first, second] {
                let mut totals = Totals::default();
                let signer = |family: u32| Signer { family, agent: family + 10 };
                part.iter().for_each(|(row, family)| totals.add_ping(row, signer(*family), &query));
                merged += &totals;
            }
            let counting = || rows.iter().filter(|(row, _)| {
                row.day <= query.today && row.status == StatusClass::Ok
            });
            let sum = |is: &dyn Fn(&PingRow, u32) -> bool| -> u64 {
                counting().filter(|(row, family)| is(row, *family)).map(|(row, _)| row.requests).sum()
            };
            let genuine = |row: &PingRow| row.trust != Trust::Impostor;
            prop_assert_eq!(merged.pings, sum(&|row, _| genuine(row)));
            prop_assert_eq!(merged.trust.impostor, sum(&|row, _| !genuine(row)));
            for (at, day) in query.window().enumerate() {
                let expected = sum(&|row, _| genuine(row) && row.day == day);
                prop_assert_eq!(merged.days.get(at).copied().unwrap_or_default(), expected);
            }
            for family in 0..3 {
                let of = |is: &dyn Fn(&PingRow) -> bool| sum(&|row, other| {
                    other == family && genuine(row) && is(row)
                });
                let total = merged.families().get(&family).copied().unwrap_or_default();
                prop_assert_eq!(total.count.n, of(&|_| true));
                prop_assert_eq!(total.verified, of(&|row| row.trust == Trust::Verified));
                let first = counting().filter(|(row, other)| *other == family && genuine(row));
                let first = first.map(|(row, _)| row.first_seen).min().unwrap_or(i64::MAX);
                prop_assert_eq!(total.count.first_seen, first);
                let today = merged.today.get(&family).copied().unwrap_or_default();
                prop_assert_eq!(today.n, of(&|row| row.day == query.today));
                let yesterday = merged.yesterday.get(&family).copied().unwrap_or_default();
                prop_assert_eq!(yesterday.n, of(&|row| row.day == query.today.plus(-1)));
            }
        }
    }
}
