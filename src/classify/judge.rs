//! Judges records one by one, deciding each distinct user agent and path once.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::day::{Calendar, Day};
use crate::format::{Record, percent_decode};
use crate::names::Names;

use super::cache::{Cache, Hash};
use super::lists::{Claim, Lists};
use super::namer::{BY_NAME, JUDGED_BYTES, Kind, Namer, Source};
use super::page::{Form, Forms, Page, TermState};
use super::question::{Question, Questions};
use super::referrer::Referrers;
use super::request::RequestRules;
use super::term::TermRules;
use super::visit::{NO_TERM, NO_USER_AGENT, OTHER, Ping, StatusClass, Trust, View, Visit, Who};

/// What a judge may use for texts that visitors choose: for each of its two caches, and for the terms and
/// the user agents that it keeps, a quarter. Past that, new names share one row; 8 MiB are 100,000 terms
/// or 30,000 user agents, far more than honest visitors bring in one run.
const MEMORY_BYTES_MAX: usize = 32 << 20;

/// Everything by which requests are judged; the same for all judges of a run.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Names user agents.
    pub namer: Namer,
    /// Finds terms.
    pub terms: TermRules,
    /// Tells request types.
    pub requests: RequestRules,
    /// Tells where people came from.
    pub referrers: Referrers,
    /// Tells which requests count.
    pub counting: Counting,
    /// The addresses that operators have published.
    pub lists: Lists,
}

/// Which requests are pings and views.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    /// The methods that count, in upper case.
    pub methods: Vec<String>,
    /// The answers that count.
    pub statuses: Vec<StatusClass>,
}

impl Default for Counting {
    fn default() -> Counting {
        Counting {
            methods: vec!["GET".into(), "HEAD".into()],
            statuses: vec![StatusClass::Ok, StatusClass::NotModified],
        }
    }
}

/// Judges records, and keeps the texts that its judgements name by number.
pub struct Judge<'r> {
    rules: &'r Rules,
    calendar: Calendar,
    by_user_agent: Cache<Visitor>,
    by_path: Cache<Page>,
    forms: Forms,
    /// Where people come from, by the hosts that sent them.
    by_host: Cache<u8>,
    terms: Names,
    user_agents: Names,
    name_bytes_max: usize,
    /// By what addresses are judged; 0 is by nothing.
    claims: Vec<Option<Claim>>,
    questions: Questions,
    /// Whether GET counts, which nearly all requests are.
    get_counts: bool,
    /// Whether an answer counts, by its class.
    status_counts: [bool; StatusClass::ALL.len()],
}

/// What a user agent was found to be.
#[derive(Clone, Copy, Debug)]
struct Visitor {
    kind: Kind,
    /// Where no list tells.
    trust: Trust,
    user_agent: u32,
    /// The number of what its addresses are judged by.
    claim: u16,
}

/// What is known of a record before its turn comes.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    user_agent: Hash,
    path: Hash,
}

/// What was asked for, whoever asked.
#[derive(Clone, Copy)]
struct Asked {
    method_counts: bool,
    status: StatusClass,
    /// Whether method and answer count.
    counts: bool,
    /// Only looked up where the method counts; `None` also where no path was asked for.
    page: Option<Page>,
}

impl<'r> Judge<'r> {
    /// A judge by the given rules, for a site whose days are those of `calendar`.
    pub fn new(rules: &'r Rules, calendar: Calendar) -> Judge<'r> {
        let (mut terms, mut user_agents) = (Names::default(), Names::default());
        let counting = &rules.counting;
        terms.number(""); // NO_TERM
        user_agents.number(""); // NO_USER_AGENT
        Judge {
            rules,
            calendar,
            by_user_agent: Cache::new(MEMORY_BYTES_MAX / 4),
            by_path: Cache::new(MEMORY_BYTES_MAX / 4),
            forms: Forms::default(),
            by_host: Cache::new(MEMORY_BYTES_MAX / 64),
            terms,
            user_agents,
            name_bytes_max: MEMORY_BYTES_MAX / 4,
            claims: vec![None],
            questions: Questions::default(),
            get_counts: counting.methods.iter().any(|method| method == "GET"),
            status_counts: StatusClass::ALL.map(|status| counting.statuses.contains(&status)),
        }
    }

    /// The same judge with another bound on its memory, in bytes.
    #[must_use]
    pub fn with_memory(mut self, bytes_max: usize) -> Judge<'r> {
        self.by_user_agent = Cache::new(bytes_max / 4);
        self.by_path = Cache::new(bytes_max / 4);
        self.by_host = Cache::new(bytes_max / 64);
        self.name_bytes_max = bytes_max / 4;
        self
    }

