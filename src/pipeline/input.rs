//! A log to read, with its settings.

use jiff::tz::TimeZone;

use crate::format::Format;
use crate::source::Location;

/// A log to read, with its settings.
#[derive(Clone, Debug)]
pub struct LogInput {
    pub location: Location,
    /// True if a pattern has found it, so that it may be renamed or removed at any time.
    pub is_from_pattern: bool,
    /// The format of its lines. `None` if it has to be detected.
    pub format: Option<Format>,
    /// The zone of times that carry none.
    pub zone: TimeZone,
    /// True if the user has given that zone.
    pub has_given_zone: bool,
    /// The name of the site's zone, if another one is guessed for times that carry none.
    pub site_zone: Option<String>,
    /// False if requests without a status count.
    pub needs_status: bool,
    /// The virtual hosts to keep; all, if empty.
    pub hosts: Vec<String>,
    /// The header in which the site's proxies pass on the visitor's address.
    pub header: Option<String>,
    /// True if lines are counted even if another log has had them too.
    pub counts_copies: bool,
    /// The number of days without a new line after which it has fallen silent, for the notices of a run.
    pub stale_after: Option<i32>,
}

impl LogInput {
    /// Returns a log whose format is detected, without further settings. `zone` is that of times that carry none.
    pub fn new(location: Location, zone: TimeZone) -> LogInput {
        LogInput {
            location,
            is_from_pattern: false,
            format: None,
            zone,
            has_given_zone: false,
            site_zone: None,
            needs_status: true,
            hosts: Vec::new(),
            header: None,
            counts_copies: false,
            stale_after: None,
        }
    }
}
