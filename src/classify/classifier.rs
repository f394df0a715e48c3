//! The per-record loop: decides each distinct user agent and path once.

use std::borrow::Cow;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::agents::{Kind, NAMED_BYTES_MAX, NamedBy, OTHER, STORED_NAME_PREFIX};
use crate::day::{Calendar, Day};
use crate::format::Record;
use crate::interner::Interner;
use crate::pages::StatusClass;
use crate::trust::{Trust, VerifyPolicy};

use super::cache::Cache;
use super::pending::{PendingQueries, PendingQuery};
use super::rules::Rules;
use super::texts::Texts;
use super::visit::{Failure, NO_TERM, NO_USER_AGENT, Ping, PingTrust, View, Visit, Who};

/// The memory that a classifier may use for texts that visitors choose: a quarter for each of its two caches, for the
/// terms and paths, and for the user agents. Terms and paths beyond that are forgotten once they are in a tally. User agents beyond that
/// share one row: 8 MiB hold 30,000, far more than honest visitors bring in one run.
const MEMORY_BYTES_MAX: usize = 32 << 20;

/// The longest path of a failed request that is kept, in bytes. Longer ones are cut.
const PATH_BYTES_MAX: usize = 200;

/// The path of failed requests that have none.
const NO_PATH: &[u8] = b"(none)";

/// Classifies records one by one.
pub struct Classifier<'r> {
    rules: &'r Rules,
    calendar: Calendar,
    by_user_agent: Cache<VisitorInfo>,
    by_path: Cache<PageInfo>,
    /// Shared with the finished tallies, and copied before it changes.
    texts: Arc<Texts>,
    text_bytes_max: usize,
    /// The policies for checking claims, by number. 0 means that a claim is not checked.
    policies: Vec<Option<VerifyPolicy>>,
    pending: PendingQueries,
    /// True if GET counts, which is the method of nearly all requests.
    get_counts: bool,
    /// The statuses that count, by class.
    status_counts: [bool; StatusClass::ALL.len()],
}

/// The cached decision about a user agent.
#[derive(Clone, Copy, Debug)]
struct VisitorInfo {
    kind: Kind,
    /// The trust if nothing can be checked.
    trust: Trust,
    user_agent: u32,
    policy: u16,
    /// True if its requests may be pings.
    signs: bool,
}

/// The cached decision about a path.
#[derive(Clone, Copy, Debug)]
struct PageInfo {
    /// The term's number, or [`NO_TERM`].
    term: u32,
    state: TermState,
    /// The request type of requests that count for no term.
    elsewhere: u8,
    /// The request rules whose path pattern matches, one bit each.
    candidates: u64,
    /// True if the query may tell the term.
    asks_query: bool,
    /// The number of the path among those that failed, once it has.
    failed_path: Option<NonZeroU32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TermState {
    /// The path is no term.
    None,
    /// Listed, or seen in an earlier run. All requests are stored under the term, whatever their status.
    Known,
    /// Not seen yet. It becomes a term with the first answer that counts, so that a scanner's errors create no terms.
    New,
    /// Was new, and an answer has counted.
    Seen,
}

impl PageInfo {
    fn term(&self, counts: bool) -> u32 {
        if counts || self.state == TermState::Known { self.term } else { NO_TERM }
    }
}

/// The request of a record, without its visitor.
#[derive(Clone, Copy)]
struct Asked {
    method_counts: bool,
    status: StatusClass,
    /// True if method and status count.
    counts: bool,
    /// `None` if the method does not count or the record has no path.
    page: Option<PageInfo>,
}

impl<'r> Classifier<'r> {
    /// Returns a classifier by the given rules, for a site whose days are those of `calendar`.
    pub fn new(rules: &'r Rules, calendar: Calendar) -> Classifier<'r> {
        let mut user_agents = Interner::default();
        user_agents.number(""); // NO_USER_AGENT
        let counting = &rules.counting;
        Classifier {
            rules,
            calendar,
            by_user_agent: Cache::new(MEMORY_BYTES_MAX / 4),
            by_path: Cache::new(MEMORY_BYTES_MAX / 4),
            texts: Arc::new(Texts::of(user_agents)),
            text_bytes_max: MEMORY_BYTES_MAX / 4,
            policies: vec![None],
            pending: PendingQueries::default(),
            get_counts: counting.methods.iter().any(|method| method == "GET"),
            status_counts: StatusClass::ALL.map(|status| counting.statuses.contains(&status)),
        }
    }

    /// Sets another bound on the memory for texts, in bytes.
    #[must_use]
    pub fn with_memory(mut self, bytes_max: usize) -> Classifier<'r> {
        self.by_user_agent = Cache::new(bytes_max / 4);
        self.by_path = Cache::new(bytes_max / 4);
        self.text_bytes_max = bytes_max / 4;
        self
    }

