//! Makes and merges partials: the counts of some logs as a Parquet file, which docs/partials.md describes.

mod about;
mod batch;
mod error;
mod frames;
mod merge;
mod merge_store;
mod merged;
mod read;
mod scanned;
mod schema;
mod write;

pub use about::{About, PARTIAL_SCHEMA};
pub use batch::{MergeInput, find_inputs};
pub use error::PartialError;
pub use merge::{MergeOptions, merge};
pub use merged::Merged;
pub use write::write_partial;
