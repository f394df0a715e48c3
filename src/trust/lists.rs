//! The networks that operators have published, and how an agent's claim is checked against them.

use std::net::IpAddr;
use std::sync::Arc;

use crate::agents::{Agent, Catalogue, UnlistedIp};
use crate::day::Day;
use crate::interner::Map;

use super::fcrdns::FcrdnsQuery;
use super::level::Trust;
use super::networks::Networks;
use super::proxies::Proxies;

/// A published list, with the days on which it was in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedList {
    pub url: String,
    /// The day on which the list was first fetched with this content.
    pub first_day: Day,
    /// The day on which the list was last fetched with this content.
    pub last_day: Day,
    /// The server's entity tag (RFC 9110, 8.8.3).
    pub etag: Option<String>,
    /// The server's Last-Modified header, as it was sent.
    pub last_modified: Option<String>,
    /// The networks, one per line.
    pub networks: String,
}

#[derive(Clone, Debug)]
struct ListVersion {
    from: Day,
    networks: Networks,
}

/// The checks for an agent's claim: its list, its domains, and the trust in an address that is in neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyPolicy {
    list: Option<u32>,
    domains: Option<u32>,
    unlisted: Trust,
}

/// The result of looking an address up in an agent's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpMatch {
    /// The trust by the lists alone.
    pub trust: Trust,
    /// The day from which the list that was used is in force.
    pub from: Option<Day>,
    /// True if reverse DNS may still confirm or refute the claim.
    pub ask_dns: bool,
}

/// Every version of every list, by URL. Without lists, no request is verified or an impostor's.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    numbers: Map<String, u32>,
    /// The versions of each list, by number, in the order of their days.
    versions: Vec<Vec<ListVersion>>,
    /// The site's own proxies, whose addresses prove nothing.
    pub proxies: Proxies,
    /// The operators' domains for reverse DNS.
    domains: Vec<Arc<[String]>>,
    domain_numbers: Map<Vec<String>, u32>,
}

impl Lists {
    /// Returns an empty set of lists for a site behind `proxies`.
    pub fn behind(proxies: Proxies) -> Lists {
        Lists { proxies, ..Lists::default() }
    }

    /// Adds published lists.
    pub fn add(&mut self, lists: impl IntoIterator<Item = PublishedList>) {
        for PublishedList { url, first_day, networks, .. } in lists {
            // Only another program can have stored what can't be read.
            if let Ok(networks) = Networks::parse(&networks) {
                self.add_version(url, ListVersion { from: first_day, networks });
            }
        }
    }

    fn add_version(&mut self, url: String, version: ListVersion) {
        let next = next_number(&self.versions);
        let number = *self.numbers.entry(url).or_insert(next);
        if number == next {
            self.versions.push(Vec::new());
        }
        let versions = &mut self.versions[number as usize];
        let at = versions.partition_point(|other| other.from <= version.from);
        versions.insert(at, version);
    }

    /// Enables reverse DNS for agents whose operators document the names of their machines.
    pub fn enable_reverse_dns(&mut self, catalogue: &Catalogue) {
        for agent in catalogue.agents() {
            let domains = &agent.entry.reverse_dns;
            if !domains.is_empty() && !self.domain_numbers.contains_key(domains) {
                self.domain_numbers.insert(domains.clone(), next_number(&self.domains));
                self.domains.push(domains.as_slice().into());
            }
        }
    }

    /// Returns how an agent's claim is checked. `None` if its list was never fetched and reverse DNS is not enabled.
    pub fn policy(&self, agent: &Agent) -> Option<VerifyPolicy> {
        let list = agent.entry.ip_list.as_deref().and_then(|url| self.numbers.get(url)).copied();
        let domains = self.domain_numbers.get(&agent.entry.reverse_dns).copied();
        // An operator that documents both its addresses and their names documents each as complete.
        let unlisted = match agent.entry.unlisted_ip {
            UnlistedIp::Impostor => Trust::Impostor,
            UnlistedIp::Unknown => Trust::Unchecked,
        };
        (list.is_some() || domains.is_some()).then_some(VerifyPolicy { list, domains, unlisted })
    }

    /// Looks an address up in the list that was in force on `day`; for days before the first list, in that one. Returns
    /// `None` if the address is not the visitor's own.
    pub fn look_up(&self, policy: VerifyPolicy, ip: IpAddr, day: Day) -> Option<IpMatch> {
        if self.proxies.is_internal(ip) {
            return None;
        }
        let ask_dns = policy.domains.is_some();
        let Some(list) = policy.list else {
            return Some(IpMatch { trust: Trust::Unchecked, from: None, ask_dns });
        };
        let versions = &self.versions[list as usize];
        let after = versions.partition_point(|version| version.from <= day);
        let version = &versions[after.saturating_sub(1)];
        let is_listed = version.networks.contains(ip);
        let trust = if is_listed { Trust::Verified } else { policy.unlisted };
        Some(IpMatch { trust, from: Some(version.from), ask_dns: ask_dns && !is_listed })
    }

    /// Returns what to ask the DNS about an address.
    pub fn query(&self, policy: VerifyPolicy, ip: IpAddr) -> Option<FcrdnsQuery> {
        let domains = Arc::clone(&self.domains[policy.domains? as usize]);
        Some(FcrdnsQuery { ip: ip.to_canonical(), domains, unlisted: policy.unlisted })
    }
}

fn next_number<T>(before: &[T]) -> u32 {
    u32::try_from(before.len()).expect("one each for a few hundred agents")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agents::AgentEntry;

    #[test]
    fn a_claim_is_checked_against_the_list_of_its_day() {
        let entry: AgentEntry = toml::from_str(
            "name = \"Mine\"\ntokens = [\"MineBot\"]\nip_list = \"https://mine.example/ips\"",
        )
        .unwrap();
        let mine = Agent { entry: entry.clone(), own: true };
        let list = |day: &str, networks: &str| PublishedList {
            url: "https://mine.example/ips".into(),
            first_day: Day::parse(day).unwrap(),
            last_day: Day::parse(day).unwrap(),
            etag: None,
            last_modified: None,
            networks: networks.into(),
        };
        let mut lists = Lists::default();
        let trust = |lists: &Lists, agent: &Agent, ip: &str, day: &str| {
            let (ip, day) = (ip.parse().unwrap(), Day::parse(day).unwrap());
            lists.policy(agent).and_then(|policy| lists.look_up(policy, ip, day)).map(|m| m.trust)
        };
        assert_eq!(trust(&lists, &mine, "192.0.2.1", "2026-05-20"), None);
        lists.add([list("2026-06-01", "198.51.100.0/24"), list("2026-05-10", "192.0.2.0/24")]);
        for (ip, day, expected) in [
            ("192.0.2.1", "2026-01-01", Trust::Verified),
            ("198.51.100.1", "2026-05-31", Trust::Impostor),
            ("198.51.100.1", "2026-06-01", Trust::Verified),
            ("192.0.2.1", "2026-06-02", Trust::Impostor),
            ("2001:db8::1", "2026-06-02", Trust::Impostor),
        ] {
            assert_eq!(trust(&lists, &mine, ip, day), Some(expected), "{ip} on {day}");
        }
        let entry = AgentEntry { unlisted_ip: UnlistedIp::Unknown, ..entry };
        let elsewhere = Agent { entry, own: true };
        let found = trust(&lists, &elsewhere, "203.0.113.9", "2026-06-02");
        assert_eq!(found, Some(Trust::Unchecked));
    }
}
