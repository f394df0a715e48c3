//! Reads the lines of a text, one after the other.

use std::mem::{replace, swap};

use memchr::{memchr, memchr_iter, memrchr};

use super::address::starts_like_an_address;
use super::columns::Columns;
use super::keyed::{indented_end, objects};
use super::line::{Content, Line, trimmed, without_end};
use super::marks::{Marks, WINDOW_BYTES};
use super::part::{Joined, Parts, may_go_on};
use super::record::{Malformed, Record};
use super::sink::Sink;
use super::stray::what_else;
use super::usual::Usual;
use super::wrapper::{Inner, unwrap};
use super::{Format, ncsa};

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
    usual: Option<(Usual, Marks)>,
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
        let usual =
            format.first_template().and_then(Usual::of).map(|usual| (usual, Marks::default()));
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

    /// Reads a line that nothing is wrapped around; returns its preset, too.
    fn record<'a>(&self, text: &'a [u8]) -> Result<(Record<'a>, &'static str), Malformed> {
        Record::filled(|record| self.format.read_bare(text, &self.columns, record))
    }

    /// What such a line says.
    fn content<'a>(&self, text: &'a [u8]) -> Result<Content<'a>, Malformed> {
        let (record, format) = self.record(text)?;
        Ok(Content::Record { record, format, is_stray: false })
    }

    /// Reads every line of a text that ends with a line.
    pub fn each(&mut self, text: &[u8], mut take: impl FnMut(&Line<'_>)) {
        self.read_into(text, &mut take);
    }

    /// Reads every line of a text that ends with a line, and hands each to `sink`.
    pub fn read_into(&mut self, text: &[u8], sink: &mut impl Sink) {
        let is_bare = self.format.wrappers.is_empty();
        let in_windows = is_bare && self.usual.is_some();
        let mut rest = text;
        while !rest.is_empty() {
            let read = if in_windows { self.read_window(rest, sink) } else { 0 };
            if read > 0 {
                rest = &rest[read..];
                continue;
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
                self.read_bare(line, line.len() as u64, self.number, sink);
                self.number += lines.max(1) - 1;
            } else {
                self.read_wrapped(line, sink);
            }
            rest = after;
        }
        // A line of which the last part is missing is read as far as it goes.
        for Joined { text, bytes, number } in self.parts.take_open() {
            self.read_bare(&text, bytes, number, sink);
        }
    }

    /// Reads the whole lines at the start of a text of which nearly all are usual ones, up to a window's end.
    /// Returns what they take of it: nothing where that can't be, or if the first is longer than a window.
    fn read_window(&mut self, text: &[u8], sink: &mut impl Sink) -> usize {
        let Some((mut usual, mut marks)) = self.usual.take() else { return 0 };
        let end = match text.get(..WINDOW_BYTES) {
            Some(window) => memrchr(b'\n', window).map_or(0, |at| at + 1),
            None => text.len(),
        };
        let text = &text[..end];
        let mut marked = marks.find(text);
        let is_end = |at: &u32| text.get(*at as usize).is_none_or(|byte| *byte == b'\n');
        let (mut line, mut before) = (&mut Line::usual(self.format), &mut Line::usual(self.format));
        // What was found out of the line before, if it is still to be taken.
        let mut waiting = None;
        let mut start = 0;
        while start < end {
            // A usual line has six quotes. If this has not, what tells where it ends is looked for.
            let mut count = 6;
            let is_usual = loop {
                if let (Some(at), Some(quotes)) = (marked.get(count), marked.first_chunk())
                    && is_end(at)
                    && let text = text[..*at as usize].trim_ascii_end()
                    && let Some((record, _)) = line.record_mut()
                    && usual.read(text, start, quotes, record).is_some()
                {
                    line.text = &text[start..];
                    break true;
                }
                let found = marked.iter().position(is_end).expect("the text's end is one");
                if replace(&mut count, found) == found || found < 6 {
                    break false;
                }
            };
            let next = end.min(marked[count] as usize + 1);
            self.number += 1;
            (line.number, line.bytes) = (self.number, (next - start) as u64);
            let ahead = is_usual.then(|| sink.look_ahead(line));
            if let Some(ahead) = replace(&mut waiting, ahead) {
                sink.take(before, ahead);
            }
            match is_usual {
                true => swap(&mut line, &mut before),
                false => self.read_bare(&text[start..next], line.bytes, line.number, sink),
            }
            start = next;
            marked = &marked[count + 1..];
        }
        if let Some(ahead) = waiting {
            sink.take(before, ahead);
        }
        self.usual = Some((usual, marks));
        end
    }

    fn read_bare(&mut self, line: &[u8], bytes: u64, number: u64, sink: &mut impl Sink) {
        let text = trimmed(line);
        let content = match text.first() {
            None => Some(Content::Blank),
            Some(b'#') => {
                self.note(text);
                Some(Content::Comment)
            }
            Some(_) => None,
        };
        if let Some(content) = content {
            return sink.take_at_once(&Line { number, bytes, text, content });
        }
        // Filled where it lies: to hand it on takes as long as to read two columns.
        let mut line = Line { number, bytes, text, ..Line::usual(self.format) };
        let (record, format) = line.record_mut().expect("a usual line is a record");
        if let Some((usual, marks)) = self.usual.as_mut().filter(|_| text.len() <= WINDOW_BYTES)
            && let Some(quotes) = marks.find(text).first_chunk()
        {
            if usual.read(text, 0, quotes, record).is_some() {
                return sink.take_at_once(&line);
            }
            *record = Record::default();
        }
        match self.format.read_bare(text, &self.columns, record) {
            Ok(fitting) => *format = fitting,
            Err(reason) => return self.read_odd(text, bytes, number, reason, sink),
        }
        sink.take_at_once(&line);
    }

    fn read_wrapped(&mut self, line: &[u8], sink: &mut impl Sink) {
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
        sink: &mut impl Sink,
    ) {
        if self.format.columns_plan().is_some_and(|plan| plan.is_header(text)) {
            self.note(text);
            return sink.take_at_once(&Line { number, bytes, text, content: Content::Comment });
        }
        if self.format.is_json()
            && let Some(parts) = objects(text)
        {
            if parts.is_empty() {
                return sink.take_at_once(&Line { number, bytes, text, content: Content::Blank });
            }
            let mut before = 0;
            for (at, part) in parts.iter().enumerate() {
                // What stands between them belongs to the one before.
                let last = at + 1 == parts.len();
                let bytes = if last { bytes - before } else { part.len() as u64 };
                before += bytes;
                let content = self.content(part).unwrap_or_else(Content::Malformed);
                sink.take_at_once(&Line { number, bytes, text: part, content });
            }
            return;
        }
        let quotes = memchr_iter(b'"', text).skip(1).take(GLUE_TRIES_MAX);
        for at in quotes.map(|at| at + 1).filter(|at| starts_like_an_address(&text[*at..])) {
            let (first, second) = text.split_at(at);
            if let (Ok(one), Ok(other)) = (self.content(first), self.content(second)) {
                let (one_bytes, other_bytes) = (at as u64, bytes - at as u64);
                let one = Line { number, bytes: one_bytes, text: first, content: one };
                let other = Line { number, bytes: other_bytes, text: second, content: other };
                sink.take_at_once(&one);
                return sink.take_at_once(&other);
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
        sink.take_at_once(&Line { number, bytes, text, content });
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

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Lines of a combined log: usual ones of any length, junk, blanks, all with any end.
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

    /// What is read of a text, line by line.
    fn read(format: &Format, texts: &[&str]) -> Vec<String> {
        let mut reader = format.reader(Columns::default());
        let mut read = Vec::new();
        for text in texts {
            reader.each(text.as_bytes(), |line| read.push(format!("{line:?}")));
        }
        read
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_line_is_read_alike_wherever_it_stands(lines in vec(any_line(), 1..300)) {
            let format = Format::named("combined", &TimeZone::UTC).unwrap();
            let by_line: Vec<&str> = lines.iter().map(|line| &**line).collect();
            let whole = lines.concat();
            prop_assert_eq!(read(&format, &by_line), read(&format, &[whole.as_str()]));
            // A last line may have no end.
            let cut = whole.trim_end();
            let bytes: usize = read(&format, &[cut]).len();
            prop_assert_eq!(bytes, cut.lines().count());
        }
    }

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
