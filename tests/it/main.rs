//! The integration tests: one binary, since each one links polars again.

mod agents;
mod cli;
mod golden;
mod hostile;
mod once;
mod program;
mod properties;
mod readme;
mod sample_site;
mod tidy;
