//! Splits a request line into method, path, query and protocol.

use memchr::{memchr, memchr2, memmem, memrchr};

use super::data::Record;

/// Splits `GET /a?b HTTP/1.1` into the record's fields.
///
/// For a request that is not HTTP (a TLS handshake, an empty line, junk), they stay `None`, and the line is still a
/// record. The protocol may be missing, and the target may contain spaces.
pub(crate) fn split_request<'a>(request: &'a [u8], record: &mut Record<'a>) {
    let request = without_colors(request);
    let Some(space) = memchr(b' ', request) else { return };
    let (method, rest) = (&request[..space], request[space + 1..].trim_ascii());
    if !is_method(method) {
        // The text may start with another quoted item.
        if let Some(at) = memmem::rfind(request, b"\" \"") {
            split_request(&request[at + 3..], record);
        }
        return;
    }
    let last_space = match rest {
        // Nearly all requests end like this.
        [.., b' ', b'H', b'T', b'T', b'P', b'/', b'1' | b'2', b'.', b'0' | b'1'] => {
            Some(rest.len() - " HTTP/1.1".len())
        }
        _ => memrchr(b' ', rest),
    };
    let (target, protocol) = match last_space {
        Some(at) if rest[at + 1..].starts_with(b"HTTP/") => {
            (rest[..at].trim_ascii(), Some(&rest[at + 1..]))
        }
        _ => (rest, None),
    };
    // Without a protocol, the target must look like one: `USER test +iw test` is not HTTP.
    if matches!(target, b"" | b"-") || (protocol.is_none() && target[0] != b'/') {
        return;
    }
    record.method = Some(method);
    record.protocol = protocol;
    if method == b"CONNECT" {
        set_host(target, record); // The target is the host to connect to, without a path.
    } else {
        split_target(target, record);
    }
}

/// Removes the ANSI colors that Werkzeug writes even into files: `\x1b[31m\x1b[1mGET / HTTP/1.1\x1b[0m`.
fn without_colors(mut request: &[u8]) -> &[u8] {
    while let Some(colored) = request.strip_prefix(b"\x1b[") {
        request = &colored[memchr(b'm', colored).map_or(0, |at| at + 1)..];
        let end = memmem::rfind(request, b"\x1b[").filter(|end| *end > 0);
        request = &request[..end.unwrap_or(request.len())];
    }
    request
}

/// Returns whether a word is a possible method. `SSTP_DUPLEX_POST` and `M-SEARCH` occur in logs, and gRPC's logs have
/// methods in lower case.
pub(crate) fn is_method(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_alphabetic)
        && word.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-'))
}

/// Splits `/a?b`, or `http://host/a?b` as proxies and Varnish write it, into the record's fields.
pub(crate) fn split_target<'a>(target: &'a [u8], record: &mut Record<'a>) {
    let target = match scheme_end(target) {
        Some(start) => {
            let rest = &target[start..];
            let host_end = memchr2(b'/', b'?', rest).unwrap_or(rest.len());
            set_host(&rest[..host_end], record);
            &rest[host_end..]
        }
        None => target,
    };
    let (path, query) = match memchr(b'?', target) {
        Some(at) => (&target[..at], Some(&target[at + 1..])),
        None => (target, None),
    };
    record.path = Some(if path.is_empty() { b"/" } else { path });
    record.query = record.query.or(query);
}

/// Returns the offset of the host in `http://host/a?b`. Most targets have no scheme.
fn scheme_end(target: &[u8]) -> Option<usize> {
    const SCHEME_BYTES_MAX: usize = 15;
    if target.first() == Some(&b'/') {
        return None;
    }
    let at = memmem::find(&target[..target.len().min(SCHEME_BYTES_MAX + 3)], b"://")?;
    is_method(&target[..at]).then_some(at + 3)
}

/// Sets the host, without its port, unless it is already set. The server's own column precedes the request, in which
/// the visitor chooses the host.
pub(crate) fn set_host<'a>(host: &'a [u8], record: &mut Record<'a>) {
    let name_end = match memrchr(b':', host) {
        Some(at) if host[at + 1..].iter().all(u8::is_ascii_digit) && !host.ends_with(b"]") => at,
        _ => host.len(),
    };
    if record.host.is_none() && name_end > 0 {
        record.host = Some(&host[..name_end]);
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
    fn requests_are_split_and_junk_is_ignored() {
        check("GET /a?b=c HTTP/1.1", (Some("GET"), Some("/a"), Some("b=c"), Some("HTTP/1.1")));
        check("GET /a  HTTP/1.1", (Some("GET"), Some("/a"), None, Some("HTTP/1.1")));
        check("GET /a b c HTTP/2.0", (Some("GET"), Some("/a b c"), None, Some("HTTP/2.0")));
        check("GET /old", (Some("GET"), Some("/old"), None, None));
        check(
            "GET http://h:80/a?b HTTP/1.1",
            (Some("GET"), Some("/a"), Some("b"), Some("HTTP/1.1")),
        );
        check("GET http://h HTTP/1.1", (Some("GET"), Some("/"), None, Some("HTTP/1.1")));
        check("CONNECT h:443 HTTP/1.1", (Some("CONNECT"), None, None, Some("HTTP/1.1")));
        check("GET cache_object://h/a HTTP/1.0", (Some("GET"), Some("/a"), None, Some("HTTP/1.0")));
        check(
            "\u{1b}[31m\u{1b}[1mGET /a HTTP/1.1\u{1b}[0m",
            (Some("GET"), Some("/a"), None, Some("HTTP/1.1")),
        );
        check("OPTIONS * HTTP/1.0", (Some("OPTIONS"), Some("*"), None, Some("HTTP/1.0")));
        check(
            "GET /?u=http://x HTTP/1.1",
            (Some("GET"), Some("/"), Some("u=http://x"), Some("HTTP/1.1")),
        );
        for junk in [
            r"\x16\x03\x01",
            "",
            "-",
            "HELP",
            "USER test +iw test :Test Wuz Here",
            " / HTTP/1.1",
            "- - HTTP/1.1",
            "GET - HTTP/1.1",
        ] {
            check(junk, (None, None, None, None));
        }
    }
}
