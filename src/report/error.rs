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
    #[error("the store has no data yet: run `guestbook ingest` with a log first")]
    Empty,
}

/// Returns the end of the message that a term does not exist.
fn hint(nearest: &[String]) -> String {
    if nearest.is_empty() {
        return ": `guestbook terms` lists the terms that there are".into();
    }
    let names: Vec<String> = nearest.iter().map(|name| format!("{name:?}")).collect();
    format!("; the nearest are {}", names.join(", "))
}
