//! The catalogue: which agents there are, and what is known of each.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::visit::Trust;

/// The catalogue, `agents.toml`, which the build script has turned into JSON, but for its samples.
const BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/agents.json"));

/// Why an agent fetches pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the definitions, as operators use them")]
pub enum Purpose {
    Training,
    AiSearch,
    AiAssistant,
    AiAgent,
    Search,
    Seo,
    Scraper,
    Archive,
    Preview,
    Monitoring,
    Feed,
    Security,
    HttpTool,
    Other,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 14] = [
        Purpose::Training,
        Purpose::AiSearch,
        Purpose::AiAssistant,
        Purpose::AiAgent,
        Purpose::Search,
        Purpose::Seo,
        Purpose::Scraper,
        Purpose::Archive,
        Purpose::Preview,
        Purpose::Monitoring,
        Purpose::Feed,
        Purpose::Security,
        Purpose::HttpTool,
        Purpose::Other,
    ];
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// An agent as the catalogue file, or the user's config, describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentEntry {
    /// The agent's name: GPTBot.
    pub name: String,
    /// What the guestbook shows: ChatGPT. The name, where none is given.
    pub family: Option<String>,
    /// Who runs it.
    #[serde(default)]
    pub operator: String,
    /// Why it fetches pages.
    #[serde(default = "other")]
    pub purpose: Purpose,
    /// The product tokens by which it is known.
    #[serde(default)]
    pub tokens: Vec<String>,
    /// The domains of the addresses that it leaves, by which it is known where no token is found.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// The operator's documentation: a URL.
    pub docs: Option<String>,
    /// What it is called in robots.txt, where that is not its first token.
    pub robots: Option<String>,
    /// Where the operator publishes its addresses: a URL.
    pub ip_list: Option<String>,
    /// What is known of it at other addresses than the operator publishes.
    #[serde(default)]
    pub outside: Outside,
    /// The domains that its addresses' names end in.
    #[serde(default)]
    pub reverse_dns: Vec<String>,
    /// User agents that this entry must name.
    #[serde(default)]
    pub samples: Vec<String>,
}

impl AgentEntry {
    /// What it is called in robots.txt.
    pub fn robots_token(&self) -> &str {
        let first = || self.tokens.first().map_or("", |token| bare(token));
        self.robots.as_deref().unwrap_or_else(first)
    }
}

/// What an address says that an agent's operator has not published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outside {
    /// Somebody else is at work.
    #[default]
    Impostor,
    /// Nothing: the agent also runs on people's own machines.
    Unknown,
}

/// A token without the marks of how it is to stand.
pub(super) fn bare(token: &str) -> &str {
    token.trim().trim_start_matches('^').trim_end_matches(['$', '*'])
}

fn other() -> Purpose {
    Purpose::Other
}

/// An agent of the catalogue.
#[derive(Clone, Debug)]
pub struct Agent {
    /// What is known of it.
    pub entry: AgentEntry,
    /// Whether the entry is the user's own, from config.
    pub own: bool,
}

impl Agent {
    /// What the guestbook shows.
    pub fn family(&self) -> &str {
        self.entry.family.as_deref().unwrap_or(&self.entry.name)
    }

    /// What can be said where an address is none of those that the operator publishes.
    pub(super) fn outside(&self) -> Trust {
        match self.entry.outside {
            Outside::Impostor => Trust::Impostor,
            Outside::Unknown => Trust::Unchecked,
        }
    }

    /// What can be said of an address that claims to be this agent, while no list is at hand.
    pub fn unchecked_trust(&self) -> Trust {
        let publishes = self.entry.ip_list.is_some() || !self.entry.reverse_dns.is_empty();
        if publishes { Trust::Unchecked } else { Trust::Unverifiable }
    }
}

/// All agents that can be named: the user's own first, then those of the user's file, then the built-in ones.
#[derive(Clone, Debug)]
pub struct Catalogue {
    agents: Vec<Cow<'static, Agent>>,
    version: String,
}

