//! One parsed request, borrowing from its line.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use memchr::{memchr, memmem};

use super::escape::{hex_decode, percent_decode, unescape};

/// What a log line says of one request. Text is as the server wrote it, escapes included.
///
/// A field is `None` where the log has none, or has `-`, the servers' mark for that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// When the request came (nginx: when it was answered).
    pub time: Timestamp,
    /// Who asked: an address, or a host name where the server looks names up.
    pub ip: Option<&'a [u8]>,
    /// Whether the address is only what a header said, which a visitor can write itself.
    pub is_ip_claimed: bool,
    /// What the header says of who asked in which proxies pass that on: addresses, the last by the last proxy.
    pub forwarded: Option<&'a [u8]>,
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

/// How a server encodes what it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// With backslashes, as all text of the line.
    #[default]
    Backslash,
    /// Not at all (nginx's `escape=none`).
    None,
    /// With `#` and two hexadecimal digits, as HAProxy does.
    Hash,
    /// Quotes are doubled, as in CSV.
    Doubled,
    /// Headers with percent signs, as CloudFront and Akamai do; older CloudFront logs twice.
    Percent,
    /// Headers with `+` for a space, as IIS does; a `+` itself stays, so it can't be undone for sure.
    Plus,
}

impl<'a> Record<'a> {
    /// A record that is filled, and what that gave.
    pub(super) fn filled<T>(
        fill: impl FnOnce(&mut Record<'a>) -> Result<T, Malformed>,
    ) -> Result<(Record<'a>, T), Malformed> {
        let mut record = Record::default();
        fill(&mut record).map(|filled| (record, filled))
    }
}

impl Record<'_> {
    /// Any text of the record as it was sent, but for a header's own encoding.
    pub fn plain<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        match self.encoding {
            Encoding::Backslash => unescape(text),
            Encoding::Hash => hex_decode(text, b'#'),
            Encoding::Doubled => with_single_quotes(text),
            Encoding::None | Encoding::Percent | Encoding::Plus => text.into(),
        }
    }

    /// The referrer or user agent as it was sent, as far as that can be told.
    pub fn header<'h>(&self, value: &'h [u8]) -> Cow<'h, [u8]> {
        match self.encoding {
            Encoding::Percent => {
                let once = percent_decode(value);
                let is_escape =
                    |text: &[u8]| text[0] == b'%' && text[1..].iter().all(u8::is_ascii_hexdigit);
                let twice = !once.contains(&b' ') && once.windows(3).any(is_escape);
                let once = if twice { percent_decode(&once).into_owned().into() } else { once };
                // Encoded like a form, it has no space of its own.
                let form = value != &*once && !once.contains(&b' ');
                if form { with_spaces(once) } else { once }
            }
            // Others than IIS write such columns with percent signs.
            Encoding::Plus if !value.contains(&b'+') => percent_decode(value),
            Encoding::Plus => with_spaces(value.into()),
            _ => self.plain(value),
        }
    }
}

/// The text with a space for each `+`; of two, the second is a `+` of the text's own, as before an address
/// in a user agent, and so is one behind a bracket.
fn with_spaces(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if memchr(b'+', &text).is_none() {
        return text;
    }
    let mut plain = Vec::with_capacity(text.len());
    for byte in text.iter() {
        match byte {
            b'+' if matches!(plain.last(), Some(b' ' | b'(')) => plain.push(b'+'),
            b'+' => plain.push(b' '),
            byte => plain.push(*byte),
        }
    }
    plain.into()
}

/// The text with one quote for each two.
fn with_single_quotes(text: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(text, b"\"\"").is_none() {
        return text.into();
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memmem::find(rest, b"\"\"") {
        plain.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    plain.extend_from_slice(rest);
    plain.into()
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
