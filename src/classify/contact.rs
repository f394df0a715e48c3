//! Finds the agents that leave an address in their user agent, and no name.

use crate::names::Map;

use super::agent::Catalogue;

/// The agents by the domains of their addresses.
#[derive(Clone, Debug)]
pub(super) struct Contacts(Map<String, usize>);

impl Contacts {
    pub(super) fn new(catalogue: &Catalogue) -> Contacts {
        let mut contacts: Map<String, usize> = Map::default();
        for (at, agent) in catalogue.agents().iter().enumerate() {
            for domain in &agent.entry.contacts {
                contacts.entry(domain.to_ascii_lowercase()).or_insert(at);
            }
        }
        Contacts(contacts)
    }

    /// The index of the agent to which the first URL or mail address of a user agent belongs that is known, and
    /// the domain by which it is.
    pub(super) fn find<'t>(&self, user_agent: &'t str) -> Option<(usize, &'t str)> {
        const MARKS: [&str; 3] = ["://", "www.", "@"];
        let behind = |mark| user_agent.match_indices(mark).map(move |(at, _)| at + str::len(mark));
        let addresses = MARKS.into_iter().flat_map(behind);
        addresses.map(|at| host(&user_agent[at..])).find_map(|host| self.of_host(host))
    }

    /// The agent of a host's domain, or of one above it.
    fn of_host<'t>(&self, host: &'t str) -> Option<(usize, &'t str)> {
        let starts = host.match_indices('.').map(|(at, _)| at + 1);
        let mut domains = [0].into_iter().chain(starts).map(|start| &host[start..]);
        domains.find_map(|domain| Some((*self.0.get(&domain.to_ascii_lowercase())?, domain)))
    }
}

/// The host with which a text begins; no longer than hosts may be.
fn host(text: &str) -> &str {
    const HOST_BYTES_MAX: usize = 253;
    let is_of_hosts = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let end = text.find(|c| !is_of_hosts(c)).unwrap_or(text.len());
    text[..end.min(HOST_BYTES_MAX)].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::super::agent::AgentEntry;
    use super::*;

    #[test]
    fn an_agent_is_known_by_a_domain_or_what_is_below_it() {
        let entry = "name = \"Thing\"\ntokens = []\ncontacts = [\"thing.example\"]";
        let entry: AgentEntry = toml::from_str(entry).unwrap();
        let contacts = Contacts::new(&Catalogue::with(vec![entry]).unwrap());
        for (user_agent, domain) in [
            ("Mozilla/5.0 (X11) Safari/537.36 (+https://Thing.example/bot)", Some("Thing.example")),
            ("Mozilla/5.0 (X11) https://what.is.thing.example", Some("thing.example")),
            ("www.thing.example.", Some("thing.example")),
            ("a@b.example me@thing.example", Some("thing.example")),
            ("https://nothing.example", None),
            ("https://thing.example.com", None),
            ("https://other.example/thing.example", None),
            ("thing.example", None),
            ("https://", None),
            ("@", None),
        ] {
            let found = contacts.find(user_agent);
            assert_eq!(found.map(|found| found.1), domain, "{user_agent}");
            assert!(found.is_none_or(|found| found.0 == 0));
        }
    }
}
