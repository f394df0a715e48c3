//! A line of a log, and the content that was read from it.

use super::record::{Malformed, Record};

/// A line of a log.
///
/// The parts of a line that a container runtime has split count as one line. Of several records on one line, as in a
/// JSON array, each counts as a line.
#[derive(Debug)]
pub struct Line<'a> {
    /// The number of the line in the text, or of its first part. The first is 1.
    pub number: u64,
    /// The size in the text in bytes, including line ends.
    pub bytes: u64,
    /// The line without its line end and wrappers.
    pub text: &'a [u8],
    pub content: Content<'a>,
}

/// The content of a line.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all lines are records, and none is stored")]
pub enum Content<'a> {
    Blank,
    Comment,
    Record {
        record: Record<'a>,
        /// The name of the preset that the line fits.
        format: &'static str,
        /// True if that preset is not of the log's own format.
        is_mismatched: bool,
    },
    Malformed(Malformed),
}

impl<'a> Line<'a> {
    /// Returns a line with an empty record of a preset, to be filled in.
    pub(crate) fn empty(preset: &'static str) -> Line<'a> {
        let content =
            Content::Record { record: Record::default(), format: preset, is_mismatched: false };
        Line { number: 0, bytes: 0, text: b"", content }
    }

    /// Returns the record and the name of its preset, if the line has a record.
    #[inline]
    pub(crate) fn record_mut(&mut self) -> Option<(&mut Record<'a>, &mut &'static str)> {
        match &mut self.content {
            Content::Record { record, format, .. } => Some((record, format)),
            _ => None,
        }
    }
}

/// Removes white space around a line, the NUL bytes of a hole before it, and the byte order mark that the first line of
/// a file may have.
pub(crate) fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    match line.first() {
        Some(0 | 0xef) => {
            let line = &line[line.iter().position(|byte| *byte != 0).unwrap_or(line.len())..];
            line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line).trim_ascii_start()
        }
        _ => line,
    }
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Removes the line end, and white space and NUL bytes at the start. Spaces at the end are kept, since a part of a
/// split line may end with one.
pub(crate) fn without_end(line: &[u8]) -> &[u8] {
    let end = line.strip_suffix(b"\n").unwrap_or(line);
    let end = end.strip_suffix(b"\r").unwrap_or(end).len();
    let start = line.len() - line.trim_ascii_start().len();
    let start = line[start..].iter().position(|byte| *byte != 0).map_or(end, |nuls| start + nuls);
    line.get(start..end).unwrap_or_default()
}