    /// The terms that visits name by number.
    pub fn terms(&self) -> &Names {
        &self.terms
    }

    /// The user agents that visits name by number.
    pub fn user_agents(&self) -> &Names {
        &self.user_agents
    }

    /// What visits ask of the DNS, by number.
    pub fn questions(&self) -> &[Question] {
        self.questions.all()
    }

    /// Hands out what visits have asked; those to come begin with number 0 again.
    pub fn take_questions(&mut self) -> Vec<Question> {
        self.questions.take()
    }

    /// Looks at a record that is judged soon: what is known of it is brought from memory meanwhile.
    #[inline(always)]
    pub fn look_ahead(&self, record: &Record<'_>) -> Ahead {
        // Of real logs' user agents, 95 % and more have these lengths.
        Ahead {
            user_agent: self.by_user_agent.ahead::<16, 144>(record.user_agent.unwrap_or_default()),
            path: self.by_path.ahead::<8, 64>(record.path.unwrap_or_default()),
        }
    }

    /// Judges one record, which was looked at before. `hosts` are the virtual hosts to keep; where it is empty, all are.
    #[inline(always)]
    pub fn judge(&mut self, record: &Record<'_>, ahead: Ahead, hosts: &[String]) -> Visit {
        let day = self.calendar.day(record.time.as_second());
        if !is_kept(record.host, hosts) {
            return Visit { day, who: Who::Elsewhere };
        }
        let status = StatusClass::of(record.status);
        let method_counts = self.method_counts(record);
        let counts = method_counts & self.status_counts[status as usize];
        // Both are looked up before anything depends on one: each may lie far off in memory.
        let page = if method_counts { self.page(record, ahead, counts) } else { None };
        let visitor = self.visitor(record, ahead);
        let asked = Asked { method_counts, status, counts, page };
        let who = match visitor.kind {
            Kind::Agent => {
                let (trust, question) = self.trust(record, day, visitor);
                Who::Agent(Ping { trust, question, ..self.ping(record, visitor, asked) })
            }
            Kind::Empty => Who::Silent(self.ping(record, visitor, asked)),
            Kind::Person => Who::Person(self.view(record, asked)),
        };
        Visit { day, who }
    }

    #[inline(always)]
    fn visitor(&mut self, record: &Record<'_>, ahead: Ahead) -> Visitor {
        match self.by_user_agent.get(ahead.user_agent) {
            Some(visitor) => visitor,
            None => self.new_visitor(record, ahead),
        }
    }

    #[cold]
    fn new_visitor(&mut self, record: &Record<'_>, ahead: Ahead) -> Visitor {
        let Judge { rules, user_agents, name_bytes_max, claims, .. } = self;
        let text = readable(record.header(record.user_agent.unwrap_or_default()));
        let verdict = rules.namer.name(&text);
        let user_agent = match verdict.kind {
            Kind::Agent => {
                // Past the limit, an agent of the catalogue is kept under its name alone, which
                // is still named alike; what nobody knows shares one row.
                let listed = matches!(verdict.source, Source::Catalogue | Source::Config);
                let short = match verdict.agent.filter(|_| listed) {
                    Some(agent) => format!("{BY_NAME}{agent}"),
                    None => OTHER.to_owned(),
                };
                let kept = &text[..text.floor_char_boundary(JUDGED_BYTES)];
                numbered(user_agents, kept, &short, *name_bytes_max)
            }
            Kind::Person | Kind::Empty => NO_USER_AGENT,
        };
        let claim = verdict.entry.and_then(|agent| rules.lists.claim(agent));
        let claim = claim_number(claims, claim);
        let visitor = Visitor { kind: verdict.kind, trust: verdict.trust, user_agent, claim };
        self.by_user_agent.put(ahead.user_agent, visitor);
        visitor
    }

    #[inline(always)]
    fn ping(&self, record: &Record<'_>, visitor: Visitor, asked: Asked) -> Ping {
        let Asked { method_counts, status, counts, page } = asked;
        let requests = &self.rules.requests;
        let (term, request) = match page {
            _ if !method_counts => (NO_TERM, requests.other_method()),
            None => (NO_TERM, requests.elsewhere(b"")),
            Some(page) => {
                let form = self.forms.of(page);
                match page.term(counts) {
                    NO_TERM => (NO_TERM, form.elsewhere),
                    term => (term, requests.choose(form.candidates, record.query, record.accept)),
                }
            }
        };
        Ping {
            term,
            user_agent: visitor.user_agent,
            request,
            trust: visitor.trust,
            question: None,
            status,
            time: record.time.as_second(),
            bytes: record.bytes.unwrap_or(0),
            counts: counts && term != NO_TERM && visitor.kind == Kind::Agent,
        }
    }

