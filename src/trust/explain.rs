//! Explains the trust in an agent's claim in words.

use std::net::IpAddr;

use crate::agents::{Agent, AgentEntry, UnlistedIp};
use crate::day::Day;

use super::fcrdns::Fcrdns;
use super::level::Trust;
use super::lists::Lists;
use super::resolver::Resolver;

/// A trust level with its reason in words.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Explanation {
    pub trust: Trust,
    pub why: String,
}

/// Checks whether `ip` belonged to `agent` on a day, and explains the result. Reverse DNS is used if there is a
/// resolver.
pub fn explain(
    lists: &Lists,
    resolver: Option<&Resolver>,
    agent: Option<&Agent>,
    ip: IpAddr,
    day: Day,
) -> Explanation {
    let Some(agent) = agent else {
        let why = "it is no agent of the catalogue".into();
        return Explanation { trust: Trust::Unverifiable, why };
    };
    let policy = lists.policy(agent);
    let found = policy.and_then(|policy| Some((policy, lists.look_up(policy, ip, day)?)));
    let trust = found.map_or_else(|| Trust::unchecked(agent), |(_, found)| found.trust);
    let by_list = by_list(agent, ip, trust, found.and_then(|(_, found)| found.from), lists);
    let query = found.filter(|(_, found)| found.ask_dns);
    let query = query.and_then(|(policy, _)| lists.query(policy, ip));
    let (trust, by_dns) = match query.zip(resolver) {
        Some((query, resolver)) => {
            let answer = resolver.answer(&query);
            (query.trust(answer, trust), Some(by_dns(agent, ip, answer)))
        }
        None if by_list.is_none() && lists.proxies.is_internal(ip) => {
            (trust, Some(format!("{ip} is a private address or a proxy's")))
        }
        None => (trust, dns_not_queried(agent, trust)),
    };
    let why: Vec<String> = by_list.into_iter().chain(by_dns).collect();
    let why = match why.is_empty() {
        true => "its operator publishes no addresses".into(),
        false => why.join("; "),
    };
    Explanation { trust, why }
}

fn by_list(
    agent: &Agent,
    ip: IpAddr,
    trust: Trust,
    from: Option<Day>,
    lists: &Lists,
) -> Option<String> {
    let AgentEntry { ip_list, unlisted_ip, .. } = &agent.entry;
    let url = ip_list.as_deref()?;
    Some(match from {
        Some(day) if trust == Trust::Verified => format!("{ip} is in {url} of {day}"),
        Some(day) if *unlisted_ip == UnlistedIp::Unknown => {
            format!("{ip} is not in {url} of {day}, but the agent also runs at other addresses")
        }
        Some(day) => format!("{ip} is not in {url} of {day}"),
        None if lists.proxies.is_internal(ip) => {
            format!("{ip} is a private address or a proxy's, so {url} does not apply")
        }
        None => format!("{url} has not been fetched: run `guestbook agents refresh`"),
    })
}

fn by_dns(agent: &Agent, ip: IpAddr, answer: Fcrdns) -> String {
    let domains = agent.entry.reverse_dns.join(", ");
    match answer {
        Fcrdns::Confirmed => format!("{ip} has a name below {domains}, which has this address"),
        Fcrdns::Refuted => format!("{ip} has no name below {domains} that has this address"),
        Fcrdns::NoAnswer => format!("the DNS gave no answer for {ip}"),
    }
}

fn dns_not_queried(agent: &Agent, trust: Trust) -> Option<String> {
    let domains = agent.entry.reverse_dns.join(", ");
    let may_confirm = trust != Trust::Verified && !domains.is_empty();
    may_confirm
        .then(|| format!("its addresses have names below {domains}, but the DNS was not asked"))
}
