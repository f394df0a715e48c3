//! Detects the format of a log from its first lines.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;
use memchr::{memchr_iter, memrchr};

use super::confidence::confidence;
use super::container::{Inner, Wrapper};
use super::engine::Columns;
use super::known::families;
use super::line::{Content, trimmed};
use super::log_format::Format;
use super::reader::LineReader;

/// The number of lines that are examined, not counting blank ones.
const SAMPLE_LINES: usize = 200;

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
    let formats = families(zone).into_iter().map(|family| Format::detected(family, zone));
    let mut scored: Vec<_> = formats.map(|format| (score(&format, text), format)).collect();
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

/// The number of a log's first lines that a format fits.
#[derive(Clone, Debug, Default)]
pub struct Fit {
    pub fitting: usize,
    pub misfits: usize,
    /// The first line that does not fit.
    pub first_misfit: Option<Vec<u8>>,
}

/// Measures how well a format fits the first lines of a text.
pub fn fit(format: &Format, text: &[u8]) -> Fit {
    let mut fit = Fit::default();
    let _ = LineReader::new(format, Columns::default()).each(first_lines(format, text), |line| {
        match line.content {
            Content::Blank | Content::Comment => {}
            Content::Record { is_mismatched: false, .. } => fit.fitting += 1,
            Content::Record { .. } | Content::Malformed(_) => {
                fit.misfits += 1;
                fit.first_misfit.get_or_insert_with(|| line.text.to_vec());
            }
        }
        ControlFlow::Continue(())
    });
    fit
}

/// Returns the first lines that are not blank.
fn sample(text: &[u8]) -> Vec<&[u8]> {
    let lines = text.split(|byte| *byte == b'\n').map(trimmed);
    lines.filter(|line| !line.is_empty()).take(SAMPLE_LINES).collect()
}

/// Returns as much of a text as [`sample`] examines.
fn first_lines<'t>(format: &Format, text: &'t [u8]) -> &'t [u8] {
    let ends = memchr_iter(b'\n', text).filter(|end| {
        let start = memrchr(b'\n', &text[..*end]).map_or(0, |before| before + 1);
        !trimmed(&text[start..*end]).is_empty()
    });
    let first = ends.take(SAMPLE_LINES).last().map_or(text, |end| &text[..=end]);
    &first[..format.cut().end(first).unwrap_or(first.len())]
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
