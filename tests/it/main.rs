//! The integration tests: one binary, since each one links polars again.
#![expect(clippy::unwrap_used, reason = "what a test can't do is a failure of the test")]

mod agents;
mod cli;
mod directives;
mod dns;
mod formats;
mod golden;
mod hostile;
mod odd_lines;
mod once;
mod program;
mod properties;
mod readme;
mod sample_site;
mod tidy;
mod trust;
