//! Recognizes lines that were counted before, in whatever copy of a log they come.

mod anchor;
mod check;
mod filter;

pub use anchor::{EDGE_LINES, LineAnchor, Rarity};
pub use check::{
    ALIGNED_MIN, Alignment, Candidate, Hit, OtherLog, Overlap, alignments, find_overlap,
};
pub use filter::AnchorFilter;
