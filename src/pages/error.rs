//! The errors in rules of the config.

use thiserror::Error;

/// An error in a rule of the config.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RuleError {
    #[error("{key} is not a regular expression: {wrong}, in {text:?}")]
    Pattern {
        /// The config key.
        key: String,
        text: String,
        /// The error of the regex parser.
        wrong: String,
    },
    #[error(
        "[terms] pattern {0:?} has no group named term: write (?<term>…) around the part of the path \
         that names the page"
    )]
    NoTermGroup(String),
    #[error("[site] url {url:?} is not a URL with a host: {reason}")]
    SiteUrl { url: String, reason: String },
    /// The rule would match every request.
    #[error("request type {0:?} has no pattern: give it a path, query or accept")]
    NoPattern(String),
    #[error("there are {count} request types, but at most {max} are supported")]
    TooMany { count: usize, max: usize },
    #[error("request type {0:?} has a reserved name: choose another")]
    Reserved(String),
}

impl RuleError {
    pub(super) fn new(key: &str, text: &str, error: &regex::Error) -> RuleError {
        // The parser's message shows the pattern on several lines. The last line is the error.
        let message = error.to_string();
        let wrong = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
        RuleError::Pattern { key: key.to_owned(), text: text.to_owned(), wrong: wrong.to_owned() }
    }
}
