//! Renders documents as text and Markdown.

use crate::report::{BarChart, Block, DataTable, Document, HeatMap, Tile};

use super::super::escape::{escape_markdown, printable};
use super::super::table::{Align, table};
use super::super::text::bar_of;
use super::super::words::{count, counted, long_date};
use super::cells::{change_words, pings_words, plain};

/// Returns a document for a terminal.
pub(super) fn text(document: &Document) -> String {
    let kind =
        if document.kind.is_empty() { String::new() } else { format!("{} · ", document.kind) };
    let mut text = format!(
        "{kind}{}\n{} to {}\n",
        printable(&document.title),
        long_date(document.from),
        long_date(document.to)
    );
    for block in &document.blocks {
        text.push('\n');
        text += &match block {
            Block::Note(note) => format!("{note}\n"),
            Block::Facts(facts) => {
                let rows: Vec<Vec<String>> =
                    facts.iter().map(|(label, cell)| vec![(*label).into(), plain(cell)]).collect();
                table(&[Align::Left, Align::Left], &rows)
            }
            Block::Tiles(tiles) => {
                let row = |tile: &Tile| {
                    vec![tile.label.to_owned(), pings_words(tile), change_words(tile)]
                };
                let rows: Vec<Vec<String>> = tiles.iter().map(row).collect();
                table(&[Align::Left, Align::Right, Align::Left], &rows)
            }
            Block::Chart(chart) => chart_text(chart),
            Block::Heat(map) => heat_text(map),
            Block::Table(table) => table_text(table),
            Block::Snippet { title, text } => format!("{title}\n\n{}\n", printable_lines(text)),
        };
    }
    text
}

fn chart_text(chart: &BarChart) -> String {
    let totals = chart.totals();
    let largest = totals.iter().copied().max().unwrap_or(0).max(1);
    let bars: String = totals.iter().map(|total| bar_of(*total, largest)).collect();
    let all = counted(totals.iter().sum(), chart.unit);
    format!("{}: {all}, at most {} in a bar\n{bars}\n", chart.title, count(largest))
}

fn heat_text(map: &HeatMap) -> String {
    let largest = map.rows.iter().flat_map(|(_, values)| values).copied().max().unwrap_or(0).max(1);
    let rows: Vec<Vec<String>> = map
        .rows
        .iter()
        .map(|(name, values)| {
            let bars = values.iter().map(|value| bar_of(*value, largest)).collect();
            vec![plain(name), bars, count(values.iter().sum())]
        })
        .collect();
    format!("{}\n{}", map.title, table(&[Align::Left, Align::Left, Align::Right], &rows))
}

fn table_text(data: &DataTable) -> String {
    if data.rows.is_empty() {
        let note = if data.note.is_empty() { "none" } else { &data.note };
        return format!("{}: {note}\n", data.title);
    }
    let header = data.columns.iter().map(|column| column.label.to_uppercase()).collect();
    let mut rows: Vec<Vec<String>> = vec![header];
    rows.extend(data.shown().iter().map(|row| row.iter().map(plain).collect()));
    format!("{}\n{}{}", data.title, table(&aligns(data), &rows), more(data))
}

fn aligns(data: &DataTable) -> Vec<Align> {
    let is_number = |at: usize| data.rows.iter().any(|row| row[at].is_number());
    (0..data.columns.len())
        .map(|at| if is_number(at) { Align::Right } else { Align::Left })
        .collect()
}

fn more(data: &DataTable) -> String {
    match data.more() {
        0 => String::new(),
        more => format!("and {}\n", counted(more as u64, "more row")),
    }
}

fn printable_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", printable(line))).collect()
}

/// Returns a document as Markdown.
pub(super) fn markdown(document: &Document) -> String {
    let mut text = format!(
        "# {}\n\n{} to {}\n",
        escape_markdown(&document.title),
        long_date(document.from),
        long_date(document.to)
    );
    for block in &document.blocks {
        text.push('\n');
        text += &match block {
            Block::Note(note) => format!("{}\n", escape_markdown(note)),
            Block::Facts(facts) => {
                let line = |(label, cell): &(&str, crate::report::Cell)| {
                    format!("- {label}: {}\n", escape_markdown(&plain(cell)))
                };
                facts.iter().map(line).collect()
            }
            Block::Tiles(tiles) => {
                let line = |tile: &Tile| {
                    let line = format!(
                        "- {}: **{}** {}",
                        tile.label,
                        pings_words(tile),
                        change_words(tile)
                    );
                    format!("{}\n", line.trim_end())
                };
                tiles.iter().map(line).collect()
            }
            Block::Chart(chart) => {
                let chart = chart_text(chart);
                let (title, bars) = chart.split_once('\n').unwrap_or_default();
                format!("{}\n\n`{}`\n", escape_markdown(title), bars.trim_end())
            }
            Block::Heat(_) => continue,
            Block::Table(table) => table_markdown(table),
            Block::Snippet { title, text } => {
                format!(
                    "{title}\n\n{}",
                    printable_lines(text)
                        .lines()
                        .map(|line| format!("    {line}\n"))
                        .collect::<String>()
                )
            }
        };
    }
    text
}

fn table_markdown(data: &DataTable) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("## {}\n\n", data.title);
    if data.rows.is_empty() {
        return text + "None.\n";
    }
    text += &line(data.columns.iter().map(|column| column.label.to_owned()).collect());
    let rules = aligns(data).into_iter().map(|align| match align {
        Align::Left => "---".to_owned(),
        Align::Right => "---:".to_owned(),
    });
    text += &line(rules.collect());
    for row in data.shown() {
        text += &line(row.iter().map(|cell| escape_markdown(&plain(cell))).collect());
    }
    match more(data) {
        more if more.is_empty() => text,
        more => format!("{text}\n{more}"),
    }
}
