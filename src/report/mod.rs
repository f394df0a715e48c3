//! Answers queries with plain data.

mod book;
mod breakdown;
mod count;
mod data;
mod day_ranges;
mod document;
mod error;
mod families;
mod guestbooks;
mod histories;
mod query;
mod ranking;
mod site;
mod term;
mod totals;
mod unknown;

pub use breakdown::{
    Breakdown, BreakdownRow, BreakdownTable, COLUMNS_MAX, Compare, Condition, Dimension,
    MeasureNames, Measures, NO_USER_AGENT, SiteFacts, SortBy, UserAgentSum,
};
pub use count::Count;
pub use data::{
    AgentPings, AnswerCount, Book, CameFrom, DayPings, FamilyCount, FamilyPings, JSON_SCHEMA,
    ListAges, RequestTypeCount, RequestTypePings, SiteReport, TermReport, TermRow, TrustBasis,
    TrustPings,
};
pub use document::{
    BarChart, Block, Bucket, Cell, DAILY_MAX, DataTable, Document, HeatColumn, HeatMap, LinkTarget,
    Series, TableColumn, Tile,
};
pub use error::ReportError;
pub use guestbooks::Guestbooks;
pub use histories::{FirstRead, PagePings, SignerPings, TermHistory};
pub use query::{Impostors, Query};
pub use ranking::PRE_TRACKING;
pub use unknown::{UnknownAgent, unknown_agents};
