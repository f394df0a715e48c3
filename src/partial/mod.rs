//! Partials: the counts of some logs as a Parquet file, made anywhere and merged into a store once. docs/partials.md
//! describes the file.

mod about;
mod batch;
mod error;
mod figures;
mod merge;
mod merge_store;
mod read;
mod scanned;
mod schema;
mod write;

pub use about::{About, PARTIAL_SCHEMA};
pub use batch::{Input, find_inputs};
pub use error::PartialError;
pub use figures::SourceFigures;
pub use merge::{MergeOptions, Merged, merge};
pub use write::write_partial;