    /// Returns the memory that terms and paths take, in bytes. It grows until they are forgotten.
    pub fn text_bytes(&self) -> usize {
        self.texts.bytes()
    }

    /// Forgets terms and paths if they take too much memory. Visits from now on refer to other texts.
    pub fn bound_texts(&mut self) {
        if self.text_bytes() > self.text_bytes_max {
            self.texts = Arc::new(Texts::of(self.texts.user_agents.clone()));
            self.by_path.clear();
        }
    }

    /// Returns the texts that visits refer to by number.
    pub fn texts(&self) -> Arc<Texts> {
        Arc::clone(&self.texts)
    }

    /// Returns the queries to the DNS that visits refer to by number.
    pub fn pending(&self) -> &[PendingQuery] {
        self.pending.all()
    }

    /// Returns the queries to the DNS, and starts again with number 0.
    pub fn take_pending(&mut self) -> Vec<PendingQuery> {
        self.pending.take()
    }

    /// Classifies one record. `hosts` are the virtual hosts to keep; if empty, all are.
    pub fn classify(&mut self, record: &Record<'_>, hosts: &[String]) -> Visit {
        let day = self.calendar.day(record.time.as_second());
        if !hosts.is_empty() && !record.is_for_host(hosts) {
            return Visit { day, who: Who::OtherHost };
        }
        let status = StatusClass::of(record.status);
        let method_counts = self.method_counts(record);
        let counts = method_counts & self.status_counts[status as usize];
        let page = if method_counts { self.page(record, counts) } else { None };
        let visitor = self.visitor(record);
        let asked = Asked { method_counts, status, counts, page };
        let who = match visitor.kind {
            Kind::Agent => {
                let trust = self.trust(record, day, visitor);
                Who::Agent(self.ping(record, visitor, trust, asked))
            }
            Kind::Empty => {
                Who::NoUserAgent(self.ping(record, visitor, PingTrust::Known(visitor.trust), asked))
            }
            Kind::Person => Who::Person(self.view(record, asked)),
        };
        Visit { day, who }
    }

    fn visitor(&mut self, record: &Record<'_>) -> VisitorInfo {
        match self.by_user_agent.get(record.user_agent.unwrap_or_default()) {
            (_, Some(visitor)) => visitor,
            (hash, None) => self.new_visitor(record, hash),
        }
    }

