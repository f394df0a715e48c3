//! Answers any question of the form "how much, by what, of which": the rows of the store added up by some columns.

mod condition;
mod count_by;
mod counted;
mod dimension;
mod dimensions;
mod listing;
mod pass;
mod site_facts;
mod stored;
mod sum_table;
mod sums;
mod table;

pub use condition::Condition;
pub use count_by::{Breakdown, Compare};
pub use counted::COLUMNS_MAX;
pub use dimension::Dimension;
pub(super) use dimensions::Dimensions;
pub use dimensions::NO_USER_AGENT;
pub use listing::SortBy;
pub(super) use site_facts::SiteRows;
pub use site_facts::{SiteFacts, UserAgentSum};
pub use table::{BreakdownRow, BreakdownTable, MeasureNames, Measures};