/// A catalogue as a file, which is written like the built-in one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// What stands in reports: a date as a rule.
    pub version: String,
    /// Whether it takes the place of the built-in catalogue; else it comes before that.
    #[serde(default)]
    pub replaces: bool,
    /// The agents.
    pub agent: Vec<AgentEntry>,
}

impl CatalogueFile {
    /// Reads a file's text. Whether its entries can be used is told by [`Namer::with`](super::Namer::with).
    pub fn parse(text: &str) -> Result<CatalogueFile, CatalogueError> {
        let wrong = |error: toml::de::Error| CatalogueError::Text(error.message().to_owned());
        toml::from_str(text).map_err(wrong)
    }
}

/// Why an entry of the user's can't be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CatalogueError {
    /// The file is no catalogue.
    #[error("it is no catalogue: {0}")]
    Text(String),
    /// It would never match.
    #[error("agent {0:?} has no token: give at least one, such as tokens = [\"ExampleBot\"]")]
    NoToken(String),
    /// It would verify, or be, anybody.
    #[error(
        "agent {agent:?} has the domain {domain:?} in reverse_dns or contacts: write the operator's own, such as \"crawl.example.com\""
    )]
    Domain {
        /// The entry's name.
        agent: String,
        /// Its domain.
        domain: String,
    },
    /// It does not do what its sample says.
    #[error(
        "agent {agent:?} has the sample {sample:?}, which is named {named:?}: check its tokens"
    )]
    Sample {
        /// The entry's name.
        agent: String,
        /// Its sample.
        sample: String,
        /// The name that the sample gets.
        named: String,
    },
    /// It would match nearly everything.
    #[error(
        "agent {agent:?} has the token {token:?}, which is too short: use the agent's whole name"
    )]
    ShortToken {
        /// The entry's name.
        agent: String,
        /// Its token.
        token: String,
    },
}

impl Catalogue {
    /// The built-in catalogue, with entries of the user's before it.
    pub fn with(own: Vec<AgentEntry>) -> Result<Catalogue, CatalogueError> {
        Catalogue::of(own, None)
    }

    /// The same with a file's entries between the two, or in the place of the built-in ones. Of entries with one
    /// name, the file's counts.
    pub fn of(
        own: Vec<AgentEntry>,
        file: Option<CatalogueFile>,
    ) -> Result<Catalogue, CatalogueError> {
        let listed = file.iter().flat_map(|file| &file.agent);
        for entry in own.iter().chain(listed) {
            if entry.tokens.is_empty() && entry.contacts.is_empty() {
                return Err(CatalogueError::NoToken(entry.name.clone()));
            }
            if let Some(token) = entry.tokens.iter().find(|token| bare(token).len() < 3) {
                let (agent, token) = (entry.name.clone(), token.clone());
                return Err(CatalogueError::ShortToken { agent, token });
            }
            let mut domains = entry.reverse_dns.iter().chain(&entry.contacts);
            if let Some(domain) = domains.find(|domain| !is_domain(domain)) {
                let (agent, domain) = (entry.name.clone(), domain.clone());
                return Err(CatalogueError::Domain { agent, domain });
            }
        }
        let agent = |entry, own| Cow::Owned(Agent { entry, own });
        let mut agents: Vec<Cow<'static, Agent>> =
            own.into_iter().map(|entry| agent(entry, true)).collect();
        let (mut version, mut replaces, mut named) = (String::new(), false, HashSet::new());
        if let Some(file) = file {
            named.extend(file.agent.iter().map(|entry| entry.name.clone()));
            agents.extend(file.agent.into_iter().map(|entry| agent(entry, false)));
            (version, replaces) = (file.version, file.replaces);
        }
        if !replaces {
            let built_in = BUILT_IN_AGENTS.1.iter();
            let others = built_in.filter(|agent| !named.contains(&agent.entry.name));
            agents.extend(others.map(Cow::Borrowed));
            let join = if version.is_empty() { "" } else { ", before " };
            version = format!("{version}{join}{}", BUILT_IN_AGENTS.0);
        }
        Ok(Catalogue { agents, version })
    }