    #[cold]
    fn new_visitor(&mut self, record: &Record<'_>, hash: u64) -> VisitorInfo {
        let text = readable(record.header(record.user_agent.unwrap_or_default()));
        let verdict = self.rules.namer.name(&text);
        let user_agent = match verdict.kind {
            Kind::Agent => {
                // Beyond the limit, an agent of the catalogue is stored by its name alone, which still identifies it.
                // Unknown agents share one row.
                let is_listed = matches!(verdict.source, NamedBy::Catalogue | NamedBy::Config);
                let short = match verdict.agent.filter(|_| is_listed) {
                    Some(agent) => format!("{STORED_NAME_PREFIX}{agent}"),
                    None => OTHER.to_owned(),
                };
                let bounded = &text[..text.floor_char_boundary(NAMED_BYTES_MAX)];
                let user_agents = &mut Arc::make_mut(&mut self.texts).user_agents;
                number_within(user_agents, bounded, &short, self.text_bytes_max)
            }
            Kind::Person | Kind::Empty => NO_USER_AGENT,
        };
        let policy = verdict.entry.and_then(|agent| self.rules.lists.policy(agent));
        let policy = policy_number(&mut self.policies, policy);
        let trust = verdict.entry.map_or(Trust::Unverifiable, Trust::unchecked);
        let signs = verdict.signs(&self.rules.sign);
        let visitor = VisitorInfo { kind: verdict.kind, trust, user_agent, policy, signs };
        self.by_user_agent.insert(hash, visitor);
        visitor
    }

    fn ping(
        &mut self,
        record: &Record<'_>,
        visitor: VisitorInfo,
        trust: PingTrust,
        asked: Asked,
    ) -> Ping {
        let Asked { method_counts, status, counts, page } = asked;
        let requests = &self.rules.requests;
        let (term, request) = match page {
            _ if !method_counts => (NO_TERM, requests.other_method()),
            None => (NO_TERM, requests.elsewhere(b"")),
            Some(page) => match page.term(counts) {
                NO_TERM => (NO_TERM, page.elsewhere),
                term => (term, requests.choose(page.candidates, record)),
            },
        };
        Ping {
            term,
            user_agent: visitor.user_agent,
            request,
            trust,
            status,
            time: record.time.as_second(),
            bytes: record.bytes.unwrap_or(0),
            hour: self.calendar.hour(record.time.as_second()),
            counts: counts && term != NO_TERM && visitor.signs,
            failure: if status.is_failure() { self.failure(record) } else { None },
        }
    }

    /// Returns the path that failed.
    fn failure(&mut self, record: &Record<'_>) -> Option<Failure> {
        let (path, code) = (record.path.unwrap_or(NO_PATH), record.status?);
        let (hash, page) = self.by_path.get(path);
        if let Some(path) = page.and_then(|page| page.failed_path) {
            return Some(Failure { path: path.get(), code });
        }
        let number = self.failed_path(record, path);
        if let Some(page) = page {
            self.by_path.insert(hash, PageInfo { failed_path: NonZeroU32::new(number), ..page });
        }
        Some(Failure { path: number, code })
    }

    #[cold]
    fn failed_path(&mut self, record: &Record<'_>, path: &[u8]) -> u32 {
        let text = readable(record.decoded_path(path).into());
        let text = &text[..text.floor_char_boundary(PATH_BYTES_MAX)];
        Arc::make_mut(&mut self.texts).paths.number(text)
    }

    /// Returns whether the claim is genuine, or the query that decides it.
    fn trust(&mut self, record: &Record<'_>, day: Day, visitor: VisitorInfo) -> PingTrust {
        let unchecked = PingTrust::Known(visitor.trust);
        let Some(policy) = self.policies[usize::from(visitor.policy)] else { return unchecked };
        let lists = &self.rules.lists;
        // An address that the visitor can write itself proves nothing.
        let peer = record.ip.filter(|_| !record.is_ip_claimed);
        let peer = peer.and_then(|ip| std::str::from_utf8(ip).ok()?.parse::<IpAddr>().ok());
        let Some(ip) = lists.proxies.visitor(peer, || record.forwarded_ips()) else {
            return unchecked;
        };
        let Some(found) = lists.look_up(policy, ip, day) else { return unchecked };
        let query = || lists.query(policy, ip);
        let number = match found.ask_dns {
            true => self.pending.number(ip, visitor.policy, found.trust, query),
            false => None,
        };
        number.map_or(PingTrust::Known(found.trust), PingTrust::Pending)
    }

