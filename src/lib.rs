//! Who reads your site by machine: access logs in, a guestbook for every page out.

pub mod classify;
pub mod cli;
pub mod config;
mod cores;
pub mod day;
mod digits;
pub mod dns;
pub mod fetch;
mod find;
pub mod format;
pub mod names;
pub mod pipeline;
mod prefetch;
pub mod publish;
pub mod refresh;
pub mod render;
pub mod report;
pub mod source;
pub mod store;
pub mod sums;
pub mod tally;
