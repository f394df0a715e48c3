//! Reads the lines of a text, one after the other.

use memchr::{memchr, memchr_iter};

use super::columns::Columns;
use super::keyed::{indented_end, objects};
use super::part::{Joined, Parts, may_go_on};
use super::record::{Malformed, Record};
use super::stray::what_else;
use super::usual::Usual;
use super::wrapper::{Inner, unwrap};
use super::{Format, ncsa};

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

/// Two logs that were put together without a line end between them may be glued at one of so many
/// quotes: a line has no more of them than that, but for attacks.
const GLUE_TRIES_MAX: usize = 12;

/// The longest line that does no more than open an object, with the spaces before it.
const OPENING_BYTES_MAX: usize = 100;

/// Reads the lines of a stream, text by text.
#[derive(Debug)]
pub struct LineReader<'f> {
    format: &'f Format,
    /// Reads the usual lines of the format's first preset, where it is the combined one.
    usual: Option<Usual>,
    /// Whether a line may be an object over several, since nothing is wrapped around it.
    is_json: bool,
    columns: Columns,
    number: u64,
    parts: Parts,
    /// A line whose wrapper's escapes were undone.
    unwrapped: Vec<u8>,
}

impl<'f> LineReader<'f> {
    pub(super) fn new(format: &'f Format, columns: Columns) -> LineReader<'f> {
        let (parts, unwrapped) = (Parts::default(), Vec::new());
        let is_json = format.is_json() && format.wrappers.is_empty();
        let usual = format.first_template().and_then(Usual::of);
        LineReader { format, usual, is_json, columns, number: 0, parts, unwrapped }
    }

    /// Takes note of a line that may say what the columns are from here on.
    pub fn note(&mut self, line: &[u8]) {
        if let Some(columns) = self.format.columns(line) {
            self.columns = columns;
        }
    }

    /// Numbers the lines as if so many more had been read.
    pub fn pass_over(&mut self, lines: u64) {
        self.number += lines;
    }

    /// How many lines have been read or passed over.
    pub fn lines(&self) -> u64 {
        self.number
    }

    /// Reads one line by the log's own format, without its line end.
    ///
    /// The reason for a line that fits no preset of a family is that of the first, the usual one.
    pub fn read<'a>(&'a mut self, line: &'a [u8]) -> Result<Record<'a>, Malformed> {
        if self.format.wrappers.is_empty() {
            return self.format.read_bare(line, &self.columns).map(|(record, _)| record);
        }
        let line = match unwrap(&self.format.wrappers, line).ok_or(Malformed::Shape)? {
            Inner::Part(part) => part,
            Inner::Text(text) => {
                self.unwrapped = text;
                &self.unwrapped
            }
        };
        self.format.read_bare(trimmed(line), &self.columns).map(|(record, _)| record)
    }

    /// Reads every line of a text that ends with a line, and hands each to `sink`.
    pub fn each(&mut self, text: &[u8], mut sink: impl FnMut(&Line<'_>)) {
        let mut rest = text;
        while !rest.is_empty() {
            let mut end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let mut lines = 1;
            if self.is_json
                && end <= OPENING_BYTES_MAX
                && let Some(object_end) = indented_end(rest)
            {
                end = object_end;
                lines = memchr_iter(b'\n', &rest[..end]).count() as u64;
            }
            let (line, after) = rest.split_at(end);
            self.number += 1;
            if self.format.wrappers.is_empty() {
                self.read_bare(line, line.len() as u64, self.number, &mut sink);
                self.number += lines.max(1) - 1;
            } else {
                self.read_wrapped(line, &mut sink);
            }
            rest = after;
        }
        // A line of which the last part is missing is read as far as it goes.
        for Joined { text, bytes, number } in self.parts.take_open() {
            self.read_bare(&text, bytes, number, &mut sink);
        }
    }

    fn read_bare(
        &mut self,
        line: &[u8],
        bytes: u64,
        number: u64,
        sink: &mut impl FnMut(&Line<'_>),
    ) {
        let text = trimmed(line);
        if let Some(usual) = &mut self.usual {
            let (record, format) = (Record::default(), self.format.readers[0].name);
            let content = Content::Record { record, format, is_stray: false };
            let mut line = Line { number, bytes, text, content };
            if let Content::Record { record, .. } = &mut line.content
                && usual.read(text, record).is_some()
            {
                return sink(&line);
            }
        }
        let content = match text.first() {
            None => Content::Blank,
            Some(b'#') => {
                self.note(text);
                Content::Comment
            }
            Some(_) => match self.format.read_bare(text, &self.columns) {
                Ok((record, format)) => Content::Record { record, format, is_stray: false },
                Err(reason) => return self.read_odd(text, bytes, number, reason, sink),
            },
        };
        sink(&Line { number, bytes, text, content });
    }

    fn read_wrapped(&mut self, line: &[u8], sink: &mut impl FnMut(&Line<'_>)) {
        let (number, bytes) = (self.number, line.len() as u64);
        let line = without_end(line);
        match line.first() {
            None | Some(b'#') => return self.read_bare(line, bytes, number, sink),
            Some(_) => {}
        }
        let Some(inner) = self.unwrap_joining(line, bytes) else {
            // It stands without the wrappers that the others have.
            return self.read_odd(trimmed(line), bytes, number, Malformed::Shape, sink);
        };
        match inner {
            Unwrapped::Whole(Inner::Part(part)) => self.read_bare(part, bytes, number, sink),
            Unwrapped::Whole(Inner::Text(text)) => self.read_bare(&text, bytes, number, sink),
            Unwrapped::Joined(joined) => {
                self.read_bare(&joined.text, joined.bytes, joined.number, sink);
            }
            Unwrapped::Odd(joined) => {
                let text = trimmed(&joined.text);
                self.read_odd(text, joined.bytes, joined.number, Malformed::Shape, sink);
            }
            Unwrapped::GoesOn => {}
        }
    }

    /// Takes off the wrappers, outermost first, and joins what a runtime has split.
    fn unwrap_joining<'a>(&mut self, line: &'a [u8], bytes: u64) -> Option<Unwrapped<'a>> {
        let format = self.format;
        let splitting = format.wrappers.iter().position(|wrapper| wrapper.splits_lines());
        // A short line is whole, unless it is the last part of one.
        if let Some(at) = splitting.filter(|_| self.parts.is_any_open() || may_go_on(line)) {
            let wrapper = format.wrappers[at];
            // Whatever stands around the runtime's own lines.
            let outer = unwrap(&format.wrappers[..at], line)?;
            let part = wrapper.part(&outer);
            if part.goes_on || self.parts.is_open(part.stream) {
                let inner = unwrap(&format.wrappers[at..=at], &outer)?;
                let Some(joined) = self.parts.join(part, &inner, bytes, self.number) else {
                    return Some(Unwrapped::GoesOn);
                };
                let text = unwrap(&format.wrappers[at + 1..], &joined.text).map(Inner::into_owned);
                return Some(match text {
                    Some(text) => Unwrapped::Joined(Joined { text, ..joined }),
                    None => Unwrapped::Odd(joined),
                });
            }
        }
        unwrap(&format.wrappers, line).map(Unwrapped::Whole)
    }

    /// Reads a line that the log's own format does not fit: objects that share it, two lines without
    /// an end between them, a line of another format; or it is none.
    #[cold]
    fn read_odd(
        &mut self,
        text: &[u8],
        bytes: u64,
        number: u64,
        reason: Malformed,
        sink: &mut impl FnMut(&Line<'_>),
    ) {
        if self.format.columns_plan().is_some_and(|plan| plan.is_header(text)) {
            self.note(text);
            return sink(&Line { number, bytes, text, content: Content::Comment });
        }
        let bare = |text| self.format.read_bare(text, &self.columns);
        if self.format.is_json()
            && let Some(parts) = objects(text)
        {
            if parts.is_empty() {
                return sink(&Line { number, bytes, text, content: Content::Blank });
            }
            let mut before = 0;
            for (at, part) in parts.iter().enumerate() {
                // What stands between them belongs to the one before.
                let last = at + 1 == parts.len();
                let bytes = if last { bytes - before } else { part.len() as u64 };
                before += bytes;
                let content = match bare(part) {
                    Ok((record, format)) => Content::Record { record, format, is_stray: false },
                    Err(reason) => Content::Malformed(reason),
                };
                sink(&Line { number, bytes, text: part, content });
            }
            return;
        }
        let quotes = memchr_iter(b'"', text).skip(1).take(GLUE_TRIES_MAX);
        for at in quotes.map(|at| at + 1).filter(|at| starts_like_an_address(&text[*at..])) {
            let (first, second) = text.split_at(at);
            if let (Ok((one, format)), Ok((other, second_format))) = (bare(first), bare(second)) {
                let content = Content::Record { record: one, format, is_stray: false };
                sink(&Line { number, bytes: at as u64, text: first, content });
                let content =
                    Content::Record { record: other, format: second_format, is_stray: false };
                return sink(&Line { number, bytes: bytes - at as u64, text: second, content });
            }
        }
        let reason = what_else(text, reason);
        // Error logs stand beside NCSA's formats, whose net has let these lines through.
        let is_known = matches!(reason, Malformed::ErrorLog | Malformed::Marker);
        let stray = match is_known && self.format.name == ncsa::FAMILY {
            true => None,
            false => self.format.read_stray(text, reason),
        };
        let content = match stray {
            Some((record, format)) => Content::Record { record, format, is_stray: true },
            None => Content::Malformed(reason),
        };
        sink(&Line { number, bytes, text, content });
    }
}

/// A line without what is wrapped around it.
enum Unwrapped<'a> {
    Whole(Inner<'a>),
    /// Its last part has come.
    Joined(Joined),
    /// The same, but what was joined is not wrapped as it should be.
    Odd(Joined),
    /// Its next part is still to come.
    GoesOn,
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
fn without_end(line: &[u8]) -> &[u8] {
    let end = line.strip_suffix(b"\n").unwrap_or(line);
    let end = end.strip_suffix(b"\r").unwrap_or(end).len();
    let start = line.len() - line.trim_ascii_start().len();
    let start = line[start..].iter().position(|byte| *byte != 0).map_or(end, |nuls| start + nuls);
    line.get(start..end).unwrap_or_default()
}

/// `203.0.113.9 `, `2001:db8::1 `
fn starts_like_an_address(text: &[u8]) -> bool {
    let word = &text[..memchr(b' ', text).unwrap_or(0)];
    let parts = |byte| memchr_iter(byte, word).count();
    (parts(b'.') == 3 || parts(b':') >= 2)
        && word.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn no_byte_of_a_joined_line_is_lost_where_it_is_no_line() {
        let (format, columns) = Format::recalled("cri>docker>ncsa", &TimeZone::UTC).unwrap();
        let text = b"2026-05-20T12:03:09.6Z stdout P one\n2026-05-20T12:03:09.6Z stdout F two\n";
        let mut read = Vec::new();
        let mut reader = format.reader(columns);
        reader.each(text, |line| read.push((line.bytes, line.text.to_vec())));
        assert_eq!(read, [(text.len() as u64, b"onetwo".to_vec())]);
    }
}
