//! The integration tests, in one binary: linking several would take much longer.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod agents;
mod cli;
mod directives;
mod dns;
mod exactly_once;
mod faults;
mod first_evening;
mod formats;
mod garbage;
mod golden;
mod hostile;
mod init;
mod kill;
mod kinds;
mod model;
mod pages;
#[cfg(feature = "parquet")]
mod partials;
mod program;
mod progress;
mod properties;
mod query_terms;
mod questions;
mod readme;
mod rebuild;
mod reliability;
mod sample_site;
mod silence;
mod store;
mod tidy;
mod trust;
mod unusual_lines;
mod upkeep;
mod years;
