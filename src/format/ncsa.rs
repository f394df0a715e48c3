//! The engine for what no template of the NCSA family fits.
//!
//! Servers add to the common format wherever they like: a virtual host, a list of addresses, timings.
//! What they leave alone is a time in brackets, and a request in quotes with a status behind it.

use std::net::IpAddr;

use jiff::tz::TimeZone;
use memchr::{memchr, memchr_iter};

use super::field::{Field, sane};
use super::plan::{is_escaped, is_product, starts_with_status};
use super::record::{Malformed, Record};
use super::request::set_host;
use super::time::any_time;

/// The presets that it belongs to.
pub(super) const FAMILY: &str = "ncsa";

/// What config and `parse` call the preset.
pub(super) const NAME: &str = "ncsa_any";

/// Brackets that may stand before those of the time.
const BRACKETS_MAX: usize = 4;

/// Quotes that may stand within a request.
const QUOTES_MAX: usize = 64;

/// Reads one line. `zone` is for a time that carries none.
pub(super) fn read<'a>(
    line: &'a [u8],
    zone: &TimeZone,
    record: &mut Record<'a>,
) -> Result<(), Malformed> {
    let (before, time, after) = at_time(line).ok_or(Malformed::Shape)?;
    record.time = sane(any_time(time, zone))?;
    let (between, request, tail) = at_request(after).ok_or(Malformed::Shape)?;
    Field::Request.set(request, record)?;
    // Two lines without an end between them are not one.
    if at_time(tail).is_some_and(|(_, _, after)| at_request(after).is_some()) {
        return Err(Malformed::Shape);
    }
    let (status, tail) = word(tail);
    Field::Status.set(status, record)?;
    let (bytes, tail) = word(tail);
    Field::Bytes.set(bytes, record)?;
    set_headers(tail, record);
    set_visitor(before, between, record);
    Ok(())
}

/// What stands before the time, the time, and what stands behind it.
fn at_time(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut brackets = memchr_iter(b'[', line).take(BRACKETS_MAX);
    brackets.find_map(|open| {
        let close = open + memchr(b']', &line[open..])?;
        let time = &line[open + 1..close];
        let digits = time.iter().filter(|byte| byte.is_ascii_digit()).count();
        (digits >= 10).then(|| (&line[..open], time, &line[close + 1..]))
    })
}

/// What stands before the request, the request, and what stands behind it.
fn at_request(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let start = memchr(b'"', text)?;
    let rest = &text[start + 1..];
    let ends = memchr_iter(b'"', rest).take(QUOTES_MAX).find(|end| {
        let follows = &rest[end + 1..];
        follows.starts_with(b" ")
            && starts_with_status(follows.trim_ascii_start())
            && !is_escaped(rest, *end)
    });
    ends.map(|end| (&text[..start], &rest[..end], &rest[end + 1..]))
}

/// The first word of a text, and what follows it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_start();
    text.split_at(memchr(b' ', text).unwrap_or(text.len()))
}

/// The items of a text: words, texts in quotes, and lists whose commas have spaces behind them. Each with
/// whether it stands in quotes.
struct Items<'a>(&'a [u8]);

