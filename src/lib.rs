//! Shows who reads a site by machine: access logs in, a guestbook for every page out.

pub mod agents;
pub mod bucket;
mod byte_mask;
pub mod classify;
pub mod cli;
pub mod config;
pub mod day;
pub mod export;
pub mod format;
pub mod import;
pub mod interner;
pub mod ip;
pub mod json;
pub mod meter;
mod nearest;
pub mod night;
pub mod overlap;
pub mod pages;
mod parallel;
#[cfg(feature = "parquet")]
pub mod partial;
pub mod pipeline;
pub mod publish;
pub mod render;
pub mod report;
pub mod servers;
pub mod setup;
pub mod site;
pub mod source;
pub mod store;
pub mod tally;
pub mod trust;
