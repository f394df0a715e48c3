//! Errors of making and merging partials, with what to do about each.

use std::io;
use std::path::PathBuf;

use polars::prelude::PolarsError;
use thiserror::Error;

use crate::day::Day;
use crate::store::StoreError;

use super::about::PARTIAL_SCHEMA;

/// An error while a partial is made or merged.
#[derive(Debug, Error)]
pub enum PartialError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{} is no Parquet file, or was not written to its end: {error}", .path.display())]
    Parquet { path: PathBuf, error: String },
    #[error("{} is a Parquet file, but no partial: `guestbook scan` makes those", .0.display())]
    Foreign(PathBuf),
    #[error(
        "{} has schema {found}, which a newer guestbook wrote (this one knows {PARTIAL_SCHEMA}): update guestbook",
        .path.display()
    )]
    Newer { path: PathBuf, found: u32 },
    #[error(
        "{name} has counts and does not know any more of which logs, so it can't be told whether they were merged before"
    )]
    NoSources { name: String },
    #[error("{} has no partial and no batch", .0.display())]
    NothingThere(PathBuf),
    #[error(
        "{} has no _SUCCESS mark: the job that writes it has not finished, or failed. Merge it when it has",
        .0.display()
    )]
    Unfinished(PathBuf),
    #[error(
        "{name} was counted in the time zone {found}, and the store in {stored}: count its logs again with [site] timezone = \
         {stored:?}"
    )]
    Timezone { name: String, found: String, stored: String },
    #[error(
        "{name} was counted under other rules: {difference}. Count its logs again under those of the store"
    )]
    Rules { name: String, difference: String },
    #[error(
        "nothing of {name} is merged, since some of its logs were counted in part before, so what is new can't be told: {}",
        .sources.join(", ")
    )]
    InPart { name: String, sources: Vec<String> },
    #[error(
        "nothing of {name} is merged, since its counts are of all its logs together, and some of these were merged before: {}",
        .sources.join(", ")
    )]
    Mixed { name: String, sources: Vec<String> },
    #[error(
        "nothing of {name} is merged: it has {counted} {what} and tells of {told}, so a part of it is missing"
    )]
    Incomplete { name: String, what: &'static str, counted: u64, told: u64 },
    #[error("{name} has {value:?} in the column {column}, which no guestbook writes")]
    Value { name: String, column: String, value: String },
    #[error(
        "nothing of {name} is merged: the store has {known} imported pings of {family} for {term:?}, and it has {found}"
    )]
    Carried { name: String, term: String, family: String, found: u64, known: u64 },
    #[error(
        "nothing of {name} is merged: the days up to {pruned_to} are one sum in it or in the store, and not in the other. Prune \
         both at the same age, or merge before you prune"
    )]
    Pruned { name: String, pruned_to: Day },
}

impl PartialError {
    /// Adds the path to an error of polars.
    pub(super) fn parquet(path: &std::path::Path) -> impl Fn(PolarsError) -> PartialError {
        let path = path.to_owned();
        move |error| PartialError::Parquet { path: path.clone(), error: error.to_string() }
    }
}
