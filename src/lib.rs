//! Who reads your site by machine: access logs in, a guestbook for every page out.

pub mod classify;
pub mod day;
pub mod format;
pub mod names;
pub mod source;
pub mod tally;
