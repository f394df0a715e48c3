//! A log to read, with its settings.

use jiff::tz::TimeZone;

use crate::format::Format;
use crate::source::Location;

/// A log to read, with its settings.
#[derive(Clone, Debug)]
pub struct LogInput {
    pub location: Location,
    /// The format of its lines. `None` if it has to be detected.
    pub format: Option<Format>,
    /// The zone of times that carry none.
    pub zone: TimeZone,
    /// The virtual hosts to keep; all, if empty.
    pub hosts: Vec<String>,
    /// The header in which the site's proxies pass on the visitor's address.
    pub header: Option<String>,
}
