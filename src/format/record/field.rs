//! The fields of a record, which all engines set in the same way.

use jiff::Timestamp;
use memchr::{memchr, memmem};

use super::address::address;
use super::data::Record;
use super::malformed::Malformed;
use super::request::{is_method, set_host, split_request, split_target};

/// The meaning of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Time,
    /// A date without a time of day. [`Field::Time`] then has the time of day.
    Date,
    Ip,
    /// The addresses that proxies have forwarded.
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
    /// The name of the logger, which tells access logs from others. Not part of a record.
    Logger,
    /// The message of a log entry. Not part of a record.
    Message,
}

impl Field {
    /// The number of fields.
    pub(crate) const COUNT: usize = Field::Message as usize + 1;

    /// The names in the config. A date or a path alone has none, since it is part of `time` or `uri` there.
    pub(crate) const NAMES: [(&str, Field); 14] = [
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

    /// Stores a value in the record. `-` means that there is no value. The first of several values for one field is
    /// used. Times are ignored, since the engines parse them.
    #[inline]
    pub(crate) fn set<'a>(self, value: &'a [u8], record: &mut Record<'a>) -> Result<(), Malformed> {
        if value == b"-" {
            if self == Field::Bytes {
                record.bytes = record.bytes.or(Some(0)); // Apache's %b writes 0 as `-`.
            }
            return Ok(());
        }
        match self {
            Field::Time | Field::Date | Field::Logger | Field::Message => {}
            Field::Ip if record.ip.is_none() => {
                record.ip = address(value);
                // If the address is only a part of a list, it comes from a header.
                let is_whole = record.ip.is_some_and(|ip| ip.len() == value.len());
                record.is_ip_claimed |= !is_whole && memchr(b',', value).is_some();
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
            Field::Bytes => record.bytes = record.bytes.or_else(|| number(value.trim_ascii())),
            Field::Referrer if value.is_empty() => {}
            Field::Referrer => record.referrer = record.referrer.or(Some(value)),
            Field::UserAgent if value.is_empty() => {}
            Field::UserAgent => record.user_agent = record.user_agent.or(Some(value)),
            Field::Accept => record.accept = record.accept.or(Some(value)),
        }
        Ok(())
    }
}

/// Returns the time if it is plausible: the web began in 1990, and a year from 2100 on comes from a broken clock. A
/// single such line would otherwise remain the first or last day of the store.
pub(crate) fn sane(time: Option<Timestamp>) -> Result<Timestamp, Malformed> {
    const FROM: i64 = 631_152_000; // 1990-01-01
    const TO: i64 = 4_102_444_800; // 2100-01-01
    time.filter(|time| (FROM..TO).contains(&time.as_second())).ok_or(Malformed::Time)
}

/// Works like [`sane`], and keeps the reason why a time can't be parsed.
pub(crate) fn sane_time(time: Result<Timestamp, Malformed>) -> Result<Timestamp, Malformed> {
    time.and_then(|time| sane(Some(time)))
}

/// Returns the query without its `?` and without the request id that Azure App Service appends.
fn query(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b"?").unwrap_or(text);
    let may_have_id = memchr(b'X', text).is_some(); // A substring search takes long to set up.
    let id_start = may_have_id.then(|| memmem::rfind(text, b"X-ARR-LOG-ID=")).flatten();
    let text = match id_start {
        Some(at) => text[..at].strip_suffix(b"&").unwrap_or(&text[..at]),
        None => text,
    };
    (!text.is_empty()).then_some(text)
}

/// Parses a status: the first three digits, if no digit follows, as in `200 OK`, `200.0` and `404, 200`. Returns `None`
/// if there was no response, or if it is negative, which Vercel writes for its own requests.
fn status(text: &[u8]) -> Result<Option<u16>, Malformed> {
    match text {
        [] | [b'-', ..] => Ok(None),
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..]
            if !rest.first().is_some_and(u8::is_ascii_digit) =>
        {
            let digit = |byte: &u8| u16::from(byte - b'0');
            Ok(Some(100 * digit(a) + 10 * digit(b) + digit(c)))
        }
        // Envoy and nginx write 0 and 000 if there was no response, and some logs only one digit.
        [b'0'..=b'9'] | [b'0'..=b'9', b'0'..=b'9'] => {
            Ok(number(text).and_then(|n| n.try_into().ok()))
        }
        _ => Err(Malformed::Status),
    }
}

/// Parses a size. Returns `None` for anything but digits: -1, 5.0, NULL, "1,234", more than 64 bits.
fn number(text: &[u8]) -> Option<u64> {
    // HAProxy writes a + if the session was logged before its end, so that the size is incomplete.
    let text = text.strip_prefix(b"+").unwrap_or(text);
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter().try_fold(0, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0'))
    })
}

/// Returns whether a word may be a size, even if it is none that can be parsed.
pub(crate) fn may_be_size(text: &[u8]) -> bool {
    let is_number_byte = |byte: &u8| byte.is_ascii_digit() || b"+-.,".contains(byte);
    text.iter().all(is_number_byte) || text.eq_ignore_ascii_case(b"null")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_id_of_azure_is_removed() {
        assert_eq!(query(b"a=1&X-ARR-LOG-ID=2ec4"), Some(&b"a=1"[..]));
        assert_eq!(query(b"X-ARR-LOG-ID=2ec4"), None);
        assert_eq!(query(b"?a=1"), Some(&b"a=1"[..]));
    }
}
