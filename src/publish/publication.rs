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
    /// A hash of all files that the rules were made from.
    pub basis: u64,
    pub options: PublishOptions<'p>,
}

/// The choices of the config, with the folder to write to.
#[derive(Clone, Copy)]
pub struct PublishOptions<'p> {
    pub query: &'p Query,
    /// The formats of the terms' and the site's guestbooks.
    pub formats: &'p [OutputFormat],
    /// The lengths of the periods that have pages, in days.
    pub periods: &'p [u16],
    /// Writes the site's pages, if true.
    pub pages: bool,
    /// The URL under which the folder is served, with a slash at its end.
    pub url: Option<&'p str>,
    pub folder: &'p Path,
    /// Counts the terms whose files are written.
    pub meter: &'p Meter,
}
