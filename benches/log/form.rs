//! Prints requests as lines in the format of a fixture.

use std::ops::ControlFlow;

use guestbook::format::{Columns, Content, Detection, Format, LineReader, Record, detect};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use memchr::memmem;

use super::{Request, Site};

/// The time patterns that are replaced, longest first. Times in other forms stay as they are in the fixture.
const TIMES: [&str; 9] = [
    "%d/%b/%Y:%H:%M:%S %z",
    "%d/%b/%Y:%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d\t%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y, %H:%M:%S",
    "%a %b %e %H:%M:%S %Y",
    "%s",
];

/// The number of printed requests that must be read back unchanged before a form is used.
const CHECKED: u64 = 200;

/// A template for the lines of one format: a record of its fixture, with places for the values of a request.
pub(crate) struct Form {
    /// The lines at the start of the log, such as column names.
    head: Vec<u8>,
    wrapper: Wrapper,
    pieces: Vec<Piece>,
    spaces: SpaceEncoding,
    format: Format,
}

/// The text around the server's own line.
struct Wrapper {
    before: Vec<u8>,
    after: Vec<u8>,
    /// True if the server's line is in a JSON string.
    is_string: bool,
}

/// The start and end of a value in a line.
type Span = (usize, usize, Value);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    Ip,
    Method,
    Path,
    Query,
    Status,
    Bytes,
    Referrer,
    UserAgent,
    /// A pattern of [`TIMES`], and an offset from UTC in hours.
    Time(&'static str, i8),
}

enum Piece {
    Text(Vec<u8>),
    Value(Value),
}

/// The encoding of spaces in a user agent.
#[derive(Clone, Copy)]
enum SpaceEncoding {
    Plain,
    Plus,
    Percent,
}

impl Form {
    /// Returns the form of the first record of a log. `None` if its values cannot be found in its text, as for records
    /// that span several lines.
    pub(crate) fn of(log: &[u8]) -> Option<Form> {
        let Detection::Yes(format) = detect(log, &TimeZone::UTC) else { return None };
        let mut head = Vec::new();
        for line in log.split_inclusive(|byte| *byte == b'\n') {
            let columns = format.columns(&head).unwrap_or_default();
            let mut reader = LineReader::new(&format, columns);
            let mut found = None;
            let _ = reader.each(line, |read| {
                if let Content::Record { record, .. } = &read.content {
                    let spans = find_values(read.text, record);
                    let wrapper = wrapper_of(line.trim_ascii(), read.text);
                    found = Some((read.text.to_vec(), spans.zip(wrapper)));
                }
                ControlFlow::Continue(())
            });
            match found {
                None => head.extend_from_slice(line),
                Some((_, None)) => return None,
                Some((text, Some((spans, wrapper)))) => {
                    return Form::checked(head, &text, spans, wrapper, format);
                }
            }
        }
        None
    }

    /// Returns the first variant of a form whose printed requests are read back unchanged.
    fn checked(
        head: Vec<u8>,
        text: &[u8],
        spans: Vec<Span>,
        wrapper: Wrapper,
        format: Format,
    ) -> Option<Form> {
        let mut form =
            Form { head, wrapper, pieces: Vec::new(), spaces: SpaceEncoding::Plain, format };
        let without = |excluded: &[Value]| {
            spans.iter().filter(|span| !excluded.contains(&span.2)).copied().collect::<Vec<_>>()
        };
        // A number that equals the status or the size may be another value, which must not be replaced.
        let numbers: [&[Value]; 4] =
            [&[], &[Value::Bytes], &[Value::Status], &[Value::Bytes, Value::Status]];
        for excluded in numbers {
            form.pieces = pieces(text, without(excluded));
            for spaces in [SpaceEncoding::Plain, SpaceEncoding::Plus, SpaceEncoding::Percent] {
                form.spaces = spaces;
                if form.is_read_back() {
                    return Some(form);
                }
            }
        }
        None
    }

    /// Returns whether printed requests are read back unchanged.
    fn is_read_back(&self) -> bool {
        let (mut site, mut log) = (Site::new(40), self.head.clone());
        let requests: Vec<Request> = (0..CHECKED).map(|at| site.request(at, CHECKED)).collect();
        requests.iter().for_each(|request| self.print(request, &mut log));
        let (mut at, mut is_unchanged) = (0, true);
        let _ = LineReader::new(&self.format, Columns::default()).each(&log, |line| {
            match &line.content {
                Content::Record { record, .. } => {
                    is_unchanged &=
                        requests.get(at).is_some_and(|request| is_same(record, request));
                    at += 1;
                }
                Content::Malformed(_) => is_unchanged = false,
                Content::Blank | Content::Comment => {}
            }
            ControlFlow::Continue(())
        });
        is_unchanged && at as u64 == CHECKED
    }

