//! Who a user agent belongs to, and by which rule.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};
use std::thread;

use serde::Serialize;

use super::agent::{Agent, AgentEntry, Catalogue, CatalogueError, CatalogueFile, Purpose};
use super::contact::Contacts;
use super::declared::declared;
use super::program::{name_before_browser, own_name, program_word, tool_word};
use super::token::TokenIndex;
use super::visit::{OTHER, Trust};
use super::woothee::{Guess, guess};

/// The family of what declares itself automated but is in no catalogue entry.
pub const UNKNOWN_AI: &str = "Unknown AI";

/// Longer user agents are judged, and kept, by their beginning: real ones are shorter, and an
/// attacker's must not cost more.
pub(super) const JUDGED_BYTES: usize = 1024;

/// Stands before an agent's name where the name alone was kept.
pub(super) const BY_NAME: char = '=';

/// What a user agent belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A program that fetches pages.
    Agent,
    /// A person, as far as can be told.
    Person,
    /// Nothing was said.
    Empty,
}

/// Which source of knowledge decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// An entry of the user's config.
    Config,
    /// An entry of the built-in catalogue.
    Catalogue,
    /// The woothee library.
    Woothee,
    /// The user agent's own words.
    Declared,
    /// Nothing known: taken for what it is if nothing speaks against it.
    Default,
}

/// Who a user agent belongs to. Serialises to the object that `classify --format json` documents.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict<'n> {
    /// Agent, person or empty.
    pub kind: Kind,
    /// The agent's name: the catalogue's, or what it calls itself.
    pub agent: Option<&'n str>,
    /// What the guestbook shows.
    pub family: Option<&'n str>,
    /// Who runs the agent, where known.
    pub operator: Option<&'n str>,
    /// Why the agent fetches pages.
    pub purpose: Option<Purpose>,
    /// What decided: a token, a word, a browser's name.
    pub rule: Cow<'n, str>,
    /// Who says so.
    pub source: Source,
    /// What can be said of the agent's address while no list is at hand.
    #[serde(skip)]
    pub trust: Trust,
    /// The catalogue's entry, where it is one.
    #[serde(skip)]
    pub entry: Option<&'n Agent>,
}

/// Names user agents by the catalogue, then woothee, then their own words.
#[derive(Clone, Debug)]
pub struct Namer(Arc<LazyLock<Knowledge, Learn>>);

type Learn = Box<dyn FnOnce() -> Knowledge + Send>;

/// What user agents are named by.
#[derive(Debug)]
struct Knowledge {
    catalogue: Catalogue,
    tokens: TokenIndex,
    contacts: Contacts,
}

impl Knowledge {
    fn of(catalogue: Catalogue) -> Knowledge {
        let (tokens, contacts) = (TokenIndex::new(&catalogue), Contacts::new(&catalogue));
        Knowledge { catalogue, tokens, contacts }
    }
}

impl Namer {
    /// A namer over a catalogue.
    pub fn new(catalogue: Catalogue) -> Namer {
        let namer = Namer::when_asked(move || Knowledge::of(catalogue));
        LazyLock::force(&namer.0);
        namer
    }

    /// A namer over the built-in catalogue with entries of the user's before it, and those of a file of the
    /// user's, whose samples must get their names.
    ///
    /// Where nothing is the user's, it learns in a thread of its own, while the store is opened and the first lines are
    /// read; whoever asks meanwhile waits for it.
    pub fn with(
        own: Vec<AgentEntry>,
        file: Option<CatalogueFile>,
    ) -> Result<Namer, CatalogueError> {
        let count = own.len() + file.as_ref().map_or(0, |file| file.agent.len());
        if own.is_empty() && file.is_none() {
            let built_in = || Catalogue::of(Vec::new(), None).expect("nothing is the user's");
            let namer = Namer::when_asked(move || Knowledge::of(built_in()));
            let learner = namer.clone();
            // Without a thread, it learns when it is asked.
            let _ = thread::Builder::new().spawn(move || {
                LazyLock::force(&learner.0);
            });
            return Ok(namer);
        }
        let namer = Namer::new(Catalogue::of(own, file)?);
        for entry in namer.catalogue().agents()[..count].iter().map(|agent| &agent.entry) {
            let is_it = |sample: &str| {
                namer.name(sample).entry.is_some_and(|found| found.entry.name == entry.name)
            };
            if let Some(sample) = entry.samples.iter().find(|sample| !is_it(sample)) {
                let named = namer.name(sample).agent.unwrap_or("a person").to_owned();
                let (agent, sample) = (entry.name.clone(), sample.clone());
                return Err(CatalogueError::Sample { agent, sample, named });
            }
        }
        Ok(namer)
    }

