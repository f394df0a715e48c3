//! Reads the lines of a stream, one after the other.

use std::mem::replace;
use std::ops::ControlFlow;

use jiff::tz::Offset;
use memchr::{memchr, memchr_iter};

use crate::json::{indented_end, objects};

use super::container::{Inner, JoinedLine, OpenLines, Unwrapped, repeated, unwrap, unwrap_joining};
use super::engine::{Columns, CombinedFastPath, DelimiterIndex, WINDOW_BYTES, window};
use super::fallback::FallbackFormats;
use super::line::{Content, Line, trimmed, without_end};
use super::log_format::Format;
use super::malformed_reason::refine;
use super::preset::NCSA;
use super::record::{Malformed, Record, starts_like_an_address};

/// The most quotes of a line that are tried as the boundary of two records without a line end between them. Only
/// attacks have more.
const SPLIT_TRIES_MAX: usize = 12;

/// The longest line that only opens a JSON object, in bytes, including the spaces before it.
const OPENING_BYTES_MAX: usize = 100;

/// The number of quotes in most lines of the combined format.
const COMBINED_QUOTES: usize = 6;

type Flow = ControlFlow<()>;

/// Reads the lines of a stream, which is passed in as one or more texts.
#[derive(Debug)]
pub struct LineReader<'f> {
    format: &'f Format,
    fallback: Option<&'f FallbackFormats>,
    /// Reads most lines of the combined format, if the format tries that first.
    fast_path: Option<(CombinedFastPath, DelimiterIndex)>,
    /// True if a JSON object may span several lines.
    is_json: bool,
    columns: Columns,
    number: u64,
    open_lines: OpenLines,
    /// True if times have no offset, and that of the wrapper's time is used.
    uses_wrapper_offset: bool,
    wrapper_offset: Option<Offset>,
    /// The line that [`LineReader::read`] returns a record of, if unwrapping it has unescaped it.
    unwrapped: Vec<u8>,
}

impl<'f> LineReader<'f> {
    /// Returns a reader for a stream in which `columns` are in force at the start.
    pub fn new(format: &'f Format, columns: Columns) -> LineReader<'f> {
        let fast_path = format.family.first_template().and_then(CombinedFastPath::of);
        LineReader {
            format,
            fallback: format.fallback.as_ref(),
            fast_path: fast_path.map(|fast_path| (fast_path, DelimiterIndex::default())),
            is_json: format.family.is_json() && format.wrappers.is_empty(),
            columns,
            number: 0,
            open_lines: OpenLines::default(),
            uses_wrapper_offset: !format.has_given_zone && format.family.local_zone().is_some(),
            wrapper_offset: None,
            unwrapped: Vec::new(),
        }
    }

    /// Reads lines in the log's own format only.
    pub(crate) fn without_fallback(self) -> LineReader<'f> {
        LineReader { fallback: None, ..self }
    }

    /// Updates the columns if the line declares some.
    pub fn update_columns(&mut self, line: &[u8]) {
        if let Some(columns) = self.format.columns(line) {
            self.columns = columns;
        }
    }

    /// Adds lines that were skipped to the line number.
    pub fn skip(&mut self, lines: u64) {
        self.number += lines;
    }

    /// Returns how many lines have been read or skipped.
    pub fn lines(&self) -> u64 {
        self.number
    }

    /// Reads one line without its line end, in the log's own format.
    pub fn read<'a>(&'a mut self, line: &'a [u8]) -> Result<Record<'a>, Malformed> {
        if self.format.wrappers.is_empty() {
            return self.record(line).map(|(record, _)| record);
        }
        let line = match unwrap(&self.format.wrappers, line).ok_or(Malformed::Shape)? {
            Inner::Part(part) => part,
            Inner::Text(text) => {
                self.unwrapped = text;
                &self.unwrapped
            }
        };
        self.record(trimmed(line)).map(|(record, _)| record)
    }

