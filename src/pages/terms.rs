//! Finds the term that a request is about.

use std::borrow::Cow;
use std::collections::HashSet;

use regex::Regex;
use serde::Deserialize;
use url::form_urlencoded;

use super::error::RuleError;
use super::term_catalogue::TermCatalogue;
use crate::format::percent_decode;

/// The longest term. No page has a longer name, and longer ones would only fill the store.
const TERM_BYTES_MAX: usize = 256;

/// A rule of the config for pages that are told by the query: `/index.php?title=Main_Page`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryRule {
    /// Regular expression for the path.
    pub path: String,
    /// The parameter of the query whose value is the term.
    pub parameter: String,
    /// A text before the value, by which the terms of several rules differ.
    #[serde(default)]
    pub prefix: String,
}

/// Returns the parameters of a query, decoded.
pub fn query_parameters(query: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(query)
}

/// Returns the regular expression for exactly this text.
pub fn literal_pattern(text: &str) -> String {
    regex::escape(text)
}

/// Rules that find terms in paths and queries.
#[derive(Clone, Debug, Default)]
pub struct TermRules {
    patterns: Vec<Regex>,
    queries: Vec<(Regex, QueryRule)>,
    catalogue: TermCatalogue,
    known: HashSet<String>,
    /// True if only the catalogue's terms are terms.
    is_catalogue_only: bool,
    /// Paths that are no terms.
    ignored: Vec<Regex>,
}

