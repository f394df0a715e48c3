//! Imports counts from before there were logs.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use serde::Deserialize;
use thiserror::Error;

use crate::pages::{TermCatalogue, TermRules};
use crate::store::{Store, StoreError};

/// The largest accepted count, more than any page has had since the web exists. Sums of such counts stay exact.
const PINGS_MAX: u64 = 1_000_000_000_000;

const HEADER: [&str; 3] = ["term", "family", "pings"];

/// A count: the term, the family and the pings.
pub type CarriedRow = (String, String, u64);

/// An error while importing counts.
#[derive(Debug, Error)]
pub enum ImportError {
    #[error("can't read it")]
    Read(#[from] io::Error),
    #[error("can't read it")]
    Csv(#[from] csv::Error),
    #[error("its first line must be {}", HEADER.join(","))]
    Header,
    #[error(
        "AWStats keeps robots without their pages, and pages without their robots, so no page's history can be made from \
         it: read the old logs instead"
    )]
    AwStats,
    #[error("it is JSON, but not a report of GoAccess: {0}")]
    Json(#[from] serde_json::Error),
    #[error(
        "this report of GoAccess has people's requests too, which can't be told from those of crawlers: make it with \
         `goaccess --crawlers-only`"
    )]
    NotOnlyCrawlers,
    #[error("line {line}: {row:?}: {problem}")]
    Row { line: u64, row: String, problem: String },
    #[error("it has {family} of {term}, or of an alias of it, twice")]
    Twice { term: String, family: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the counts of a CSV file, or those of a report of GoAccess for the pages in which `terms` finds terms; `-` is
/// standard input.
pub fn read_carried(path: &Path, terms: &TermRules) -> Result<Vec<CarriedRow>, ImportError> {
    let mut text = Vec::new();
    match path.to_str() {
        Some("-") => io::stdin().lock().read_to_end(&mut text)?,
        _ => File::open(path)?.read_to_end(&mut text)?,
    };
    match text.trim_ascii_start() {
        [b'{', ..] => parse_goaccess(&text, terms),
        start if start.starts_with(b"AWSTATS DATA FILE") => Err(ImportError::AwStats),
        _ => parse(&*text),
    }
}

/// The family of counts from GoAccess, which does not say which crawler asked for which page.
const GOACCESS_FAMILY: &str = "Crawlers (GoAccess)";

/// A report of GoAccess in JSON, as far as it is read: the panels of pages and of browsers.
#[derive(Deserialize)]
struct GoAccessReport {
    requests: GoAccessPanel,
    browsers: GoAccessPanel,
}

#[derive(Deserialize)]
struct GoAccessPanel {
    data: Vec<GoAccessItem>,
}

#[derive(Deserialize)]
struct GoAccessItem {
    hits: GoAccessHits,
    data: String,
}

#[derive(Deserialize)]
struct GoAccessHits {
    count: u64,
}

/// Parses a report of GoAccess that has crawlers alone.
fn parse_goaccess(text: &[u8], terms: &TermRules) -> Result<Vec<CarriedRow>, ImportError> {
    let report: GoAccessReport = serde_json::from_slice(text)?;
    if report.browsers.data.iter().any(|group| group.data != "Crawlers") {
        return Err(ImportError::NotOnlyCrawlers);
    }
    let mut pings = BTreeMap::new();
    for item in &report.requests.data {
        if let Some(term) = terms.find_target(&item.data) {
            *pings.entry(term).or_insert(0) += item.hits.count.min(PINGS_MAX);
        }
    }
    let row = |(term, pings)| (term, GOACCESS_FAMILY.to_owned(), pings);
    Ok(pings.into_iter().map(row).collect())
}

/// Stores counts, each alias under its term. A count replaces an earlier one of the same term and family, so importing
/// a file twice changes nothing. Returns the rows as they were stored.
pub fn carry(
    store: &mut Store,
    catalogue: &TermCatalogue,
    mut rows: Vec<CarriedRow>,
) -> Result<Vec<CarriedRow>, ImportError> {
    resolve_aliases(&mut rows, catalogue);
    let mut seen = HashSet::new();
    if let Some((term, family, _)) = rows.iter().find(|row| !seen.insert((&row.0, &row.1))) {
        return Err(ImportError::Twice { term: term.clone(), family: family.clone() });
    }
    store.carry(&rows)?;
    Ok(rows)
}

/// Replaces each alias by its term.
pub fn resolve_aliases(rows: &mut [CarriedRow], catalogue: &TermCatalogue) {
    for (term, ..) in rows {
        if let Some(entry) = catalogue.get(term) {
            term.clone_from(&entry.term);
        }
    }
}

fn parse(input: impl Read) -> Result<Vec<CarriedRow>, ImportError> {
    let mut reader = ReaderBuilder::new().trim(Trim::All).flexible(true).from_reader(input);
    let headers = reader.headers()?;
    let first = headers.get(0).map(|name| name.trim_start_matches('\u{feff}'));
    let rest: Vec<&str> = headers.iter().skip(1).collect();
    if first != Some(HEADER[0]) || rest != HEADER[1..] {
        return Err(ImportError::Header);
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = record.iter().collect::<Vec<_>>().join(",");
        rows.push(parse_row(&record).map_err(|problem| ImportError::Row { line, row, problem })?);
    }
    Ok(rows)
}

fn parse_row(record: &StringRecord) -> Result<CarriedRow, String> {
    let cells: Vec<&str> = record.iter().collect();
    let [term, family, pings] = cells[..] else {
        return Err(format!("expected 3 cells, found {}", cells.len()));
    };
    if term.is_empty() || family.is_empty() {
        return Err("the term and the family must not be empty".into());
    }
    let count = pings.parse().ok().filter(|count| *count <= PINGS_MAX);
    let count = count.ok_or_else(|| format!("{pings:?} is not a count"))?;
    Ok((term.to_owned(), family.to_owned(), count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_parsed_and_errors_name_the_line() {
        let text =
            "\u{feff}term,family,pings\r\nasyncio,Amazonbot,1\r\n\"a,\"\"b\"\"\", Meta AI ,20\n\n";
        let expected =
            [("asyncio".into(), "Amazonbot".into(), 1), ("a,\"b\"".into(), "Meta AI".into(), 20)];
        assert_eq!(parse(text.as_bytes()).unwrap(), expected);
        for (invalid, message) in [
            ("", "first line must be term,family,pings"),
            ("term,family\n", "first line must be"),
            ("term,family,pings\na,b\n", "line 2: \"a,b\": expected 3 cells, found 2"),
            ("term,family,pings\na,b,many\n", "line 2: \"a,b,many\": \"many\" is not a count"),
            ("term,family,pings\n,b,1\n", "line 2: \",b,1\": the term and the family"),
            ("term,family,pings\na,b,9223372036854775807\n", "line 2"),
        ] {
            let error = parse(invalid.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
