//! Counts pings, views and lines.

use std::hash::{Hash, Hasher};
use std::ops::AddAssign;
use std::sync::Arc;

use crate::classify::{Failure, PendingQuery, Ping, PingTrust, Texts, View, Visit, Who};
use crate::day::Day;
use crate::format::Malformed;
use crate::interner::Map;
use crate::pages::StatusClass;
use crate::trust::{Fcrdns, FcrdnsQuery, Trust};

/// The columns by which requests of agents are counted. Texts are numbers of the tally's own tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PingKey {
    pub day: Day,
    /// The term's number, or 0 for no term.
    pub term: u32,
    pub user_agent: u32,
    pub request: u8,
    pub trust: PingTrust,
    pub status: StatusClass,
}

impl Hash for PingKey {
    /// Hashes two integers instead of six: this is done for every request of an agent.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let &PingKey { day, term, user_agent, request, trust, status } = self;
        let trust = match trust {
            PingTrust::Known(trust) => trust as u32,
            PingTrust::Pending(query) => query.wrapping_add(u32::from(u8::MAX)),
        };
        let small = u32::from_le_bytes([request, status as u8, 0, 0]) ^ trust.rotate_left(16);
        state.write_u64(u64::from(term) << 32 | u64::from(user_agent));
        state.write_u64(u64::from(day.number().cast_unsigned()) << 32 | u64::from(small));
    }
}

/// A sum of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestCount {
    pub requests: u64,
    /// The total size of the responses.
    pub bytes: u64,
    /// The time of the first request, in seconds since the Unix epoch.
    pub first_seen: i64,
}

impl AddAssign for RequestCount {
    fn add_assign(&mut self, other: RequestCount) {
        self.requests += other.requests;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.first_seen = self.first_seen.min(other.first_seen);
    }
}

/// The columns by which views are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewKey {
    pub day: Day,
    pub term: u32,
    /// The source that people came from, by its number in the referrers' table.
    pub came_from: u8,
}

/// The columns by which failed requests of agents are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FailureKey {
    pub day: Day,
    pub user_agent: u32,
    pub failure: Failure,
}

/// Requests by hour of the day.
pub type Hours = [u32; 24];

/// The days of which hours are counted, the newest. The store keeps no more, so those of older days need not be counted.
const HOUR_DAYS_MAX: usize = 31;

/// Requests of agents by day, user agent and hour, of the newest days. Logs are nearly in order of time, so the day is nearly always that of the
/// request before.
#[derive(Clone, Debug, Default)]
pub struct HourCounts {
    /// The days, each with the hours of the user agents by their numbers.
    days: Vec<(Day, Vec<Hours>)>,
    last: usize,
}

impl HourCounts {
    fn add(&mut self, day: Day, user_agent: u32, hour: u8) {
        if self.days.get(self.last).is_none_or(|(known, _)| *known != day) {
            let found = self.days.iter().position(|(known, _)| *known == day);
            self.last = match found {
                Some(at) => at,
                None => self.add_day(day),
            };
        }
        let (by_user_agent, at) = (&mut self.days[self.last].1, user_agent as usize);
        if at >= by_user_agent.len() {
            by_user_agent.resize(at + 1, Hours::default());
        }
        by_user_agent[at][usize::from(hour)] += 1;
    }

    /// Adds a day, which takes the place of the oldest one if there are too many. Returns its position.
    #[cold]
    fn add_day(&mut self, day: Day) -> usize {
        if self.days.len() < HOUR_DAYS_MAX {
            self.days.push((day, Vec::new()));
            return self.days.len() - 1;
        }
        let oldest = (0..self.days.len()).min_by_key(|at| self.days[*at].0).unwrap_or_default();
        // A day that is older than all others is the next one to go.
        self.days[oldest] = (day, Vec::new());
        oldest
    }

    /// Returns the hours of each day and user agent that has any.
    pub fn rows(&self) -> impl Iterator<Item = (Day, u32, &Hours)> {
        self.days.iter().flat_map(|(day, by_user_agent)| {
            let numbered = (0..).zip(by_user_agent);
            let used = numbered.filter(|(_, hours)| hours.iter().any(|requests| *requests > 0));
            used.map(|(user_agent, hours)| (*day, user_agent, hours))
        })
    }

    fn bytes(&self) -> usize {
        self.days.iter().map(|(_, hours)| hours.len() * size_of::<Hours>()).sum()
    }
}

/// The number of records and requests in the logs of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayCoverage {
    /// Records of that day.
    pub lines: u64,
    /// Requests of people, for any path.
    pub people: u64,
    /// Requests of agents, for any path.
    pub agents: u64,
}

impl AddAssign for DayCoverage {
    fn add_assign(&mut self, other: DayCoverage) {
        self.lines += other.lines;
        self.people += other.people;
        self.agents += other.agents;
    }
}

/// The number of lines by outcome: lines = pings + views + other + blank + malformed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub lines: u64,
    /// The bytes of the lines, line ends included.
    pub bytes: u64,
    /// Requests of agents for terms that count by the config's rules.
    pub pings: u64,
    /// Requests of people for terms that count.
    pub views: u64,
    /// All other requests.
    pub other: u64,
    /// Blank lines and comments.
    pub blank: u64,
    /// Lines that are not records, by reason, in the order of [`Malformed::ALL`].
    pub malformed: [u64; Malformed::ALL.len()],
    /// Records without a user agent.
    pub no_user_agent: u64,
    /// Records without a visitor's address.
    pub no_address: u64,
    /// Records with the header in which proxies pass on the visitor's address.
    pub forwarded: u64,
    /// Records in another format than the rest of their log.
    pub mismatched: u64,
}

