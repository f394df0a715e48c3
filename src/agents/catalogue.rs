//! The catalogue of agents.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::purpose::Purpose;

/// `agents.toml` as JSON, without its samples. Written by the build script.
const BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/agents.json"));

/// An agent's entry in the built-in catalogue, a catalogue file or the config.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentEntry {
    /// The agent's name, such as GPTBot.
    pub name: String,
    /// The name under which the guestbook shows it, such as ChatGPT. Defaults to `name`.
    pub family: Option<String>,
    /// The company or person that runs it.
    #[serde(default)]
    pub operator: String,
    #[serde(default = "default_purpose")]
    pub purpose: Purpose,
    /// Product tokens that identify it.
    #[serde(default)]
    pub tokens: Vec<String>,
    /// Domains of the URLs and mail addresses in its user agents. They identify it if no token matches.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// URL of the operator's documentation.
    pub docs: Option<String>,
    /// Product token for robots.txt, if it is not the first of `tokens`.
    pub robots: Option<String>,
    /// URL of the operator's published IP ranges.
    pub ip_list: Option<String>,
    /// The meaning of a request from an IP outside the published ranges.
    #[serde(default)]
    pub unlisted_ip: UnlistedIp,
    /// Domains that the host names of its IPs belong to.
    #[serde(default)]
    pub reverse_dns: Vec<String>,
    /// User agents that must be named by this entry.
    #[serde(default)]
    pub samples: Vec<String>,
}

impl AgentEntry {
    /// Returns the product token for robots.txt.
    pub fn robots_token(&self) -> &str {
        let first = || self.tokens.first().map_or("", |token| bare(token));
        self.robots.as_deref().unwrap_or_else(first)
    }
}

/// The meaning of a request from an IP outside the operator's published ranges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnlistedIp {
    /// It is not the agent's.
    #[default]
    Impostor,
    /// Unknown, because the agent also runs on people's own machines.
    Unknown,
}

/// Returns a token without its anchors (`^`, `$`) and its wildcard (`*`).
pub(super) fn bare(token: &str) -> &str {
    token.trim().trim_start_matches('^').trim_end_matches(['$', '*'])
}

fn default_purpose() -> Purpose {
    Purpose::Other
}

/// An agent of the catalogue.
#[derive(Clone, Debug)]
pub struct Agent {
    pub entry: AgentEntry,
    /// True if the entry is from the config.
    pub own: bool,
}

impl Agent {
    /// Returns the name under which the guestbook shows it.
    pub fn family(&self) -> &str {
        self.entry.family.as_deref().unwrap_or(&self.entry.name)
    }
}

/// All agents that can be named, in order of precedence: from the config, from the user's catalogue file, built in.
#[derive(Clone, Debug)]
pub struct Catalogue {
    agents: Vec<Cow<'static, Agent>>,
    version: String,
}

/// A catalogue file. The user's has the format of the built-in one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// The version shown in reports, usually a date.
    pub version: String,
    /// True if it replaces the built-in catalogue. Otherwise it takes precedence over it.
    #[serde(default)]
    pub replaces: bool,
    /// The entries. The config file calls the same section `agents`.
    #[serde(alias = "agents")]
    pub agent: Vec<AgentEntry>,
}

impl CatalogueFile {
    /// Parses a catalogue file. Its entries are validated by [`Namer::with`](super::Namer::with).
    pub fn parse(text: &str) -> Result<CatalogueFile, CatalogueError> {
        toml::from_str(text).map_err(|error| CatalogueError::Text(error.message().to_owned()))
    }
}

/// An error in the user's catalogue file, or in an entry of the user's.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CatalogueError {
    /// The file is not TOML, or not of the expected form.
    #[error("it is not a catalogue: {0}")]
    Text(String),
    /// The entry would never match.
    #[error("agent {0:?} has no token: give at least one, such as tokens = [\"ExampleBot\"]")]
    NoToken(String),
    /// The domain is malformed, or so broad that it would match anyone.
    #[error(
        "agent {agent:?} has an invalid domain {domain:?} in reverse_dns or contacts: write the operator's own domain, such as \"crawl.example.com\""
    )]
    Domain { agent: String, domain: String },
    /// A sample is not named by its entry.
    #[error(
        "agent {agent:?} has the sample {sample:?}, which is named {named:?}: check its tokens"
    )]
    Sample {
        agent: String,
        sample: String,
        /// The agent that the sample is named as.
        named: String,
    },
    /// The token would match nearly everything.
    #[error(
        "agent {agent:?} has the token {token:?}, which is too short: use the agent's whole name"
    )]
    ShortToken { agent: String, token: String },
}

