//! What the items of a line mean, and how their values are taken, the same way for every engine.

use jiff::Timestamp;
use memchr::{memchr, memmem};

use super::address::address;
use super::record::{Malformed, Record};
use super::request::{is_method, set_host, split_request, split_target};

/// What an item means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Time,
    /// The date alone, of a time of day that stands under [`Field::Time`].
    Date,
    Ip,
    /// Whom proxies say that they were asked by.
    Forwarded,
    Host,
    /// The whole request line.
    Request,
    Method,
    /// Path and query, or a whole URL.
    Target,
    Path,
    Query,
    Protocol,
    Status,
    Bytes,
    Referrer,
    UserAgent,
    Accept,
}

impl Field {
    /// How many there are.
    pub(super) const COUNT: usize = Field::Accept as usize + 1;

    /// What config calls them; a date or a path alone are parts of others there.
    pub(super) const NAMES: [(&str, Field); 14] = [
        ("time", Field::Time),
        ("ip", Field::Ip),
        ("forwarded", Field::Forwarded),
        ("host", Field::Host),
        ("request", Field::Request),
        ("method", Field::Method),
        ("uri", Field::Target),
        ("query", Field::Query),
        ("protocol", Field::Protocol),
        ("status", Field::Status),
        ("bytes", Field::Bytes),
        ("referrer", Field::Referrer),
        ("user_agent", Field::UserAgent),
        ("accept", Field::Accept),
    ];

    /// Takes a value into the record. `-`, the servers' mark for nothing, is none, and of two values for
    /// one field the first is kept. Times are the engines' own matter.
    #[inline]
    pub(super) fn set<'a>(self, value: &'a [u8], record: &mut Record<'a>) -> Result<(), Malformed> {
        if value == b"-" {
            if self == Field::Bytes {
                record.bytes = record.bytes.or(Some(0)); // As Apache's %b writes it.
            }
            return Ok(());
        }
        match self {
            Field::Time | Field::Date => {}
            Field::Ip if record.ip.is_none() => {
                record.ip = address(value);
                // Only headers have lists, of which an address is a part.
                let is_all = record.ip.is_some_and(|ip| ip.len() == value.len());
                record.is_ip_claimed |= !is_all && memchr(b',', value).is_some();
            }
            Field::Ip => {}
            Field::Forwarded => record.forwarded = record.forwarded.or(Some(value)),
            Field::Host => set_host(value, record),
            Field::Request => split_request(value, record),
            Field::Method if value.is_empty() => {}
            Field::Method if !is_method(value) => return Err(Malformed::Shape),
            Field::Method => record.method = record.method.or(Some(value)),
            Field::Target if record.path.is_none() => split_target(value, record),
            Field::Target => {}
            Field::Path => record.path = record.path.or(Some(value)),
            Field::Query => record.query = record.query.or_else(|| query(value)),
            Field::Protocol => record.protocol = record.protocol.or(Some(value)),
            Field::Status => record.status = status(value)?.or(record.status),
            Field::Bytes => {
                let bytes = number(value.trim_ascii()).ok_or(Malformed::Shape)?;
                record.bytes = record.bytes.or(Some(bytes));
            }
            Field::Referrer if value.is_empty() => {}
            Field::Referrer => record.referrer = record.referrer.or(Some(value)),
            Field::UserAgent => record.user_agent = record.user_agent.or(Some(value)),
            Field::Accept => record.accept = record.accept.or(Some(value)),
        }
        Ok(())
    }
}

/// The time, if a log can have it: the web began in 1990, and a year of 2100 is a broken clock's. One such
/// line would otherwise be the first or the last day of the store for ever.
pub(super) fn sane(time: Option<Timestamp>) -> Result<Timestamp, Malformed> {
    const FROM: i64 = 631_152_000; // 1990-01-01
    const TO: i64 = 4_102_444_800; // 2100-01-01
    time.filter(|time| (FROM..TO).contains(&time.as_second())).ok_or(Malformed::Time)
}

/// The query without its `?`, and without the request's number, which Azure App Service appends.
fn query(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b"?").unwrap_or(text);
    let may_be = memchr(b'X', text).is_some(); // A search for a text takes long to begin.
    let number = may_be.then(|| memmem::rfind(text, b"X-ARR-LOG-ID=")).flatten();
    let text = match number {
        Some(at) => text[..at].strip_suffix(b"&").unwrap_or(&text[..at]),
        None => text,
    };
    (!text.is_empty()).then_some(text)
}

/// A status; none where there was no answer, or where it is negative, Vercel's mark of a request of its
/// own.
fn status(text: &[u8]) -> Result<Option<u16>, Malformed> {
    match text {
        [] | [b'-', ..] => Ok(None),
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
            let digit = |byte: &u8| u16::from(byte - b'0');
            Ok(Some(100 * digit(a) + 10 * digit(b) + digit(c)))
        }
        _ => number(text).and_then(|n| u16::try_from(n).ok()).map(Some).ok_or(Malformed::Status),
    }
}

fn number(text: &[u8]) -> Option<u64> {
    // HAProxy writes a + before what it counted only until then.
    let text = text.strip_prefix(b"+").unwrap_or(text);
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter().try_fold(0, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn azure_appends_its_number() {
        assert_eq!(query(b"a=1&X-ARR-LOG-ID=2ec4"), Some(&b"a=1"[..]));
        assert_eq!(query(b"X-ARR-LOG-ID=2ec4"), None);
        assert_eq!(query(b"?a=1"), Some(&b"a=1"[..]));
    }
}
