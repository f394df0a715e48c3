//! The engine for lines of the NCSA family that no template fits.
//!
//! Servers add items to the common format in any position: a virtual host, a list of addresses, timings. All of them
//! keep a time in brackets and a request in quotes, followed by a status.

use std::net::IpAddr;

use jiff::tz::TimeZone;
use memchr::{memchr, memchr_iter, memmem};

use crate::format::record::{Field, Malformed, Record, any_time, is_method, sane_time, set_host};

use super::item_values::{is_host, is_product, may_be_referrer, may_be_user_agent};
use super::template::{is_escaped, starts_with_status};

/// The number of opening brackets that are tried as the start of the time.
const BRACKETS_MAX: usize = 4;

/// The number of quoted texts after the status that are looked at.
const QUOTED_MAX: usize = 12;

/// The number of quotes that are tried as the end of the request.
const QUOTES_MAX: usize = 64;

/// Reads one line. `zone` is the time zone of a time without an offset.
pub(crate) fn read<'a>(
    line: &'a [u8],
    zone: &TimeZone,
    record: &mut Record<'a>,
) -> Result<(), Malformed> {
    let line = without_quotes_around(line);
    let (before, time, after) = split_at_time(line).ok_or(Malformed::Shape)?;
    record.time = sane_time(any_time(time, zone))?;
    let (between, request, tail) = split_at_request(after).ok_or(Malformed::Shape)?;
    Field::Request.set(request, record)?;
    // Two lines with no line end between them are rejected.
    if split_at_time(tail).is_some_and(|(_, _, after)| split_at_request(after).is_some()) {
        return Err(Malformed::Shape);
    }
    let (status, tail) = split_word(tail);
    Field::Status.set(status, record)?;
    let (bytes, tail) = split_word(tail);
    Field::Bytes.set(bytes, record)?;
    set_headers(tail, record);
    set_ip_and_host(before, between, record);
    Ok(())
}

/// Returns the text of the time or the status in a line, for a message.
pub(crate) fn value(line: &[u8], field: Field) -> Option<&[u8]> {
    let (_, time, after) = split_at_time(line)?;
    match field {
        Field::Time => Some(time),
        Field::Status => {
            let end = memmem::rfind(after, b"\" ")?;
            let first = memmem::find(after, b"\" ").unwrap_or(end);
            Some(split_word(&after[first + 1..]).0)
        }
        _ => None,
    }
}

/// Removes the quotes around a whole line, which OpenLiteSpeed writes, with or without the second one.
fn without_quotes_around(line: &[u8]) -> &[u8] {
    let Some(inner) = line.strip_prefix(b"\"") else { return line };
    let before = &inner[..memchr(b'[', inner).unwrap_or(0)];
    if memchr(b'"', before).is_some() {
        return line;
    }
    let is_odd = memchr_iter(b'"', inner).count() % 2 == 1;
    inner.strip_suffix(b"\"").filter(|_| is_odd).unwrap_or(inner)
}

/// Returns the text before the time, the time, and the text after it.
fn split_at_time(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut brackets = memchr_iter(b'[', line).take(BRACKETS_MAX);
    brackets.find_map(|open| {
        let close = open + memchr(b']', &line[open..])?;
        let time = &line[open + 1..close];
        let digits = time.iter().filter(|byte| byte.is_ascii_digit()).count();
        (digits >= 10).then(|| (&line[..open], time, &line[close + 1..]))
    })
}

/// Returns the text before the request, the request, and the text after it. The request is the last quoted text before the
/// status: others may come before it.
fn split_at_request(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let start = memchr(b'"', text)?;
    let rest = &text[start + 1..];
    let end = memchr_iter(b'"', rest).take(QUOTES_MAX).find(|end| {
        let after = &rest[end + 1..];
        after.starts_with(b" ")
            && starts_with_status(after.trim_ascii_start())
            && !is_escaped(rest, *end)
    })?;
    let is_request = |text: &[u8]| {
        let method = text.split(|byte| *byte == b' ').next().unwrap_or_default();
        is_method(method) && method.iter().all(u8::is_ascii_uppercase)
    };
    let starts = memmem::find_iter(&rest[..end], b"\" \"").take(QUOTES_MAX).map(|at| at + 3);
    let request = starts.filter(|at| is_request(&rest[*at..end])).last().unwrap_or(0);
    let before = &text[..start + request];
    Some((before, &rest[request..end], &rest[end + 1..]))
}

/// Returns the first word of a text, and the rest.
fn split_word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_start();
    text.split_at(memchr(b' ', text).unwrap_or(text.len()))
}

/// Iterates over the items of a text: words, quoted texts, and lists separated by a comma and a space. Each comes with
/// whether it is quoted.
struct Items<'a>(&'a [u8]);

