//! Limits how much of a log is examined to tell its format.

use memchr::{memchr_iter, memrchr};

use super::line::trimmed;
use super::log_format::Format;

/// The number of lines that are examined, not counting blank ones.
pub(crate) const SAMPLE_LINES: usize = 200;

/// Returns as much of a text as is examined.
pub(crate) fn first_lines<'t>(format: &Format, text: &'t [u8]) -> &'t [u8] {
    let ends = memchr_iter(b'\n', text).filter(|end| {
        let start = memrchr(b'\n', &text[..*end]).map_or(0, |before| before + 1);
        !trimmed(&text[start..*end]).is_empty()
    });
    let first = ends.take(SAMPLE_LINES).last().map_or(text, |end| &text[..=end]);
    &first[..format.cut().end(first).unwrap_or(first.len())]
}
