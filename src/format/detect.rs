//! Tells which format a log is in, from its first lines: yes, no, or need more.

use std::net::IpAddr;

use jiff::tz::TimeZone;

use super::wrapper::{Inner, Wrapper};
use super::{Columns, Format, Record, preset};

/// How many lines that are not blank are looked at.
const SAMPLE_LINES: usize = 200;

/// A container's line in a system log's line in a tool's output: more was not met.
const WRAPPERS_MAX: usize = 3;

/// With fewer lines than this, none of them fitting is no answer yet: a log that was just rotated
/// may hold nothing but its rotation marker.
const SURE_LINES: usize = 10;

/// What the first lines of a log say of its format.
#[derive(Clone, Debug)]
pub enum Detection {
    /// It is this one.
    Yes(Format),
    /// It is none that is known. Holds the first line that fitted nothing.
    No(Vec<u8>),
    /// The lines so far don't tell.
    NeedMore,
}

/// Looks at the first whole lines of a log.
///
/// `zone` is for times that carry none.
pub fn detect(text: &[u8], zone: &TimeZone) -> Detection {
    let lines: Vec<&[u8]> = sample(text);
    // NUL bytes stand in no text log but those that a crash or copytruncate left holes in, and those
    // have lines beside the hole; so nothing is said of them here, and a binary file fits nothing.
    let content = lines.iter().filter(|line| !is_comment(line));
    match (best(&lines, zone, WRAPPERS_MAX), content.clone().next()) {
        (Some((_, format)), _) => Detection::Yes(format),
        (None, Some(first)) if content.count() >= SURE_LINES => Detection::No(first.to_vec()),
        _ => Detection::NeedMore,
    }
}

/// The format that fits best, with its score: as the lines stand, or with up to `depth` wrappers
/// taken off. The first of equals is taken.
fn best(lines: &[&[u8]], zone: &TimeZone, depth: usize) -> Option<(u32, Format)> {
    let families = preset::families(zone).into_iter();
    let mut scored: Vec<_> = families.map(|format| (score(&format, lines), format)).collect();
    let plain = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
    // Where most lines have an address in its place, nothing can stand before them.
    let surely_plain = plain as usize * 10 >= lines.len() * 2 * 9;
    if depth > 0 && !surely_plain {
        scored.extend(Wrapper::NAMES.iter().filter_map(|(_, wrapper)| {
            let inner: Vec<Vec<u8>> = lines
                .iter()
                .filter_map(|line| wrapper.strip(line))
                .map(Inner::into_owned)
                .collect();
            if inner.len() * 2 < lines.len() {
                return None;
            }
            let inner: Vec<&[u8]> = inner.iter().map(|line| &**line).collect();
            let (score, mut format) = best(&inner, zone, depth - 1)?;
            format.wrappers.insert(0, *wrapper);
            Some((score, format))
        }));
    }
    let first_best = |best: (u32, Format), other: (u32, Format)| {
        if other.0 > best.0 { other } else { best }
    };
    scored.into_iter().reduce(first_best).filter(|(score, _)| *score > 0)
}

/// How many of the first lines a format fits, of how many, and the first line that it does not fit.
pub fn fits<'a>(format: &Format, text: &'a [u8]) -> (usize, usize, Option<&'a [u8]>) {
    let mut reader = format.reader(Columns::default());
    let (mut fitting, mut misfits) = (0, Vec::new());
    for line in sample(text) {
        if is_comment(line) {
            reader.note(line);
        } else if reader.read(line).is_ok() {
            fitting += 1;
        } else {
            misfits.push(line);
        }
    }
    (fitting, fitting + misfits.len(), misfits.first().copied())
}

/// The first lines that say anything.
fn sample(text: &[u8]) -> Vec<&[u8]> {
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.trim_ascii());
    lines.filter(|line| !line.is_empty()).take(SAMPLE_LINES).collect()
}

fn is_comment(line: &[u8]) -> bool {
    line.first() == Some(&b'#')
}

/// One for each line that fits, and another each where it has an address and a host: with host names
/// for addresses, or a host in an odd column, a line of one family can be read as one of another.
fn score(format: &Format, lines: &[&[u8]]) -> u32 {
    let mut reader = format.reader(Columns::default());
    let mut score = 0;
    for line in lines {
        if is_comment(line) {
            reader.note(line);
        } else if let Ok(record) = reader.read(line) {
            let strange = record.host.is_some_and(|host| host.iter().any(|byte| !is_host(*byte)));
            let sure = u32::from(has_address(&record)) + u32::from(has_host(&record));
            score += 1 + if strange { 0 } else { sure };
        }
    }
    score
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = match detect(text.as_bytes(), &TimeZone::UTC) {
            Detection::Yes(format) => format.name(),
            Detection::No(_) => "no".into(),
            Detection::NeedMore => "need more".into(),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn yes_no_or_need_more() {
        let request = r#"[20/May/2026:14:03:09 +0200] "GET / HTTP/1.1" 200 5"#;
        check(&format!("203.0.113.9 - - {request} \"-\" \"curl/8\"\n"), "ncsa");
        check(&format!("crawler.example - - {request}\n"), "ncsa");
        check(&format!("example.com:443 203.0.113.9 - - {request} \"-\" \"-\"\n"), "vhost");
        check(&format!("example.com 2001:db8::1 - someone {request}\n"), "vhost");
        check(
            &format!("2021-03-21T00:00:01Z host newsyslog: turned over\n::1 - - {request}\n"),
            "ncsa",
        );
        check(
            &format!("May 20 14:03:09 host nginx: 203.0.113.9 - - {request}\n"),
            "ncsa in syslog",
        );
        let cri = "2026-05-20T12:03:09.5Z stdout F";
        check(&format!("access.log:{cri} 203.0.113.9 - - {request}\n"), "ncsa in cri in grep");
        check("2021-03-21T00:00:01Z host newsyslog: turned over\n", "need more");
        check("\n# a comment\n", "need more");
        check(&"this is prose, line after line\n".repeat(12), "no");
    }
}
