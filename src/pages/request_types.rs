//! Request types: the form in which a term was requested, or the kind of a request for no term.

use regex::bytes::Regex;

use crate::format::Record;

use super::error::RuleError;

/// The request type of requests for a term that match no rule.
pub const CRAWLER: &str = "crawler";

/// The request type of requests for pages that are no term.
pub const OTHER_PAGE: &str = "other page";

/// The request type of parts of a page, such as images, and of downloads.
pub const ASSET: &str = "asset";

/// Request types of requests for no term.
const NON_TERM_TYPES: [&str; 7] =
    ["robots.txt", "sitemap", "llms.txt", "feed", ASSET, OTHER_PAGE, "other method"];

/// File extensions of parts of a page and of downloads.
const ASSET_EXTENSIONS: [&[u8]; 32] = [
    b"css", b"js", b"mjs", b"map", b"png", b"jpg", b"jpeg", b"gif", b"webp", b"avif", b"svg",
    b"ico", b"woff", b"woff2", b"ttf", b"otf", b"eot", b"mp3", b"mp4", b"webm", b"ogg", b"wasm",
    b"zip", b"gz", b"tgz", b"bz2", b"xz", b"exe", b"dmg", b"apk", b"bin", b"iso",
];

/// The most rules. [`RequestRules::candidates`] has a bit for each.
const RULES_MAX: usize = 64;

/// A rule of the config. All its patterns must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRule {
    /// The request type that the rule gives.
    pub name: String,
    /// Regular expression for the path.
    pub path: Option<String>,
    /// Regular expression for the query, without its `?`.
    pub query: Option<String>,
    /// Regular expression for the `Accept` header, if the log has it.
    pub accept: Option<String>,
}

#[derive(Clone, Debug)]
struct Rule {
    request_type: u8,
    path: Option<Regex>,
    query: Option<Regex>,
    accept: Option<Regex>,
}

/// The request types of a site. The number of a type is its index in [`RequestRules::names`].
#[derive(Clone, Debug)]
pub struct RequestRules {
    names: Vec<String>,
    rules: Vec<Rule>,
    crawler: u8,
}

impl RequestRules {
    /// Compiles the rules of the config. Several rules may have the same name.
    pub fn new(rules: &[RequestRule]) -> Result<RequestRules, RuleError> {
        if rules.len() > RULES_MAX {
            return Err(RuleError::TooMany { count: rules.len(), max: RULES_MAX });
        }
        let mut names: Vec<String> = Vec::new();
        let mut compiled = Vec::new();
        for rule in rules {
            if NON_TERM_TYPES.contains(&&*rule.name) {
                return Err(RuleError::Reserved(rule.name.clone()));
            }
            let request_type = type_number(&mut names, &rule.name);
            compiled.push(compile(rule, request_type)?);
        }
        let crawler = type_number(&mut names, CRAWLER);
        names.extend(NON_TERM_TYPES.iter().map(|name| (*name).to_owned()));
        Ok(RequestRules { names, rules: compiled, crawler })
    }

    /// Returns the names of all request types, by number: those of the rules, `crawler`, and those for no term.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns the rules whose path pattern matches, one bit each.
    pub fn candidates(&self, path: &[u8]) -> u64 {
        let matches = |rule: &Rule| rule.path.as_ref().is_none_or(|pattern| pattern.is_match(path));
        self.rules
            .iter()
            .enumerate()
            .fold(0, |bits, (at, rule)| bits | u64::from(matches(rule)) << at)
    }

    /// Returns the request type of the first candidate that also matches the query and the `Accept` header of a record.
    pub fn choose(&self, candidates: u64, record: &Record<'_>) -> u8 {
        let matches_query =
            |pattern: &Regex| record.plain_query().is_some_and(|query| pattern.is_match(&query));
        let matches_accept =
            |pattern: &Regex| record.accept.is_some_and(|accept| pattern.is_match(accept));
        let chosen = self.rules.iter().enumerate().find(|(at, rule)| {
            candidates >> at & 1 == 1
                && rule.query.as_ref().is_none_or(matches_query)
                && rule.accept.as_ref().is_none_or(matches_accept)
        });
        chosen.map_or(self.crawler, |(_, rule)| rule.request_type)
    }

    /// Returns the request type of a path that is not a term.
    pub fn elsewhere(&self, path: &[u8]) -> u8 {
        self.non_term_type(match path {
            b"/robots.txt" => "robots.txt",
            _ if is_sitemap(path) => "sitemap",
            b"/llms.txt" | b"/llms-full.txt" => "llms.txt",
            _ if is_feed(path) => "feed",
            _ if is_asset(path) => ASSET,
            _ => "other page",
        })
    }

    /// Returns the name of the request type of a path that is not a term.
    pub fn elsewhere_name(&self, path: &[u8]) -> &str {
        &self.names[usize::from(self.elsewhere(path))]
    }

