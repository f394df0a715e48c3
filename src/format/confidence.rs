//! Scores how likely a record was read in the right format.

use std::net::IpAddr;

use super::preset::NCSA_ANY;
use super::record::Record;

/// Returns one point each for an IP address and a host name in their columns. If a log has host names in place of
/// addresses, or the host in an unusual column, a line of one format can be read as one of another.
///
/// A record that was read without a template scores 0, since other formats match that engine's criteria too.
pub(crate) fn confidence(record: &Record<'_>, format: &str) -> u32 {
    if format == NCSA_ANY {
        return 0;
    }
    let is_host_invalid =
        record.host.is_some_and(|host| host.iter().any(|byte| !is_host_byte(*byte)));
    let score = u32::from(has_address(record)) + u32::from(has_host(record));
    if is_host_invalid { 0 } else { score }
}

/// Returns whether the host column has a host name, which is neither a single word nor an IPv4 address.
fn has_host(record: &Record<'_>) -> bool {
    record.host.is_some_and(|host| {
        let has_letter = host.iter().any(u8::is_ascii_alphabetic);
        has_letter && (host.contains(&b'.') || host == b"localhost")
    })
}

/// Returns whether a byte may be part of a host name. `_` is nginx's name for no host at all.
fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

fn has_address(record: &Record<'_>) -> bool {
    let text = record.ip.and_then(|ip| std::str::from_utf8(ip).ok());
    text.is_some_and(|ip| ip.parse::<IpAddr>().is_ok())
}
