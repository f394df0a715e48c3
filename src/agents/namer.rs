//! Decides whether a user agent is an agent's or a person's, and by which rule.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};
use std::thread;

use serde::Serialize;

use super::catalogue::{Agent, AgentEntry, Catalogue, CatalogueError, CatalogueFile};
use super::contacts::Contacts;
use super::declared::declaration;
use super::program::{attack, name_before_browser, own_name, program_word, tool_word};
use super::purpose::Purpose;
use super::tokens::TokenIndex;
use super::woothee::{Guess, guess};

/// The family of agents that are in no catalogue entry.
pub const UNKNOWN_AI: &str = "Unknown AI";

/// User agents are cut to this length before they are named and stored. Real ones are shorter, and an attacker's must
/// not cost more.
pub const NAMED_BYTES_MAX: usize = 1024;

/// The text that replaces all texts past a limit.
pub const OTHER: &str = "(other)";

/// Prefix of an agent's name that is stored in place of a user agent.
pub const STORED_NAME_PREFIX: char = '=';

/// The kind of client that a user agent belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A program that fetches pages.
    Agent,
    /// A person, as far as is known.
    Person,
    /// The record has no user agent.
    Empty,
}

/// The source by which a user agent was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NamedBy {
    /// An entry of the config.
    Config,
    /// An entry of the built-in catalogue or of the user's catalogue file.
    Catalogue,
    /// The woothee library.
    Woothee,
    /// A word or an address in the user agent that shows a program.
    Declared,
    /// No source. A user agent that nothing identifies as a program is a person's.
    Default,
}

/// The result of naming a user agent. Serialised by `classify --format json`.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict<'n> {
    pub kind: Kind,
    /// The agent's name in the catalogue, or else its own name for itself.
    pub agent: Option<&'n str>,
    /// The name under which the guestbook shows it.
    pub family: Option<&'n str>,
    /// The company or person that runs the agent, if known.
    pub operator: Option<&'n str>,
    pub purpose: Option<Purpose>,
    /// The token, word or browser name that decided, in words.
    pub rule: Cow<'n, str>,
    pub source: NamedBy,
    /// The catalogue's entry, if there is one.
    #[serde(skip)]
    pub entry: Option<&'n Agent>,
}

/// Names user agents by the catalogue, then by woothee, then by words that show a program.
#[derive(Clone, Debug)]
pub struct Namer(Arc<LazyLock<Index, Loader>>);

type Loader = Box<dyn FnOnce() -> Index + Send>;

/// A catalogue with its search structures.
#[derive(Debug)]
struct Index {
    catalogue: Catalogue,
    tokens: TokenIndex,
    contacts: Contacts,
}

impl Index {
    fn of(catalogue: Catalogue) -> Index {
        let (tokens, contacts) = (TokenIndex::new(&catalogue), Contacts::new(&catalogue));
        Index { catalogue, tokens, contacts }
    }
}

impl Namer {
    /// Returns a namer for a catalogue.
    pub fn new(catalogue: Catalogue) -> Namer {
        let namer = Namer::lazy(move || Index::of(catalogue));
        LazyLock::force(&namer.0);
        namer
    }

    /// Returns a namer for the built-in catalogue, preceded by entries from the config and from a catalogue file.
    /// Returns an error if the user's entries are invalid, or if a sample of theirs gets another name.
    ///
    /// Without entries of the user's, the index is built in a thread of its own, while the store is opened and the
    /// first lines are read. Calls wait until it is ready.
    pub fn with(
        own: Vec<AgentEntry>,
        file: Option<CatalogueFile>,
    ) -> Result<Namer, CatalogueError> {
        let count = own.len() + file.as_ref().map_or(0, |file| file.agent.len());
        if own.is_empty() && file.is_none() {
            let built_in =
                || Catalogue::of(Vec::new(), None).expect("the built-in catalogue is valid");
            let namer = Namer::lazy(move || Index::of(built_in()));
            let shared = namer.clone();
            // If no thread can be started, the index is built on first use.
            let _ = thread::Builder::new().spawn(move || {
                LazyLock::force(&shared.0);
            });
            return Ok(namer);
        }
        let namer = Namer::new(Catalogue::of(own, file)?);
        for entry in namer.catalogue().agents()[..count].iter().map(|agent| &agent.entry) {
            let is_named_by_entry = |sample: &str| {
                namer.name(sample).entry.is_some_and(|found| found.entry.name == entry.name)
            };
            if let Some(sample) = entry.samples.iter().find(|sample| !is_named_by_entry(sample)) {
                let named = namer.name(sample).agent.unwrap_or("a person").to_owned();
                let (agent, sample) = (entry.name.clone(), sample.clone());
                return Err(CatalogueError::Sample { agent, sample, named });
            }
        }
        Ok(namer)
    }

