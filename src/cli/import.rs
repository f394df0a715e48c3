//! `import`: counts carried over from before there were logs.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Read, Write};

use anyhow::{Context, bail};

use crate::config::Settings;
use crate::render::counted;
use crate::store::Store;

use super::Ending;
use super::args;

/// More than any page has had since there is a web; sums of such counts stay exact.
const PINGS_MAX: u64 = 1_000_000_000_000;

const HEADER: [&str; 3] = ["term", "family", "pings"];

/// Takes over the counts of a CSV file. A term and family that were imported before get the new count,
/// so importing a file twice changes nothing.
pub(super) fn import(
    settings: &Settings,
    args: &args::Import,
    quiet: bool,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let mut store = Store::create(&settings.store_path(), &settings.config.site.timezone)?;
    let _lock = store.lock()?;
    let rows = carry(settings, &mut store, &args.file)?;
    if !quiet {
        let pings = rows.iter().map(|(_, _, pings)| pings).sum();
        let (rows, pings) = (counted(rows.len() as u64, "row"), counted(pings, "ping"));
        writeln!(out, "Imported {rows}: {pings} from before there were logs")?;
    }
    Ok(Ending::Done)
}

/// Puts the rows of a file into the store, each alias under its term.
pub(super) fn carry(
    settings: &Settings,
    store: &mut Store,
    file: &str,
) -> anyhow::Result<Vec<(String, String, u64)>> {
    let catalogue = settings.rules.terms.catalogue();
    let mut rows = read_rows(file)?;
    for (term, ..) in &mut rows {
        if let Some(entry) = catalogue.get(term) {
            term.clone_from(&entry.term);
        }
    }
    let mut seen = HashSet::new();
    if let Some((term, family, _)) = rows.iter().find(|row| !seen.insert((&row.0, &row.1))) {
        bail!("can't import {file}: it has {family} of {term}, or of an alias of that, twice");
    }
    store.carry(&rows)?;
    Ok(rows)
}

/// The rows of a file, as it has them.
pub(super) fn read_rows(file: &str) -> anyhow::Result<Vec<(String, String, u64)>> {
    rows(&read(file)?).with_context(|| format!("can't import {file}"))
}

fn read(file: &str) -> anyhow::Result<String> {
    if file == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).context("can't read standard input")?;
        return Ok(text);
    }
    fs::read_to_string(file).with_context(|| format!("can't read {file}"))
}

fn rows(text: &str) -> anyhow::Result<Vec<(String, String, u64)>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header = lines.next().map(|(_, line)| cells(line)).unwrap_or_default();
    if header != HEADER {
        bail!("its first line must be {}", HEADER.join(","));
    }
    let mut rows: Vec<(String, String, u64)> = Vec::new();
    for (at, line) in lines {
        let row = row(line).with_context(|| format!("line {}: {line:?}", at + 1))?;
        rows.push(row);
    }
    Ok(rows)
}

fn row(line: &str) -> anyhow::Result<(String, String, u64)> {
    let cells = cells(line);
    let [term, family, pings] = &cells[..] else {
        bail!("expected 3 cells and found {}", cells.len());
    };
    if term.is_empty() || family.is_empty() {
        bail!("the term and the family must be named");
    }
    let count = pings.parse().ok().filter(|count| *count <= PINGS_MAX);
    let pings = count.with_context(|| format!("{pings:?} is no count"))?;
    Ok((term.clone(), family.clone(), pings))
}

/// The cells of a line of CSV (RFC 4180), without line ends within cells.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.trim_end_matches('\r').chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                push(&mut cells, '"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            c => push(&mut cells, c),
        }
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

fn push(cells: &mut [String], c: char) {
    if let Some(cell) = cells.last_mut() {
        cell.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_what_is_wrong_with_them() {
        let text = "term,family,pings\r\nasyncio,Amazonbot,1\r\n\"a,\"\"b\"\"\", Meta AI ,20\n\n";
        let expected =
            [("asyncio".into(), "Amazonbot".into(), 1), ("a,\"b\"".into(), "Meta AI".into(), 20)];
        assert_eq!(rows(text).unwrap(), expected);
        for (wrong, says) in [
            ("", "first line must be term,family,pings"),
            ("term,family\n", "first line must be"),
            ("term,family,pings\na,b\n", "line 2: \"a,b\""),
            ("term,family,pings\na,b,many\n", "line 2: \"a,b,many\""),
            ("term,family,pings\n,b,1\n", "line 2"),
            ("term,family,pings\na,b,9223372036854775807\n", "line 2"),
        ] {
            let error = rows(wrong).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
