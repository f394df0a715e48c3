//! Detects the format of a log from its first lines.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;

use super::confidence::confidence;
use super::container::{Inner, Wrapper};
use super::engine::{Columns, Family};
use super::first_lines::SAMPLE_LINES;
use super::known::families;
use super::line::{Content, trimmed};
use super::log_format::Format;
use super::reader::LineReader;

/// The most wrappers around a line: a container's line in a system log's line in a tool's output.
const WRAPPERS_MAX: usize = 3;

/// The number of lines from which on it is final that no format fits: a log that was just rotated may hold nothing but
/// its rotation marker.
pub const DECISIVE_LINES_MIN: usize = 10;

/// The result of detection.
#[derive(Clone, Debug)]
pub enum Detection {
    /// The format was found.
    Yes(Format),
    /// No known format fits. Holds the first line that fits none.
    No(Vec<u8>),
    /// There are too few lines to decide.
    NeedMore,
}

/// Detects the format of the first whole lines of a log. `zone` is for times that carry none.
pub fn detect(text: &[u8], zone: &TimeZone) -> Detection {
    let lines: Vec<&[u8]> = sample(text);
    let content = lines.iter().filter(|line| !is_comment(line));
    match (best(&lines.join(&b'\n'), zone, WRAPPERS_MAX), content.clone().next()) {
        (Some((_, format)), _) => Detection::Yes(format),
        (None, Some(first)) if content.count() >= DECISIVE_LINES_MIN => {
            Detection::No(first.to_vec())
        }
        _ => Detection::NeedMore,
    }
}

/// Returns the format that fits best with its score, with up to `depth` wrappers removed. On a tie, the first wins.
fn best(text: &[u8], zone: &TimeZone, depth: usize) -> Option<(u32, Format)> {
    let sample: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let families = families(zone);
    let scored = |family: Family| {
        let format = Format::detected(family, zone);
        (score(&format, text), format)
    };
    let (own, common): (Vec<_>, Vec<_>) =
        families.iter().partition(|family| family.common_keys().is_none());
    let mut scored_all: Vec<_> = own.into_iter().cloned().map(scored).collect();
    // The keys of another format may be similar to common ones, in lines that it does not accept.
    let has_own_keys =
        scored_all.iter().any(|(score, format)| *score > 0 && format.family.has_keys());
    let common = common.into_iter().map(|family| learned(family, &sample, !has_own_keys));
    scored_all.extend(common.map(scored));
    let mut scored = scored_all;
    let plain = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
    let lines = || text.split(|byte| *byte == b'\n');
    // If nearly all lines have an address and a host in their columns, they have no wrapper.
    let has_no_wrapper = plain as usize * 10 >= lines().count() * 2 * 9;
    if depth > 0 && !has_no_wrapper {
        scored.extend(Wrapper::NAMES.iter().filter_map(|(_, wrapper)| {
            let inner: Vec<Inner<'_>> = lines().filter_map(|line| wrapper.strip(line)).collect();
            if inner.len() * 2 < lines().count() {
                return None;
            }
            let inner: Vec<&[u8]> = inner.iter().map(|line| trimmed(line)).collect();
            let (score, mut format) = best(&inner.join(&b'\n'), zone, depth - 1)?;
            format.wrappers.insert(0, *wrapper);
            Some((score, format))
        }));
    }
    let better = |best: (u32, Format), other: (u32, Format)| {
        if other.0 > best.0 { other } else { best }
    };
    scored.into_iter().reduce(better).filter(|(score, _)| *score > 0)
}

/// Returns the family with the keys of a log's first lines, if it accepts common keys.
fn learned(family: &Family, lines: &[&[u8]], has_similar: bool) -> Family {
    match (family.common_keys(), lines.first()) {
        (Some(plan), Some(first)) if plan.may_be_notation_of(first) => {
            family.with_keys(plan.learned_from(lines, has_similar))
        }
        _ => family.clone(),
    }
}

/// Returns the first lines that are not blank.
fn sample(text: &[u8]) -> Vec<&[u8]> {
    let lines = text.split(|byte| *byte == b'\n').map(trimmed);
    lines.filter(|line| !line.is_empty()).take(SAMPLE_LINES).collect()
}

fn is_comment(line: &[u8]) -> bool {
    line.first() == Some(&b'#')
}

/// Returns one point for each line that fits, plus its confidence.
fn score(format: &Format, text: &[u8]) -> u32 {
    let mut score = 0;
    let _ = LineReader::new(format, Columns::default()).without_fallback().each(text, |line| {
        if let Content::Record { record, format, .. } = &line.content {
            score += 1 + confidence(record, format);
        }
        ControlFlow::Continue(())
    });
    score
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
    fn detection_finds_a_format_or_none_or_needs_more_lines() {
        let request = r#"[20/May/2026:14:03:09 +0200] "GET / HTTP/1.1" 200 5"#;
        check(&format!("203.0.113.9 - - {request} \"-\" \"curl/8\"\n"), "ncsa");
        check(&format!("crawler.example - - {request}\n"), "ncsa");
        check(&format!("example.com:443 203.0.113.9 - - {request} \"-\" \"-\"\n"), "ncsa");
        check(&format!("example.com 2001:db8::1 - someone {request}\n"), "ncsa");
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
