//! Who visits a site: agents of the catalogue, browsers, and attackers.

use guestbook::classify::CatalogueFile;

use super::chance::{Chance, Zipf};

/// Distinct user agents, of which agents have a third.
const USER_AGENTS: usize = 12_000;

const ADDRESSES: usize = 200_000;

const ATTACKERS: [&str; 5] = [
    "Mozilla/5.0",
    "python-requests/2.31.0",
    "Mozilla/5.0 zgrab/0.x",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/81.0.4044.129 Safari/537.36",
    "-",
];

pub(crate) struct Visitors {
    agents: Vec<String>,
    people: Vec<String>,
    agent: Zipf,
    person: Zipf,
    address: Zipf,
}

impl Visitors {
    pub(crate) fn new(chance: &mut Chance) -> Visitors {
        let third = USER_AGENTS / 3;
        let (agents, people) = (agents(third), people(USER_AGENTS - third, chance));
        let (agent, person) = (Zipf::new(agents.len()), Zipf::new(people.len()));
        Visitors { agents, people, agent, person, address: Zipf::new(ADDRESSES) }
    }

    pub(crate) fn user_agent(&self, is_agent: bool, chance: &mut Chance) -> &str {
        let (list, zipf) =
            if is_agent { (&self.agents, &self.agent) } else { (&self.people, &self.person) };
        &list[zipf.draw(chance)]
    }

    pub(crate) fn attacker(&self, chance: &mut Chance) -> &str {
        ATTACKERS[chance.below(ATTACKERS.len() as u64) as usize]
    }

    /// A fifth have an address of IPv6.
    pub(crate) fn address(&self, chance: &mut Chance) -> String {
        // Spread over the numbers, so that neighbours are not the most frequent ones.
        let number = (self.address.draw(chance) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let [a, b, c, d] = (number as u32).to_be_bytes();
        if number.is_multiple_of(5) {
            format!("2001:db8:{b:x}{c:02x}:{d:x}::{a:x}1")
        } else {
            format!("{}.{b}.{c}.{d}", 11 + number % 200)
        }
    }
}

/// The catalogue's samples, and more versions of each.
fn agents(count: usize) -> Vec<String> {
    let catalogue = include_str!("../../src/classify/agents.toml");
    let catalogue = CatalogueFile::parse(catalogue).expect("the catalogue is tested");
    let samples: Vec<&String> = catalogue.agent.iter().flat_map(|entry| &entry.samples).collect();
    let version = |at: usize| match at / samples.len() {
        0 => samples[at].clone(),
        more => format!("{} rv:{more}", samples[at % samples.len()]),
    };
    (0..count).map(version).collect()
}

/// Browsers of many systems and versions.
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
