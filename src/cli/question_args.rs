//! The options of `report --by`.

use clap::Args as ClapArgs;

use crate::report::{Compare, Dimension, SortBy};

/// The options that ask for the guestbook of one.
const ONE_OF: [&str; 3] = ["term", "agent", "family"];

/// Any question to the store.
#[derive(Debug, ClapArgs)]
pub(super) struct QuestionArgs {
    /// Add up by these columns: day, week, month, weekday, term, agent, family, operator, purpose, request, status, trust,
    /// came_from; or of failed requests by path and code; or by hour
    #[arg(long, value_name = "COLUMN", value_delimiter = ',', value_parser = column, conflicts_with = "term")]
    pub(super) by: Vec<Dimension>,
    /// Count only what has one of these values, such as family=ChatGPT,Claude or term=blog/*
    #[arg(long, value_name = "KEY=VALUE", requires = "by", conflicts_with_all = ONE_OF)]
    pub(super) only: Vec<String>,
    /// Leave out what has one of these values
    #[arg(long, value_name = "KEY=VALUE", requires = "by", conflicts_with_all = ONE_OF)]
    pub(super) not: Vec<String>,
    /// The first day [default: as --days says]
    #[arg(long, value_name = "DATE", requires = "by", conflicts_with_all = ["days", "month", "term", "agent", "family"])]
    pub(super) from: Option<String>,
    /// The last day [default: today]
    #[arg(long, value_name = "DATE", requires = "by", conflicts_with_all = ["month", "term", "agent", "family"])]
    pub(super) to: Option<String>,
    /// A month, such as 2026-05
    #[arg(long, value_name = "MONTH", requires = "by", conflicts_with_all = ["days", "term", "agent", "family"])]
    pub(super) month: Option<String>,
    /// Compare with as many days before (previous), or the same days a year ago (year)
    #[arg(long, value_name = "TIME", requires = "by", conflicts_with_all = ONE_OF, value_parser = compare)]
    pub(super) compare: Option<Compare>,
    /// The order of the rows: pings, requests, bytes, views, terms or agents [default: time, else pings]
    #[arg(long, value_name = "MEASURE", requires = "by", conflicts_with_all = ONE_OF, value_parser = sort_by)]
    pub(super) sort: Option<SortBy>,
}

/// Returns the column of a name.
fn column(name: &str) -> Result<Dimension, String> {
    let found = Dimension::NAMES.iter().find(|(known, _)| *known == name);
    found.map(|(_, column)| *column).ok_or_else(|| {
        let names = Dimension::NAMES.map(|(name, _)| name);
        format!("it is one of {}", names.join(", "))
    })
}

fn compare(name: &str) -> Result<Compare, String> {
    match name {
        "previous" => Ok(Compare::Previous),
        "year" => Ok(Compare::Year),
        _ => Err("it is previous or year".into()),
    }
}

fn sort_by(name: &str) -> Result<SortBy, String> {
    match name {
        "pings" => Ok(SortBy::Pings),
        "requests" => Ok(SortBy::Requests),
        "bytes" => Ok(SortBy::Bytes),
        "views" => Ok(SortBy::Views),
        "terms" => Ok(SortBy::Terms),
        "agents" => Ok(SortBy::Agents),
        _ => Err("it is one of pings, requests, bytes, views, terms, agents".into()),
    }
}
