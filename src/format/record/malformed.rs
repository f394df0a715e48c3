//! The reasons why a line is not a record.

use std::fmt;

/// The reason why a line is not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// The line is longer than the limit.
    TooLong,
    /// The line does not fit the format.
    Shape,
    /// The line fits the format, but is not about a request.
    NoRequest,
    /// The time can't be parsed.
    Time,
    /// The day and the month of the time can't be told apart.
    AmbiguousDate,
    /// The status can't be parsed.
    Status,
    /// A line of a server's error log.
    ErrorLog,
    /// A line that a log rotation program has written.
    Marker,
    /// A quoted text is not closed: the line was cut off, or the text contains a line end.
    Cut,
}

impl Malformed {
    /// Every reason, in order.
    pub const ALL: [Malformed; 9] = [
        Malformed::TooLong,
        Malformed::Shape,
        Malformed::NoRequest,
        Malformed::Time,
        Malformed::AmbiguousDate,
        Malformed::Status,
        Malformed::ErrorLog,
        Malformed::Marker,
        Malformed::Cut,
    ];
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Malformed::TooLong => "longer than 1 MiB",
            Malformed::Shape => "not in the format's shape",
            Malformed::NoRequest => "about something else than a request",
            Malformed::Time => "unreadable time",
            Malformed::AmbiguousDate => "ambiguous date: day and month can't be told apart",
            Malformed::Status => "unreadable status",
            Malformed::ErrorLog => "an error log's line",
            Malformed::Marker => "a rotation marker",
            Malformed::Cut => "cut off within quotes",
        })
    }
}
