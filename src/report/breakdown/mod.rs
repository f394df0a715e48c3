//! Answers any question of the form "how much, by what, of which": the rows of the store added up by some columns.

mod condition;
mod count_by;
mod dimension;
mod dimensions;
mod table;

pub use condition::Condition;
pub use count_by::{Breakdown, COLUMNS_MAX, Compare, SortBy};
pub use dimension::Dimension;
pub use table::{BreakdownRow, BreakdownTable, Measures};
