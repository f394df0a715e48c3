//! The terms' titles, aliases and dates, from a file of the site owner's or a sitemap.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde::Deserialize;
use thiserror::Error;

use crate::day::Day;
use crate::format::percent_decode;
use crate::names::Map;

/// What is known of a term beside its history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermEntry {
    /// The term's key, as the pattern finds it in paths.
    pub term: String,
    /// What people call it.
    pub title: Option<String>,
    /// Other keys under which the same page is, or was, found.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The day it was published: `2026-03-15`.
    pub added: Option<String>,
}

/// The terms that the site's owner lists.
#[derive(Clone, Debug, Default)]
pub struct TermCatalogue {
    entries: Vec<TermEntry>,
    by_name: Map<Box<str>, usize>,
}

/// Why a term catalogue can't be used.
#[derive(Debug, Error)]
pub enum TermCatalogueError {
    /// It is not TOML, or not of the expected form.
    #[error(transparent)]
    Toml(#[from] Box<toml::de::Error>),
    /// It is not XML.
    #[error("is no sitemap: {0}")]
    Xml(#[from] quick_xml::Error),
    /// It lists nothing.
    #[error("is no sitemap: it has no <loc>")]
    NoLocation,
    /// A name stands twice.
    #[error("{0:?} is listed twice, as a term or alias")]
    Twice(String),
    /// A date is none.
    #[error("term {term:?} has the date {added:?}: write it as 2026-03-15")]
    Date {
        /// The term.
        term: String,
        /// Its date.
        added: String,
    },
}

impl TermCatalogue {
    /// Reads `[[term]]` tables: `term`, and perhaps `title`, `aliases`, `added`.
    pub fn from_toml(text: &str) -> Result<TermCatalogue, TermCatalogueError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default)]
            term: Vec<TermEntry>,
        }
        TermCatalogue::new(toml::from_str::<File>(text).map_err(Box::new)?.term)
    }

    /// Reads a sitemap (sitemaps.org): every `<loc>` in whose path `find` finds a term.
    pub fn from_sitemap(
        text: &str,
        find: impl Fn(&str) -> Option<String>,
    ) -> Result<TermCatalogue, TermCatalogueError> {
        let locations = locations(text)?;
        if locations.is_empty() {
            return Err(TermCatalogueError::NoLocation);
        }
        let mut terms: Vec<String> =
            locations.iter().filter_map(|url| find(&url_path(url))).collect();
        terms.sort();
        terms.dedup();
        let entry = |term| TermEntry { term, ..TermEntry::default() };
        TermCatalogue::new(terms.into_iter().map(entry).collect())
    }

    fn new(entries: Vec<TermEntry>) -> Result<TermCatalogue, TermCatalogueError> {
        let mut entries = entries;
        for entry in &mut entries {
            entry.title = entry.title.take().filter(|title| !title.trim().is_empty());
        }
        let mut by_name = Map::default();
        for (at, entry) in entries.iter().enumerate() {
            for name in std::iter::once(&entry.term).chain(&entry.aliases) {
                if by_name.insert(name.as_str().into(), at).is_some() {
                    return Err(TermCatalogueError::Twice(name.clone()));
                }
            }
            if let Some(added) = entry.added.clone().filter(|added| Day::parse(added).is_none()) {
                return Err(TermCatalogueError::Date { term: entry.term.clone(), added });
            }
        }
        Ok(TermCatalogue { entries, by_name })
    }

    /// The entry with this term or alias.
    pub fn get(&self, name: &str) -> Option<&TermEntry> {
        self.by_name.get(name).map(|&at| &self.entries[at])
    }

    /// All entries, in the file's order.
    pub fn entries(&self) -> &[TermEntry] {
        &self.entries
    }
}

fn locations(text: &str) -> Result<Vec<String>, quick_xml::Error> {
    let mut reader = Reader::from_str(text);
    let (mut within, mut found) = (false, Vec::new());
    loop {
        match reader.read_event()? {
            Event::Start(tag) => {
                within = tag.local_name().as_ref() == "loc";
                if within {
                    found.push(String::new());
                }
            }
            Event::End(_) => within = false,
            Event::Text(text) if within => append(&mut found, &text),
            Event::GeneralRef(name) if within => {
                append(&mut found, resolve_predefined_entity(&name).unwrap_or_default());
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

fn append(found: &mut [String], text: &str) {
    if let Some(url) = found.last_mut() {
        url.push_str(text);
    }
}

/// The path of a URL, its percent-encoding undone, without query and fragment.
fn url_path(url: &str) -> String {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    String::from_utf8_lossy(&percent_decode(path.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_terms() {
        let text = "[[term]]\nterm = \"asyncio\"\ntitle = \"Python asyncio\"\naliases = [\"async\"]\n\
                    added = \"2026-03-15\"\n";
        let catalogue = TermCatalogue::from_toml(text).unwrap();
        assert_eq!(catalogue.get("async").unwrap().title.as_deref(), Some("Python asyncio"));
        assert!(catalogue.get("await").is_none());
        for (wrong, says) in [
            ("[[term]]\nterm = \"a\"\n[[term]]\nterm = \"b\"\naliases = [\"a\"]", "listed twice"),
            ("[[term]]\nterm = \"a\"\nadded = \"May\"", "2026-03-15"),
            ("[[term]]\nterm = \"a\"\ntitel = \"A\"", "titel"),
        ] {
            let error = TermCatalogue::from_toml(wrong).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn a_sitemap() {
        let text = "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\
                    <url><loc>https://example.com/glossary/asyncio</loc><lastmod>2026-03-15</lastmod></url>\
                    <url><loc> https://example.com/about </loc></url>\
                    <url><loc>https://example.com/glossary/M%C3%BCnchen?a=1&amp;b=2#c</loc></url></urlset>";
        let find = |path: &str| path.strip_prefix("/glossary/").map(str::to_owned);
        let catalogue = TermCatalogue::from_sitemap(text, find).unwrap();
        let terms: Vec<&str> = catalogue.entries().iter().map(|entry| &*entry.term).collect();
        assert_eq!(terms, ["München", "asyncio"]);
        assert!(TermCatalogue::from_sitemap("<urlset><url></urlset>", find).is_err());
    }
}
