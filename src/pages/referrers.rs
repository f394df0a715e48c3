//! Classifies referrers: an AI product, a search engine, the site itself, or another site.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use url::Url;

use crate::format::Record;
use crate::interner::Map;

use super::error::RuleError;

const TABLE: &str = include_str!("referrers.toml");

/// Numbers of the sources that are not in the table. The numbers of the products follow.
const NONE: u8 = 0;
const OWN_SITE: u8 = 1;
const SEARCH: u8 = 2;
const OTHER_SITE: u8 = 3;
const FIXED: [&str; 4] = ["none", "own site", "search", "other site"];

/// The sources that people come from. The number of a source is its index in [`Referrers::names`].
#[derive(Clone, Debug)]
pub struct Referrers {
    names: Vec<String>,
    /// The agent families of products, if they have another name than the product.
    families: Map<String, String>,
    hosts: Map<Box<[u8]>, u8>,
    utm_sources: Map<Box<[u8]>, u8>,
    own_host: Option<Box<[u8]>>,
}

#[derive(Deserialize)]
struct ReferrerTable {
    product: Vec<Product>,
    search: SearchEngines,
}

#[derive(Deserialize)]
struct Product {
    name: String,
    family: Option<String>,
    hosts: Vec<String>,
    #[serde(default)]
    utm_source: Vec<String>,
}

#[derive(Deserialize)]
struct SearchEngines {
    hosts: Vec<String>,
}

impl Referrers {
    /// Parses the built-in table. `site_url` is the URL of the site, from the config. Without it, the own site is
    /// identified by the virtual host of each request, if the log has it.
    pub fn new(site_url: Option<&str>) -> Result<Referrers, RuleError> {
        let table: ReferrerTable = toml::from_str(TABLE).expect("the built-in table is tested");
        let mut names: Vec<String> = FIXED.iter().map(|name| (*name).to_owned()).collect();
        let (mut hosts, mut utm_sources) = (Map::default(), Map::default());
        hosts.extend(table.search.hosts.iter().map(|host| (host.as_bytes().into(), SEARCH)));
        let mut families = Map::default();
        for product in table.product {
            let number = u8::try_from(names.len()).expect("a few dozen products");
            if let Some(family) = product.family {
                families.insert(product.name.clone(), family);
            }
            names.push(product.name);
            hosts.extend(product.hosts.iter().map(|host| (host.as_bytes().into(), number)));
            utm_sources
                .extend(product.utm_source.iter().map(|text| (text.as_bytes().into(), number)));
        }
        let own_host = site_url.map(own_host).transpose()?;
        Ok(Referrers { names, families, hosts, utm_sources, own_host })
    }

    /// Returns the family of a product's agents, which by default is the product's name. `None` for sources that are no products,
    /// such as search.
    pub fn family<'p>(&'p self, source: &'p str) -> Option<&'p str> {
        let is_product = !FIXED.contains(&source);
        is_product.then(|| self.families.get(source).map_or(source, |family| family))
    }

    /// Returns the names of all sources, by number.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the number of the source of a request, by its referrer, its query and its virtual host.
    pub fn came_from(&self, record: &Record<'_>) -> u8 {
        let Some(from) = record.referrer.and_then(host_of) else {
            return record
                .plain_query()
                .and_then(|query| self.by_utm_source(&query))
                .unwrap_or(NONE);
        };
        let own = self.own_host.as_deref().or(record.host).map(without_www);
        if own.is_some_and(|own| own.eq_ignore_ascii_case(without_www(&from))) {
            return OWN_SITE;
        }
        let is_google = from.starts_with(b"www.google.") || from.starts_with(b"google.");
        match self.by_host(&from) {
            Some(number) => number,
            None if is_google => SEARCH,
            None => OTHER_SITE,
        }
    }

    /// Returns the source of a host, or of its closest parent domain in the table.
    fn by_host(&self, host: &[u8]) -> Option<u8> {
        let mut rest = host;
        loop {
            if let Some(&number) = self.hosts.get(rest) {
                return Some(number);
            }
            let dot = rest.iter().position(|byte| *byte == b'.')?;
            rest = &rest[dot + 1..];
        }
    }

    fn by_utm_source(&self, query: &[u8]) -> Option<u8> {
        let parameter =
            query.split(|byte| *byte == b'&').find_map(|p| p.strip_prefix(b"utm_source="))?;
        self.utm_sources.get(parameter.to_ascii_lowercase().as_slice()).copied()
    }
}

/// Returns the host of the site's URL, without `www.`.
fn own_host(site_url: &str) -> Result<Box<[u8]>, RuleError> {
    let invalid = |reason: String| RuleError::SiteUrl { url: site_url.to_owned(), reason };
    let url = Url::parse(site_url).map_err(|error| invalid(error.to_string()))?;
    let host = url.host_str().ok_or_else(|| invalid("it has no host".into()))?;
    Ok(without_www(host.as_bytes()).into())
}

/// Returns the host of a referrer in lower case, without user and port. It is called for every view, so the referrer is
/// not parsed as a whole.
fn host_of(url: &[u8]) -> Option<Cow<'_, [u8]>> {
    let start = match url.strip_prefix(b"https") {
        Some([b':', b'/', b'/', ..]) => b"https://".len(),
        _ => memmem::find(&url[..url.len().min(16)], b"://")? + 3,
    };
    let rest = &url[start..];
    let (mut host_start, mut host_end, mut is_lower) = (0, None, true);
    let mut end = rest.len();
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'/' | b'?' | b'#' => {
                end = at;
                break;
            }
            b'@' => (host_start, host_end) = (at + 1, None),
            b':' => host_end = host_end.or(Some(at)),
            b'A'..=b'Z' => is_lower = false,
            _ => {}
        }
    }
    let host = &rest[host_start..host_end.unwrap_or(end)];
    let host = if is_lower { Cow::Borrowed(host) } else { host.to_ascii_lowercase().into() };
    (!host.is_empty()).then_some(host)
}

fn without_www(host: &[u8]) -> &[u8] {
    host.strip_prefix(b"www.").unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(referrer: &str, query: &str, expected: &str) {
        let referrers = Referrers::new(Some("https://www.glossary.example/")).unwrap();
        let referrer = (referrer != "-").then_some(referrer.as_bytes());
        let record = Record { referrer, query: Some(query.as_bytes()), ..Record::default() };
        let number = referrers.came_from(&record);
        assert_eq!(referrers.names()[usize::from(number)], expected, "{referrer:?} {query}");
    }

    #[test]
    fn sources_are_found_by_referrer_or_utm_source() {
        check("-", "", "none");
        check("-", "a=1&utm_source=chatgpt.com", "ChatGPT");
        check("-", "utm_source=chatgpt", "none");
        check("https://chatgpt.com/", "", "ChatGPT");
        check("https://www.perplexity.ai/search?q=x", "", "Perplexity");
        check("https://gemini.google.com/", "", "Gemini");
        check("https://www.google.de/", "", "search");
        check("https://www.bing.com/search?q=x", "", "search");
        check("https://glossary.example/b", "", "own site");
        check("https://notchatgpt.com/", "", "other site");
        check("https://chatgpt.com.evil.example/", "", "other site");
        check("https://evilclaude.ai/", "", "other site");
        check("junk", "", "none");
        check("HTTPS://ChatGPT.com", "", "ChatGPT");
        check("http://me:secret@chatgpt.com:443/", "", "ChatGPT");
        check("https://chatgpt.com:443@other.example/", "", "other site");
        check("https://", "", "none");
    }
}
