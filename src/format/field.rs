//! What the items of a line mean, and how their values are taken, the same way for every engine.

use std::net::{IpAddr, Ipv6Addr};

use jiff::Timestamp;
use memchr::{memchr, memchr_iter, memmem, memrchr};

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

/// An address, or a host name, without what may stand around it: brackets, a port, an IPv6 zone, or the
/// prefix by which IPv6 carries an IPv4 address. Of a list, as proxies pass on, it is the first that is
/// no private one: who asked, if the proxies are to be believed.
fn address(text: &[u8]) -> Option<&[u8]> {
    // Nearly all are plain.
    let is_v4 = !text.is_empty() && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.'));
    if is_v4 || is_plain_v6(text) {
        return Some(text);
    }
    if memchr(b',', text).is_some() {
        let mut all =
            text.split(|byte| *byte == b',').filter_map(|part| address(part.trim_ascii()));
        let first = all.next();
        return first
            .filter(|ip| !is_private(ip))
            .or_else(|| all.find(|ip| !is_private(ip)))
            .or(first);
    }
    let text =
        text.strip_prefix(b"\"").map_or(text, |rest| rest.strip_suffix(b"\"").unwrap_or(rest));
    let ip = match (text.strip_prefix(b"["), memchr_iter(b':', text).count()) {
        (Some(inner), _) => &inner[..memchr(b']', inner).unwrap_or(inner.len())],
        (None, 0) => text,
        (None, 1) => &text[..memchr(b':', text).unwrap_or(text.len())],
        (None, _) => without_v6_port(text),
    };
    let ip = &ip[..memchr(b'%', ip).unwrap_or(ip.len())];
    let mapped = ip.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"::ffff:"));
    let ip = if mapped && ip.contains(&b'.') { &ip[7..] } else { ip };
    // A request that came by a socket file has no address.
    let none = matches!(ip, b"" | b"-" | b"unix" | b"unknown") || memchr(b' ', ip).is_some();
    (!none).then_some(ip)
}

impl Record<'_> {
    /// The addresses of [`Record::forwarded`], in its order; `None` for what is none.
    pub fn forwarded_ips(&self) -> Vec<Option<IpAddr>> {
        // Of a longer one the end may have been cut off on the way to the log, and it is the end that counts.
        const LIST_BYTES_MAX: usize = 512;
        let list = self.forwarded.filter(|list| list.len() <= LIST_BYTES_MAX);
        let Some(list) = list else { return Vec::new() };
        self.header(list).split(|byte| *byte == b',').map(forwarded_ip).collect()
    }
}

/// One address of a list that proxies passed on.
fn forwarded_ip(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(address(text.trim_ascii())?).ok()?.parse().ok()
}

/// Takes what a header says of who asked for the address, where the log has no other.
pub(super) fn or_forwarded_ip(record: &mut Record<'_>) {
    if record.ip.is_none()
        && let Some(text) = record.forwarded
    {
        record.ip = address(text);
        record.is_ip_claimed = true;
    }
}

/// An IPv6 address with a port is told from one without where the whole is none.
fn without_v6_port(text: &[u8]) -> &[u8] {
    if is_plain_v6(text) {
        return text;
    }
    let is_ip = |text: &[u8]| {
        let text = std::str::from_utf8(text).unwrap_or_default();
        text.split('%').next().is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok())
    };
    let short = without_port(text);
    if !is_ip(text) && is_ip(short) { short } else { text }
}

/// Whether a text is an IPv6 address, as nearly all are written: groups of at most four digits, eight of them
/// or fewer around a `::`.
fn is_plain_v6(text: &[u8]) -> bool {
    let (mut colons, mut digits, mut short) = (0, 0, 0);
    for byte in text {
        match byte {
            b':' => {
                short += u32::from(digits == 0 && colons > 0);
                (colons, digits) = (colons + 1, 0);
            }
            b'0'..=b'9' | b'a'..=b'f' if digits < 4 => digits += 1,
            _ => return false,
        }
    }
    digits > 0 && text[0] != b':' && (short == 0 && colons == 7 || short == 1 && colons < 8)
}

/// An address that always has a port behind it, without that.
pub(super) fn without_port(text: &[u8]) -> &[u8] {
    match memrchr(b':', text) {
        Some(at) if text[at + 1..].iter().all(u8::is_ascii_digit) => &text[..at],
        _ => text,
    }
}

fn is_private(ip: &[u8]) -> bool {
    match std::str::from_utf8(ip).ok().and_then(|ip| ip.parse().ok()) {
        Some(IpAddr::V4(ip)) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        Some(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        None => true,
    }
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
    fn addresses_as_servers_write_them() {
        for (text, expected) in [
            ("203.0.113.9", "203.0.113.9"),
            ("203.0.113.9:53332", "203.0.113.9"),
            ("[2001:db8::9]:443", "2001:db8::9"),
            ("2001:db8::9", "2001:db8::9"),
            (
                "2001:db8:c529:9dad:6bbc:c529:9dad:6bbc:50599",
                "2001:db8:c529:9dad:6bbc:c529:9dad:6bbc",
            ),
            ("fe80::1%eth0", "fe80::1"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("::FFFF:203.0.113.9", "203.0.113.9"),
            ("10.0.0.2, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
            ("\"10.0.0.2, 10.0.0.1\"", "10.0.0.2"),
            ("203.0.113.9, unknown", "203.0.113.9"),
            ("crawler.example", "crawler.example"),
            ("unix:", "none"),
            ("-", "none"),
            ("", "none"),
            (", ,", "none"),
        ] {
            let found = address(text.as_bytes()).unwrap_or(b"none");
            assert_eq!(std::str::from_utf8(found).unwrap(), expected, "{text}");
        }
        assert_eq!(without_port(b"2001:db8::1:50599"), b"2001:db8::1");
    }

    #[test]
    fn azure_appends_its_number() {
        assert_eq!(query(b"a=1&X-ARR-LOG-ID=2ec4"), Some(&b"a=1"[..]));
        assert_eq!(query(b"X-ARR-LOG-ID=2ec4"), None);
        assert_eq!(query(b"?a=1"), Some(&b"a=1"[..]));
    }
}