impl<'a> Iterator for Items<'a> {
    type Item = (bool, &'a [u8]);

    fn next(&mut self) -> Option<(bool, &'a [u8])> {
        let text = self.0.trim_ascii_start();
        text.first()?;
        if let Some(inner) = text.strip_prefix(b"\"") {
            let ends = |end: &usize| {
                let alone = inner.get(end + 1).is_none_or(|byte| matches!(byte, b' ' | b','));
                alone && !is_escaped(inner, *end)
            };
            let end = memchr_iter(b'"', inner).find(ends).unwrap_or(inner.len());
            self.0 = inner.get(end + 1..).unwrap_or_default();
            return Some((true, &inner[..end]));
        }
        let mut end = 0;
        loop {
            end += memchr(b' ', &text[end..]).unwrap_or(text.len() - end);
            // `10.0.0.1, 10.0.0.2`, `key="a b"`
            let open = memchr_iter(b'"', &text[..end]).count() % 2 == 1;
            if end == text.len() || (text[end - 1] != b',' && !open) {
                break;
            }
            end += 1;
        }
        self.0 = &text[end..];
        Some((false, &text[..end]))
    }
}

/// The referrer and the user agent are the first two texts in quotes; old versions of Traefik write no
/// quotes around a referrer that is none, and of one text alone its look must tell.
fn set_headers<'a>(tail: &'a [u8], record: &mut Record<'a>) {
    let mut quoted = [&[][..]; 2];
    let (mut count, mut dash_before) = (0, false);
    for (in_quotes, item) in Items(tail) {
        if in_quotes {
            quoted[count] = item;
            count += 1;
        } else if count == 0 {
            dash_before = item == b"-";
        }
        if count == quoted.len() {
            break;
        }
    }
    let alone = count == 1 || (dash_before && is_product(quoted[0]));
    let (referrer, user_agent) = match alone {
        true if is_product(quoted[0]) => (None, Some(quoted[0])),
        true => (None, None),
        false => (Some(quoted[0]), Some(quoted[1])),
    };
    let said = |text: &&[u8]| *text != b"-";
    record.referrer = referrer.filter(said).filter(|text| !text.is_empty());
    record.user_agent = user_agent.filter(said).filter(|_| count > 0);
}

/// Who asked, and at which host: told by their looks, and by their places where those are alike.
fn set_visitor<'a>(before: &'a [u8], between: &'a [u8], record: &mut Record<'a>) {
    let all = || Items(before).chain(Items(between)).map(|(_, item)| item);
    let is_list = |item: &&[u8]| memchr(b',', item).is_some();
    let mut ips = all().enumerate().filter(|(_, item)| !is_list(item) && is_ip(item));
    let (first, second) = (ips.next(), ips.next());
    let words = Items(before).count();
    let (ip, host) = match (first, second) {
        // A host's number: `%h %V %u` has it behind the address, `%v %h %l %u` before.
        (Some((_, ip)), Some((1, host))) if words == 3 => (Some(ip), Some(host)),
        (Some((0, host)), Some((1, ip))) if words > 3 => (Some(ip), Some(host)),
        (Some((_, ip)), _) => (Some(ip), None),
        (None, _) => match all().find(|item| is_list(item) && is_ip(item)) {
            Some(list) => (Some(list), None),
            // Names for addresses: the host comes first where there are two.
            None => {
                let mut names = Items(before).map(|(_, item)| item).take(2);
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
        record.host = None; // The server's own column, and not what a visitor wrote into the request.
        set_host(host, record);
    }
}

fn is_ip(item: &[u8]) -> bool {
    let mut record = Record::default();
    let _ = Field::Ip.set(item, &mut record);
    let text = record.ip.and_then(|ip| std::str::from_utf8(ip).ok());
    text.is_some_and(|ip| ip.parse::<IpAddr>().is_ok())
}

/// `www.example.com`, perhaps with a port; a user's mail address is none, nor a proxy's key and value.
fn is_host(item: &[u8]) -> bool {
    let name = item.split(|byte| *byte == b':').next().unwrap_or_default();
    let sound = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let last = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let dotted = memchr(b'.', name).is_some() && last.iter().any(u8::is_ascii_alphabetic);
    name.iter().all(sound) && (dotted || name == b"localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_alone(line: &str) -> Result<Record<'_>, Malformed> {
        let read = Record::filled(|record| read(line.as_bytes(), &TimeZone::UTC, record));
        read.map(|(record, ())| record)
    }

    #[track_caller]
    fn check(line: &'static str, expected: [&str; 5]) {
        let record = read_alone(line).unwrap();
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
    fn more_between_the_items() {
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
    fn lists_and_names_for_addresses() {
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
    fn headers_without_their_quotes_or_alone() {
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
    fn what_lacks_the_marks_is_no_line() {
        for line in [
            r#"203.0.113.9 - - "GET /a HTTP/1.1" 200 512"#,
            r#"203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.1""#,
            r#"203.0.113.9 - - [20/May/2026:14:03:09 +0200] GET /a 200 512"#,
            "[[[[]]]]\"\"\"",
            "",
        ] {
            assert!(read_alone(line).is_err(), "{line}");
        }
    }
}
