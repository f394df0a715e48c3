//! Where a person came from: an AI product, a search engine, the site itself, or elsewhere.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;

use crate::find::Sixteen;
use crate::names::Map;

use super::cache::Cache;

const TABLE: &str = include_str!("referrers.toml");

/// Numbers of the fixed rows of the table; the products follow.
const NOWHERE: u8 = 0;
const OWN_SITE: u8 = 1;
const SEARCH: u8 = 2;
const OTHER_SITE: u8 = 3;
const FIXED: [&str; 4] = ["none", "own site", "search", "other site"];

/// The places that people come from. Each has a number, which is its index in [`Referrers::names`].
#[derive(Clone, Debug)]
pub struct Referrers {
    names: Vec<String>,
    /// The families of the products that are called otherwise, by the products' names.
    families: Map<String, String>,
    hosts: Map<Box<[u8]>, u8>,
    utm_sources: Map<Box<[u8]>, u8>,
    own_host: Option<Box<[u8]>>,
}

#[derive(Deserialize)]
struct File {
    product: Vec<Product>,
    search: Search,
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
struct Search {
    hosts: Vec<String>,
}

impl Referrers {
    /// The built-in table. `site_url` is the site's own address, where config gives it; a log that
    /// names the virtual host tells the own site without it.
    pub fn new(site_url: Option<&str>) -> Referrers {
        let file: File = toml::from_str(TABLE).expect("the built-in table is tested");
        let mut names: Vec<String> = FIXED.iter().map(|name| (*name).to_owned()).collect();
        let (mut hosts, mut utm_sources) = (Map::default(), Map::default());
        hosts.extend(file.search.hosts.iter().map(|host| (host.as_bytes().into(), SEARCH)));
        let mut families = Map::default();
        for product in file.product {
            let number = u8::try_from(names.len()).expect("a few dozen products");
            if let Some(family) = product.family {
                families.insert(product.name.clone(), family);
            }
            names.push(product.name);
            hosts.extend(product.hosts.iter().map(|host| (host.as_bytes().into(), number)));
            utm_sources
                .extend(product.utm_source.iter().map(|text| (text.as_bytes().into(), number)));
        }
        let own_host = site_url.and_then(|url| host_of(url.as_bytes()));
        Referrers {
            names,
            families,
            hosts,
            utm_sources,
            own_host: own_host.map(|host| without_www(&host).into()),
        }
    }

    /// The family of the agents of a place: what sends people reads pages too.
    pub fn family<'p>(&'p self, place: &'p str) -> &'p str {
        self.families.get(place).map_or(place, |family| family)
    }

    /// All places, by number.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Where a request came from, by its referrer, its query, and the host it was sent to. `by_host` keeps what
    /// was decided of other hosts.
    pub(super) fn came_from(
        &self,
        referrer: Option<&[u8]>,
        query: Option<&[u8]>,
        host: Option<&[u8]>,
        by_host: &mut Cache<u8>,
    ) -> u8 {
        let by_query = || query.and_then(|query| self.by_utm_source(query)).unwrap_or(NOWHERE);
        let Some(from) = referrer.and_then(host_of) else { return by_query() };
        let own = self.own_host.as_deref().or(host).map(without_www);
        if own.is_some_and(|own| own.eq_ignore_ascii_case(without_www(&from))) {
            return OWN_SITE;
        }
        let hash = by_host.ahead::<8, 32>(&from);
        by_host.get(hash).unwrap_or_else(|| {
            let place = self.place(&from);
            by_host.put(hash, place);
            place
        })
    }

    /// Where those come from whom a host of another site has sent.
    fn place(&self, host: &[u8]) -> u8 {
        let is_google = host.starts_with(b"www.google.") || host.starts_with(b"google.");
        match self.by_host(host) {
            Some(number) => number,
            None if is_google => SEARCH,
            None => OTHER_SITE,
        }
    }

    /// The most specific entry that the host is, or is below.
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

/// The host that a URL names, in lower case, without user and port.
fn host_of(url: &[u8]) -> Option<Cow<'_, [u8]>> {
    usual_host(url).map(Cow::Borrowed).or_else(|| any_host(url))
}

fn any_host(url: &[u8]) -> Option<Cow<'_, [u8]>> {
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

/// The host of a usual URL: of up to 32 bytes, in lower case, with no user before it and no port behind.
#[inline(always)]
fn usual_host(url: &[u8]) -> Option<&[u8]> {
    let start = match url {
        [b'h', b't', b't', b'p', b's', b':', b'/', b'/', ..] => "https://".len(),
        [b'h', b't', b't', b'p', b':', b'/', b'/', ..] => "http://".len(),
        _ => return None,
    };
    // A bit for each byte that hosts are written with, as far as is looked: alike whatever the length.
    let last = url.len().checked_sub(16)?;
    let plain = |at: usize| {
        let at = at.min(last);
        let sixteen = Sixteen::of(url[at..].first_chunk().expect("sixteen more"));
        let others = sixteen.equal(b'/');
        (sixteen.between(b'a', b'z') | sixteen.between(b'-', b'9') & !others) << at
    };
    let end = start + ((plain(start) | plain(start + 16)) >> start).trailing_ones() as usize;
    let is_whole = matches!(url[end..], [] | [b'/' | b'?' | b'#', ..]);
    Some(&url[start..end]).filter(|host| is_whole && !host.is_empty())
}

fn without_www(host: &[u8]) -> &[u8] {
    host.strip_prefix(b"www.").unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(referrer: &str, query: &str, expected: &str) {
        let referrers = Referrers::new(Some("https://www.glossary.example/"));
        let referrer = (referrer != "-").then_some(referrer.as_bytes());
        let mut by_host = Cache::new(1 << 10);
        let number = referrers.came_from(referrer, Some(query.as_bytes()), None, &mut by_host);
        assert_eq!(referrers.names()[usize::from(number)], expected, "{referrer:?} {query}");
    }

    proptest! {
        #[test]
        fn the_host_of_a_usual_url_is_that_of_any(
            url in "(https?|ftp|HTTP)?(://|:/)[a-z0-9.A@:_-]{0,40}([/?#][a-z/:@]{0,9})?",
        ) {
            if let Some(host) = usual_host(url.as_bytes()) {
                prop_assert_eq!(any_host(url.as_bytes()), Some(host.into()));
            }
        }
    }

    #[test]
    fn usual_urls_are() {
        for url in ["https://www.google.com/", "http://glossary.example?a", "https://chatgpt.com"] {
            assert!(usual_host(url.as_bytes()).is_some(), "{url}");
        }
    }

    #[test]
    fn where_people_come_from() {
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
