//! Checks values of declared columns, by which lines with a value too many or too few are recognized.

use memchr::memchr;

use crate::format::record::{Record, set_host, split_target};

/// Returns whether a value may be a status.
pub(super) fn may_be_status(value: &[u8]) -> bool {
    match value {
        [a, b, c] => [a, b, c].into_iter().all(u8::is_ascii_digit),
        _ => matches!(value, b"-" | b"0"),
    }
}

/// Sets the target, which is a path, a URL, or a URL without a scheme.
#[inline]
pub(super) fn set_target<'a>(value: &'a [u8], record: &mut Record<'a>) {
    if value.first() == Some(&b'/') {
        return split_target(value, record);
    }
    let slash = memchr(b'/', value).unwrap_or(0);
    let host = &value[..slash];
    if host.contains(&b'.') && !host.contains(&b':') {
        record.host = None;
        set_host(host, record);
        return split_target(&value[slash..], record);
    }
    split_target(value, record);
}
