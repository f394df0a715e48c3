//! Counts of pings, views and lines: added up line by line, merged in any order.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use crate::classify::{Judge, NO_TERM, Ping, Question, StatusClass, Told, Trust, View, Visit, Who};
use crate::day::Day;
use crate::format::Malformed;
use crate::names::Names;
use crate::sums::{Sum, Sums};

/// What the requests of agents are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PingKey {
    /// The term's number, or [`NO_TERM`].
    pub term: u32,
    /// The civil day.
    pub day: Day,
    /// The user agent's number.
    pub user_agent: u32,
    /// The request type's number.
    pub request: u8,
    /// Whether the address may speak for the agent.
    pub trust: Trust,
    /// How the requests were answered.
    pub status: StatusClass,
}

/// In two numbers instead of six: every request of an agent is hashed.
impl Hash for PingKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let &PingKey { term, day, user_agent, request, trust, status } = self;
        let small = u32::from_le_bytes([request, trust as u8, status as u8, 0]);
        state.write_u64(u64::from(term) << 32 | u64::from(user_agent));
        state.write_u64(u64::from(day.number().cast_unsigned()) << 32 | u64::from(small));
    }
}

/// How many requests there were, and what they cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requests {
    /// How many.
    pub count: u64,
    /// The answers' sizes together.
    pub bytes: u64,
    /// The first of them, in seconds since the Unix epoch.
    pub first: i64,
}

/// What the views are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewKey {
    /// The term's number.
    pub term: u32,
    /// The civil day.
    pub day: Day,
    /// Where people came from: a number of the referrers' table.
    pub came_from: u8,
}

/// What a day's log covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Records of that day.
    pub lines: u64,
    /// Requests of people, whatever for.
    pub people: u64,
    /// Requests of agents, whatever for.
    pub agents: u64,
}

/// Where every line went: lines = pings + views + other + blank + malformed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Lines read.
    pub lines: u64,
    /// Their bytes, line ends included.
    pub bytes: u64,
    /// Requests of agents for terms, as the configuration counts them.
    pub pings: u64,
    /// Requests of people for terms.
    pub views: u64,
    /// Requests of other kinds.
    pub other: u64,
    /// Blank lines and comments.
    pub blank: u64,
    /// Lines that are no records, by reason, in the order of [`Malformed::ALL`].
    pub malformed: [u64; Malformed::ALL.len()],
    /// Those of the pings, views and other requests that have no user agent.
    pub silent: u64,
    /// Those of which the header that proxies pass on says who asked.
    pub forwarded: u64,
    /// Those of the pings, views and other requests that stood in another format than the rest of their log.
    pub strays: u64,
}

impl Lines {
    /// Lines that are no records.
    pub fn malformed_total(&self) -> u64 {
        self.malformed.iter().sum()
    }

    /// Lines that are records.
    pub fn records(&self) -> u64 {
        self.pings + self.views + self.other
    }

    /// Whether every line went somewhere, once.
    pub fn is_balanced(&self) -> bool {
        let went = self.records() + self.blank + self.malformed_total();
        self.lines == went
    }

    /// Adds the counts of other lines.
    pub fn add(&mut self, other: &Lines) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.pings += other.pings;
        self.views += other.views;
        self.other += other.other;
        self.blank += other.blank;
        self.silent += other.silent;
        self.strays += other.strays;
        self.forwarded += other.forwarded;
        for (count, more) in self.malformed.iter_mut().zip(other.malformed) {
            *count += more;
        }
    }
}

/// Counts by numbers that a judge gave: what a worker adds to, line by line.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Requests of agents.
    pub pings: Sums<PingKey, Requests>,
    /// Those whose trust depends on what the DNS answers: with the number of the question.
    pub open: Sums<(u32, PingKey), Requests>,
    /// Views.
    pub views: Sums<ViewKey, u64>,
    /// What each day's log covers.
    pub coverage: ByDay,
    /// Where the lines went.
    pub lines: Lines,
}

