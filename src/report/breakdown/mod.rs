//! Answers any question of the form "how much, by what, of which": the rows of the store added up by some columns.

mod condition;
mod count_by;
mod dimension;
mod dimensions;
mod site_facts;
mod sums;
mod table;

pub use condition::Condition;
pub use count_by::{Breakdown, Compare, SortBy};
pub use dimension::Dimension;
pub(super) use dimensions::Dimensions;
pub use dimensions::NO_USER_AGENT;
pub(super) use site_facts::SiteRows;
pub use site_facts::{SiteFacts, UserAgentSum};
pub use sums::COLUMNS_MAX;
pub use table::{BreakdownRow, BreakdownTable, MeasureNames, Measures};
