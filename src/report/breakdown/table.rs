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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BreakdownTable {
    pub schema: u32,
    pub from: Day,
    pub to: Day,
    /// The first and last day that the rows are compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<(Day, Day)>,
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

impl Measures {
    /// The names of the measures, in the order of the table.
    pub const NAMES: [&str; 6] = ["pings", "requests", "bytes", "views", "terms", "agents"];

    /// Returns the measures, in the order of [`Measures::NAMES`].
    pub fn values(&self) -> [u64; 6] {
        [self.pings, self.requests, self.bytes, self.views, self.terms, self.agents]
    }

    /// Adds all sums. Distinct terms and agents are no sums.
    pub(super) fn add(&mut self, other: &Measures) {
        self.pings += other.pings;
        self.requests += other.requests;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.views += other.views;
    }
}

impl Serialize for Measures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in Measures::NAMES.iter().zip(self.values()) {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

impl Serialize for BreakdownRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.values {
            map.serialize_entry(name, value)?;
        }
        for (name, value) in Measures::NAMES.iter().zip(self.measures.values()) {
            map.serialize_entry(name, &value)?;
        }
        map.serialize_entry("first_day", &self.first_day)?;
        map.serialize_entry("last_day", &self.last_day)?;
        if let Some(previous) = &self.previous {
            map.serialize_entry("previous", previous)?;
        }
        map.end()
    }
}
