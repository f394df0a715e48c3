//! Writes all facts of a store as tables for other programs.

mod columns;
mod csv;
mod error;
mod facts;
mod ndjson;
#[cfg(feature = "parquet")]
mod parquet;
mod table;

use std::io::Write;

use crate::agents::Namer;
use crate::store::Store;

use facts::Facts;

pub use error::ExportError;
#[cfg(feature = "parquet")]
pub use parquet::write_answer;
pub use table::{ExportFormat, FactTable};

/// Writes a table, ordered by day, with names in place of numbers. Agents are named by the catalogue in force.
///
/// All rows are of one moment, even if a log is read meanwhile. Memory holds the names and the rows of one day.
pub fn export(
    store: &Store,
    namer: &Namer,
    table: FactTable,
    format: ExportFormat,
    out: &mut impl Write,
) -> Result<(), ExportError> {
    let _snapshot = store.snapshot()?;
    let facts = Facts::read(store, namer, table)?;
    match format {
        ExportFormat::Csv => csv::write(&facts, out),
        ExportFormat::Ndjson => ndjson::write(&facts, out),
        #[cfg(feature = "parquet")]
        ExportFormat::Parquet => parquet::write(&facts, out),
    }
}