    fn view(&self, record: &Record<'_>, asked: Asked) -> Option<View> {
        let term = asked.page.filter(|_| asked.counts)?.term(true);
        (term != NO_TERM).then(|| View { term, came_from: self.rules.referrers.came_from(record) })
    }

    fn method_counts(&self, record: &Record<'_>) -> bool {
        match record.method {
            Some(b"GET") => self.get_counts,
            _ => self.rules.counting.method_counts(record),
        }
    }

    fn page(&mut self, record: &Record<'_>, counts: bool) -> Option<PageInfo> {
        let path = record.path?;
        let page = match self.by_path.get(path) {
            (_, Some(page)) if !(counts && page.state == TermState::New) => page,
            (hash, _) => self.new_page(record, path, None, hash, counts),
        };
        Some(if page.asks_query { self.page_of_query(record, path, page, counts) } else { page })
    }

    /// Returns the page of a request whose query may tell the term. `page` is that without a query.
    #[cold]
    fn page_of_query(
        &mut self,
        record: &Record<'_>,
        path: &[u8],
        page: PageInfo,
        counts: bool,
    ) -> PageInfo {
        let Some(query) = record.plain_query() else { return page };
        match self.by_path.get(&[path, b"?", &*query].concat()) {
            (_, Some(page)) if !(counts && page.state == TermState::New) => page,
            (hash, _) => self.new_page(record, path, Some(&query), hash, counts),
        }
    }

    /// Decides a path that is new, or whose term is new and has its first answer that counts.
    #[cold]
    fn new_page(
        &mut self,
        record: &Record<'_>,
        path: &[u8],
        query: Option<&[u8]>,
        hash: u64,
        counts: bool,
    ) -> PageInfo {
        let Rules { terms, requests, .. } = self.rules;
        let path = record.decoded_path(path);
        let text = String::from_utf8_lossy(&path);
        let (name, asks_query) = (terms.find(&text, query), terms.asks_query(&text));
        let (state, term) = match &name {
            None => (TermState::None, NO_TERM),
            Some(name) if terms.is_known(name) => (TermState::Known, self.number_of_term(name)),
            Some(_) if !counts => (TermState::New, NO_TERM),
            Some(name) => (TermState::Seen, self.number_of_term(name)),
        };
        let (candidates, elsewhere) = (requests.candidates(&path), requests.elsewhere(&path));
        let failed_path = None;
        let page = PageInfo { term, state, elsewhere, candidates, asks_query, failed_path };
        self.by_path.insert(hash, page);
        page
    }

    fn number_of_term(&mut self, name: &str) -> u32 {
        Arc::make_mut(&mut self.texts).terms.number(name)
    }
}

/// Returns the number of a policy. There are no more policies than agents; if there ever were, the rest is not checked.
fn policy_number(policies: &mut Vec<Option<VerifyPolicy>>, policy: Option<VerifyPolicy>) -> u16 {
    let at = policies.iter().position(|known| *known == policy).unwrap_or_else(|| {
        policies.push(policy);
        policies.len() - 1
    });
    u16::try_from(at).unwrap_or(0)
}

/// Returns the number of `text`, or that of `beyond_limit` if the table is full.
fn number_within(texts: &mut Interner, text: &str, beyond_limit: &str, bytes_max: usize) -> u32 {
    match texts.find(text) {
        Some(number) => number,
        None if texts.bytes() + text.len() <= bytes_max => texts.number(text),
        None => texts.number(beyond_limit),
    }
}

/// Returns a user agent as text: invalid bytes are replaced, control characters become spaces.
fn readable(sent: Cow<'_, [u8]>) -> Cow<'_, str> {
    let text = match sent {
        Cow::Borrowed(text) => {
            str::from_utf8(text).map_or_else(|_| String::from_utf8_lossy(text), Cow::Borrowed)
        }
        Cow::Owned(text) => Cow::Owned(String::from_utf8_lossy(&text).into_owned()),
    };
    if text.chars().any(char::is_control) {
        text.replace(char::is_control, " ").into()
    } else {
        text
    }
}
