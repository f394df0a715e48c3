//! Finds agents by the domain of a URL or mail address in their user agent.

use crate::interner::Map;

use super::catalogue::Catalogue;

/// Indexes of agents in the catalogue, by the domains in their `contacts`.
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

    /// Returns the index of the agent that the first known URL or mail address belongs to, and the domain that
    /// matched.
    pub(super) fn find<'t>(&self, user_agent: &'t str) -> Option<(usize, &'t str)> {
        const BEFORE_HOST: [&str; 3] = ["://", "www.", "@"];
        let host_starts =
            |prefix| user_agent.match_indices(prefix).map(move |(at, _)| at + str::len(prefix));
        let mut hosts =
            BEFORE_HOST.into_iter().flat_map(host_starts).map(|at| host(&user_agent[at..]));
        hosts.find_map(|host| self.find_host(host))
    }

    /// Returns the agent of a host, or of the closest parent domain.
    fn find_host<'t>(&self, host: &'t str) -> Option<(usize, &'t str)> {
        let starts = host.match_indices('.').map(|(at, _)| at + 1);
        let mut domains = [0].into_iter().chain(starts).map(|start| &host[start..]);
        domains.find_map(|domain| Some((*self.0.get(&domain.to_ascii_lowercase())?, domain)))
    }
}

/// Returns the host that a text begins with, cut at the longest length of a host name.
fn host(text: &str) -> &str {
    const HOST_BYTES_MAX: usize = 253;
    let is_host_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let end = text.find(|c| !is_host_char(c)).unwrap_or(text.len());
    text[..end.min(HOST_BYTES_MAX)].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::AgentEntry;
    use super::*;

    #[test]
    fn an_agent_is_found_by_its_domain_or_a_subdomain() {
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