/// What the days' logs cover. There are few, and one line after the other is of the same.
#[derive(Clone, Debug, Default)]
pub struct ByDay {
    days: Vec<(Day, Coverage)>,
    /// Where the last one stands.
    last: usize,
}

impl ByDay {
    /// The coverage of a day.
    #[inline]
    pub fn of(&mut self, day: Day) -> &mut Coverage {
        if self.days.get(self.last).is_none_or(|entry| entry.0 != day) {
            self.last =
                self.days.binary_search_by_key(&day, |entry| entry.0).unwrap_or_else(|at| {
                    self.days.insert(at, (day, Coverage::default()));
                    at
                });
        }
        &mut self.days[self.last].1
    }

    /// Every day, in order.
    pub fn iter(&self) -> impl Iterator<Item = &(Day, Coverage)> {
        self.days.iter()
    }
}

impl Counts {
    /// The memory that they take, in bytes, nearly.
    pub fn bytes(&self) -> usize {
        let sums = self.pings.bytes() + self.open.bytes() + self.views.bytes();
        sums + self.coverage.days.len() * size_of::<(Day, Coverage)>()
    }

    /// Counts a line that is blank or a comment.
    pub fn add_blank(&mut self, bytes: u64) {
        self.add_line(bytes);
        self.lines.blank += 1;
    }

    /// Counts lines that are no records.
    pub fn add_malformed(&mut self, reason: Malformed, lines: u64, bytes: u64) {
        self.lines.lines += lines;
        self.lines.bytes += bytes;
        self.lines.malformed[reason as usize] += lines;
    }

    /// Counts a record.
    #[inline(always)]
    pub fn add(&mut self, visit: &Visit, bytes: u64) {
        // Who it was is told first, so that what told it and what follows from it are one branch.
        match &visit.who {
            Who::Agent(ping) => {
                self.cover(visit.day, bytes).agents += 1;
                self.add_ping(visit.day, ping);
            }
            Who::Silent(ping) => {
                self.cover(visit.day, bytes);
                self.add_ping(visit.day, ping);
            }
            Who::Person(view) => {
                self.cover(visit.day, bytes).people += 1;
                self.add_view(visit.day, view.as_ref());
            }
            Who::Elsewhere => {
                self.cover(visit.day, bytes);
                self.lines.other += 1;
            }
        }
    }

    /// Counts a record as one of its day.
    #[inline(always)]
    fn cover(&mut self, day: Day, bytes: u64) -> &mut Coverage {
        self.add_line(bytes);
        let coverage = self.coverage.of(day);
        coverage.lines += 1;
        coverage
    }

    fn add_line(&mut self, bytes: u64) {
        self.lines.lines += 1;
        self.lines.bytes += bytes;
    }

    #[inline(always)]
    fn add_ping(&mut self, day: Day, ping: &Ping) {
        self.lines.pings += u64::from(ping.counts);
        self.lines.other += u64::from(!ping.counts);
        let &Ping { term, user_agent, request, trust, question, status, .. } = ping;
        let key = PingKey { term, day, user_agent, request, trust, status };
        let one = Requests { count: 1, bytes: ping.bytes, first: ping.time };
        match question {
            None => self.pings.add(key, one),
            Some(question) => self.open.add((question, key), one),
        }
    }

    #[inline(always)]
    fn add_view(&mut self, day: Day, view: Option<&View>) {
        let Some(&View { term, came_from }) = view else {
            self.lines.other += 1;
            return;
        };
        self.lines.views += 1;
        self.views.add(ViewKey { term, day, came_from }, 1);
    }
}

impl Sum for Requests {
    fn add(&mut self, other: &Requests) {
        self.count += other.count;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.first = self.first.min(other.first);
    }
}

/// Counts with the texts that their numbers stand for. Merging is commutative and associative, and
/// the empty tally changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// The terms, by number.
    pub terms: Names,
    /// The user agents, by number.
    pub user_agents: Names,
    /// What the DNS is asked, by number.
    pub questions: Vec<Question>,
    /// The counts.
    pub counts: Counts,
}