    /// Returns the lines at the start of a log.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Prints a request as a line.
    pub(crate) fn print(&self, request: &Request, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.wrapper.before);
        if self.wrapper.is_string {
            let mut line = Vec::new();
            self.print_unwrapped(request, &mut line);
            out.extend_from_slice(&escape_json(&line));
        } else {
            self.print_unwrapped(request, out);
        }
        out.extend_from_slice(&self.wrapper.after);
        out.push(b'\n');
    }

    fn print_unwrapped(&self, request: &Request, out: &mut Vec<u8>) {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, "page=1"));
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Value(value) => match value {
                    Value::Ip => out.extend_from_slice(request.ip.as_bytes()),
                    Value::Method => out.extend_from_slice(request.method.as_bytes()),
                    Value::Path => out.extend_from_slice(path.as_bytes()),
                    Value::Query => out.extend_from_slice(query.as_bytes()),
                    Value::Status => out.extend_from_slice(request.status.to_string().as_bytes()),
                    Value::Bytes => out.extend_from_slice(request.bytes.to_string().as_bytes()),
                    Value::Referrer => out.extend_from_slice(request.referrer.as_bytes()),
                    Value::UserAgent => self.print_user_agent(&request.user_agent, out),
                    Value::Time(pattern, hours) => {
                        out.extend_from_slice(time(request.time, pattern, *hours).as_bytes());
                    }
                },
            }
        }
    }

    fn print_user_agent(&self, user_agent: &str, out: &mut Vec<u8>) {
        let encoded = match self.spaces {
            SpaceEncoding::Plain => user_agent.to_owned(),
            SpaceEncoding::Plus => user_agent.replace(' ', "+"),
            SpaceEncoding::Percent => user_agent.replace('%', "%25").replace(' ', "%20"),
        };
        out.extend_from_slice(encoded.as_bytes());
    }
}

/// Returns whether a record has the values of a request.
fn is_same(record: &Record<'_>, request: &Request) -> bool {
    let user_agent = record.user_agent.map(|text| record.header(text));
    let path = request.target.split('?').next().unwrap_or_default();
    // IIS writes spaces as `+`, so a `+` cannot be distinguished from a space.
    let is_same_agent = user_agent.as_deref().is_none_or(|text| {
        text == request.user_agent.as_bytes()
            || text == request.user_agent.replace('+', " ").as_bytes()
    });
    is_same_agent && record.path == Some(path.as_bytes()) && record.status.is_some()
}

/// Returns the wrapper of a text within its line.
fn wrapper_of(line: &[u8], text: &[u8]) -> Option<Wrapper> {
    let string = escape_json(text);
    let (inner, is_string) = match memmem::find(line, text) {
        Some(_) => (text, false),
        None => (&string[..], true),
    };
    let start = memmem::find(line, inner)?;
    let (before, rest) = line.split_at(start);
    let after = rest[inner.len()..].to_vec();
    Some(Wrapper { before: before.to_vec(), after, is_string })
}

/// Escapes a text for a JSON string.
fn escape_json(text: &[u8]) -> Vec<u8> {
    let escaped = |byte: &u8| match byte {
        b'"' | b'\\' => vec![b'\\', *byte],
        byte => vec![*byte],
    };
    text.iter().flat_map(escaped).collect()
}

/// Returns the positions of the values in a line, in order. `None` if the path is not among them.
fn find_values(text: &[u8], record: &Record<'_>) -> Option<Vec<Span>> {
    let mut spans: Vec<Span> = Vec::new();
    let texts = [
        (record.ip, Value::Ip),
        (record.method, Value::Method),
        (record.path, Value::Path),
        (record.query.filter(|query| !query.is_empty()), Value::Query),
        (record.referrer, Value::Referrer),
        (record.user_agent, Value::UserAgent),
    ];
    for (value, kind) in texts.into_iter().filter_map(|(text, kind)| Some((text?, kind))) {
        let start = (value.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
        if text.get(start..)?.starts_with(value) {
            spans.push((start, start + value.len(), kind));
        }
    }
    let path = spans.iter().find(|span| span.2 == Value::Path)?.0;
    let mut find = |wanted: &str, kind: Value| {
        let starts = memmem::find_iter(text, wanted).filter(|start| {
            let (before, after) = (text[..*start].last(), text.get(start + wanted.len()));
            let is_boundary = |byte: Option<&u8>| !byte.is_some_and(u8::is_ascii_alphanumeric);
            let is_apart =
                spans.iter().all(|span| *start >= span.1 || start + wanted.len() <= span.0);
            is_apart
                && is_boundary(before)
                && (is_boundary(after) || matches!(kind, Value::Time(..)))
        });
        // The status and the size usually follow the path.
        let start = starts.min_by_key(|start| (*start < path, *start));
        let found = start.map(|start| spans.push((start, start + wanted.len(), kind)));
        found.is_some()
    };
    let hours =
        || (-12..=14).map(|hour: i8| if hour < 3 { hour.rem_euclid(15) } else { hour - 15 });
    let second = record.time.as_second();
    let mut times = TIMES.iter().flat_map(|pattern| hours().map(move |hour| (*pattern, hour)));
    times.find(|(pattern, hour)| find(&time(second, pattern, *hour), Value::Time(pattern, *hour)));
    if let Some(status) = record.status {
        find(&status.to_string(), Value::Status);
    }
    if let Some(bytes) = record.bytes.filter(|bytes| *bytes > 9) {
        find(&bytes.to_string(), Value::Bytes);
    }
    spans.sort_by_key(|span| span.0);
    Some(spans)
}

fn pieces(text: &[u8], spans: Vec<Span>) -> Vec<Piece> {
    let (mut pieces, mut at) = (Vec::new(), 0);
    for (start, end, value) in spans {
        pieces.push(Piece::Text(text[at..start].to_vec()));
        pieces.push(Piece::Value(value));
        at = end;
    }
    pieces.push(Piece::Text(text[at..].to_vec()));
    pieces
}

fn time(second: i64, pattern: &str, hours: i8) -> String {
    let timestamp = Timestamp::from_second(second).expect("a time that a log has");
    let zone = Offset::constant(hours).to_time_zone();
    timestamp.to_zoned_datetime(zone).strftime(pattern).to_string()
}
