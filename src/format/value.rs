//! Takes single values into a record, the same way for every engine.

use jiff::Timestamp;
use memchr::memchr;

use super::record::{Malformed, Record};

/// The time, if a log can have it: the web began in 1990, and a year of 2100 is a broken clock's. One such
/// line would otherwise be the first or the last day of the store for ever.
pub(super) fn sane(time: Option<Timestamp>) -> Result<Timestamp, Malformed> {
    const FROM: i64 = 631_152_000; // 1990-01-01
    const TO: i64 = 4_102_444_800; // 2100-01-01
    time.filter(|time| (FROM..TO).contains(&time.as_second())).ok_or(Malformed::Time)
}

/// Takes an address without what may stand around it: brackets, a port, an IPv6 zone, or the prefix
/// by which IPv6 carries an IPv4 address.
pub(super) fn set_ip<'a>(text: &'a [u8], record: &mut Record<'a>) {
    let colons = memchr::memchr_iter(b':', text).count();
    let ip = match (text.strip_prefix(b"["), colons) {
        (Some(inner), _) => &inner[..memchr(b']', inner).unwrap_or(inner.len())],
        (None, 1) => &text[..memchr(b':', text).unwrap_or(text.len())],
        _ => text,
    };
    let ip = &ip[..memchr(b'%', ip).unwrap_or(ip.len())];
    let ip = ip.strip_prefix(b"::ffff:").filter(|rest| rest.contains(&b'.')).unwrap_or(ip);
    record.ip = Some(ip).filter(|ip| !ip.is_empty());
}

/// Takes a status. `-` is none, and so is a negative one, Vercel's mark of a request of its own.
pub(super) fn set_status(text: &[u8], record: &mut Record<'_>) -> Result<(), Malformed> {
    record.status = match text {
        [b'-', ..] => None,
        _ => Some(number(text).and_then(|n| u16::try_from(n).ok()).ok_or(Malformed::Status)?),
    };
    Ok(())
}

pub(super) fn set_bytes(text: &[u8], record: &mut Record<'_>) -> Result<(), Malformed> {
    record.bytes = Some(number(text).ok_or(Malformed::Shape)?);
    Ok(())
}

/// `-` stands for 0, as Apache's `%b` writes it.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    if text == b"-" {
        return Some(0);
    }
    text.iter().try_fold(0, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0'))
    })
}
