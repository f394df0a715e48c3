//! Writes documents and their tables as JSON and CSV.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::day::Day;
use crate::report::{BarChart, Block, Cell, DataTable, Document, HeatMap, JSON_SCHEMA};

use super::super::csv::CsvWriter;
use super::super::json::{json_line, json_pretty};
use super::cells::{number, raw};

/// Returns a table as CSV, with numbers as they are.
pub fn table_csv(table: &DataTable) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = CsvWriter::new(&mut bytes);
    let header = table.columns.iter().map(|column| column.name);
    writer.row(header).expect("written to memory");
    for row in &table.rows {
        writer.row(row.iter().map(raw)).expect("written to memory");
    }
    writer.finish().expect("written to memory");
    bytes
}

/// Returns a table as JSON: `{"schema", "table", "from", "to", "rows"}`.
pub fn table_json(table: &DataTable, from: Day, to: Day) -> Vec<u8> {
    #[derive(Serialize)]
    struct File<'t> {
        schema: u32,
        table: &'t str,
        from: Day,
        to: Day,
        rows: RowsJson<'t>,
    }
    json_line(&File { schema: JSON_SCHEMA, table: table.id, from, to, rows: RowsJson(table) })
}

/// Returns a document as JSON: its facts, charts and tables, by name.
pub(super) fn document_json(document: &Document) -> Vec<u8> {
    #[derive(Serialize)]
    struct File<'d> {
        schema: u32,
        kind: String,
        title: &'d str,
        from: Day,
        to: Day,
        facts: FactsJson<'d>,
        charts: ChartsJson<'d>,
        tables: TablesJson<'d>,
    }
    json_pretty(&File {
        schema: JSON_SCHEMA,
        kind: document.kind.to_lowercase(),
        title: &document.title,
        from: document.from,
        to: document.to,
        facts: FactsJson(document),
        charts: ChartsJson(document),
        tables: TablesJson(document),
    })
}

/// Returns a document as CSV in long form: `section,name,measure,value`.
pub(super) fn document_csv(document: &Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = CsvWriter::new(&mut bytes);
    let mut row = |cells: [&str; 4]| writer.row(cells).expect("written to memory");
    row(["section", "name", "measure", "value"]);
    for block in &document.blocks {
        match block {
            Block::Facts(facts) => {
                for (label, cell) in facts {
                    row(["facts", &key(label), "", &raw(cell)]);
                }
            }
            Block::Chart(chart) => {
                for (bucket, total) in chart.buckets.iter().zip(chart.totals()) {
                    let is_gap = !bucket.covered && total == 0;
                    let value = if is_gap { String::new() } else { total.to_string() };
                    row([chart.id, &bucket.from.to_string(), chart.unit, &value]);
                }
            }
            Block::Table(table) => {
                for cells in &table.rows {
                    // The texts at the start name the row, the other columns are its measures.
                    let is_name = |cell: &&Cell| {
                        matches!(cell, Cell::Word(_) | Cell::Name(_) | Cell::Link(..))
                    };
                    let names: Vec<String> = cells.iter().take_while(is_name).map(raw).collect();
                    let measures = table.columns.iter().zip(cells).skip(names.len());
                    for (column, cell) in measures {
                        row([table.id, &names.join(" "), column.name, &raw(cell)]);
                    }
                }
            }
            Block::Note(_) | Block::Tiles(_) | Block::Heat(_) | Block::Snippet { .. } => {}
        }
    }
    writer.finish().expect("written to memory");
    bytes
}

/// Returns the key of a label: `First seen` becomes `first_seen`.
fn key(label: &str) -> String {
    label.to_lowercase().replace([' ', '.'], "_")
}

struct RowsJson<'t>(&'t DataTable);

impl Serialize for RowsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.0.rows.len()))?;
        for row in &self.0.rows {
            rows.serialize_element(&RowJson(self.0, row))?;
        }
        rows.end()
    }
}

struct RowJson<'t>(&'t DataTable, &'t [Cell]);

impl Serialize for RowJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (column, cell) in self.0.columns.iter().zip(self.1) {
            map.serialize_entry(column.name, &CellJson(cell))?;
        }
        map.end()
    }
}

struct CellJson<'c>(&'c Cell);

impl Serialize for CellJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Cell::Empty => serializer.serialize_none(),
            Cell::Word(text) | Cell::Name(text) | Cell::Link(text, _) => {
                serializer.serialize_str(text)
            }
            Cell::Count(count) => serializer.serialize_u64(*count),
            Cell::Share { .. } | Cell::Change { .. } | Cell::Ratio { .. } => {
                number(self.0).serialize(serializer)
            }
            Cell::Day(day) => day.serialize(serializer),
            Cell::Bars(days) => days.serialize(serializer),
        }
    }
}

struct FactsJson<'d>(&'d Document);

impl Serialize for FactsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for block in &self.0.blocks {
            if let Block::Facts(facts) = block {
                for (label, cell) in facts {
                    map.serialize_entry(&key(label), &CellJson(cell))?;
                }
            }
        }
        map.end()
    }
}

struct ChartsJson<'d>(&'d Document);

impl Serialize for ChartsJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for block in &self.0.blocks {
            match block {
                Block::Chart(chart) => map.serialize_entry(chart.id, &ChartJson::of(chart))?,
                Block::Heat(heat) => map.serialize_entry(heat.id, &HeatJson::of(heat))?,
                _ => {}
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
struct ChartJson<'c> {
    unit: &'static str,
    bars: Vec<BarJson>,
    series: Vec<SeriesJson<'c>>,
}

#[derive(Serialize)]
struct BarJson {
    from: Day,
    to: Day,
    covered: bool,
}

#[derive(Serialize)]
struct SeriesJson<'c> {
    name: &'c str,
    values: &'c [u64],
}

impl ChartJson<'_> {
    fn of(chart: &BarChart) -> ChartJson<'_> {
        let bars = chart.buckets.iter();
        ChartJson {
            unit: chart.unit,
            bars: bars
                .map(|bar| BarJson { from: bar.from, to: bar.to, covered: bar.covered })
                .collect(),
            series: (chart.series.iter())
                .map(|series| SeriesJson { name: &series.name, values: &series.values })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct HeatJson<'c> {
    unit: &'static str,
    columns: Vec<&'c str>,
    rows: Vec<HeatRow<'c>>,
}

#[derive(Serialize)]
struct HeatRow<'c> {
    name: String,
    values: &'c [u64],
}

impl HeatJson<'_> {
    fn of(heat: &HeatMap) -> HeatJson<'_> {
        HeatJson {
            unit: heat.unit,
            columns: heat.columns.iter().map(|column| &*column.name).collect(),
            rows: (heat.rows.iter())
                .map(|(name, values)| HeatRow { name: raw(name), values })
                .collect(),
        }
    }
}

struct TablesJson<'d>(&'d Document);

impl Serialize for TablesJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for block in &self.0.blocks {
            if let Block::Table(table) = block {
                map.serialize_entry(table.id, &RowsJson(table))?;
            }
        }
        map.end()
    }
}
