//! How surely a record was read by the right format.

use std::net::IpAddr;

use super::ncsa;
use super::record::Record;

/// One each for an address and a host in their places: with host names for addresses, or a host in an
/// odd column, a line of one format can be read as one of another.
///
/// What was found without a template is never sure: other formats have those marks too.
pub(super) fn sureness(record: &Record<'_>, format: &str) -> u32 {
    if format == ncsa::NAME {
        return 0;
    }
    let strange = record.host.is_some_and(|host| host.iter().any(|byte| !is_host(*byte)));
    let sure = u32::from(has_address(record)) + u32::from(has_host(record));
    if strange { 0 } else { sure }
}

/// Whether a column names the virtual host; a mere word in its place does not, nor an address.
fn has_host(record: &Record<'_>) -> bool {
    record.host.is_some_and(|host| {
        let named = host.iter().any(u8::is_ascii_alphabetic);
        named && (host.contains(&b'.') || host == b"localhost")
    })
}

/// Letters, digits, dots and dashes; `_` is nginx's name for no host at all.
fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

fn has_address(record: &Record<'_>) -> bool {
    let text = record.ip.and_then(|ip| std::str::from_utf8(ip).ok());
    text.is_some_and(|ip| ip.parse::<IpAddr>().is_ok())
}