    /// Returns a namer whose index is built on first use.
    fn lazy(load: impl FnOnce() -> Index + Send + 'static) -> Namer {
        Namer(Arc::new(LazyLock::new(Box::new(load))))
    }

    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    /// Names a user agent, whose escapes must have been decoded.
    pub fn name<'n>(&'n self, user_agent: &'n str) -> Verdict<'n> {
        let text = truncated(user_agent.trim());
        if text.is_empty() || text == "-" {
            return Verdict::without_agent(Kind::Empty, "empty".into(), NamedBy::Default);
        }
        if text == OTHER {
            return Verdict::uncatalogued(UNKNOWN_AI, "past the limit of user agents kept".into());
        }
        let stored_name = text.strip_prefix(STORED_NAME_PREFIX);
        stored_name
            .and_then(|name| self.by_name(name))
            .or_else(|| self.by_token(text))
            .unwrap_or_else(|| self.by_heuristics(text))
    }

    /// Finds an agent by its name. Past the limit of stored user agents, the names of catalogued agents are stored
    /// instead.
    fn by_name(&self, name: &str) -> Option<Verdict<'_>> {
        let agent = self.catalogue().agents().iter().find(|agent| agent.entry.name == name)?;
        Some(catalogue_verdict(agent, "kept by name".into()))
    }

    /// Returns the names of other agents whose tokens are in a user agent, beside the one that was found.
    pub fn other_agents(&self, user_agent: &str, found: &Verdict<'_>) -> Vec<&str> {
        let mut also: Vec<&str> = Vec::new();
        if found.entry.is_none() {
            return also; // If it had a token, there would be an entry.
        }
        for agent in self.0.tokens.all(truncated(user_agent.trim())) {
            let name = &*self.catalogue().agents()[agent].entry.name;
            if Some(name) != found.agent && !also.contains(&name) {
                also.push(name);
            }
        }
        also
    }

    fn by_token(&self, text: &str) -> Option<Verdict<'_>> {
        let found = self.0.tokens.find(text)?;
        let agent = &self.catalogue().agents()[found.agent];
        Some(catalogue_verdict(agent, format!("token {}", found.token).into()))
    }

    /// Names a user agent without a known token. One that declares itself automated may have a known contact address.
    fn by_heuristics<'n>(&'n self, text: &'n str) -> Verdict<'n> {
        let verdict = uncatalogued_verdict(text);
        match verdict.source {
            NamedBy::Declared => self.by_contact(text).unwrap_or(verdict),
            _ => verdict,
        }
    }

    fn by_contact(&self, text: &str) -> Option<Verdict<'_>> {
        let (agent, domain) = self.0.contacts.find(text)?;
        Some(catalogue_verdict(
            &self.catalogue().agents()[agent],
            format!("address of {domain}").into(),
        ))
    }
}

fn catalogue_verdict<'n>(agent: &'n Agent, rule: Cow<'n, str>) -> Verdict<'n> {
    Verdict {
        kind: Kind::Agent,
        agent: Some(&agent.entry.name),
        family: Some(agent.family()),
        operator: Some(&*agent.entry.operator).filter(|operator| !operator.is_empty()),
        purpose: Some(agent.entry.purpose),
        rule,
        source: if agent.own { NamedBy::Config } else { NamedBy::Catalogue },
        entry: Some(agent),
    }
}