impl TermRules {
    /// Returns rules for patterns with a group named `term`, which are matched against the percent-decoded path. The first
    /// that matches counts. Without a pattern, no path is a term.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<TermRules, RuleError> {
        let mut rules = TermRules::default();
        for pattern in patterns {
            let regex = Regex::new(pattern)
                .map_err(|error| RuleError::new("[terms] pattern", pattern, &error))?;
            if !regex.capture_names().flatten().any(|name| name == "term") {
                return Err(RuleError::NoTermGroup(pattern.to_owned()));
            }
            rules.patterns.push(regex);
        }
        Ok(rules)
    }

    /// Adds rules for pages that are told by the query. They apply to paths that no pattern matches.
    pub fn with_queries(mut self, rules: &[QueryRule]) -> Result<TermRules, RuleError> {
        for rule in rules {
            let regex = Regex::new(&rule.path)
                .map_err(|error| RuleError::new("[[terms.query]] path", &rule.path, &error))?;
            self.queries.push((regex, rule.clone()));
        }
        Ok(self)
    }

    /// Adds a catalogue. Its aliases are then resolved to their terms.
    #[must_use]
    pub fn with_catalogue(mut self, catalogue: TermCatalogue) -> TermRules {
        self.known.extend(catalogue.entries().iter().map(|entry| entry.term.clone()));
        self.catalogue = catalogue;
        self
    }

    /// Accepts only the catalogue's terms. A server that answers every address with a page would otherwise let any visitor
    /// make a term.
    #[must_use]
    pub fn catalogue_only(mut self) -> TermRules {
        self.is_catalogue_only = true;
        self
    }

    /// Ignores paths that match one of the patterns.
    pub fn ignoring(mut self, patterns: &[String]) -> Result<TermRules, RuleError> {
        for pattern in patterns {
            let regex = Regex::new(pattern)
                .map_err(|error| RuleError::new("[terms] ignore", pattern, &error))?;
            self.ignored.push(regex);
        }
        Ok(self)
    }

    /// Adds terms that are known from earlier runs.
    pub fn add_known(&mut self, terms: impl IntoIterator<Item = String>) {
        self.known.extend(terms);
    }

    pub fn catalogue(&self) -> &TermCatalogue {
        &self.catalogue
    }

    /// Returns whether any path can be a term.
    pub fn has_pattern(&self) -> bool {
        !self.patterns.is_empty() || !self.queries.is_empty()
    }

    /// Returns whether the query of a request for this path may tell its term.
    pub fn asks_query(&self, path: &str) -> bool {
        self.queries.iter().any(|(regex, _)| regex.is_match(path))
    }

    /// Returns the term that a request for a path with a query is about. Aliases are resolved.
    ///
    /// Names with control characters are not terms, since no page has such a name.
    pub fn find(&self, path: &str, query: Option<&[u8]>) -> Option<String> {
        let in_path = |regex: &Regex| Some(regex.captures(path)?.name("term")?.as_str().to_owned());
        let in_query = || self.find_in_query(path, query?);
        let found = self.patterns.iter().find_map(in_path).or_else(in_query)?;
        let found = found.as_str();
        let is_valid = !found.is_empty()
            && found.len() <= TERM_BYTES_MAX
            && !found.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER);
        if !is_valid || self.ignored.iter().any(|ignored| ignored.is_match(path)) {
            return None;
        }
        let entry = self.catalogue.get(found);
        if entry.is_none() && self.is_catalogue_only {
            return None;
        }
        Some(entry.map_or(found, |entry| &entry.term).to_owned())
    }

    /// Returns the term that the target of a request, such as `/blog/caf%C3%A9?page=2`, is about.
    pub fn find_target(&self, target: &str) -> Option<String> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.as_bytes())),
            None => (target, None),
        };
        self.find(&String::from_utf8_lossy(&percent_decode(path.as_bytes())), query)
    }

    /// Returns the value of the first rule's parameter that the query has, with the rule's prefix.
    fn find_in_query(&self, path: &str, query: &[u8]) -> Option<String> {
        let rules = self.queries.iter().filter(|(regex, _)| regex.is_match(path));
        rules.into_iter().find_map(|(_, rule)| {
            let mut parameters = query_parameters(query);
            let (_, value) = parameters.find(|(name, _)| *name == rule.parameter)?;
            (!value.is_empty()).then(|| format!("{}{value}", rule.prefix))
        })
    }

    /// Returns whether a term is in the catalogue or was seen before. Only then are requests that do not count (errors,
    /// redirects) stored under it.
    pub fn is_known(&self, term: &str) -> bool {
        self.known.contains(term)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_and_aliases_are_found() {
        let catalogue = "[[term]]\nterm = \"asyncio\"\naliases = [\"async\"]";
        let rules = TermRules::new(Some(r"^/glossary/(?<term>[^/]+?)(?:\.json)?/?$"))
            .unwrap()
            .with_catalogue(TermCatalogue::from_toml(catalogue).unwrap());
        let long = format!("/glossary/{}", "x".repeat(300));
        for (path, term) in [
            ("/glossary/asyncio", Some("asyncio")),
            ("/glossary/async.json", Some("asyncio")),
            ("/glossary/München/", Some("München")),
            ("/glossary/", None),
            ("/about", None),
            ("/glossary/a\u{1b}[2J", None),
            (&long, None),
        ] {
            assert_eq!(rules.find(path, None).as_deref(), term, "{path}");
        }
        assert!(rules.is_known("asyncio") && !rules.is_known("München"));
        let ignoring = rules.clone().ignoring(&["^/glossary/M".to_owned()]).unwrap();
        assert_eq!(ignoring.find("/glossary/München/", None), None);
        assert_eq!(ignoring.find("/glossary/asyncio", None).as_deref(), Some("asyncio"));
        let listed = rules.catalogue_only();
        assert_eq!(listed.find("/glossary/München/", None), None);
        assert_eq!(listed.find("/glossary/async", None).as_deref(), Some("asyncio"));
    }

    #[test]
    fn a_query_tells_the_term_of_a_page() {
        let rule = |path: &str, parameter: &str, prefix: &str| QueryRule {
            path: path.into(),
            parameter: parameter.into(),
            prefix: prefix.into(),
        };
        let rules = TermRules::new(["^/blog/(?<term>[^/]+)$", "^/news/(?<term>[0-9]+)$"])
            .unwrap()
            .with_queries(&[
                rule("^/index\\.php$", "title", ""),
                rule("^/viewtopic\\.php$", "t", "topic "),
                rule("^/viewforum\\.php$", "f", "forum "),
            ])
            .unwrap();
        for (path, query, term) in [
            ("/blog/a", None, Some("a")),
            ("/news/7", Some("page=2"), Some("7")),
            ("/index.php", Some("action=raw&title=Caf%C3%A9+au_lait&x"), Some("Café au_lait")),
            ("/index.php", Some("title="), None),
            ("/index.php", Some("Title=a"), None),
            ("/index.php", None, None),
            ("/viewtopic.php", Some("f=2&t=123&start=20"), Some("topic 123")),
            ("/viewforum.php", Some("f=2"), Some("forum 2")),
            ("/viewtopic.php", Some("t=%00"), None),
            ("/other.php", Some("title=a"), None),
        ] {
            let found = rules.find(path, query.map(str::as_bytes));
            assert_eq!(found.as_deref(), term, "{path} {query:?}");
        }
        assert!(rules.asks_query("/index.php") && !rules.asks_query("/blog/a"));
    }

    #[test]
    fn a_pattern_must_name_the_term() {
        assert!(matches!(TermRules::new(Some("^/(.*)$")), Err(RuleError::NoTermGroup(_))));
        assert!(TermRules::new(Some("(")).is_err());
        assert!(!TermRules::new(None).unwrap().has_pattern());
    }
}