    /// Whether the address may speak for the agent, and the number of what may tell better.
    fn trust(&mut self, record: &Record<'_>, day: Day, visitor: Visitor) -> (Trust, Option<u32>) {
        let unknown = (visitor.trust, None);
        let Some(claim) = self.claims[usize::from(visitor.claim)] else { return unknown };
        // What a visitor can write itself proves nothing.
        let peer = record.ip.filter(|_| !record.is_ip_claimed);
        let peer = peer.and_then(|ip| std::str::from_utf8(ip).ok()?.parse::<IpAddr>().ok());
        let ip = self.rules.lists.proxies.visitor(peer, || record.forwarded_ips());
        let Some(ip) = ip else { return unknown };
        let Some(finding) = self.rules.lists.find(claim, ip, day) else { return unknown };
        let ask = || self.rules.lists.question(claim, ip);
        let question = finding.is_open.then(|| self.questions.number(ip, visitor.claim, ask));
        (finding.trust, question.flatten())
    }

    #[inline(always)]
    fn view(&mut self, record: &Record<'_>, asked: Asked) -> Option<View> {
        let term = asked.page.filter(|_| asked.counts)?.term(true);
        (term != NO_TERM).then(|| {
            let Record { referrer, query, host, .. } = *record;
            let by_host = &mut self.by_host;
            View { term, came_from: self.rules.referrers.came_from(referrer, query, host, by_host) }
        })
    }

    /// Whether the method counts. Some logs have none: then what was asked for is taken as read.
    fn method_counts(&self, record: &Record<'_>) -> bool {
        let methods = &self.rules.counting.methods;
        match record.method {
            None => record.path.is_some(),
            Some(b"GET") => self.get_counts,
            Some(method) => methods.iter().any(|name| name.as_bytes() == method),
        }
    }

    /// What was asked for. A term that is new is taken in only by an answer that counts.
    #[inline(always)]
    fn page(&mut self, record: &Record<'_>, ahead: Ahead, counts: bool) -> Option<Page> {
        let path = record.path?;
        Some(match self.by_path.get(ahead.path) {
            Some(page) if !(counts && page.state == TermState::New) => page,
            known => self.new_page(record, path, ahead, known, counts),
        })
    }

    #[cold]
    fn new_page(
        &mut self,
        record: &Record<'_>,
        path: &[u8],
        ahead: Ahead,
        known: Option<Page>,
        counts: bool,
    ) -> Page {
        let Judge { rules, by_path, forms, terms, name_bytes_max, .. } = self;
        let sent = percent_decode(&record.plain(path)).into_owned();
        let name = rules.terms.find(&String::from_utf8_lossy(&sent));
        let mut page = known.unwrap_or_else(|| {
            let (state, term) = match &name {
                Some(name) if rules.terms.is_known(name) => (TermState::Known, terms.number(name)),
                Some(_) => (TermState::New, NO_TERM),
                None => (TermState::None, NO_TERM),
            };
            let requests = &rules.requests;
            let (candidates, elsewhere) = (requests.candidates(&sent), requests.elsewhere(&sent));
            let form = forms.number(Form { candidates, elsewhere }).unwrap_or_else(|form| {
                by_path.clear(); // With the forms that they name.
                forms.start_with(form)
            });
            Page { term, state, form }
        });
        if counts
            && page.state == TermState::New
            && let Some(name) = name
        {
            page.term = numbered(terms, &name, OTHER, *name_bytes_max);
            page.state = TermState::Seen;
        }
        by_path.put(ahead.path, page);
        page
    }
}

/// The number of a claim; there are no more than agents. Of more than there ever were, the rest is judged by nothing.
fn claim_number(claims: &mut Vec<Option<Claim>>, claim: Option<Claim>) -> u16 {
    let at = claims.iter().position(|known| *known == claim).unwrap_or_else(|| {
        claims.push(claim);
        claims.len() - 1
    });
    u16::try_from(at).unwrap_or(0)
}

/// The number of `text`, or that of `past_limit` where the table is full.
fn numbered(names: &mut Names, text: &str, past_limit: &str, bytes_max: usize) -> u32 {
    match names.find(text) {
        Some(number) => number,
        None if names.bytes() + text.len() <= bytes_max => names.number(text),
        None => names.number(past_limit),
    }
}

fn is_kept(host: Option<&[u8]>, hosts: &[String]) -> bool {
    hosts.is_empty()
        || host
            .is_some_and(|host| hosts.iter().any(|kept| kept.as_bytes().eq_ignore_ascii_case(host)))
}

/// The user agent as it was sent: escapes undone, other bytes replaced, control characters gone.
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
