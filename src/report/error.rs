//! Errors of reports, with what to do about each.

use thiserror::Error;

use crate::day::Day;
use crate::store::StoreError;

/// An error while making a report.
#[derive(Debug, Error)]
pub enum ReportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there is no term {term:?}{}", hint(.nearest))]
    NoTerm { term: String, nearest: Vec<String> },
    #[error("{today} is before the first day in the store, {first}: ask for a later --as-of")]
    BeforeData { today: Day, first: Day },
    #[error("there is no {column} {value:?}{}", values_hint(.nearest))]
    NoValue { column: &'static str, value: String, nearest: Vec<String> },
    #[error("{one} and {other} can't be combined: no table of the store has both")]
    ColumnsApart { one: &'static str, other: &'static str },
    #[error("the store has no data yet: run `guestbook ingest` with a log first")]
    Empty,
}

/// Returns the end of the message that a column has no such value.
fn values_hint(nearest: &[String]) -> String {
    match nearest {
        [] => " in the store".into(),
        nearest => format!("; the nearest are {}", quoted(nearest)),
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// Returns the end of the message that a term does not exist.
fn hint(nearest: &[String]) -> String {
    if nearest.is_empty() {
        return ": `guestbook terms` lists the terms that there are".into();
    }
    format!("; the nearest are {}", quoted(nearest))
}