    /// Reads a line without wrappers. Also returns the name of its preset.
    fn record<'a>(&self, text: &'a [u8]) -> Result<(Record<'a>, &'static str), Malformed> {
        Record::filled(|record| self.format.family.read(text, &self.columns, record))
    }

    fn content<'a>(&self, text: &'a [u8]) -> Result<Content<'a>, Malformed> {
        let (record, format) = self.record(text)?;
        Ok(Content::Record { record, format, is_mismatched: false })
    }

    /// Reads every line of a text of whole lines, and passes each to `take`, which may stop the reader.
    pub fn each(&mut self, text: &[u8], mut take: impl FnMut(&Line<'_>) -> Flow) -> Flow {
        let is_bare = self.format.wrappers.is_empty();
        let in_windows = is_bare && self.fast_path.is_some();
        let mut rest = text;
        while !rest.is_empty() {
            if in_windows {
                let window = window(rest);
                if window > 0 {
                    self.read_window(&rest[..window], &mut take)?;
                    rest = &rest[window..];
                    continue;
                }
            }
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
            if is_bare {
                self.read_bare(line, line.len() as u64, self.number, &mut take)?;
                self.number += lines.max(1) - 1;
            } else {
                self.read_wrapped(line, &mut take)?;
            }
            rest = after;
        }
        // A split line whose last part is missing is read without it.
        for JoinedLine { text, bytes, number } in self.open_lines.take_open() {
            self.read_bare(&text, bytes, number, &mut take)?;
        }
        ControlFlow::Continue(())
    }

    /// Reads whole lines, nearly all of which the fast path accepts. The delimiters of all lines are found in one pass.
    fn read_window(&mut self, text: &[u8], take: &mut impl FnMut(&Line<'_>) -> Flow) -> Flow {
        let Some((mut fast_path, mut index)) = self.fast_path.take() else {
            return ControlFlow::Continue(());
        };
        let mut delimiters = index.find(text);
        let is_end = |at: &u32| text.get(*at as usize).is_none_or(|byte| *byte == b'\n');
        let mut line = Line::empty(self.format.family.first_name());
        let mut flow = ControlFlow::Continue(());
        let mut start = 0;
        while start < text.len() && flow.is_continue() {
            // If the line has another number of quotes, search for its end and try once more.
            let mut count = COMBINED_QUOTES;
            let is_read = loop {
                if let (Some(at), Some(quotes)) = (delimiters.get(count), delimiters.first_chunk())
                    && is_end(at)
                    && let text = text[..*at as usize].trim_ascii_end()
                    && let Some((record, _)) = line.record_mut()
                    && fast_path.read(text, start, quotes, record).is_some()
                {
                    line.text = &text[start..];
                    break true;
                }
                let found = delimiters.iter().position(is_end).expect("the text's end is a match");
                if replace(&mut count, found) == found || found < COMBINED_QUOTES {
                    break false;
                }
            };
            let next = text.len().min(delimiters[count] as usize + 1);
            self.number += 1;
            flow = if is_read {
                (line.number, line.bytes) = (self.number, (next - start) as u64);
                take(&line)
            } else {
                self.read_bare(&text[start..next], (next - start) as u64, self.number, take)
            };
            start = next;
            delimiters = &delimiters[count + 1..];
        }
        self.fast_path = Some((fast_path, index));
        flow
    }

    fn read_bare(
        &mut self,
        line: &[u8],
        bytes: u64,
        number: u64,
        take: &mut impl FnMut(&Line<'_>) -> Flow,
    ) -> Flow {
        let text = trimmed(line);
        let content = match text.first() {
            None => Some(Content::Blank),
            Some(b'#') => {
                self.update_columns(text);
                Some(Content::Comment)
            }
            Some(_) => None,
        };
        if let Some(content) = content {
            return take(&Line { number, bytes, text, content });
        }
        // The record is filled in place: moving it takes as long as reading two columns.
        let mut line = Line { number, bytes, text, ..Line::empty(self.format.family.first_name()) };
        let (record, format) = line.record_mut().expect("an empty line has a record");
        if let Some((fast, index)) = self.fast_path.as_mut().filter(|_| text.len() <= WINDOW_BYTES)
            && let Some(quotes) = index.find(text).first_chunk()
        {
            if fast.read(text, 0, quotes, record).is_some() {
                return take(&line);
            }
            *record = Record::default();
        }
        match self.format.family.read(text, &self.columns, record) {
            Ok(fitting) => {
                *format = fitting;
                if let Some(offset) = self.wrapper_offset {
                    self.format.family.set_offset(offset, record);
                }
            }
            Err(reason) => return self.recover_line(text, bytes, number, reason, take),
        }
        take(&line)
    }

    fn read_wrapped(&mut self, line: &[u8], take: &mut impl FnMut(&Line<'_>) -> Flow) -> Flow {
        let (number, bytes) = (self.number, line.len() as u64);
        let line = without_end(line);
        if matches!(line.first(), None | Some(b'#')) {
            return self.read_bare(line, bytes, number, take);
        }
        let wrappers = &self.format.wrappers;
        if self.uses_wrapper_offset {
            self.wrapper_offset = wrappers.first().and_then(|wrapper| wrapper.offset(line));
        }
        match unwrap_joining(wrappers, &mut self.open_lines, line, bytes, number) {
            Some(Unwrapped::Whole(inner)) => self.read_inner(&inner, bytes, number, take),
            Some(Unwrapped::Joined(joined)) => {
                self.read_bare(&joined.text, joined.bytes, joined.number, take)
            }
            Some(Unwrapped::Misfit(joined)) => {
                let JoinedLine { text, bytes, number } = joined;
                self.recover_line(trimmed(&text), bytes, number, Malformed::Shape, take)
            }
            Some(Unwrapped::Continues) => ControlFlow::Continue(()),
            // The line does not have the log's wrappers.
            None => self.recover_line(trimmed(line), bytes, number, Malformed::Shape, take),
        }
    }

    /// Reads a line without its wrappers, or the equal lines that it stands for.
    fn read_inner(
        &mut self,
        inner: &[u8],
        bytes: u64,
        number: u64,
        take: &mut impl FnMut(&Line<'_>) -> Flow,
    ) -> Flow {
        let Some((count, message)) = repeated(inner) else {
            return self.read_bare(inner, bytes, number, take);
        };
        // The bytes are counted with the first one.
        self.read_bare(message, bytes, number, take)?;
        (1..count).try_for_each(|_| self.read_bare(message, 0, number, take))
    }

    /// Reads a line that does not fit the log's format: several objects on one line, two lines without a line end
    /// between them, or a line of another format. Otherwise it is malformed.
    #[cold]
    fn recover_line(
        &mut self,
        text: &[u8],
        bytes: u64,
        number: u64,
        reason: Malformed,
        take: &mut impl FnMut(&Line<'_>) -> Flow,
    ) -> Flow {
        let line = |bytes, text, content| Line { number, bytes, text, content };
        if self.format.family.columns_plan().is_some_and(|plan| plan.is_header(text)) {
            self.update_columns(text);
            return take(&line(bytes, text, Content::Comment));
        }
        if self.format.family.is_json()
            && let Some(parts) = objects(text)
        {
            if parts.is_empty() {
                return take(&line(bytes, text, Content::Blank));
            }
            let mut before = 0;
            for (at, part) in parts.iter().enumerate() {
                // The bytes around and between the objects are counted with the last one.
                let is_last = at + 1 == parts.len();
                let bytes = if is_last { bytes - before } else { part.len() as u64 };
                before += bytes;
                let content = self.content(part).unwrap_or_else(Content::Malformed);
                take(&line(bytes, part, content))?;
            }
            return ControlFlow::Continue(());
        }
        let quotes = memchr_iter(b'"', text).skip(1).take(SPLIT_TRIES_MAX);
        for at in quotes.map(|at| at + 1).filter(|at| starts_like_an_address(&text[*at..])) {
            let (first, second) = text.split_at(at);
            if let (Ok(one), Ok(other)) = (self.content(first), self.content(second)) {
                take(&line(at as u64, first, one))?;
                return take(&line(bytes - at as u64, second, other));
            }
        }
        let reason = refine(text, reason);
        // NCSA logs are often mixed with error logs. The NCSA engine without a template has already rejected this line.
        let is_known = matches!(reason, Malformed::ErrorLog | Malformed::Marker);
        let fallback = self.fallback.filter(|_| !(is_known && self.format.family.name == NCSA));
        let content = match fallback.and_then(|formats| formats.read(text, reason)) {
            Some((record, format)) => Content::Record { record, format, is_mismatched: true },
            None => Content::Malformed(reason),
        };
        take(&line(bytes, text, content))
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Returns any line of a combined log: of any length, junk or blank, with any line end.
    fn any_line() -> impl Strategy<Value = String> {
        let padding = prop_oneof![9 => 0..300_usize, 1 => WINDOW_BYTES - 500..WINDOW_BYTES + 500];
        let start =
            r#"203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a?b HTTP/1.1" 200 512 "-" "#;
        let line = (padding, 0..9).prop_map(move |(padding, kind)| match kind {
            0 => String::new(),
            1 => "\"".repeat(padding % 20),
            2 => format!("{start}\"\\\"{}\"", "x".repeat(padding)),
            3 => format!("{start}\"{}\" \"203.0.113.10\" \"-\"", "x".repeat(padding)),
            4 => format!("junk {}", "x".repeat(padding)),
            _ => format!("{start}\"{}\"", "x".repeat(padding)),
        });
        (line, prop_oneof![8 => Just("\n"), 1 => Just("\r\n"), 1 => Just(" \n")])
            .prop_map(|(line, end)| line + end)
    }

    /// Returns the lines that are read from the texts.
    fn read(format: &Format, texts: &[&str]) -> Vec<String> {
        let mut reader = LineReader::new(format, Columns::default());
        let mut read = Vec::new();
        for text in texts {
            let _ = reader.each(text.as_bytes(), |line| {
                read.push(format!("{line:?}"));
                ControlFlow::Continue(())
            });
        }
        read
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_line_is_read_the_same_at_any_position(lines in vec(any_line(), 1..300)) {
            let format = Format::named("combined", &TimeZone::UTC).unwrap();
            let by_line: Vec<&str> = lines.iter().map(|line| &**line).collect();
            let whole = lines.concat();
            prop_assert_eq!(read(&format, &by_line), read(&format, &[whole.as_str()]));
            // A last line may have no end.
            let cut = whole.trim_end();
            let count = read(&format, &[cut]).len();
            prop_assert_eq!(count, cut.lines().count());
        }
    }

    #[test]
    fn a_joined_line_that_is_malformed_keeps_its_bytes() {
        let (format, columns) = Format::restore("cri>docker>ncsa", &TimeZone::UTC).unwrap();
        let text = b"2026-05-20T12:03:09.6Z stdout P one\n2026-05-20T12:03:09.6Z stdout F two\n";
        let mut read = Vec::new();
        let mut reader = LineReader::new(&format, columns);
        let _ = reader.each(text, |line| {
            read.push((line.bytes, line.text.to_vec()));
            ControlFlow::Continue(())
        });
        assert_eq!(read, [(text.len() as u64, b"onetwo".to_vec())]);
    }
}