    /// A namer that learns when it is first asked.
    fn when_asked(learn: impl FnOnce() -> Knowledge + Send + 'static) -> Namer {
        Namer(Arc::new(LazyLock::new(Box::new(learn))))
    }

    /// The catalogue.
    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    /// Who `user_agent` belongs to. Its escapes must have been undone.
    pub fn name<'n>(&'n self, user_agent: &'n str) -> Verdict<'n> {
        let text = beginning(user_agent.trim());
        if text.is_empty() || text == "-" {
            return Verdict::nobody(Kind::Empty, "empty".into(), Source::Default);
        }
        if text == OTHER {
            return Verdict::unknown(UNKNOWN_AI, "past the limit of user agents kept".into());
        }
        let named = text.strip_prefix(BY_NAME).and_then(|name| self.by_name(name));
        named.or_else(|| self.by_token(text)).unwrap_or_else(|| self.by_judgement(text))
    }

    /// Past the limit of user agents kept, an agent of the catalogue is kept under its name.
    fn by_name(&self, name: &str) -> Option<Verdict<'_>> {
        let agent = self.catalogue().agents().iter().find(|agent| agent.entry.name == name)?;
        Some(verdict(agent, "kept by name".into()))
    }

    /// Other agents than the one that was found, whose tokens stand in a user agent all the same.
    pub fn also(&self, user_agent: &str, found: &Verdict<'_>) -> Vec<&str> {
        let mut also: Vec<&str> = Vec::new();
        if found.entry.is_none() {
            return also; // By a token it would have been named.
        }
        for agent in self.0.tokens.all(beginning(user_agent.trim())) {
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
        Some(verdict(agent, format!("token {}", found.token).into()))
    }

    /// What its own words say; whose it is where it leaves an address that is known.
    fn by_judgement<'n>(&'n self, text: &'n str) -> Verdict<'n> {
        let verdict = by_its_words(text);
        match verdict.source {
            Source::Declared => self.by_contact(text).unwrap_or(verdict),
            _ => verdict,
        }
    }

    fn by_contact(&self, text: &str) -> Option<Verdict<'_>> {
        let (agent, domain) = self.0.contacts.find(text)?;
        Some(verdict(&self.catalogue().agents()[agent], format!("address of {domain}").into()))
    }
}

fn verdict<'n>(agent: &'n Agent, rule: Cow<'n, str>) -> Verdict<'n> {
    Verdict {
        kind: Kind::Agent,
        agent: Some(&agent.entry.name),
        family: Some(agent.family()),
        operator: Some(&*agent.entry.operator).filter(|operator| !operator.is_empty()),
        purpose: Some(agent.entry.purpose),
        rule,
        source: if agent.own { Source::Config } else { Source::Catalogue },
        trust: agent.unchecked_trust(),
        entry: Some(agent),
    }
}

