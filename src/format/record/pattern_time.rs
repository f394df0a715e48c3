//! Parses times by a strftime pattern.

use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::{Offset, TimeZone};

use super::time_parts::{fraction, offset_seconds};

/// Stands in a strftime pattern for a word that is ignored, unless it is an offset from UTC.
pub(crate) const IGNORED: &str = "\u{1}";

/// Parses a time by a pattern. A fraction may follow the seconds, and an offset from UTC where the pattern ignores a word.
pub(super) fn strftime(text: &[u8], pattern: &str, zone: &TimeZone) -> Option<Timestamp> {
    let (pattern, has_ignored) = match pattern.split_once(IGNORED) {
        Some((before, _)) => (before.trim_end_matches(|c: char| !c.is_alphanumeric()), true),
        None => (pattern, false),
    };
    let (broken, len) = BrokenDownTime::parse_prefix(pattern, text).ok().or_else(|| {
        // `%S` is followed by the offset, and the text by a fraction.
        let (start, offset) = pattern.split_once(" %z")?;
        let (_, len) = BrokenDownTime::parse_prefix(start, text).ok()?;
        let (_, rest) = fraction(text.get(len..)?)?;
        let whole = [&text[..len], rest].concat();
        let broken = BrokenDownTime::parse(format!("{start} %z{offset}"), &whole).ok()?;
        Some((broken, text.len()))
    })?;
    let rest = text.get(len..)?;
    let (_, rest) = fraction(rest).unwrap_or((0, rest));
    if !has_ignored && !rest.trim_ascii().is_empty() {
        return None;
    }
    let word = rest.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
    let offset = match word {
        b"Z" | b"UTC" | b"GMT" => Some(0),
        word => offset_seconds(word),
    };
    let offset = offset.and_then(|seconds| Offset::from_seconds(seconds).ok());
    let local = || broken.to_datetime().ok();
    match offset.filter(|_| has_ignored) {
        Some(offset) => offset.to_timestamp(local()?).ok(),
        None => broken.to_timestamp().ok().or_else(|| zone.to_timestamp(local()?).ok()),
    }
}