/// Names a user agent by woothee, or by words that show a program.
fn uncatalogued_verdict(text: &str) -> Verdict<'_> {
    if let Some(attack) = attack(text) {
        let rule = format!("an attack: {attack}").into();
        let purpose = Some(Purpose::Security);
        return Verdict { purpose, ..Verdict::uncatalogued(UNKNOWN_AI, rule) };
    }
    let guess = guess(text);
    if let Guess::Agent(name, purpose) = guess {
        return Verdict {
            family: Some(name),
            purpose: Some(purpose),
            source: NamedBy::Woothee,
            ..Verdict::uncatalogued(name, format!("named {name}").into())
        };
    }
    let word = declaration(text).or_else(|| tool_word(text)).or_else(|| name_before_browser(text));
    if let Some(word) = word {
        return Verdict::uncatalogued(
            own_name_or_unknown(text, word),
            format!("says {word}").into(),
        );
    }
    if matches!(guess, Guess::Unknown)
        && let Some(word) = program_word(text)
    {
        let rule = format!("says {word}, and names no browser").into();
        return Verdict::uncatalogued(own_name_or_unknown(text, word), rule);
    }
    match guess {
        Guess::Browser(name) => {
            Verdict::without_agent(Kind::Person, format!("browser {name}").into(), NamedBy::Woothee)
        }
        _ => {
            let rule = "nothing says that it is automated".into();
            Verdict::without_agent(Kind::Person, rule, NamedBy::Default)
        }
    }
}

/// Returns the name of an agent without catalogue entry, given the word that identified it as a program.
fn own_name_or_unknown<'t>(text: &'t str, word: &'t str) -> &'t str {
    own_name(text, word).unwrap_or(UNKNOWN_AI)
}

impl<'n> Verdict<'n> {
    /// Returns true for an agent of one of the purposes that sign the guestbook.
    pub fn signs(&self, sign: &[Purpose]) -> bool {
        self.kind == Kind::Agent && self.purpose.is_some_and(|purpose| sign.contains(&purpose))
    }

    fn uncatalogued(agent: &'n str, rule: Cow<'n, str>) -> Verdict<'n> {
        Verdict {
            kind: Kind::Agent,
            agent: Some(agent),
            family: Some(UNKNOWN_AI),
            operator: None,
            purpose: Some(Purpose::Other),
            rule,
            source: NamedBy::Declared,
            entry: None,
        }
    }

    fn without_agent(kind: Kind, rule: Cow<'n, str>, source: NamedBy) -> Verdict<'n> {
        Verdict {
            kind,
            agent: None,
            family: None,
            operator: None,
            purpose: None,
            rule,
            source,
            entry: None,
        }
    }
}

fn truncated(text: &str) -> &str {
    &text[..text.floor_char_boundary(NAMED_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(user_agent: &str, kind: Kind, family: Option<&str>, source: NamedBy) {
        let namer = Namer::new(Catalogue::with(Vec::new()).unwrap());
        let verdict = namer.name(user_agent);
        assert_eq!(
            (verdict.kind, verdict.family, verdict.source),
            (kind, family, source),
            "{user_agent}"
        );
    }

    #[test]
    fn agents_people_and_missing_user_agents_are_distinguished() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/131.0.0.0 Safari/537.36";
        check(chrome, Kind::Person, None, NamedBy::Woothee);
        check(
            "Mozilla/5.0 (compatible; GPTBot/1.2)",
            Kind::Agent,
            Some("ChatGPT"),
            NamedBy::Catalogue,
        );
        check("Hatena Antenna/0.5", Kind::Agent, Some("Hatena"), NamedBy::Woothee);
        check("NewBot/1.0", Kind::Agent, Some(UNKNOWN_AI), NamedBy::Declared);
        check("something else", Kind::Agent, Some(UNKNOWN_AI), NamedBy::Declared);
        check("something else Radio", Kind::Person, None, NamedBy::Default);
        for empty in ["", "-", "  "] {
            check(empty, Kind::Empty, None, NamedBy::Default);
        }
        let phone = "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/131.0.0.0 Mobile Safari/537.36";
        check(phone, Kind::Person, None, NamedBy::Woothee);
        let rare = "Mozilla/5.0 (X11; NetBSD amd64; rv:24.0) Gecko/20131021 Firefox/24.0";
        check(rare, Kind::Person, None, NamedBy::Woothee);
    }

    #[test]
    fn every_agent_is_found_by_its_stored_name() {
        let namer = Namer::new(Catalogue::with(Vec::new()).unwrap());
        for agent in namer.catalogue().agents() {
            let stored = format!("{STORED_NAME_PREFIX}{}", agent.entry.name);
            let verdict = namer.name(&stored);
            assert_eq!(verdict.agent, Some(&*agent.entry.name));
        }
        assert_ne!(namer.name("=no such agent").source, NamedBy::Catalogue);
    }

    #[test]
    fn a_very_long_user_agent_is_named_by_its_beginning() {
        let long = format!("Radio {}é GPTBot/1.0", "x".repeat(NAMED_BYTES_MAX - 7));
        check(&long, Kind::Person, None, NamedBy::Default);
    }
}