    /// Which catalogues these are, by their dates.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The agents.
    pub fn agents(&self) -> &[Cow<'static, Agent>] {
        &self.agents
    }
}

/// Whether a text can be an operator's domain: two labels at least, of what host names are made of.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (1..64).contains(&label.len()) && label.chars().all(is_part)
    };
    text.contains('.') && text.len() < 254 && text.split('.').all(is_label)
}

/// The version of the built-in catalogue, and its agents.
static BUILT_IN_AGENTS: LazyLock<(String, Vec<Agent>)> = LazyLock::new(|| {
    let file: CatalogueFile =
        serde_json::from_slice(BUILT_IN).expect("the built-in catalogue is tested");
    let agents = file.agent.into_iter().map(|entry| Agent { entry, own: false });
    (file.version, agents.collect())
});

#[cfg(test)]
mod tests {
    use super::super::namer::Namer;
    use super::*;

    #[test]
    fn every_sample_gets_its_entrys_name() {
        let namer = Namer::new(Catalogue::with(Vec::new()).unwrap());
        let file = CatalogueFile::parse(include_str!("agents.toml")).unwrap();
        assert_eq!(file.agent.len(), namer.catalogue().agents().len());
        let mut twice = Vec::new();
        for entry in file.agent {
            assert!(!entry.samples.is_empty(), "{} has no sample", entry.name);
            for sample in &entry.samples {
                let verdict = namer.name(sample);
                assert_eq!(verdict.agent, Some(&*entry.name), "{sample}");
                let family = entry.family.as_deref().unwrap_or(&entry.name);
                assert_eq!(verdict.family, Some(family), "{sample}");
                // Libraries name themselves beside the program that uses them, and come last for that.
                let also = namer.also(sample, &verdict);
                let is_library = |name: &&str| {
                    let other = namer.catalogue().agents().iter().find(|a| a.entry.name == **name);
                    other.is_some_and(|other| other.entry.purpose == Purpose::HttpTool)
                };
                if !also.iter().all(is_library) {
                    twice.push(format!("{sample}: also {also:?}"));
                }
            }
        }
        assert_eq!(twice, Vec::<String>::new());
    }

    #[test]
    fn names_are_given_once() {
        let catalogue = Catalogue::with(Vec::new()).unwrap();
        let mut names: Vec<&str> =
            catalogue.agents().iter().map(|agent| &*agent.entry.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(count >= 1_000);
        let domains =
            |agent: &Agent| [&agent.entry.reverse_dns[..], &agent.entry.contacts[..]].concat();
        let mut domains = catalogue.agents().iter().flat_map(|agent| domains(agent));
        assert!(domains.all(|domain| is_domain(&domain)));
    }

    #[test]
    fn an_entry_that_matches_nothing_or_everything_is_refused() {
        let entry = |tokens: &[&str]| -> AgentEntry {
            toml::from_str(&format!("name = \"Mine\"\ntokens = {tokens:?}")).unwrap()
        };
        assert!(Catalogue::with(vec![entry(&[])]).is_err());
        for short in ["a", "***", "$$$", "^a$", "  x  "] {
            assert!(Catalogue::with(vec![entry(&[short])]).is_err(), "{short}");
        }
        assert!(Catalogue::with(vec![entry(&["MineBot"])]).is_ok());
        let named = |domain: &str| {
            let reverse_dns = vec![domain.to_owned()];
            Catalogue::with(vec![AgentEntry { reverse_dns, ..entry(&["MineBot"]) }])
        };
        for broad in ["", ".", "com", ".com", "mine.example.", "*.mine.example", "mine example.com"]
        {
            assert!(named(broad).is_err(), "{broad}");
        }
        assert!(named("crawl.mine-1.example").is_ok());
    }
}
