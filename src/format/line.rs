//! One line, as it was read.

use super::Format;
use super::record::{Malformed, Record};

/// A line, as it was read.
///
/// What a container's runtime has split is one line; records that stand on one line, as in a JSON
/// array, are a line each.
#[derive(Debug)]
pub struct Line<'a> {
    /// Which line of the text it is, or starts with; the first is 1.
    pub number: u64,
    /// What it takes of the text, in bytes, line ends included.
    pub bytes: u64,
    /// The line without its end and what is wrapped around it.
    pub text: &'a [u8],
    /// What it says.
    pub content: Content<'a>,
}

/// What a line says.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all are the large one, and none is kept")]
pub enum Content<'a> {
    /// Nothing.
    Blank,
    /// Something about the log.
    Comment,
    /// What was asked for.
    Record {
        /// The request.
        record: Record<'a>,
        /// The preset that the line fits.
        format: &'static str,
        /// Whether that is none of the log's own format.
        is_stray: bool,
    },
    /// Something that is no record.
    Malformed(Malformed),
}

impl<'a> Line<'a> {
    /// A line of the format's first preset, to be filled in.
    pub(super) fn usual(format: &Format) -> Line<'a> {
        let (record, format) = (Record::default(), format.readers[0].name);
        let content = Content::Record { record, format, is_stray: false };
        Line { number: 0, bytes: 0, text: b"", content }
    }

    /// Its record, and the preset that it fits, if it says one.
    #[inline]
    pub(super) fn record_mut(&mut self) -> Option<(&mut Record<'a>, &mut &'static str)> {
        match &mut self.content {
            Content::Record { record, format, .. } => Some((record, format)),
            _ => None,
        }
    }
}

/// The line without space around it; nor the NUL bytes of a hole before it, or the byte order mark of a
/// file that it was the first of.
pub(super) fn trimmed(line: &[u8]) -> &[u8] {
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

/// The line without its end alone: a part of a line may end with a space.
pub(super) fn without_end(line: &[u8]) -> &[u8] {
    let end = line.strip_suffix(b"\n").unwrap_or(line);
    let end = end.strip_suffix(b"\r").unwrap_or(end).len();
    let start = line.len() - line.trim_ascii_start().len();
    let start = line[start..].iter().position(|byte| *byte != 0).map_or(end, |nuls| start + nuls);
    line.get(start..end).unwrap_or_default()
}