impl Catalogue {
    /// Returns the built-in catalogue, preceded by entries from the config.
    pub fn with(own: Vec<AgentEntry>) -> Result<Catalogue, CatalogueError> {
        Catalogue::of(own, None)
    }

    /// Returns the entries from the config, then a catalogue file's, then the built-in ones. The file may replace all
    /// built-in entries, and always replaces those with the same name.
    pub fn of(
        own: Vec<AgentEntry>,
        file: Option<CatalogueFile>,
    ) -> Result<Catalogue, CatalogueError> {
        let in_file = file.iter().flat_map(|file| &file.agent);
        for entry in own.iter().chain(in_file) {
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
        let (mut version, mut replaces, mut file_names) = (String::new(), false, HashSet::new());
        if let Some(file) = file {
            file_names.extend(file.agent.iter().map(|entry| entry.name.clone()));
            agents.extend(file.agent.into_iter().map(|entry| agent(entry, false)));
            (version, replaces) = (file.version, file.replaces);
        }
        if !replaces {
            let built_in = BUILT_IN_AGENTS.1.iter();
            let others = built_in.filter(|agent| !file_names.contains(&agent.entry.name));
            agents.extend(others.map(Cow::Borrowed));
            let join = if version.is_empty() { "" } else { ", before " };
            version = format!("{version}{join}{}", BUILT_IN_AGENTS.0);
        }
        Ok(Catalogue { agents, version })
    }

    /// Returns the versions of the catalogues that were combined.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn agents(&self) -> &[Cow<'static, Agent>] {
        &self.agents
    }
}

/// Returns whether a text is a valid domain name of at least two labels.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_label_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (1..64).contains(&label.len()) && label.chars().all(is_label_char)
    };
    text.contains('.') && text.len() < 254 && text.split('.').all(is_label)
}

/// The version of the built-in catalogue and its agents.
static BUILT_IN_AGENTS: LazyLock<(String, Vec<Agent>)> = LazyLock::new(|| {
    let file: CatalogueFile =
        serde_json::from_slice(BUILT_IN).expect("the built-in catalogue is tested");
    let agents = file.agent.into_iter().map(|entry| Agent { entry, own: false });
    (file.version, agents.collect())
});

#[cfg(test)]
mod tests {
    use super::super::Namer;
    use super::*;

    #[test]
    fn every_sample_is_named_by_its_entry() {
        let namer = Namer::new(Catalogue::with(Vec::new()).unwrap());
        let file = CatalogueFile::parse(include_str!("agents.toml")).unwrap();
        assert_eq!(file.agent.len(), namer.catalogue().agents().len());
        let mut ambiguous = Vec::new();
        for entry in file.agent {
            assert!(!entry.samples.is_empty(), "{} has no sample", entry.name);
            for sample in &entry.samples {
                let verdict = namer.name(sample);
                assert_eq!(verdict.agent, Some(&*entry.name), "{sample}");
                let family = entry.family.as_deref().unwrap_or(&entry.name);
                assert_eq!(verdict.family, Some(family), "{sample}");
                // A library's token may stand beside that of the program that uses it. It has the lowest rank.
                let also = namer.other_agents(sample, &verdict);
                let is_library = |name: &&str| {
                    let other = namer.catalogue().agents().iter().find(|a| a.entry.name == **name);
                    other.is_some_and(|other| other.entry.purpose == Purpose::HttpTool)
                };
                if !also.iter().all(is_library) {
                    ambiguous.push(format!("{sample}: also {also:?}"));
                }
            }
        }
        assert_eq!(ambiguous, Vec::<String>::new());
    }

    #[test]
    fn names_are_unique() {
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
    fn an_entry_that_matches_nothing_or_everything_is_rejected() {
        let entry = |tokens: &[&str]| -> AgentEntry {
            toml::from_str(&format!("name = \"Mine\"\ntokens = {tokens:?}")).unwrap()
        };
        assert!(Catalogue::with(vec![entry(&[])]).is_err());
        for short in ["a", "***", "$$$", "^a$", "  x  "] {
            assert!(Catalogue::with(vec![entry(&[short])]).is_err(), "{short}");
        }
        assert!(Catalogue::with(vec![entry(&["MineBot"])]).is_ok());
        let with_domain = |domain: &str| {
            let reverse_dns = vec![domain.to_owned()];
            Catalogue::with(vec![AgentEntry { reverse_dns, ..entry(&["MineBot"]) }])
        };
        for broad in ["", ".", "com", ".com", "mine.example.", "*.mine.example", "mine example.com"]
        {
            assert!(with_domain(broad).is_err(), "{broad}");
        }
        assert!(with_domain("crawl.mine-1.example").is_ok());
    }
}
