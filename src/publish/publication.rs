//! The input of a publication.

use std::path::Path;

use crate::classify::Rules;
use crate::meter::Meter;
use crate::render::OutputFormat;
use crate::report::Query;
use crate::store::Store;

/// The input of [`publish`](super::publish).
#[derive(Clone, Copy)]
pub struct Publication<'p> {
    pub store: &'p Store,
    pub rules: &'p Rules,
    pub query: &'p Query,
    /// The formats, each with the extension of its files.
    pub formats: &'p [(&'static str, OutputFormat)],
    /// The folder to write to.
    pub folder: &'p Path,
    /// A hash of all files that the rules were made from.
    pub basis: u64,
    /// Counts the terms whose files are written.
    pub meter: &'p Meter,
}
