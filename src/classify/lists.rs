//! The networks that operators have published, with the days from which they were in force.

use std::net::IpAddr;
use std::sync::Arc;

use crate::day::Day;
use crate::names::Map;

use super::agent::{Agent, Catalogue};
use super::networks::Networks;
use super::proxies::Proxies;
use super::question::Question;
use super::visit::Trust;

/// A list as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListVersion {
    /// The day on which it was first seen.
    pub from: Day,
    /// The networks.
    pub networks: Networks,
}

/// What the addresses of an agent are judged by: its list, its domains, and what an address outside says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    list: Option<u32>,
    domains: Option<u32>,
    outside: Trust,
}

/// What is said of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Whether it may speak for the agent, as far as the lists tell.
    pub(super) trust: Trust,
    /// Since when the list is in force that says so.
    pub(super) from: Option<Day>,
    /// Whether the DNS may know better.
    pub(super) is_open: bool,
}

/// Every version of every list, by its URL. Without any, nobody is verified and nobody an impostor.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    numbers: Map<String, u32>,
    /// By number; the versions of each in the order of their days.
    versions: Vec<Vec<ListVersion>>,
    /// The site's own proxies: what comes from there is somebody else's.
    pub(super) proxies: Proxies,
    /// The domains of the operators, where the DNS is asked: by number, and their numbers.
    domains: Vec<Arc<[String]>>,
    domain_numbers: Map<Vec<String>, u32>,
}

impl Lists {
    /// No lists yet, for a site with proxies of its own.
    pub fn behind(proxies: Proxies) -> Lists {
        Lists { proxies, ..Lists::default() }
    }

    /// Whether an address is no visitor's own: a proxy's, or one that no visitor can come from.
    pub fn is_passed_on(&self, ip: IpAddr) -> bool {
        self.proxies.is_passed_on(ip)
    }

    /// Adds a version of the list at a URL.
    pub fn add(&mut self, url: &str, version: ListVersion) {
        let next = number_of(&self.versions);
        let number = *self.numbers.entry(url.to_owned()).or_insert(next);
        if number == next {
            self.versions.push(Vec::new());
        }
        let versions = &mut self.versions[number as usize];
        let at = versions.partition_point(|other| other.from <= version.from);
        versions.insert(at, version);
    }

    /// Has the DNS asked for the addresses of agents whose operators document the names of theirs.
    pub fn ask_names(&mut self, catalogue: &Catalogue) {
        for agent in catalogue.agents() {
            let domains = &agent.entry.reverse_dns;
            if !domains.is_empty() && !self.domain_numbers.contains_key(domains) {
                self.domain_numbers.insert(domains.clone(), number_of(&self.domains));
                self.domains.push(domains.as_slice().into());
            }
        }
    }

    /// What an agent's addresses are judged by, where its list was ever fetched or the DNS is asked.
    pub(super) fn claim(&self, agent: &Agent) -> Option<Claim> {
        let list = agent.entry.ip_list.as_deref().and_then(|url| self.numbers.get(url)).copied();
        let domains = self.domain_numbers.get(&agent.entry.reverse_dns).copied();
        let is_any = list.is_some() || domains.is_some();
        // A list that nobody has fetched may have what the DNS does not tell of.
        let is_complete = list.is_some() || agent.entry.ip_list.is_none();
        let outside = if is_complete { agent.outside() } else { Trust::Unchecked };
        is_any.then_some(Claim { list, domains, outside })
    }

    /// What is said of an address on a day: by the list of that day, or for days before the first by that. `None`
    /// where it is no visitor's own address.
    pub(super) fn find(&self, claim: Claim, ip: IpAddr, day: Day) -> Option<Finding> {
        if self.is_passed_on(ip) {
            return None;
        }
        let is_open = claim.domains.is_some();
        let Some(list) = claim.list else {
            return Some(Finding { trust: Trust::Unchecked, from: None, is_open });
        };
        let versions = &self.versions[list as usize];
        let after = versions.partition_point(|version| version.from <= day);
        let version = &versions[after.saturating_sub(1)];
        let is_in = version.networks.contains(ip);
        let trust = if is_in { Trust::Verified } else { claim.outside };
        Some(Finding { trust, from: Some(version.from), is_open: is_open && !is_in })
    }

    /// What to ask the DNS of an address that a claim leaves open.
    pub(super) fn question(&self, claim: Claim, ip: IpAddr) -> Option<Question> {
        let domains = Arc::clone(&self.domains[claim.domains? as usize]);
        Some(Question { ip: ip.to_canonical(), domains, outside: claim.outside })
    }

    /// Whether an address that claims to be an agent's may speak for it, as far as the lists tell.
    pub fn judge(&self, agent: &Agent, ip: IpAddr, day: Day) -> Judgement {
        let claim = self.claim(agent);
        match claim.and_then(|claim| Some((claim, self.find(claim, ip, day)?))) {
            Some((claim, Finding { trust, from, is_open })) => {
                let question = is_open.then(|| self.question(claim, ip)).flatten();
                Judgement { trust, list: from, question }
            }
            None => Judgement { trust: agent.unchecked_trust(), list: None, question: None },
        }
    }
}

/// Whether an address may speak for an agent, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What the lists say.
    pub trust: Trust,
    /// The day from which the list is in force that says so.
    pub list: Option<Day>,
    /// What the DNS may know better.
    pub question: Option<Question>,
}

/// The number of the next of a few hundred agents' texts.
fn number_of<T>(before: &[T]) -> u32 {
    u32::try_from(before.len()).expect("one each for a few hundred agents")
}

#[cfg(test)]
mod tests {
    use super::super::agent::AgentEntry;
    use super::*;

    #[test]
    fn a_ping_is_judged_by_the_list_of_its_day() {
        let entry: AgentEntry = toml::from_str(
            "name = \"Mine\"\ntokens = [\"MineBot\"]\nip_list = \"https://mine.example/ips\"",
        )
        .unwrap();
        let mine = Agent { entry: entry.clone(), own: true };
        let version = |day: &str, text: &str| ListVersion {
            from: Day::parse(day).unwrap(),
            networks: Networks::read(text).unwrap(),
        };
        let mut lists = Lists::default();
        let judge = |lists: &Lists, agent: &Agent, ip: &str, day: &str| {
            lists.judge(agent, ip.parse().unwrap(), Day::parse(day).unwrap()).trust
        };
        assert_eq!(judge(&lists, &mine, "192.0.2.1", "2026-05-20"), Trust::Unchecked);
        lists.add("https://mine.example/ips", version("2026-06-01", "198.51.100.0/24"));
        lists.add("https://mine.example/ips", version("2026-05-10", "192.0.2.0/24"));
        for (ip, day, trust) in [
            ("192.0.2.1", "2026-01-01", Trust::Verified),
            ("198.51.100.1", "2026-05-31", Trust::Impostor),
            ("198.51.100.1", "2026-06-01", Trust::Verified),
            ("192.0.2.1", "2026-06-02", Trust::Impostor),
            ("2001:db8::1", "2026-06-02", Trust::Impostor),
        ] {
            assert_eq!(judge(&lists, &mine, ip, day), trust, "{ip} on {day}");
        }
        let entry = AgentEntry { outside: super::super::agent::Outside::Unknown, ..entry };
        let elsewhere = Agent { entry, own: true };
        assert_eq!(judge(&lists, &elsewhere, "203.0.113.9", "2026-06-02"), Trust::Unchecked);
    }
}
