//! The result of a merge.

use crate::store::SourceLines;

/// The result of merging one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// The number of sources that were added.
    pub added: usize,
    /// The names of those that the store knew already.
    pub known: Vec<String>,
    /// The lines of the added sources. Those of a store are not known.
    pub figures: SourceLines,
    /// The number of rows that were added.
    pub rows: u64,
}
