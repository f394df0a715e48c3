//! Recognizes lines that were counted before, in whatever copy of a log they come.

mod anchor;
mod check;
mod filter;

pub use anchor::{EDGE_LINES, LineAnchor, anchor_hash, is_sampled};
pub use check::{Alignment, Candidate, Hit, Overlap, best_alignment, find_overlap};
pub use filter::AnchorFilter;
