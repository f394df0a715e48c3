//! Finds a site's sitemap.

use std::fs;
use std::path::PathBuf;

use super::found_site::FoundSite;
use super::sample::Sample;
use crate::servers::Tree;

/// The names that sitemaps usually have.
const NAMES: [&str; 5] =
    ["sitemap.xml", "sitemap_index.xml", "sitemap-index.xml", "wp-sitemap.xml", "sitemap.xml.gz"];

/// A site's sitemap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sitemap {
    /// A file in the site's folder.
    File(PathBuf),
    /// An address that robots.txt names.
    Url(String),
}

/// Returns the sitemap in the site's folder, or the one that its robots.txt names.
pub fn find_sitemap(tree: &Tree, site: &FoundSite, sample: &Sample) -> Option<Sitemap> {
    let root = tree.path(site.document_root.as_deref()?);
    let file = NAMES.iter().map(|name| root.join(name)).find(|path| path.is_file());
    let named = || {
        let robots = fs::read_to_string(root.join("robots.txt")).ok()?;
        let url = robots.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.trim().eq_ignore_ascii_case("sitemap").then(|| value.trim().to_owned())
        })?;
        let is_own = sample.host().is_none_or(|host| url.contains(host));
        (url.starts_with("http") && is_own).then_some(url)
    };
    file.map(Sitemap::File).or_else(|| named().map(Sitemap::Url))
}
