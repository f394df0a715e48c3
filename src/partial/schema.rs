//! The columns of a partial.

use polars::prelude::{Column, DataFrame, DataType, PolarsError};

/// The kind of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// A source: a log, by its content.
    Source,
    /// The records of one day.
    Coverage,
    /// Requests of agents.
    Ping,
    /// Requests of people for terms.
    View,
    /// Requests of agents that failed.
    Failure,
    /// Requests of agents by hour.
    Hour,
}

impl RowKind {
    const NAMES: [(&str, RowKind); 6] = [
        ("source", RowKind::Source),
        ("coverage", RowKind::Coverage),
        ("ping", RowKind::Ping),
        ("view", RowKind::View),
        ("failure", RowKind::Failure),
        ("hour", RowKind::Hour),
    ];

    pub(super) fn name(self) -> &'static str {
        RowKind::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    pub(super) fn named(name: &str) -> Option<RowKind> {
        RowKind::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

/// The columns that texts are in.
const TEXTS: [&str; 10] = [
    "kind",
    "term",
    "user_agent",
    "request",
    "trust",
    "status",
    "came_from",
    "path",
    "name",
    "format",
];

/// The columns of counts, hashes and times.
const NUMBERS: [&str; 21] = [
    "source",
    "code",
    "hour",
    "requests",
    "bytes",
    "first_seen",
    "lines",
    "people",
    "agents",
    "pings",
    "views",
    "other",
    "blank",
    "malformed",
    "known_lines",
    "log_lines",
    "log_malformed",
    "head_len",
    "head_hash",
    "offset",
    "tail_hash",
];

/// The columns of bytes.
const BYTES: [&str; 3] = ["line_hashes", "checkpoints", "anchors"];

/// Returns all columns with their types, in the order of the file.
pub(super) fn columns() -> impl Iterator<Item = (&'static str, DataType)> {
    let texts = TEXTS.into_iter().map(|name| (name, DataType::String));
    let numbers = NUMBERS.into_iter().map(|name| (name, DataType::Int64));
    let bytes = BYTES.into_iter().map(|name| (name, DataType::Binary));
    texts.chain([("day", DataType::Date)]).chain(numbers).chain(bytes)
}

/// Returns a frame with all columns. Those that are not given are null.
pub(super) fn frame(
    kind: RowKind,
    height: usize,
    mut given: Vec<Column>,
) -> Result<DataFrame, PolarsError> {
    given.push(Column::new("kind".into(), vec![kind.name(); height]));
    let column = |(name, dtype): (&'static str, DataType)| match given
        .iter()
        .position(|column| column.name() == name)
    {
        Some(at) => given.swap_remove(at).cast(&dtype),
        None => Ok(Column::full_null(name.into(), height, &dtype)),
    };
    let columns: Result<Vec<Column>, PolarsError> = columns().map(column).collect();
    DataFrame::new(height, columns?)
}
