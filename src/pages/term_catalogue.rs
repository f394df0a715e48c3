//! The terms' titles, aliases and dates, from a TOML file or a sitemap.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use serde::Deserialize;
use thiserror::Error;
use url::Url;

use crate::day::Day;
use crate::format::percent_decode;
use crate::interner::Map;

/// An entry of the term catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermEntry {
    /// The term, as the config's pattern finds it in paths.
    pub term: String,
    /// The title that is shown to people.
    pub title: Option<String>,
    /// Other keys under which the same page is or was available.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The day on which it was published, such as `2026-03-15`.
    pub added: Option<String>,
    /// The address of the page.
    pub url: Option<String>,
}

/// The terms that the site's owner lists.
#[derive(Clone, Debug, Default)]
pub struct TermCatalogue {
    entries: Vec<TermEntry>,
    by_name: Map<Box<str>, usize>,
}

/// An error in a term catalogue.
#[derive(Debug, Error)]
pub enum TermCatalogueError {
    /// It is not TOML, or not of the expected form.
    #[error(transparent)]
    Toml(#[from] Box<toml::de::Error>),
    /// It is not XML.
    #[error("is not a sitemap: {0}")]
    Xml(#[from] quick_xml::Error),
    #[error("is not a sitemap: it has no <loc>")]
    NoLocation,
    #[error("{0:?} is listed twice, as a term or alias")]
    Twice(String),
    #[error("term {term:?} has an invalid date {added:?}: write it as 2026-03-15")]
    Date { term: String, added: String },
}

impl TermCatalogue {
    /// Parses `[[term]]` tables with the key `term` and the optional keys `title`, `aliases` and `added`.
    pub fn from_toml(text: &str) -> Result<TermCatalogue, TermCatalogueError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default)]
            term: Vec<TermEntry>,
        }
        TermCatalogue::new(toml::from_str::<File>(text).map_err(Box::new)?.term)
    }

    /// Parses a sitemap (sitemaps.org). Each `<loc>` in whose path and query `find` finds a term becomes an entry.
    pub fn from_sitemap(
        text: &str,
        find: impl Fn(&str, Option<&[u8]>) -> Option<String>,
    ) -> Result<TermCatalogue, TermCatalogueError> {
        TermCatalogue::from_sitemaps(&[text.to_owned()], find)
    }

    /// Parses several sitemaps, as an index lists them.
    pub fn from_sitemaps(
        texts: &[String],
        find: impl Fn(&str, Option<&[u8]>) -> Option<String>,
    ) -> Result<TermCatalogue, TermCatalogueError> {
        let mut urls = Vec::new();
        for text in texts {
            urls.extend(locations(text)?);
        }
        if urls.is_empty() {
            return Err(TermCatalogueError::NoLocation);
        }
        let find_in = |url: &String| {
            let (path, query) = path_and_query(url)?;
            let term = find(&path, query.as_deref().map(str::as_bytes))?;
            Some(TermEntry { term, url: Some(url.clone()), ..TermEntry::default() })
        };
        let mut entries: Vec<TermEntry> = urls.iter().filter_map(find_in).collect();
        entries.sort_by(|one, other| (&one.term, &one.url).cmp(&(&other.term, &other.url)));
        entries.dedup_by(|one, other| one.term == other.term);
        TermCatalogue::new(entries)
    }

    fn new(mut entries: Vec<TermEntry>) -> Result<TermCatalogue, TermCatalogueError> {
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

    /// Returns the entry with a term or alias.
    pub fn get(&self, name: &str) -> Option<&TermEntry> {
        self.by_name.get(name).map(|&at| &self.entries[at])
    }

    /// Returns the title of a term, which is its name if the catalogue gives none.
    pub fn title<'t>(&'t self, term: &'t str) -> &'t str {
        self.get(term).and_then(|entry| entry.title.as_deref()).unwrap_or(term)
    }

    /// Returns all entries, in the order of the file.
    pub fn entries(&self) -> &[TermEntry] {
        &self.entries
    }
}

