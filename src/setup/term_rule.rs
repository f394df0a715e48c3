//! A rule that finds terms, before it is written to a config.

use crate::pages::{QueryRule, TermRules, literal_pattern};

/// The folders of articles whose paths begin with their dates.
pub(super) const DATED_FOLDER: &str = "/(?:[0-9]+/)+";

/// A rule that finds terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermRule {
    /// The pages in a folder. All but the last are parts of regular expressions: the folder's path from slash to slash, the
    /// term's name, and what follows it. The last are patterns of paths that are no terms.
    Path { folder: String, name: String, end: String, ignored: Vec<String> },
    /// A parameter of the query of one page. The flag is true if all its values are numbers.
    Query { page: String, parameter: String, is_number: bool },
}

/// A rule as the config has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigRule {
    /// One of `[terms] pattern`.
    Pattern(String),
    /// A `[[terms.query]]`.
    Query(QueryRule),
}

impl TermRule {
    /// Returns the patterns of paths in the folder that are no terms.
    pub fn ignored(&self) -> &[String] {
        match self {
            TermRule::Path { ignored, .. } => ignored,
            TermRule::Query { .. } => &[],
        }
    }

    /// Returns whether one rule finds a term in the path of a page of which the other reads the query. The path would
    /// always decide.
    pub(super) fn conflicts_with(&self, other: &TermRule) -> bool {
        let (pattern, page) = match (self, other) {
            (TermRule::Path { .. }, TermRule::Query { page, .. }) => (self.for_config(false), page),
            (TermRule::Query { page, .. }, TermRule::Path { .. }) => {
                (other.for_config(false), page)
            }
            _ => return false,
        };
        let ConfigRule::Pattern(pattern) = pattern else { return false };
        let rules = TermRules::new([pattern.as_str()]);
        rules.is_ok_and(|rules| rules.find(page, None).is_some())
    }

    /// Returns the rule as the config has it. If it is one of several, the folder's name or the
    /// parameter's is part of the term, so that pages of two rules are never taken for one.
    pub fn for_config(&self, is_one_of_several: bool) -> ConfigRule {
        match self {
            TermRule::Path { folder, name, end, .. } => {
                ConfigRule::Pattern(match folder.strip_prefix('/').filter(|_| is_one_of_several) {
                    Some(inner) => format!("^/(?<term>{inner}{name}){end}$"),
                    None => format!("^{folder}(?<term>{name}){end}$"),
                })
            }
            TermRule::Query { page, parameter, is_number } => {
                let has_prefix = *is_number || is_one_of_several;
                let prefix = if has_prefix { format!("{parameter}=") } else { String::new() };
                let path = format!("^{}$", literal_pattern(page));
                ConfigRule::Query(QueryRule { path, parameter: parameter.clone(), prefix })
            }
        }
    }
}