    /// Returns the request type of requests with a method that does not count.
    pub fn other_method(&self) -> u8 {
        self.non_term_type("other method")
    }

    fn non_term_type(&self, name: &str) -> u8 {
        let start = self.names.len() - NON_TERM_TYPES.len();
        let at = NON_TERM_TYPES.iter().position(|other| *other == name).unwrap_or_default();
        u8::try_from(start + at).expect("at most 64 rules and a handful of own types")
    }
}

fn type_number(names: &mut Vec<String>, name: &str) -> u8 {
    let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u8::try_from(at).expect("at most 64 rules")
}

fn compile(rule: &RequestRule, request_type: u8) -> Result<Rule, RuleError> {
    if rule.path.is_none() && rule.query.is_none() && rule.accept.is_none() {
        return Err(RuleError::NoPattern(rule.name.clone()));
    }
    let pattern = |key: &str, text: &Option<String>| {
        let compile = |text: &String| {
            let key = format!("the {key} of request type {:?}", rule.name);
            Regex::new(text).map_err(|error| RuleError::new(&key, text, &error))
        };
        text.as_ref().map(compile).transpose()
    };
    Ok(Rule {
        request_type,
        path: pattern("path", &rule.path)?,
        query: pattern("query", &rule.query)?,
        accept: pattern("accept", &rule.accept)?,
    })
}

fn is_sitemap(path: &[u8]) -> bool {
    let name = file_name(path);
    name.starts_with(b"sitemap") && (name.ends_with(b".xml") || name.ends_with(b".xml.gz"))
}

fn is_feed(path: &[u8]) -> bool {
    let name = file_name(path.strip_suffix(b"/").unwrap_or(path));
    matches!(name, b"feed" | b"rss" | b"atom" | b"feed.json")
        || [b".rss".as_slice(), b".atom"].iter().any(|ending| name.ends_with(ending))
        || (name.ends_with(b".xml")
            && [b"feed".as_slice(), b"rss", b"atom", b"index"].iter().any(|s| name.starts_with(s)))
}

fn is_asset(path: &[u8]) -> bool {
    let name = file_name(path);
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else { return false };
    let extension = name[dot + 1..].to_ascii_lowercase();
    ASSET_EXTENSIONS.contains(&&*extension)
}

fn file_name(path: &[u8]) -> &[u8] {
    &path[path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, path: Option<&str>, query: Option<&str>) -> RequestRule {
        let text = |pattern: Option<&str>| pattern.map(str::to_owned);
        RequestRule { name: name.into(), path: text(path), query: text(query), accept: None }
    }

    #[test]
    fn the_first_matching_rule_wins() {
        let rules = RequestRules::new(&[
            rule("crawler_json", Some(r"\.json$"), None),
            rule("crawler_json", None, Some(r"(^|&)format=json(&|$)")),
            rule("crawler_md", Some(r"\.md$"), None),
        ])
        .unwrap();
        for (path, query, expected) in [
            ("/a.json", None, "crawler_json"),
            ("/a", Some("x=1&format=json"), "crawler_json"),
            ("/a.md", Some("format=json"), "crawler_json"),
            ("/a.md", None, "crawler_md"),
            ("/a", None, "crawler"),
        ] {
            let candidates = rules.candidates(path.as_bytes());
            let record = Record { query: query.map(str::as_bytes), ..Record::default() };
            let chosen = rules.choose(candidates, &record);
            assert_eq!(rules.names()[usize::from(chosen)], expected, "{path} {query:?}");
        }
    }

    #[test]
    fn requests_for_no_term_have_types() {
        let rules = RequestRules::new(&[]).unwrap();
        for (path, expected) in [
            ("/robots.txt", "robots.txt"),
            ("/sitemap_index.xml", "sitemap"),
            ("/sitemaps/sitemap-1.xml.gz", "sitemap"),
            ("/llms.txt", "llms.txt"),
            ("/blog/feed/", "feed"),
            ("/rss.xml", "feed"),
            ("/static/App.JS", "asset"),
            ("/", "other page"),
            ("/v1.2", "other page"),
        ] {
            let request = rules.elsewhere(path.as_bytes());
            assert_eq!(rules.names()[usize::from(request)], expected, "{path}");
        }
    }

    #[test]
    fn invalid_rules_are_rejected() {
        assert!(matches!(
            RequestRules::new(&[rule("x", None, None)]),
            Err(RuleError::NoPattern(_))
        ));
        assert!(matches!(
            RequestRules::new(&[rule("feed", Some("x"), None)]),
            Err(RuleError::Reserved(_))
        ));
        let error = RequestRules::new(&[rule("x", Some("("), None)]).unwrap_err().to_string();
        assert_eq!(
            error,
            "the path of request type \"x\" is not a regular expression: unclosed group, in \"(\""
        );
    }
}
