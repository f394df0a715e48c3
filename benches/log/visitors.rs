//! Generates the visitors of a site: agents of the catalogue, people with browsers, and attackers.

use guestbook::agents::CatalogueFile;

use super::chance::{Chance, Zipf};

/// The number of distinct user agents. A third of them are those of agents.
const USER_AGENTS: usize = 12_000;

const ADDRESSES: usize = 200_000;

const ATTACKERS: [&str; 5] = [
    "Mozilla/5.0",
    "python-requests/2.31.0",
    "Mozilla/5.0 zgrab/0.x",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/81.0.4044.129 Safari/537.36",
    "-",
];

/// Requests in ten that come from the visitor of the previous request, and from any of the current visitors. In three
/// logs of real sites, the former were 5.7 to 7.1, and requests from one of the last 64 addresses 0.8 to 2.6.
const FROM_LAST_IN_TEN: u64 = 6;
const FROM_CURRENT_IN_TEN: u64 = 2;

/// The number of visitors at any time.
const CURRENT_VISITORS: usize = 24;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Agent,
    Person,
    Attacker,
}

/// A visitor, who makes several requests.
#[derive(Clone)]
pub(crate) struct Visitor {
    pub(crate) kind: Kind,
    pub(crate) ip: String,
    pub(crate) user_agent: String,
    /// The page that the visitor requested last.
    pub(crate) page: Option<String>,
}

pub(crate) struct Visitors {
    agents: Vec<String>,
    people: Vec<String>,
    agent: Zipf,
    person: Zipf,
    address: Zipf,
    current: Vec<Visitor>,
    /// The index in `current` of the visitor of the previous request.
    last: usize,
    /// True if each visitor makes only one request.
    once_each: bool,
}

impl Visitors {
    pub(crate) fn new(chance: &mut Chance) -> Visitors {
        let third = USER_AGENTS / 3;
        let (agents, people) = (agents(third), people(USER_AGENTS - third, chance));
        let (agent, person) = (Zipf::new(agents.len()), Zipf::new(people.len()));
        let (address, current) = (Zipf::new(ADDRESSES), Vec::new());
        Visitors { agents, people, agent, person, address, current, last: 0, once_each: false }
    }

    /// Makes each visitor request only once.
    pub(crate) fn once_each(self) -> Visitors {
        Visitors { once_each: true, ..self }
    }

    /// Returns the visitor of the next request.
    pub(crate) fn next(&mut self, chance: &mut Chance) -> &Visitor {
        let drawn = if self.once_each { u64::MAX } else { chance.below(10) };
        if drawn >= FROM_LAST_IN_TEN {
            self.last = chance.below(CURRENT_VISITORS as u64) as usize;
        }
        if self.current.len() < CURRENT_VISITORS {
            self.last = self.current.len();
            self.current.push(self.new_visitor(chance));
        } else if drawn >= FROM_LAST_IN_TEN + FROM_CURRENT_IN_TEN {
            self.current[self.last] = self.new_visitor(chance);
        }
        self.last()
    }

    /// Returns the visitor of the previous request.
    pub(crate) fn last(&mut self) -> &mut Visitor {
        &mut self.current[self.last]
    }

    /// Returns a new visitor. One in twelve is an attacker, and a third of the others are agents.
    fn new_visitor(&self, chance: &mut Chance) -> Visitor {
        let kind = match (chance.below(12), chance.below(3)) {
            (0, _) => Kind::Attacker,
            (_, 0) => Kind::Agent,
            _ => Kind::Person,
        };
        let user_agent = match kind {
            Kind::Attacker => ATTACKERS[chance.below(ATTACKERS.len() as u64) as usize],
            kind => self.user_agent(kind, chance),
        };
        Visitor { kind, ip: self.address(chance), user_agent: user_agent.to_owned(), page: None }
    }

    /// Returns a random user agent of an agent or a person.
    pub(crate) fn user_agent(&self, kind: Kind, chance: &mut Chance) -> &str {
        let (list, zipf) = match kind {
            Kind::Agent => (&self.agents, &self.agent),
            _ => (&self.people, &self.person),
        };
        &list[zipf.draw(chance)]
    }

    /// Returns a random address. A fifth are IPv6.
    fn address(&self, chance: &mut Chance) -> String {
        // Multiplied by a large odd number, so that the most frequent addresses are not adjacent.
        let number = (self.address.draw(chance) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let [a, b, c, d] = (number as u32).to_be_bytes();
        if number.is_multiple_of(5) {
            format!("2001:db8:{b:x}{c:02x}:{d:x}::{a:x}1")
        } else {
            format!("{}.{b}.{c}.{d}", 11 + number % 200)
        }
    }
}

/// Returns the samples of the catalogue, and further versions of each.
fn agents(count: usize) -> Vec<String> {
    let catalogue = include_str!("../../src/agents/agents.toml");
    let catalogue = CatalogueFile::parse(catalogue).expect("the catalogue is tested");
    let samples: Vec<&String> = catalogue.agent.iter().flat_map(|entry| &entry.samples).collect();
    let version = |at: usize| match at / samples.len() {
        0 => samples[at].clone(),
        version => format!("{} rv:{version}", samples[at % samples.len()]),
    };
    (0..count).map(version).collect()
}

/// Returns user agents of browsers on several systems and in many versions.
fn people(count: usize, chance: &mut Chance) -> Vec<String> {
    let browser = |at: usize| {
        let (major, build, model) = (131 - at % 40, 4_000 + at, chance.below(900));
        match at % 5 {
            0 => format!(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/{major}.0.{build}.{model} Safari/537.36"
            ),
            1 => format!(
                "Mozilla/5.0 (Linux; Android 14; SM-S{model}B Build/{build}) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/{major}.0.0.0 Mobile Safari/537.36"
            ),
            2 => format!(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.{} Mobile/{build}E{model} Safari/604.1",
                at % 7,
                at % 7
            ),
            3 => format!(
                "Mozilla/5.0 (X11; Linux x86_64; rv:{major}.0) Gecko/20100101 Firefox/{major}.{build}"
            ),
            _ => format!(
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/{major}.0.0.0 Safari/537.36 Edg/{major}.0.{build}.{model}"
            ),
        }
    };
    (0..count).map(browser).collect()
}
