//! One parsed request, borrowing from its line.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use memchr::memmem;

use super::escape::{percent_decode, unescape};

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
    /// How the server encoded the headers' values.
    pub encoding: Encoding,
}

/// How a server encodes the referrer and the user agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// With backslashes, as all text of the line: [`unescape`] undoes them.
    #[default]
    Backslash,
    /// With percent signs, as CloudFront and Akamai do; older CloudFront logs twice.
    Percent,
    /// With `+` for a space, as IIS does; a `+` itself stays, so it can't be undone for sure.
    Plus,
}

impl Record<'_> {
    /// The referrer or user agent as it was sent, as far as that can be told.
    pub fn header<'h>(&self, value: &'h [u8]) -> Cow<'h, [u8]> {
        match self.encoding {
            Encoding::Backslash => unescape(value),
            Encoding::Percent => {
                let once = percent_decode(value);
                let twice = !once.contains(&b' ') && memmem::find(&once, b"%20").is_some();
                if twice { percent_decode(&once).into_owned().into() } else { once }
            }
            Encoding::Plus if value.contains(&b'+') => {
                let space = |byte: &u8| if *byte == b'+' { b' ' } else { *byte };
                value.iter().map(space).collect::<Vec<u8>>().into()
            }
            Encoding::Plus => value.into(),
        }
    }
}

/// Why a line is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Malformed {
    /// The line is longer than is read.
    TooLong,
    /// The line does not have the format's shape.
    Shape,
    /// The line has the format's shape, but is about something else than a request.
    NoRequest,
    /// The time can't be read.
    Time,
    /// The status is not a number of three digits.
    Status,
    /// A line of a server's error log.
    ErrorLog,
    /// What the program that rotates logs leaves in them.
    Marker,
    /// A text in quotes has no end: the line was cut off, or a line end stands within it.
    Cut,
}

impl Malformed {
    /// Every reason, in order.
    pub const ALL: [Malformed; 8] = [
        Malformed::TooLong,
        Malformed::Shape,
        Malformed::NoRequest,
        Malformed::Time,
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
            Malformed::Status => "unreadable status",
            Malformed::ErrorLog => "an error log's line",
            Malformed::Marker => "a rotation marker",
            Malformed::Cut => "cut off within quotes",
        })
    }
}