impl Lines {
    /// Returns how many lines are not records.
    pub fn malformed_total(&self) -> u64 {
        self.malformed.iter().sum()
    }

    /// Returns how many lines are records.
    pub fn records(&self) -> u64 {
        self.pings + self.views + self.other
    }

    /// Returns whether every line was counted exactly once.
    pub fn is_balanced(&self) -> bool {
        self.lines == self.records() + self.blank + self.malformed_total()
    }
}

impl AddAssign<&Lines> for Lines {
    fn add_assign(&mut self, other: &Lines) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.pings += other.pings;
        self.views += other.views;
        self.other += other.other;
        self.blank += other.blank;
        self.no_user_agent += other.no_user_agent;
        self.no_address += other.no_address;
        self.mismatched += other.mismatched;
        self.forwarded += other.forwarded;
        for (count, more) in self.malformed.iter_mut().zip(other.malformed) {
            *count += more;
        }
    }
}

/// The counts of a worker. Their keys are numbers of its classifier.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub pings: Map<PingKey, RequestCount>,
    pub views: Map<ViewKey, u64>,
    pub failures: Map<FailureKey, u64>,
    pub hours: HourCounts,
    pub coverage: Map<Day, DayCoverage>,
    pub lines: Lines,
}

/// Counts, with the texts and queries that their numbers stand for.
#[derive(Clone, Debug)]
pub struct Tally {
    pub counts: Counts,
    pub texts: Arc<Texts>,
    /// The DNS queries, by number.
    pub pending: Vec<PendingQuery>,
    /// The trust that follows from each query's answer, once [`Tally::settle`] has been called.
    settled: Vec<Trust>,
}

impl Tally {
    pub fn new(counts: Counts, texts: Arc<Texts>, pending: Vec<PendingQuery>) -> Tally {
        Tally { counts, texts, pending, settled: Vec::new() }
    }

    /// Records the answer to every pending query. Returns how many requests have no answer.
    pub fn settle(&mut self, mut answer: impl FnMut(&FcrdnsQuery) -> Fcrdns) -> u64 {
        let answers: Vec<Fcrdns> =
            self.pending.iter().map(|pending| answer(&pending.query)).collect();
        let settled = self.pending.iter().zip(&answers);
        self.settled = settled.map(|(pending, answer)| pending.trust(*answer)).collect();
        let is_unanswered = |trust: PingTrust| match trust {
            PingTrust::Pending(query) => answers[query as usize] == Fcrdns::NoAnswer,
            PingTrust::Known(_) => false,
        };
        let pings = self.counts.pings.iter().filter(|(key, _)| is_unanswered(key.trust));
        pings.map(|(_, count)| count.requests).sum()
    }

    /// Returns the trust of a key. A query must have been settled.
    pub fn trust(&self, trust: PingTrust) -> Trust {
        match trust {
            PingTrust::Known(trust) => trust,
            PingTrust::Pending(query) => self.settled[query as usize],
        }
    }
}

impl Counts {
    /// Returns the memory that the counts take, in bytes, approximately.
    pub fn bytes(&self) -> usize {
        self.pings.len() * size_of::<(PingKey, RequestCount)>()
            + self.views.len() * size_of::<(ViewKey, u64)>()
            + self.failures.len() * size_of::<(FailureKey, u64)>()
            + self.hours.bytes()
            + self.coverage.len() * size_of::<(Day, DayCoverage)>()
    }

    /// Counts a blank line or a comment.
    pub fn add_blank(&mut self, bytes: u64) {
        self.add_line(bytes);
        self.lines.blank += 1;
    }

    /// Counts lines that are not records.
    pub fn add_malformed(&mut self, reason: Malformed, lines: u64, bytes: u64) {
        self.lines.lines += lines;
        self.lines.bytes += bytes;
        self.lines.malformed[reason as usize] += lines;
    }

    /// Counts a classified record.
    pub fn add(&mut self, visit: &Visit, bytes: u64) {
        self.add_line(bytes);
        let coverage = self.coverage.entry(visit.day).or_default();
        coverage.lines += 1;
        match &visit.who {
            Who::Agent(ping) => {
                coverage.agents += 1;
                self.add_ping(visit.day, ping);
            }
            Who::NoUserAgent(ping) => self.add_ping(visit.day, ping),
            Who::Person(view) => {
                coverage.people += 1;
                self.add_view(visit.day, view.as_ref());
            }
            Who::OtherHost => self.lines.other += 1,
        }
    }

    fn add_line(&mut self, bytes: u64) {
        self.lines.lines += 1;
        self.lines.bytes += bytes;
    }

    fn add_ping(&mut self, day: Day, ping: &Ping) {
        self.lines.pings += u64::from(ping.counts);
        self.lines.other += u64::from(!ping.counts);
        let &Ping { term, user_agent, request, trust, status, bytes, time, hour, .. } = ping;
        let key = PingKey { day, term, user_agent, request, trust, status };
        let one = RequestCount { requests: 1, bytes, first_seen: time };
        self.pings.entry(key).and_modify(|count| *count += one).or_insert(one);
        self.hours.add(day, user_agent, hour);
        if let Some(failure) = ping.failure {
            *self.failures.entry(FailureKey { day, user_agent, failure }).or_default() += 1;
        }
    }

    fn add_view(&mut self, day: Day, view: Option<&View>) {
        match view {
            Some(&View { term, came_from }) => {
                self.lines.views += 1;
                *self.views.entry(ViewKey { day, term, came_from }).or_default() += 1;
            }
            None => self.lines.other += 1,
        }
    }
}