impl Tally {
    /// What a worker has counted, with the texts that its judge keeps and the questions that it hands out.
    pub fn of(counts: Counts, judge: &mut Judge<'_>) -> Tally {
        let questions = judge.take_questions();
        let (terms, user_agents) = (judge.terms().clone(), judge.user_agents().clone());
        Tally { terms, user_agents, questions, counts }
    }

    /// Counts every request whose trust was open under what it is found to be. Returns how many are left as
    /// they were, for want of an answer.
    pub fn settle(&mut self, mut answer: impl FnMut(&Question) -> Told) -> u64 {
        let told: Vec<Told> = self.questions.iter().map(&mut answer).collect();
        let mut unanswered = 0;
        for ((question, mut key), requests) in self.counts.open.drain() {
            let told = told[question as usize];
            key.trust = self.questions[question as usize].trust(told, key.trust);
            unanswered += if told == Told::Nothing { requests.count } else { 0 };
            self.counts.pings.add(key, requests);
        }
        self.questions.clear();
        unanswered
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: Tally) {
        if self.terms.is_empty() {
            *self = other; // The first to come brings its numbers.
            return;
        }
        let Tally { terms, user_agents, questions, mut counts } = other;
        let mut term = Renumbering::new(&terms);
        let mut user_agent = Renumbering::new(&user_agents);
        let mut renumber = |key: PingKey| PingKey {
            term: term.of(key.term, &mut self.terms),
            user_agent: user_agent.of(key.user_agent, &mut self.user_agents),
            ..key
        };
        for (key, requests) in counts.pings.drain() {
            self.counts.pings.add(renumber(key), requests);
        }
        let asked = u32::try_from(self.questions.len()).expect("a step ends long before");
        for ((question, key), requests) in counts.open.drain() {
            self.counts.open.add((asked + question, renumber(key)), requests);
        }
        self.questions.extend(questions);
        for (mut key, count) in counts.views.drain() {
            key.term = term.of(key.term, &mut self.terms);
            self.counts.views.add(key, count);
        }
        for (day, more) in counts.coverage.days {
            let sum = self.counts.coverage.of(day);
            sum.lines += more.lines;
            sum.people += more.people;
            sum.agents += more.agents;
        }
        self.counts.lines.add(&counts.lines);
    }

    /// The counts under their texts, in order: what two tallies are compared by. Those that are open are not
    /// among them.
    pub fn by_text(&self) -> ByText<'_> {
        let text = |term: u32| if term == NO_TERM { "" } else { self.terms.text(term) };
        let mut by_text = ByText { lines: self.counts.lines, ..ByText::default() };
        for (key, requests) in self.counts.pings.iter() {
            let user_agent = self.user_agents.text(key.user_agent);
            let PingKey { term, day, request, trust, status, .. } = key;
            let key = (text(term), day, user_agent, request, trust, status);
            let sum = by_text.pings.entry(key);
            sum.and_modify(|sum| sum.add(&requests)).or_insert(requests);
        }
        for (key, count) in self.counts.views.iter() {
            *by_text.views.entry((text(key.term), key.day, key.came_from)).or_default() += count;
        }
        by_text
    }
}

/// A tally's counts under their texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByText<'t> {
    /// By term, day, user agent, request type, trust and status.
    pub pings: BTreeMap<(&'t str, Day, &'t str, u8, Trust, StatusClass), Requests>,
    /// By term, day, and where people came from.
    pub views: BTreeMap<(&'t str, Day, u8), u64>,
    /// Where the lines went.
    pub lines: Lines,
}

/// The numbers of one table in another, each looked up once.
struct Renumbering<'n> {
    from: &'n Names,
    to: Vec<Option<u32>>,
}

impl<'n> Renumbering<'n> {
    fn new(from: &'n Names) -> Renumbering<'n> {
        Renumbering { from, to: vec![None; from.len()] }
    }

    fn of(&mut self, number: u32, into: &mut Names) -> u32 {
        *self.to[number as usize].get_or_insert_with(|| into.number(self.from.text(number)))
    }
}
