//! One parsed request, borrowing from its line.

use std::fmt;

use jiff::Timestamp;

/// What a log line says of one request. Text is as the server wrote it, escapes included.
///
/// A field is `None` where the log has none, or has `-`, the servers' mark for that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// When the request came (nginx: when it was answered).
    pub time: Timestamp,
    /// Who asked: an address, or a host name where the server looks names up.
    pub ip: Option<&'a [u8]>,
    /// The virtual host, without its port.
    pub host: Option<&'a [u8]>,
    /// `GET`, `HEAD` …; `None` where what was sent is not HTTP.
    pub method: Option<&'a [u8]>,
    /// What was asked for, without the query.
    pub path: Option<&'a [u8]>,
    /// The query, without its `?`.
    pub query: Option<&'a [u8]>,
    /// `HTTP/1.1`, `HTTP/2.0` …
    pub protocol: Option<&'a [u8]>,
    /// The answer's status code.
    pub status: Option<u16>,
    /// The answer's size in bytes.
    pub bytes: Option<u64>,
    /// The page that linked here.
    pub referrer: Option<&'a [u8]>,
    /// What the visitor calls itself.
    pub user_agent: Option<&'a [u8]>,
    /// The media types that were asked for, where the log keeps them.
    pub accept: Option<&'a [u8]>,
}

/// Why a line is no record. Ordered: a later reason means that more of the line fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Malformed {
    /// The line is longer than is read.
    TooLong,
    /// The line does not have the format's shape.
    Shape,
    /// The time can't be read.
    Time,
    /// The status is not a number of three digits.
    Status,
}

impl Malformed {
    /// Every reason, in order.
    pub const ALL: [Malformed; 4] =
        [Malformed::TooLong, Malformed::Shape, Malformed::Time, Malformed::Status];
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Malformed::TooLong => "longer than 1 MiB",
            Malformed::Shape => "not in the format's shape",
            Malformed::Time => "unreadable time",
            Malformed::Status => "unreadable status",
        })
    }
}