/// What woothee knows, or its own words say.
fn by_its_words(text: &str) -> Verdict<'_> {
    let guess = guess(text);
    if let Guess::Agent(name, purpose) = guess {
        return Verdict {
            family: Some(name),
            purpose: Some(purpose),
            source: Source::Woothee,
            ..Verdict::unknown(name, format!("named {name}").into())
        };
    }
    let says = || declared(text).or_else(|| tool_word(text)).or_else(|| name_before_browser(text));
    if let Some(word) = says() {
        return Verdict::unknown(calls_itself(text, word), format!("says {word}").into());
    }
    if matches!(guess, Guess::Nothing)
        && let Some(word) = program_word(text)
    {
        let rule = format!("says {word}, and names no browser").into();
        return Verdict::unknown(calls_itself(text, word), rule);
    }
    match guess {
        Guess::Browser(name) => {
            Verdict::nobody(Kind::Person, format!("browser {name}").into(), Source::Woothee)
        }
        _ => {
            let rule = "nothing says that it is automated".into();
            Verdict::nobody(Kind::Person, rule, Source::Default)
        }
    }
}

/// The name of what no catalogue has, given the word by which it was known for a program.
fn calls_itself<'t>(text: &'t str, word: &'t str) -> &'t str {
    own_name(text, word).unwrap_or(UNKNOWN_AI)
}

impl<'n> Verdict<'n> {
    fn unknown(agent: &'n str, rule: Cow<'n, str>) -> Verdict<'n> {
        Verdict {
            kind: Kind::Agent,
            agent: Some(agent),
            family: Some(UNKNOWN_AI),
            operator: None,
            purpose: Some(Purpose::Other),
            rule,
            source: Source::Declared,
            trust: Trust::Unverifiable,
            entry: None,
        }
    }

    fn nobody(kind: Kind, rule: Cow<'n, str>, source: Source) -> Verdict<'n> {
        Verdict {
            kind,
            agent: None,
            family: None,
            operator: None,
            purpose: None,
            rule,
            source,
            trust: Trust::Unverifiable,
            entry: None,
        }
    }
}

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(JUDGED_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(user_agent: &str, kind: Kind, family: Option<&str>, source: Source) {
        let namer = Namer::new(Catalogue::with(Vec::new()).unwrap());
        let verdict = namer.name(user_agent);
        assert_eq!(
            (verdict.kind, verdict.family, verdict.source),
            (kind, family, source),
            "{user_agent}"
        );
    }

    #[test]
    fn agents_people_and_nobody() {
        let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/131.0.0.0 Safari/537.36";
        check(chrome, Kind::Person, None, Source::Woothee);
        check(
            "Mozilla/5.0 (compatible; GPTBot/1.2)",
            Kind::Agent,
            Some("ChatGPT"),
            Source::Catalogue,
        );
        check("Hatena Antenna/0.5", Kind::Agent, Some("Hatena"), Source::Woothee);
        check("NewBot/1.0", Kind::Agent, Some(UNKNOWN_AI), Source::Declared);
        check("something else", Kind::Agent, Some(UNKNOWN_AI), Source::Declared);
        check("something else Radio", Kind::Person, None, Source::Default);
        for empty in ["", "-", "  "] {
            check(empty, Kind::Empty, None, Source::Default);
        }
        let phone = "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/131.0.0.0 Mobile Safari/537.36";
        check(phone, Kind::Person, None, Source::Woothee);
        let rare = "Mozilla/5.0 (X11; NetBSD amd64; rv:24.0) Gecko/20131021 Firefox/24.0";
        check(rare, Kind::Person, None, Source::Woothee);
    }

    #[test]
    fn every_agent_is_found_again_by_the_name_it_was_kept_under() {
        let namer = Namer::new(Catalogue::with(Vec::new()).unwrap());
        for agent in namer.catalogue().agents() {
            let kept = format!("{BY_NAME}{}", agent.entry.name);
            let verdict = namer.name(&kept);
            assert_eq!(verdict.agent, Some(&*agent.entry.name));
        }
        assert_ne!(namer.name("=no such agent").source, Source::Catalogue);
    }

    #[test]
    fn a_very_long_user_agent_is_judged_by_its_beginning() {
        let long = format!("Radio {}é GPTBot/1.0", "x".repeat(JUDGED_BYTES - 7));
        check(&long, Kind::Person, None, Source::Default);
    }
}