impl<'a> Iterator for Items<'a> {
    type Item = (bool, &'a [u8]);

    fn next(&mut self) -> Option<(bool, &'a [u8])> {
        let text = self.0.trim_ascii_start();
        text.first()?;
        if let Some(inner) = text.strip_prefix(b"\"") {
            let is_end = |end: &usize| {
                let has_separator =
                    inner.get(end + 1).is_none_or(|byte| matches!(byte, b' ' | b','));
                has_separator && !is_escaped(inner, *end)
            };
            let end = memchr_iter(b'"', inner).find(is_end).unwrap_or(inner.len());
            self.0 = inner.get(end + 1..).unwrap_or_default();
            return Some((true, &inner[..end]));
        }
        let mut end = 0;
        loop {
            end += memchr(b' ', &text[end..]).unwrap_or(text.len() - end);
            // `10.0.0.1, 10.0.0.2`, `key="a b"`
            let is_quote_open = memchr_iter(b'"', &text[..end]).count() % 2 == 1;
            if end == text.len() || (text[end - 1] != b',' && !is_quote_open) {
                break;
            }
            end += 1;
        }
        self.0 = &text[end..];
        Some((false, &text[..end]))
    }
}

/// Sets the referrer and the user agent: the first two quoted texts that can be, in this order or the other way round.
///
/// Old versions of Traefik write a missing referrer as `-` without quotes. A single quoted text is the user agent if it
/// looks like one.
fn set_headers<'a>(tail: &'a [u8], record: &mut Record<'a>) {
    let mut quoted = [&[][..]; QUOTED_MAX];
    let (mut count, mut follows_dash) = (0, false);
    for (is_quoted, item) in Items(tail) {
        if is_quoted && count < QUOTED_MAX {
            quoted[count] = item;
            count += 1;
        } else if count == 0 {
            follows_dash = item == b"-";
        }
    }
    let quoted = &quoted[..count];
    let (referrer, user_agent) = match quoted {
        [] => (None, None),
        [one] => (None, Some(*one).filter(|one| is_product(one))),
        [one, ..] if follows_dash && is_product(one) => (None, Some(*one)),
        [first, second, ..] => {
            let is_pair = |pair: &&[&[u8]]| may_be_referrer(pair[0]) && may_be_user_agent(pair[1]);
            let is_empty = first.is_empty() && second.is_empty();
            match quoted.windows(2).find(is_pair) {
                // HAProxy's common log format has the captured headers behind other quoted texts.
                Some(_) if is_empty => {
                    (None, quoted.iter().rev().copied().find(|item| is_product(item)))
                }
                Some(pair) => (Some(pair[0]), Some(pair[1])),
                None if is_product(first) && may_be_referrer(second) => {
                    (Some(*second), Some(*first))
                }
                None => (Some(*first), Some(*second)),
            }
        }
    };
    let has_content = |text: &&[u8]| !matches!(*text, b"" | b"-");
    record.referrer = referrer.filter(has_content);
    record.user_agent = user_agent.filter(has_content);
}

/// Sets the visitor's address and the host, which are recognized by their form, and by their position if both are
/// addresses.
fn set_ip_and_host<'a>(before: &'a [u8], between: &'a [u8], record: &mut Record<'a>) {
    let all = || Items(before).chain(Items(between)).flat_map(|(_, item)| undecorated(item));
    let is_list = |item: &&[u8]| memchr(b',', item).is_some();
    let mut ips = all().enumerate().filter(|(_, item)| !is_list(item) && is_ip(item));
    let (first, second) = (ips.next(), ips.next());
    let words = Items(before).flat_map(|(_, item)| undecorated(item)).count();
    let (ip, host) = match (first, second) {
        // The host is an address, too: `%h %V %u` has it after the visitor's, `%v %h %l %u` before.
        (Some((_, ip)), Some((1, host))) if words == 3 => (Some(ip), Some(host)),
        (Some((0, host)), Some((1, ip))) if words > 3 => (Some(ip), Some(host)),
        (Some((_, ip)), _) => (Some(ip), None),
        (None, _) => match all().find(|item| is_list(item) && is_ip(item)) {
            Some(list) => (Some(list), None),
            // The visitor's address is a name. If there are two names, the first is the host.
            None => {
                let mut names = Items(before).flat_map(|(_, item)| undecorated(item)).take(2);
                match (names.next(), names.next()) {
                    (Some(host), Some(name)) if is_host(host) && name != b"-" && words > 3 => {
                        (Some(name), Some(host))
                    }
                    (first, _) => (first, None),
                }
            }
        },
    };
    record.ip = None;
    let _ = ip.map(|ip| Field::Ip.set(ip, record));
    let host = host.or_else(|| all().find(|item| Some(*item) != ip && is_host(item)));
    if let Some(host) = host {
        // The server's column takes precedence over the host in the request, which the visitor can choose.
        record.host = None;
        set_host(host, record);
    }
}

/// Returns an item without the characters that servers put around a host: `["host"]`, `host|`, `host:`, and `host, ` before
/// the address.
fn undecorated(item: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bracketed = item.strip_prefix(b"[\"").and_then(|item| item.strip_suffix(b"\"]"));
    let item = bracketed.unwrap_or(item);
    let (host, rest) = match memchr(b',', item) {
        Some(comma) if is_host(&item[..comma]) => {
            (&item[..comma], Some(item[comma + 1..].trim_ascii()))
        }
        _ => (item, None),
    };
    let bare = host.strip_suffix(b"|").or_else(|| host.strip_suffix(b":")).unwrap_or(host);
    let host = if is_host(bare) { bare } else { host };
    [Some(host), rest].into_iter().flatten().filter(|item| !item.is_empty())
}

