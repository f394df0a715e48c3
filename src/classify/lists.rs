//! The networks that operators have published, with the days from which they were in force.

use std::net::IpAddr;

use crate::day::Day;
use crate::names::Map;

use super::agent::Agent;
use super::networks::Networks;
use super::visit::Trust;

/// A list as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListVersion {
    /// The day on which it was first seen.
    pub from: Day,
    /// The networks.
    pub networks: Networks,
}

/// What the addresses of an agent are judged by: its list, and what an address outside says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    list: u32,
    outside: Trust,
}

/// Every version of every list, by its URL. Without any, nobody is verified and nobody an impostor.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    numbers: Map<String, u32>,
    /// By number; the versions of each in the order of their days.
    versions: Vec<Vec<ListVersion>>,
    /// The site's own proxies: what comes from there is somebody else's.
    proxies: Networks,
}

impl Lists {
    /// No lists yet, for a site whose own proxies have the given addresses.
    pub fn behind(proxies: Networks) -> Lists {
        Lists { proxies, ..Lists::default() }
    }

    /// Whether an address is no visitor's own: a proxy's, or one that no visitor can come from.
    pub fn is_passed_on(&self, ip: IpAddr) -> bool {
        let is_inner = match ip.to_canonical() {
            IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
            IpAddr::V6(ip) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
        };
        is_inner || self.proxies.contains(ip)
    }

    /// Adds a version of the list at a URL.
    pub fn add(&mut self, url: &str, version: ListVersion) {
        let next =
            u32::try_from(self.versions.len()).expect("a list each for a few hundred agents");
        let number = *self.numbers.entry(url.to_owned()).or_insert(next);
        if number == next {
            self.versions.push(Vec::new());
        }
        let versions = &mut self.versions[number as usize];
        let at = versions.partition_point(|other| other.from <= version.from);
        versions.insert(at, version);
    }

    /// What an agent's addresses are judged by, where its list was ever fetched.
    pub(super) fn claim(&self, agent: &Agent) -> Option<Claim> {
        let list = *self.numbers.get(agent.entry.ip_list.as_deref()?)?;
        Some(Claim { list, outside: agent.outside() })
    }

    /// Whether an address may speak for an agent on a day, and since when the list is in force that says so: the
    /// one of that day, or for days before the first that. `None` where it is no visitor's own address.
    pub(super) fn verdict(&self, claim: Claim, ip: IpAddr, day: Day) -> Option<(Trust, Day)> {
        if self.is_passed_on(ip) {
            return None;
        }
        let versions = &self.versions[claim.list as usize];
        let after = versions.partition_point(|version| version.from <= day);
        let version = &versions[after.saturating_sub(1)];
        let trust = if version.networks.contains(ip) { Trust::Verified } else { claim.outside };
        Some((trust, version.from))
    }

    /// Whether an address that claims to be an agent's may speak for it, and by the list of which day that
    /// is said.
    pub fn judge(&self, agent: &Agent, ip: IpAddr, day: Day) -> (Trust, Option<Day>) {
        match self.claim(agent).and_then(|claim| self.verdict(claim, ip, day)) {
            Some((trust, from)) => (trust, Some(from)),
            None => (agent.unchecked_trust(), None),
        }
    }
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
            lists.judge(agent, ip.parse().unwrap(), Day::parse(day).unwrap()).0
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
