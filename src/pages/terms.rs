//! Finds the term that a path is about.

use std::collections::HashSet;

use regex::Regex;

use super::error::RuleError;
use super::term_catalogue::TermCatalogue;

/// The longest term. No page has a longer name, and longer ones would only fill the store.
const TERM_BYTES_MAX: usize = 256;

/// Rules that find terms in paths.
#[derive(Clone, Debug, Default)]
pub struct TermRules {
    pattern: Option<Regex>,
    catalogue: TermCatalogue,
    known: HashSet<String>,
    /// True if only the catalogue's terms are terms.
    is_catalogue_only: bool,
    /// Paths that are no terms.
    ignored: Vec<Regex>,
}

impl TermRules {
    /// Returns rules for a pattern with a group named `term`, which is matched against the percent-decoded path.
    /// Without a pattern, no path is a term.
    pub fn new(pattern: Option<&str>) -> Result<TermRules, RuleError> {
        let Some(pattern) = pattern else { return Ok(TermRules::default()) };
        let regex = Regex::new(pattern).map_err(|error| RuleError::new("terms.pattern", &error))?;
        if !regex.capture_names().flatten().any(|name| name == "term") {
            return Err(RuleError::NoTermGroup(pattern.to_owned()));
        }
        Ok(TermRules { pattern: Some(regex), ..TermRules::default() })
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
            let regex =
                Regex::new(pattern).map_err(|error| RuleError::new("terms.ignore", &error))?;
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
        self.pattern.is_some()
    }

    /// Returns the term that a path is about. Aliases are resolved.
    ///
    /// Names with control characters are not terms, since no page has such a name.
    pub fn find(&self, path: &str) -> Option<String> {
        let found = self.pattern.as_ref()?.captures(path)?.name("term")?.as_str();
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
            assert_eq!(rules.find(path).as_deref(), term, "{path}");
        }
        assert!(rules.is_known("asyncio") && !rules.is_known("München"));
        let ignoring = rules.clone().ignoring(&["^/glossary/M".to_owned()]).unwrap();
        assert_eq!(ignoring.find("/glossary/München/"), None);
        assert_eq!(ignoring.find("/glossary/asyncio").as_deref(), Some("asyncio"));
        let listed = rules.catalogue_only();
        assert_eq!(listed.find("/glossary/München/"), None);
        assert_eq!(listed.find("/glossary/async").as_deref(), Some("asyncio"));
    }

    #[test]
    fn a_pattern_must_name_the_term() {
        assert!(matches!(TermRules::new(Some("^/(.*)$")), Err(RuleError::NoTermGroup(_))));
        assert!(TermRules::new(Some("(")).is_err());
        assert!(!TermRules::new(None).unwrap().has_pattern());
    }
}
