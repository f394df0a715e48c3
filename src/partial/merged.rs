//! What was merged.

use crate::store::SourceLines;

/// The result of merging one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// The number of sources that were added.
    pub added: usize,
    /// The names of those that the store knew already.
    pub known: Vec<String>,
    /// Where the lines of the added sources went. A store does not say.
    pub figures: SourceLines,
    /// The number of rows that were added.
    pub rows: u64,
}
