//! Tells which format a log is in, from its first lines: yes, no, or need more.

use jiff::tz::TimeZone;
use memchr::{memchr_iter, memrchr};

use super::line::trimmed;
use super::stray::Others;
use super::sureness::sureness;
use super::wrapper::{Inner, Wrapper};
use super::{Columns, Content, Format, preset, whole_lines};

/// How many lines that are not blank are looked at.
const SAMPLE_LINES: usize = 200;

/// A container's line in a system log's line in a tool's output: more was not met.
const WRAPPERS_MAX: usize = 3;

/// With fewer lines than this, none of them fitting is no answer yet: a log that was just rotated
/// may hold nothing but its rotation marker.
pub const SURE_LINES: usize = 10;

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
    match (best(&lines.join(&b'\n'), zone, WRAPPERS_MAX), content.clone().next()) {
        (Some((_, mut format)), _) => {
            format.others = Some(Others::new(zone));
            Detection::Yes(format)
        }
        (None, Some(first)) if content.count() >= SURE_LINES => Detection::No(first.to_vec()),
        _ => Detection::NeedMore,
    }
}

/// The format that fits best, with its score: as the lines stand, or with up to `depth` wrappers
/// taken off. The first of equals is taken.
fn best(text: &[u8], zone: &TimeZone, depth: usize) -> Option<(u32, Format)> {
    let families = preset::families(zone).into_iter();
    let mut scored: Vec<_> = families.map(|format| (score(&format, text), format)).collect();
    let plain = scored.iter().map(|(score, _)| *score).max().unwrap_or(0);
    let lines = || text.split(|byte| *byte == b'\n');
    // Where most lines have an address in its place, nothing can stand before them.
    let surely_plain = plain as usize * 10 >= lines().count() * 2 * 9;
    if depth > 0 && !surely_plain {
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
    let first_best = |best: (u32, Format), other: (u32, Format)| {
        if other.0 > best.0 { other } else { best }
    };
    scored.into_iter().reduce(first_best).filter(|(score, _)| *score > 0)
}

/// How well a format fits the first lines of a log.
#[derive(Clone, Debug, Default)]
pub struct Fit {
    /// Records in the format.
    pub fitting: usize,
    /// Lines that are no records in it.
    pub misfits: usize,
    /// The first of those.
    pub first_misfit: Option<Vec<u8>>,
}

/// How well a format fits the first lines of a text.
pub fn fit(format: &Format, text: &[u8]) -> Fit {
    let mut fit = Fit::default();
    format.reader(Columns::default()).each(first_lines(text), |line| match line.content {
        Content::Blank | Content::Comment => {}
        Content::Record { is_stray: false, .. } => fit.fitting += 1,
        Content::Record { .. } | Content::Malformed(_) => {
            fit.misfits += 1;
            fit.first_misfit.get_or_insert_with(|| line.text.to_vec());
        }
    });
    fit
}

/// The first lines that say anything.
fn sample(text: &[u8]) -> Vec<&[u8]> {
    let lines = text.split(|byte| *byte == b'\n').map(trimmed);
    lines.filter(|line| !line.is_empty()).take(SAMPLE_LINES).collect()
}

/// As much of a text as [`sample`] looks at.
fn first_lines(text: &[u8]) -> &[u8] {
    let ends = memchr_iter(b'\n', text).filter(|end| {
        let start = memrchr(b'\n', &text[..*end]).map_or(0, |before| before + 1);
        !trimmed(&text[start..*end]).is_empty()
    });
    let first = ends.take(SAMPLE_LINES).last().map_or(text, |end| &text[..=end]);
    &first[..whole_lines(first).unwrap_or(first.len())]
}

fn is_comment(line: &[u8]) -> bool {
    line.first() == Some(&b'#')
}

/// One for each line that fits, and more where it is surely so.
fn score(format: &Format, text: &[u8]) -> u32 {
    let mut score = 0;
    format.reader(Columns::default()).each(text, |line| {
        if let Content::Record { record, format, .. } = &line.content {
            score += 1 + sureness(record, format);
        }
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
    fn yes_no_or_need_more() {
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
