//! The answer to a question, final for all output formats.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::day::Day;

/// The sums of some facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Requests of agents that count as pings.
    pub pings: u64,
    /// All requests of agents, for any path and with any status.
    pub requests: u64,
    /// The bytes of the responses to them.
    pub bytes: u64,
    /// Requests of people for terms.
    pub views: u64,
    /// Distinct terms that were requested.
    pub terms: u64,
    /// Distinct agents that made requests.
    pub agents: u64,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakdownTable {
    pub schema: u32,
    pub from: Day,
    pub to: Day,
    /// The first and last day that the rows are compared with.
    pub previous: Option<(Day, Day)>,
    /// The measures that the rows have.
    pub measures: MeasureNames,
    /// The names of the columns.
    pub by: Vec<&'static str>,
    /// The number of rows, with those that are not listed.
    pub row_count: usize,
    pub total: Measures,
    pub rows: Vec<BreakdownRow>,
}

/// A row of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakdownRow {
    /// The names of the columns, with the values of this row.
    pub values: Vec<(&'static str, String)>,
    pub measures: Measures,
    pub first_day: Day,
    pub last_day: Day,
    /// The measures of the time that is compared.
    pub previous: Option<Measures>,
}

/// The names of measures, in the order of the table.
pub type MeasureNames = &'static [&'static str];

impl Measures {
    /// All measures.
    pub const ALL: MeasureNames = &["pings", "requests", "bytes", "views", "terms", "agents"];

    /// The measures of failed requests and of hours, of which the store keeps no more.
    pub const OF_REQUESTS: MeasureNames = &["requests", "agents"];

    /// Returns the measure of a name.
    pub fn value(&self, name: &str) -> u64 {
        match name {
            "pings" => self.pings,
            "requests" => self.requests,
            "bytes" => self.bytes,
            "views" => self.views,
            "terms" => self.terms,
            _ => self.agents,
        }
    }
}

/// Measures with the names of those that there are.
struct Named(MeasureNames, Measures);

impl Serialize for Named {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|name| (name, self.1.value(name))))
    }
}

impl Serialize for BreakdownTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema", &self.schema)?;
        map.serialize_entry("from", &self.from)?;
        map.serialize_entry("to", &self.to)?;
        if let Some(previous) = &self.previous {
            map.serialize_entry("previous", previous)?;
        }
        map.serialize_entry("by", &self.by)?;
        map.serialize_entry("row_count", &self.row_count)?;
        map.serialize_entry("total", &Named(self.measures, self.total))?;
        let rows: Vec<NamedRow<'_>> =
            self.rows.iter().map(|row| NamedRow(self.measures, row)).collect();
        map.serialize_entry("rows", &rows)?;
        map.end()
    }
}

/// A row with the names of its measures.
struct NamedRow<'r>(MeasureNames, &'r BreakdownRow);

impl Serialize for NamedRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let NamedRow(names, row) = self;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &row.values {
            map.serialize_entry(name, value)?;
        }
        for name in *names {
            map.serialize_entry(name, &row.measures.value(name))?;
        }
        map.serialize_entry("first_day", &row.first_day)?;
        map.serialize_entry("last_day", &row.last_day)?;
        if let Some(previous) = row.previous {
            map.serialize_entry("previous", &Named(names, previous))?;
        }
        map.end()
    }
}
