//! Parses addresses in the forms that servers and proxies write.

use std::net::{IpAddr, Ipv6Addr};

use memchr::{memchr, memchr_iter, memrchr};

use crate::ip::is_private;

use super::data::Record;

/// Returns an address or host name without brackets, port, IPv6 zone, or the prefix of an IPv4-mapped IPv6 address.
///
/// For a list that proxies have forwarded, returns the first address that is not private, which is the visitor's if the
/// proxies are trusted.
pub(crate) fn address(text: &[u8]) -> Option<&[u8]> {
    if is_plain_ip(text) {
        return Some(text);
    }
    if memchr(b',', text).is_some() {
        let mut addresses =
            text.split(|byte| *byte == b',').filter_map(|part| address(part.trim_ascii()));
        let first = addresses.next();
        return first
            .filter(|ip| !is_private_or_invalid(ip))
            .or_else(|| addresses.find(|ip| !is_private_or_invalid(ip)))
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
    let is_mapped = ip.get(..7).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"::ffff:"));
    let ip = if is_mapped && ip.contains(&b'.') { &ip[7..] } else { ip };
    // A request over a Unix domain socket has no address.
    let is_missing = matches!(ip, b"" | b"-" | b"unix" | b"unknown") || memchr(b' ', ip).is_some();
    (!is_missing).then_some(ip)
}

/// The kinds of addresses that a text can't be if it has a byte: IPv4, IPv6, or any in whatever form.
const NOT_V4: u8 = 1;
const NOT_V6: u8 = 2;
const NOT_ADDRESS: u8 = 4;

/// The kinds of addresses that a text with each byte can't be.
const EXCLUDED: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let excluded = match byte as u8 {
            b'0'..=b'9' => 0,
            b'.' | b'/' => NOT_V6,
            b'a'..=b'f' | b':' => NOT_V4,
            b'A'..=b'F' | b'x' | b'X' | b'*' | b'-' | b'[' | b']' | b'%' => NOT_V4 | NOT_V6,
            _ => NOT_V4 | NOT_V6 | NOT_ADDRESS,
        };
        table[byte] = excluded;
        byte += 1;
    }
    table
};

/// Returns the kinds of addresses that a text can't be.
#[inline]
fn excluded(text: &[u8]) -> u8 {
    text.iter().fold(0, |excluded, byte| excluded | EXCLUDED[usize::from(*byte)])
}

/// Returns whether eight bytes are digits, dots and slashes, which are neighbors in ASCII.
#[inline]
fn is_v4_word(bytes: [u8; 8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH_BITS: u64 = 0x80 * ONES;
    let word = u64::from_le_bytes(bytes);
    let is_above = ((word & !HIGH_BITS) + (0x7f - b'9' as u64) * ONES) | word;
    let is_not_below = (word | HIGH_BITS) - b'.' as u64 * ONES;
    !is_above & is_not_below & HIGH_BITS == HIGH_BITS
}

/// Returns whether a text is an IPv4 or IPv6 address with nothing around it, as nearly all are.
pub(crate) fn is_plain_ip(text: &[u8]) -> bool {
    const V6_BYTES_MAX: usize = 39;
    if let (Some(first), Some(last), 8..16) = (text.first_chunk(), text.last_chunk(), text.len())
        && is_v4_word(*first)
        && is_v4_word(*last)
    {
        return true;
    }
    if !matches!(text.len(), 6..=V6_BYTES_MAX) {
        return false;
    }
    let excluded = excluded(text);
    if excluded & NOT_V4 == 0 && matches!(text.len(), 7..16) {
        return true;
    }
    if excluded & NOT_V6 != 0 {
        return false;
    }
    // IPv6 without brackets and zone. With a port, it would have eight colons or a part of five digits.
    let colons = text.iter().filter(|byte| **byte == b':').count();
    let [before_last @ .., last] = &text[text.len() - 5..] else { return false };
    matches!(colons, 2..=7) && before_last.contains(&b':') && *last != b':'
}

/// Returns whether a text may be an address, masked or not, or missing.
pub(crate) fn may_be_address(text: &[u8]) -> bool {
    excluded(text) & NOT_ADDRESS == 0
}

impl Record<'_> {
    /// Returns the addresses of [`Record::forwarded`] in order, with `None` for each item that is not an address.
    pub fn forwarded_ips(&self) -> Vec<Option<IpAddr>> {
        // A longer list may have lost its end on the way to the log, and the end is the part that can be trusted.
        const LIST_BYTES_MAX: usize = 512;
        let list = self.forwarded.filter(|list| list.len() <= LIST_BYTES_MAX);
        let Some(list) = list else { return Vec::new() };
        self.header(list).split(|byte| *byte == b',').map(forwarded_ip).collect()
    }
}

/// Parses one address of a forwarded list.
fn forwarded_ip(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(address(text.trim_ascii())?).ok()?.parse().ok()
}

/// Sets a missing address to the one in the forwarded header, marked as claimed.
pub(crate) fn fall_back_to_forwarded_ip(record: &mut Record<'_>) {
    if record.ip.is_none()
        && let Some(text) = record.forwarded
    {
        record.ip = address(text);
        record.is_ip_claimed = true;
    }
}

/// Removes the port from an IPv6 address without brackets. There is a port if only the text before it is an address.
fn without_v6_port(text: &[u8]) -> &[u8] {
    let is_ip = |text: &[u8]| {
        let text = std::str::from_utf8(text).unwrap_or_default();
        text.split('%').next().is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok())
    };
    let short = without_port(text);
    if !is_ip(text) && is_ip(short) { short } else { text }
}

/// Removes the port from an address that always has one.
pub(crate) fn without_port(text: &[u8]) -> &[u8] {
    match memrchr(b':', text) {
        Some(at) if text[at + 1..].iter().all(u8::is_ascii_digit) => &text[..at],
        _ => text,
    }
}

/// Returns whether a text is not the IP of a visitor: private, or not an IP at all.
fn is_private_or_invalid(ip: &[u8]) -> bool {
    let ip = std::str::from_utf8(ip).ok().and_then(|ip| ip.parse().ok());
    ip.is_none_or(is_private)
}

/// Returns whether a text seems to start with an address and a space: `203.0.113.9 `, `2001:db8::1 `.
pub(crate) fn starts_like_an_address(text: &[u8]) -> bool {
    let word = &text[..memchr(b' ', text).unwrap_or(0)];
    let count = |byte| memchr_iter(byte, word).count();
    (count(b'.') == 3 || count(b':') >= 2)
        && word.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_ipv4_address_has_only_digits_dots_and_slashes(text in "[0-9./,:]{7,16}|.{7,16}") {
            let is_v4 = text.bytes().all(|byte| byte.is_ascii_digit() || b"./".contains(&byte));
            let is_v6 = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
            let is_plain = is_plain_ip(text.as_bytes());
            prop_assert!(is_plain == (is_v4 && text.len() < 16) || is_v6);
        }
    }

    #[test]
    fn addresses_are_read_in_every_form_that_servers_write() {
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
}
