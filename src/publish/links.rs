//! The paths of the site's pages.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

use crate::interner::Map;
use crate::report::LinkTarget;

use super::term_files::{TermNames, percent_encoded};

/// The most families, and the most agents, that have a page of their own.
const PAGES_MAX: usize = 1000;

/// The folders of the pages of terms, families and agents.
pub(super) const TERM_PAGES: &str = "pages";
pub(super) const FAMILIES_FOLDER: &str = "families";
pub(super) const AGENTS_FOLDER: &str = "agents";

/// The paths of the pages of terms, families and agents, from the folder of the pages.
pub(super) struct SiteLinks<'n> {
    families: Map<String, String>,
    agents: Map<String, String>,
    terms: &'n TermNames,
}

impl<'n> SiteLinks<'n> {
    /// Returns the paths. `families` and `agents` are names in the order of their importance: the first have a page.
    pub(super) fn new<'t>(
        families: impl Iterator<Item = &'t str>,
        agents: impl Iterator<Item = &'t str>,
        terms: &'n TermNames,
    ) -> SiteLinks<'n> {
        SiteLinks {
            families: paths(FAMILIES_FOLDER, families),
            agents: paths(AGENTS_FOLDER, agents),
            terms,
        }
    }

    /// Returns the path of a page, if it has one.
    pub(super) fn path(&self, target: &LinkTarget) -> Option<String> {
        match target {
            LinkTarget::Family(name) => self.families.get(name).cloned(),
            LinkTarget::Agent(name) => self.agents.get(name).cloned(),
            LinkTarget::Term(term) => {
                let name = percent_encoded(&self.terms.file_name(term));
                Some(format!("{TERM_PAGES}/{name}.html"))
            }
            LinkTarget::File(path) | LinkTarget::Url(path) => Some(path.clone()),
        }
    }
}

fn paths<'t>(folder: &str, names: impl Iterator<Item = &'t str>) -> Map<String, String> {
    let mut used = HashSet::new();
    let named = names.take(PAGES_MAX).map(|name| {
        let mut slug = slug(name);
        while slug.is_empty() || !used.insert(slug.clone()) {
            let hash = xxh3_64((slug.clone() + name).as_bytes()) >> 32;
            slug = format!("{slug}-{hash:08x}");
        }
        (name.to_owned(), format!("{folder}/{slug}.html"))
    });
    named.collect()
}

/// Returns a name for a file: lower-case letters and digits, and a hyphen for all between them.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut slug = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    slug.truncate(60);
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_different_files() {
        let paths = paths(
            "agents",
            ["Meta AI", "meta-ai", "meta-ai-5c5f3ee4", "META AI", "../..", "日本", ""].into_iter(),
        );
        assert_eq!(paths["Meta AI"], "agents/meta-ai.html");
        let mut all: Vec<&String> = paths.values().collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 7, "{all:?}");
        assert!(all.iter().all(|path| path.matches('/').count() == 1 && !path.contains("..")));
    }
}
