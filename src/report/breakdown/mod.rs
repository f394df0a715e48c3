//! Answers any question of the form "how much, by what, of which": the rows of the store added up by some columns.

mod condition;
mod count_by;
mod dimension;
mod dimensions;
mod site_facts;
mod sums;
mod table;

pub use condition::Condition;
pub use count_by::{Breakdown, COLUMNS_MAX, Compare, SortBy};
pub use dimension::Dimension;
pub use site_facts::SiteFacts;
pub(super) use dimensions::Dimensions;
pub(super) use site_facts::SiteRows;
pub use table::{BreakdownRow, BreakdownTable, Measures};
