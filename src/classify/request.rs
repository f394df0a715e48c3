//! Which form of a page was asked for, by rules; and what is asked for beside the terms.

use regex::bytes::Regex;
use thiserror::Error;

/// The request type of a page that no rule says more of.
pub const CRAWLER: &str = "crawler";

/// What an agent may ask for beside the terms.
const ELSEWHERE: [&str; 7] =
    ["robots.txt", "sitemap", "llms.txt", "feed", "asset", "other page", "other method"];

/// Endings of what a page is made of, or what is not a page.
const ASSETS: [&[u8]; 32] = [
    b"css", b"js", b"mjs", b"map", b"png", b"jpg", b"jpeg", b"gif", b"webp", b"avif", b"svg",
    b"ico", b"woff", b"woff2", b"ttf", b"otf", b"eot", b"mp3", b"mp4", b"webm", b"ogg", b"wasm",
    b"zip", b"gz", b"tgz", b"bz2", b"xz", b"exe", b"dmg", b"apk", b"bin", b"iso",
];

/// The rules are bits of one number.
const RULES_MAX: usize = 64;

/// A rule as config writes it: all that it names must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRule {
    /// The request type that the rule gives.
    pub name: String,
    /// A pattern for the path.
    pub path: Option<String>,
    /// A pattern for the query, without its `?`.
    pub query: Option<String>,
    /// A pattern for the `Accept` header, where the log has it.
    pub accept: Option<String>,
}

/// Why a rule of the config can't be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RuleError {
    /// A pattern is no regular expression.
    #[error("{key} is no regular expression: {wrong}")]
    Pattern {
        /// The key of the config that holds it.
        key: String,
        /// What the regular expressions' parser says.
        wrong: String,
    },
    /// The pattern finds nothing that could be called a term.
    #[error(
        "terms.pattern {0:?} has no group named term: write (?<term>…) around the part of the path \
         that names the page"
    )]
    NoTermGroup(String),
    /// A rule would match every request.
    #[error("request type {0:?} has no pattern: give it a path, query or accept")]
    NoPattern(String),
    /// There are too many.
    #[error("there are {0} request types; at most {RULES_MAX} are possible")]
    TooMany(usize),
    /// The name has a meaning already.
    #[error("request type {0:?} has a name of the program's own: choose another")]
    Reserved(String),
}

impl RuleError {
    pub(super) fn new(key: &str, error: &regex::Error) -> RuleError {
        // The parser's message draws the pattern over several lines; its last says what is wrong.
        let text = error.to_string();
        let wrong = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        RuleError::Pattern { key: key.to_owned(), wrong: wrong.to_owned() }
    }
}

#[derive(Clone, Debug)]
struct Rule {
    request: u8,
    path: Option<Regex>,
    query: Option<Regex>,
    accept: Option<Regex>,
}

/// The request types of a site. Each has a number, which is its index in [`RequestRules::names`].
#[derive(Clone, Debug)]
pub struct RequestRules {
    names: Vec<String>,
    rules: Vec<Rule>,
    crawler: u8,
}

impl RequestRules {
    /// Compiles the rules of the config. Several may have one name.
    pub fn new(rules: &[RequestRule]) -> Result<RequestRules, RuleError> {
        if rules.len() > RULES_MAX {
            return Err(RuleError::TooMany(rules.len()));
        }
        let mut names: Vec<String> = Vec::new();
        let mut compiled = Vec::new();
        for rule in rules {
            if ELSEWHERE.contains(&&*rule.name) {
                return Err(RuleError::Reserved(rule.name.clone()));
            }
            let request = number(&mut names, &rule.name);
            compiled.push(compile(rule, request)?);
        }
        let crawler = number(&mut names, CRAWLER);
        names.extend(ELSEWHERE.iter().map(|name| (*name).to_owned()));
        Ok(RequestRules { names, rules: compiled, crawler })
    }

    /// All request types, by number: those of the rules, `crawler`, and those beside the terms.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Which rules a path does not rule out: a bit each.
    pub(super) fn candidates(&self, path: &[u8]) -> u64 {
        let fits = |rule: &Rule| rule.path.as_ref().is_none_or(|pattern| pattern.is_match(path));
        self.rules.iter().enumerate().fold(0, |bits, (at, rule)| bits | u64::from(fits(rule)) << at)
    }

    /// The request type by the first of the candidates that fits the query and accepted types too.
    pub(super) fn choose(
        &self,
        candidates: u64,
        query: Option<&[u8]>,
        accept: Option<&[u8]>,
    ) -> u8 {
        let fits = |pattern: &Option<Regex>, text: Option<&[u8]>| match (pattern, text) {
            (None, _) => true,
            (Some(pattern), Some(text)) => pattern.is_match(text),
            (Some(_), None) => false,
        };
        let chosen = self.rules.iter().enumerate().find(|(at, rule)| {
            candidates >> at & 1 == 1 && fits(&rule.query, query) && fits(&rule.accept, accept)
        });
        chosen.map_or(self.crawler, |(_, rule)| rule.request)
    }

    /// The request type of a path that is no term.
    pub(super) fn elsewhere(&self, path: &[u8]) -> u8 {
        self.own_name(match path {
            b"/robots.txt" => "robots.txt",
            _ if is_sitemap(path) => "sitemap",
            b"/llms.txt" | b"/llms-full.txt" => "llms.txt",
            _ if is_feed(path) => "feed",
            _ if is_asset(path) => "asset",
            _ => "other page",
        })
    }

    /// The request type of what is not asked for by a method that counts.
    pub(super) fn other_method(&self) -> u8 {
        self.own_name("other method")
    }

    fn own_name(&self, name: &str) -> u8 {
        let start = self.names.len() - ELSEWHERE.len();
        let at = ELSEWHERE.iter().position(|other| *other == name).unwrap_or_default();
        u8::try_from(start + at).expect("at most 64 rules and a handful of own types")
    }
}

fn number(names: &mut Vec<String>, name: &str) -> u8 {
    let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u8::try_from(at).expect("at most 64 rules")
}

fn compile(rule: &RequestRule, request: u8) -> Result<Rule, RuleError> {
    if rule.path.is_none() && rule.query.is_none() && rule.accept.is_none() {
        return Err(RuleError::NoPattern(rule.name.clone()));
    }
    let pattern = |key: &str, text: &Option<String>| {
        let compile = |text: &String| {
            let key = format!("the {key} of request type {:?}", rule.name);
            Regex::new(text).map_err(|error| RuleError::new(&key, &error))
        };
        text.as_ref().map(compile).transpose()
    };
    Ok(Rule {
        request,
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
    let ending = name[dot + 1..].to_ascii_lowercase();
    ASSETS.contains(&&*ending)
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
    fn the_first_rule_that_fits_wins() {
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
            let chosen = rules.choose(candidates, query.map(str::as_bytes), None);
            assert_eq!(rules.names()[usize::from(chosen)], expected, "{path} {query:?}");
        }
    }

    #[test]
    fn what_is_asked_for_beside_the_terms() {
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
    fn rules_that_cannot_be_meant_are_refused() {
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
            "the path of request type \"x\" is no regular expression: unclosed group"
        );
    }
}
