//! Tells from the value of an item what it may be.

use std::net::IpAddr;

use memchr::{memchr, memmem};

use crate::format::record::{Field, Record, may_be_size, set_host};

/// Sets the headers that HAProxy has captured, in any order: what looks like a host is the host, what has a scheme is the
/// referrer, and the longest of the rest is the user agent.
pub(super) fn set_captured<'a>(value: &'a [u8], record: &mut Record<'a>) {
    let headers = value.split(|byte| *byte == b'|');
    for header in headers.filter(|header| !matches!(*header, b"" | b"-")) {
        if is_host(header) && record.host.is_none() {
            set_host(header, record);
        } else if record.referrer.is_none() && !may_be_user_agent(header) && may_be_referrer(header)
        {
            record.referrer = Some(header);
        } else if record.user_agent.is_none_or(|longest| longest.len() < header.len()) {
            record.user_agent = Some(header);
        }
    }
}

/// Returns whether an item is a host name such as `www.example.com`, with or without a port. A mail address (as a user
/// name) or a `key=value` pair of a proxy is not.
pub(super) fn is_host(item: &[u8]) -> bool {
    let name = item.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_host_byte =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let has_domain = memchr(b'.', name).is_some() && last.iter().any(u8::is_ascii_alphabetic);
    name.iter().all(is_host_byte) && (has_domain || name == b"localhost")
}

/// Returns whether a value may be of a field, for a preset: a line that has other items in its place fits another one.
pub(super) fn may_be(field: Field, value: &[u8]) -> bool {
    match field {
        Field::Bytes => may_be_size(value),
        // A further quoted item: `"host" "GET / HTTP/1.1"`.
        Field::Request => memmem::find(value, b"\" \"").is_none(),
        Field::Referrer => may_be_referrer(value),
        Field::UserAgent => may_be_user_agent(value),
        _ => true,
    }
}

/// Returns whether a text may be a referrer: none, or with a scheme.
pub(super) fn may_be_referrer(text: &[u8]) -> bool {
    let is_scheme_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b"+.-".contains(byte);
    let scheme = memmem::find(text, b"://").map(|end| &text[..end]);
    let has_scheme = scheme.is_some_and(|scheme| scheme.iter().all(is_scheme_byte));
    matches!(text, b"" | b"-") || has_scheme || text.starts_with(b"about:")
}

/// Returns whether a text may be a user agent: neither a bare URL nor a number, nor addresses.
pub(super) fn may_be_user_agent(text: &[u8]) -> bool {
    let is_url = (text.starts_with(b"http://") || text.starts_with(b"https://"))
        && memchr(b' ', text).is_none();
    let starts_like_number =
        text.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b':');
    let is_number = || text.iter().all(|byte| byte.is_ascii_digit() || b".,: ".contains(byte));
    let is_ip = || std::str::from_utf8(text).is_ok_and(|text| text.parse::<IpAddr>().is_ok());
    !is_url && !(starts_like_number && (is_number() || is_ip()))
}

/// Returns whether a header's value looks like a user agent, which has a product and its version.
pub(super) fn is_product(value: &[u8]) -> bool {
    let slash = memchr(b'/', value).filter(|at| *at > 0 && value[*at - 1].is_ascii_alphanumeric());
    slash.and_then(|at| value.get(at + 1)).is_some_and(u8::is_ascii_digit)
}