/// Returns the pages that a sitemap lists, or the other sitemaps if it is an index. Addresses of images and videos are no
/// pages.
fn locations(text: &str) -> Result<Vec<String>, quick_xml::Error> {
    let mut reader = Reader::from_str(text);
    let (mut parents, mut urls) = (Vec::new(), Vec::new());
    let is_loc = |parents: &[String]| matches!(parents, [.., parent, loc] if loc == "loc" && (parent == "url" || parent == "sitemap"));
    loop {
        match reader.read_event()? {
            Event::Start(tag) => {
                parents.push(tag.local_name().as_ref().to_owned());
                if is_loc(&parents) {
                    urls.push(String::new());
                }
            }
            Event::End(_) => drop(parents.pop()),
            Event::Text(text) if is_loc(&parents) => append(&mut urls, &text),
            Event::CData(text) if is_loc(&parents) => append(&mut urls, &text),
            Event::GeneralRef(name) if is_loc(&parents) => match name.resolve_char_ref()? {
                Some(character) => append(&mut urls, character.encode_utf8(&mut [0; 4])),
                None => append(&mut urls, resolve_predefined_entity(&name).unwrap_or_default()),
            },
            Event::Eof => {
                return Ok(urls.into_iter().filter(|url| !url.trim().is_empty()).collect());
            }
            _ => {}
        }
    }
}

/// Returns the file names of the sitemaps that an index lists. `None` if the text is no index.
pub fn indexed_sitemaps(text: &str) -> Option<Vec<String>> {
    text.contains("<sitemapindex").then(|| {
        let urls = locations(text).unwrap_or_default();
        let name = |url: &String| Some(url.trim().rsplit('/').next()?.to_owned());
        urls.iter().filter_map(name).filter(|name| !name.is_empty()).collect()
    })
}

fn append(urls: &mut [String], text: &str) {
    if let Some(url) = urls.last_mut() {
        url.push_str(text);
    }
}

/// Returns the percent-decoded path and the query of a URL, or `None` if it is not an absolute URL.
fn path_and_query(url: &str) -> Option<(String, Option<String>)> {
    let url = Url::parse(url.trim()).ok()?;
    let path = String::from_utf8_lossy(&percent_decode(url.path().as_bytes())).into_owned();
    Some((path, url.query().map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toml_file_is_parsed() {
        let text = "[[term]]\nterm = \"asyncio\"\ntitle = \"Python asyncio\"\naliases = [\"async\"]\n\
                    added = \"2026-03-15\"\n";
        let catalogue = TermCatalogue::from_toml(text).unwrap();
        assert_eq!(catalogue.get("async").unwrap().title.as_deref(), Some("Python asyncio"));
        assert!(catalogue.get("await").is_none());
        for (invalid, expected) in [
            ("[[term]]\nterm = \"a\"\n[[term]]\nterm = \"b\"\naliases = [\"a\"]", "listed twice"),
            ("[[term]]\nterm = \"a\"\nadded = \"May\"", "2026-03-15"),
            ("[[term]]\nterm = \"a\"\ntitel = \"A\"", "titel"),
        ] {
            let error = TermCatalogue::from_toml(invalid).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_sitemap_is_parsed() {
        let text = "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\
                    <url><loc>https://example.com/glossary/asyncio</loc><lastmod>2026-03-15</lastmod></url>\
                    <url><loc> https://example.com/about </loc></url>\
                    <url><loc>https://example.com/glossary/M%C3%BCnchen?a=1&amp;b=2#c</loc></url></urlset>";
        let find =
            |path: &str, _: Option<&[u8]>| path.strip_prefix("/glossary/").map(str::to_owned);
        let catalogue = TermCatalogue::from_sitemap(text, find).unwrap();
        let terms: Vec<&str> = catalogue.entries().iter().map(|entry| &*entry.term).collect();
        assert_eq!(terms, ["München", "asyncio"]);
        assert!(TermCatalogue::from_sitemap("<urlset><url></urlset>", find).is_err());
    }
}
