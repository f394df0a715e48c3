//! Recognizes lines that were counted before, in whatever copy of a log they come.

mod anchor;
mod check;
mod filter;

pub use anchor::{EDGE_LINES, LineAnchor, Rarity};
pub use check::{
    ALIGNED_MIN, ALIGNED_WHOLE_MIN, Alignment, Candidate, Hit, Matches, OtherLog, Overlap,
};
pub use filter::AnchorFilter;
