//! The addresses that logs have, as servers and proxies write them.

use std::net::{IpAddr, Ipv6Addr};

use memchr::{memchr, memchr_iter, memrchr};

use crate::find::Sixteen;

use super::record::Record;

/// An address is looked for in as many bytes: none is longer that is written plainly.
pub(super) const START_BYTES: usize = 48;

/// An address, or a host name, without what may stand around it: brackets, a port, an IPv6 zone, or the
/// prefix by which IPv6 carries an IPv4 address. Of a list, as proxies pass on, it is the first that is
/// no private one: who asked, if the proxies are to be believed.
pub(super) fn address(text: &[u8]) -> Option<&[u8]> {
    let mut start = [0; START_BYTES];
    if let Some(room) = start.get_mut(..text.len()) {
        room.copy_from_slice(text);
        if is_plain(&start, text.len()) {
            return Some(text);
        }
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

/// Whether a text starts with an address of so many bytes, written as nearly all are: nothing is to be taken off.
#[inline(always)]
pub(super) fn is_plain(start: &[u8; START_BYTES], len: usize) -> bool {
    let (sixteens, _) = start.as_chunks::<16>();
    let sixteen = |at: usize| Sixteen::of(&sixteens[at]);
    let sixteens = [sixteen(0), sixteen(1), sixteen(2)]; // Mapped, this would be a call.
    let all = match 1_u64.checked_shl(len as u32) {
        Some(end) => end - 1,
        None => return false,
    };
    if matches!(len, 7..16) && sixteens[0].between(b'.', b'9') & all == all {
        return true;
    }
    // IPv6 without brackets and zone. With a port behind it, it has eight colons, or a part of five digits.
    let bits = |of: fn(&Sixteen) -> u64| {
        (of(&sixteens[0]) | of(&sixteens[1]) << 16 | of(&sixteens[2]) << 32) & all
    };
    let colons = bits(|sixteen| sixteen.equal(b':'));
    let others = bits(|sixteen| sixteen.between(b'0', b'9') | sixteen.between(b'a', b'f'));
    matches!(len, 6..40)
        && colons | others == all
        && matches!(colons.count_ones(), 2..=7)
        && matches!(colons >> (len - 5), 1..16)
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
    let is_ip = |text: &[u8]| {
        let text = std::str::from_utf8(text).unwrap_or_default();
        text.split('%').next().is_some_and(|ip| ip.parse::<Ipv6Addr>().is_ok())
    };
    let short = without_port(text);
    if !is_ip(text) && is_ip(short) { short } else { text }
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

/// Whether an address and a space seem to stand here: `203.0.113.9 `, `2001:db8::1 `.
pub(super) fn starts_like_an_address(text: &[u8]) -> bool {
    let word = &text[..memchr(b' ', text).unwrap_or(0)];
    let parts = |byte| memchr_iter(byte, word).count();
    (parts(b'.') == 3 || parts(b':') >= 2)
        && word.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'))
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
}
