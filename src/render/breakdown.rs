//! Renders the answer to a question as a table.

use std::fmt::Write;

use crate::report::{Block, BreakdownRow, BreakdownTable, Cell, DataTable, Document, Measures};

use super::csv::CsvWriter;
use super::document::{change, percent};
use super::escape::{escape_markdown, printable};
use super::table::{Align, table};
use super::words::{count, counted};

/// Returns the table for a terminal, with its days above it.
pub(super) fn text(answer: &BreakdownTable) -> String {
    let mut text = format!("{} to {}", answer.from, answer.to);
    if let Some((from, to)) = answer.previous {
        let _ = write!(text, ", compared with {from} to {to}");
    }
    let total = &answer.total;
    let requests = format!("{} of agents", counted(total.requests, "request"));
    let _ = match answer.measures == Measures::ALL {
        true => {
            let views = match total.views {
                0 => String::new(),
                views => format!(", {} by people", counted(views, "view")),
            };
            writeln!(text, ": {}, {requests}{views}\n", counted(total.pings, "ping"))
        }
        false => writeln!(text, ": {requests}\n"),
    };
    let header = headers(answer).into_iter().map(|name| name.to_uppercase()).collect();
    let mut rows: Vec<Vec<String>> = vec![header];
    rows.extend(answer.rows.iter().map(|row| {
        let values = row.values.iter().map(|(_, value)| printable(value).into_owned());
        values.chain(numbers(answer, row)).collect()
    }));
    let columns: Vec<Align> = (0..rows[0].len())
        .map(|at| if at < answer.by.len() { Align::Left } else { Align::Right })
        .collect();
    text += &table(&columns, &rows);
    text + &more(answer)
}

/// Returns the table as a page.
pub(super) fn page(answer: &BreakdownTable) -> Document {
    let columns: Vec<&'static str> = headers(answer);
    let mut table = DataTable::new("rows", "Rows", &columns);
    for row in &answer.rows {
        let names = row.values.iter().map(|(_, value)| Cell::name(value));
        let numbers = answer.measures.iter().map(|name| Cell::Count(row.measures.value(name)));
        let (main, now) = (answer.measures[0], row.measures.value(answer.measures[0]));
        let share = Cell::Share { part: now, all: answer.total.value(main) };
        let before = |before: Measures| Some(before.value(main));
        let change = row.previous.map(|previous| Cell::Change { before: before(previous), now });
        table.rows.push(names.chain(numbers).chain([share]).chain(change).collect());
    }
    let more = answer.row_count - answer.rows.len();
    if more > 0 {
        table.note = format!("{} are not listed: see --top.", counted(more as u64, "more row"));
    }
    Document {
        title: format!("Requests by {}", answer.by.join(", ")),
        kind: "",
        from: answer.from,
        to: answer.to,
        blocks: vec![Block::Table(table)],
    }
}

/// Returns the table as Markdown.
pub(super) fn markdown(answer: &BreakdownTable) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let headers: Vec<String> = headers(answer).into_iter().map(str::to_owned).collect();
    let align: Vec<String> = (0..headers.len())
        .map(|at| if at < answer.by.len() { "---".into() } else { "---:".into() })
        .collect();
    let mut text = line(&headers) + &line(&align);
    for row in &answer.rows {
        let values = row.values.iter().map(|(_, value)| escape_markdown(value));
        text += &line(&values.chain(numbers(answer, row)).collect::<Vec<_>>());
    }
    text + &more(answer)
}

/// Returns the rows as CSV, with numbers as they are.
pub(super) fn csv(answer: &BreakdownTable) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = CsvWriter::new(&mut bytes);
    let measures = answer.measures.iter();
    let compared = answer.previous.map(|_| measures.map(|name| format!("previous_{name}")));
    let header = answer.by.iter().map(|name| (*name).to_owned());
    let header = header.chain(answer.measures.iter().map(|name| (*name).to_owned()));
    let header = header.chain(["first_day".into(), "last_day".into()]);
    let rows = answer.rows.iter().map(|row| {
        let values = row.values.iter().map(|(_, value)| value.clone());
        let of = |measures: Measures| {
            answer.measures.iter().map(move |name| measures.value(name).to_string())
        };
        let days = [row.first_day.to_string(), row.last_day.to_string()];
        let previous = row.previous.map(of);
        values.chain(of(row.measures)).chain(days).chain(previous.into_iter().flatten()).collect()
    });
    let header: Vec<String> = header.chain(compared.into_iter().flatten()).collect();
    for row in std::iter::once(header).chain(rows) {
        let row: Vec<String> = row;
        writer.row(&row).expect("written to memory");
    }
    writer.finish().expect("written to memory");
    bytes
}

fn headers(answer: &BreakdownTable) -> Vec<&'static str> {
    let change = answer.previous.map(|_| "change");
    answer.by.iter().chain(answer.measures).copied().chain(["share"]).chain(change).collect()
}

/// Returns the numbers of a row, with its share of all pings and their change.
fn numbers(answer: &BreakdownTable, row: &BreakdownRow) -> Vec<String> {
    let measures = answer.measures.iter();
    let mut numbers: Vec<String> = measures.map(|name| count(row.measures.value(name))).collect();
    let main = answer.measures[0];
    numbers.push(percent(row.measures.value(main), answer.total.value(main)));
    if let Some(before) = row.previous {
        numbers.push(change(Some(before.value(main)), row.measures.value(main)));
    }
    numbers
}

fn more(answer: &BreakdownTable) -> String {
    match answer.row_count - answer.rows.len() {
        0 => String::new(),
        more => format!("\nand {}\n", counted(more as u64, "more row")),
    }
}