fn is_ip(item: &[u8]) -> bool {
    let mut record = Record::default();
    let _ = Field::Ip.set(item, &mut record);
    let text = record.ip.and_then(|ip| std::str::from_utf8(ip).ok());
    text.is_some_and(|ip| ip.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Result<Record<'_>, Malformed> {
        let read = Record::filled(|record| read(line.as_bytes(), &TimeZone::UTC, record));
        read.map(|(record, ())| record)
    }

    #[track_caller]
    fn check(line: &'static str, expected: [&str; 5]) {
        let record = read_line(line).unwrap();
        let text = |field: Option<&'static [u8]>| {
            field.map_or("none", |field| std::str::from_utf8(field).unwrap())
        };
        let found = [
            text(record.ip),
            text(record.host),
            text(record.path),
            text(record.referrer),
            text(record.user_agent),
        ];
        assert_eq!(found, expected, "{line}");
        assert_eq!(record.time.to_string(), "2026-05-20T12:03:09Z");
        assert_eq!((record.status, record.bytes), (Some(200), Some(512)));
    }

    #[test]
    fn additional_items_are_skipped() {
        let ip = "203.0.113.9";
        for (line, host) in [
            (
                r#"203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.1" 200 512 8680 "-" "x y""#,
                "none",
            ),
            (
                r#"203.0.113.9 192.0.2.5 - [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.0" 200 512 367 464 1 "-" "x y""#,
                "192.0.2.5",
            ),
            (
                r#"192.0.2.5:80 203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.0" 200 512 "-" "x y""#,
                "192.0.2.5",
            ),
            (
                r#"h.example 203.0.113.9 - u [20/May/2026:14:03:09 +0200] (0 s) "GET /a HTTP/1.1" 200 512 "-" "x y""#,
                "h.example",
            ),
            (
                r#"203.0.113.9 - - - [20/May/2026:14:03:09 +0200] h.example "GET /a HTTP/1.1" 200 512 "-" "x y" rt=1"#,
                "h.example",
            ),
            (
                r#"203.0.113.9 - - [20/May/2026:14:03:09 +0200] "-" "GET /a HTTP/1.1" 200 512 0 "-" "x y""#,
                "none",
            ),
            (
                r#""10.5.1.2, 198.51.100.7" 203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.1" 200 512 "-" "x y""#,
                "none",
            ),
            (
                r#"203.0.113.9 - me@mail.example [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.1" 200 512 5 "-" "x y""#,
                "none",
            ),
            (
                r#"[2026-05-20 12:03:09 +0000] [12] [INFO] 203.0.113.9 - - [x] "GET /a HTTP/1.1" 200 512 "-" "x y""#,
                "none",
            ),
        ] {
            check(line, [ip, host, "/a", "none", "x y"]);
        }
    }

    #[test]
    fn an_address_may_be_a_list_or_a_name() {
        let rest = r#"[20/May/2026:14:03:09 +0200] "GET /a HTTP/1.1" 200 512 1 "r" "u""#;
        for (start, ip, host) in [
            ("10.0.0.2, 203.0.113.9, 127.0.0.1 - -", "203.0.113.9", "none"),
            ("crawler.example - -", "crawler.example", "none"),
            ("www.example.com crawler.example - -", "crawler.example", "www.example.com"),
            ("www.example.com:80 unix: - -", "none", "www.example.com"),
            ("- - -", "none", "none"),
        ] {
            let line: &'static str = format!("{start} {rest}").leak();
            check(line, [ip, host, "/a", "r", "u"]);
        }
    }

    #[test]
    fn headers_may_be_unquoted_or_missing() {
        let start = r#"203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.1" 200 512"#;
        for (tail, referrer, user_agent) in [
            (r#"- "curl/8.5" 13 "router" "http://10.0.0.1" 2ms"#, "none", "curl/8.5"),
            (r#"3413 "-" "x" XFF="10.0.0.1, 10.0.0.2""#, "none", "x"),
            (r#"203.0.113.9 + 400 "http://r/" "x""#, "http://r/", "x"),
            (r#"5 "curl/8.5""#, "none", "curl/8.5"),
            (r#"5 "203.0.113.9""#, "none", "none"),
            (r#"5 k="v w" "r" "un"even""#, "r", "un\"even"),
        ] {
            let line: &'static str = format!("{start} {tail}").leak();
            check(line, ["203.0.113.9", "none", "/a", referrer, user_agent]);
        }
    }

    #[test]
    fn lines_without_a_time_or_request_are_rejected() {
        for line in [
            r#"203.0.113.9 - - "GET /a HTTP/1.1" 200 512"#,
            r#"203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.1""#,
            r#"203.0.113.9 - - [20/May/2026:14:03:09 +0200] GET /a 200 512"#,
            "[[[[]]]]\"\"\"",
            "",
        ] {
            assert!(read_line(line).is_err(), "{line}");
        }
    }
}
