//! Splits a request line into method, path, query and protocol.

use memchr::{memchr, memmem, memrchr};

use super::record::Record;

/// Splits `GET /a?b HTTP/1.1` into the record's fields.
///
/// What is not HTTP (a TLS handshake, an empty line, junk words) leaves them `None`: such a line is a
/// record all the same. The protocol may be missing, and the target may have spaces in it.
pub(super) fn split_request<'a>(request: &'a [u8], record: &mut Record<'a>) {
    let Some(space) = memchr(b' ', request) else { return };
    let (method, rest) = (&request[..space], request[space + 1..].trim_ascii());
    if method.is_empty() || !method.iter().all(|byte| is_method_byte(*byte)) {
        return;
    }
    let (target, protocol) = match memrchr(b' ', rest) {
        Some(at) if rest[at + 1..].starts_with(b"HTTP/") => {
            (rest[..at].trim_ascii(), Some(&rest[at + 1..]))
        }
        _ => (rest, None),
    };
    // Without a protocol only what looks like a target is one: `USER test +iw test` is not HTTP.
    if target.is_empty() || (protocol.is_none() && target[0] != b'/') {
        return;
    }
    record.method = Some(method);
    record.protocol = protocol;
    split_target(target, record);
}

/// Methods are upper-case words; `SSTP_DUPLEX_POST` and `M-SEARCH` have been seen.
fn is_method_byte(byte: u8) -> bool {
    byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-')
}

/// Splits `/a?b`, or `http://host/a?b` as proxies and Varnish write it, into the record's fields.
pub(super) fn split_target<'a>(target: &'a [u8], record: &mut Record<'a>) {
    let target = match memmem::find(&target[..target.len().min(9)], b"://") {
        Some(at) if target.starts_with(b"http") => {
            let rest = &target[at + 3..];
            let host_end = memchr(b'/', rest).unwrap_or(rest.len());
            set_host(&rest[..host_end], record);
            if host_end < rest.len() { &rest[host_end..] } else { b"/" }
        }
        _ => target,
    };
    match memchr(b'?', target) {
        Some(at) => (record.path, record.query) = (Some(&target[..at]), Some(&target[at + 1..])),
        None => record.path = Some(target),
    }
}

/// Takes a host name, with or without its port. The first that a line names is kept: the server's own
/// column comes before what a visitor wrote into the request.
pub(super) fn set_host<'a>(host: &'a [u8], record: &mut Record<'a>) {
    let port = match memrchr(b':', host) {
        Some(at) if host[at + 1..].iter().all(u8::is_ascii_digit) && !host.ends_with(b"]") => at,
        _ => host.len(),
    };
    if record.host.is_none() && port > 0 {
        record.host = Some(&host[..port]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parts =
        (Option<&'static str>, Option<&'static str>, Option<&'static str>, Option<&'static str>);

    fn check(request: &'static str, expected: Parts) {
        let mut record = Record::default();
        split_request(request.as_bytes(), &mut record);
        let text = |field: Option<&'static [u8]>| field.map(|f| std::str::from_utf8(f).unwrap());
        let parts =
            (text(record.method), text(record.path), text(record.query), text(record.protocol));
        assert_eq!(parts, expected, "{request}");
    }

    #[test]
    fn what_people_and_machines_send() {
        check("GET /a?b=c HTTP/1.1", (Some("GET"), Some("/a"), Some("b=c"), Some("HTTP/1.1")));
        check("GET /a  HTTP/1.1", (Some("GET"), Some("/a"), None, Some("HTTP/1.1")));
        check("GET /a b c HTTP/2.0", (Some("GET"), Some("/a b c"), None, Some("HTTP/2.0")));
        check("GET /old", (Some("GET"), Some("/old"), None, None));
        check(
            "GET http://h:80/a?b HTTP/1.1",
            (Some("GET"), Some("/a"), Some("b"), Some("HTTP/1.1")),
        );
        check("GET http://h HTTP/1.1", (Some("GET"), Some("/"), None, Some("HTTP/1.1")));
        check("OPTIONS * HTTP/1.0", (Some("OPTIONS"), Some("*"), None, Some("HTTP/1.0")));
        check(
            "GET /?u=http://x HTTP/1.1",
            (Some("GET"), Some("/"), Some("u=http://x"), Some("HTTP/1.1")),
        );
        for junk in
            [r"\x16\x03\x01", "", "-", "HELP", "USER test +iw test :Test Wuz Here", " / HTTP/1.1"]
        {
            check(junk, (None, None, None, None));
        }
    }
}
