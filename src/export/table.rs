//! The tables and formats of an export.

use clap::ValueEnum;

/// A table of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FactTable {
    /// Requests of agents: day, term, agent, request type, trust, status, requests, bytes
    Pings,
    /// Requests of people for terms: day, term, where they came from, views
    Views,
    /// Days that logs cover: records, requests of people, requests of agents
    Coverage,
    /// Counts from before there were logs
    Carried,
}

/// The format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    Csv,
    Ndjson,
    #[cfg(feature = "parquet")]
    Parquet,
}
