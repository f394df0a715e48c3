//! Applies term rules to a sample.

use super::sample::{Requests, Sample};
use super::term_rule::{ConfigRule, TermRule};
use crate::interner::Map;
use crate::pages::{RuleError, TermRules};

/// The terms that rules find in a sample, and the pages that they leave, each most frequent first.
#[derive(Debug, Default)]
pub struct Taken {
    pub terms: Vec<(String, Requests)>,
    pub left: Vec<(String, Requests)>,
}

/// Returns the terms that rules find in a sample, and the pages that they leave.
pub fn taken(sample: &Sample, rules: &[&TermRule]) -> Result<Taken, RuleError> {
    let is_one_of_several = rules.len() > 1;
    let (mut patterns, mut queries) = (Vec::new(), Vec::new());
    for rule in rules {
        match (rule.for_config(is_one_of_several), rule) {
            (ConfigRule::Pattern(pattern), _) => patterns.push(pattern),
            (ConfigRule::Query(query), TermRule::Query { page, .. }) => queries.push((page, query)),
            (ConfigRule::Query(_), TermRule::Path { .. }) => {}
        }
    }
    let ignored: Vec<String> = rules.iter().flat_map(|rule| rule.ignored()).cloned().collect();
    let term_rules = TermRules::new(patterns.iter().map(String::as_str))?.ignoring(&ignored)?;
    let (mut terms, mut left) = (Map::<String, Requests>::default(), Vec::new());
    for (page, requests) in &sample.pages {
        match term_rules.find(page, None) {
            Some(term) => terms.entry(term).or_default().add(*requests),
            None => left.push((page.clone(), *requests)),
        }
    }
    for (page, rule) in queries {
        let values = sample.parameters.get(&(page.clone(), rule.parameter.clone()));
        for (value, requests) in values.into_iter().flatten() {
            terms.entry(format!("{}{value}", rule.prefix)).or_default().add(*requests);
        }
        left.retain(|(other, _)| other != page);
    }
    Ok(Taken { terms: most_first(terms.into_iter().collect()), left: most_first(left) })
}

/// Sorts pages by their requests.
fn most_first(mut pages: Vec<(String, Requests)>) -> Vec<(String, Requests)> {
    pages.sort_unstable_by(|one, other| {
        other.1.total().cmp(&one.1.total()).then_with(|| one.0.cmp(&other.0))
    });
    pages
}
