//! Prints requests in the form of any format's fixture.

use guestbook::format::{Columns, Content, Detection, Format, Record, detect};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use memchr::memmem;

use super::{Request, Site};

/// The times that logs carry, longest first. What is not here stays as the fixture has it.
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

/// So many printed requests must be read as they were before a form is used.
const CHECKED: u64 = 200;

/// How a log of one format is written: a record of its fixture with the request's own values in it.
pub(crate) struct Form {
    /// What the log declares at its start.
    head: Vec<u8>,
    around: Around,
    pieces: Vec<Piece>,
    spaces: Spaces,
    format: Format,
}

/// What stands before and behind the line proper, and whether the line is in a JSON string.
struct Around {
    before: Vec<u8>,
    behind: Vec<u8>,
    is_string: bool,
}

/// Where a value stands in a line.
type Place = (usize, usize, Value);

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
    /// By a pattern of [`TIMES`], at an hour's offset from UTC.
    Time(&'static str, i8),
}

enum Piece {
    Text(Vec<u8>),
    Value(Value),
}

/// How a user agent's spaces are written.
#[derive(Clone, Copy)]
enum Spaces {
    Plain,
    Plus,
    Percent,
}

impl Form {
    /// The form of the first record of a log that can be told from its text; `None` where there is none, as
    /// for records over several lines.
    pub(crate) fn of(log: &[u8]) -> Option<Form> {
        let Detection::Yes(format) = detect(log, &TimeZone::UTC) else { return None };
        let mut head = Vec::new();
        for line in log.split_inclusive(|byte| *byte == b'\n') {
            let mut reader = format.reader(format.columns(&head).unwrap_or_default());
            let mut found = None;
            reader.each(line, |read| {
                if let Content::Record { record, .. } = &read.content {
                    let places = places_of(read.text, record);
                    let around = around(line.trim_ascii(), read.text);
                    found = Some((read.text.to_vec(), places.zip(around)));
                }
            });
            match found {
                None => head.extend_from_slice(line),
                Some((_, None)) => return None,
                Some((text, Some((places, around)))) => {
                    return Form::checked(head, &text, places, around, format);
                }
            }
        }
        None
    }

    /// The first of the ways to print requests by which all are read as they were.
    fn checked(
        head: Vec<u8>,
        text: &[u8],
        places: Vec<Place>,
        around: Around,
        format: Format,
    ) -> Option<Form> {
        let mut form = Form { head, around, pieces: Vec::new(), spaces: Spaces::Plain, format };
        let without = |left_out: &[Value]| {
            places.iter().filter(|place| !left_out.contains(&place.2)).copied().collect::<Vec<_>>()
        };
        // A number may stand for something else than was thought; then it stays as it is.
        let numbers: [&[Value]; 4] =
            [&[], &[Value::Bytes], &[Value::Status], &[Value::Bytes, Value::Status]];
        for left_out in numbers {
            form.pieces = pieces(text, without(left_out));
            for spaces in [Spaces::Plain, Spaces::Plus, Spaces::Percent] {
                form.spaces = spaces;
                if form.is_read_back() {
                    return Some(form);
                }
            }
        }
        None
    }

    /// Whether requests are read as they were.
    fn is_read_back(&self) -> bool {
        let (mut site, mut log) = (Site::new(40), self.head.clone());
        let requests: Vec<Request> = (0..CHECKED).map(|at| site.request(at, CHECKED)).collect();
        requests.iter().for_each(|request| self.print(request, &mut log));
        let (mut at, mut sound) = (0, true);
        self.format.reader(Columns::default()).each(&log, |line| match &line.content {
            Content::Record { record, .. } => {
                sound &= requests.get(at).is_some_and(|request| is_same(record, request));
                at += 1;
            }
            Content::Malformed(_) => sound = false,
            Content::Blank | Content::Comment => {}
        });
        sound && at as u64 == CHECKED
    }

    /// What stands at the log's start.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Prints a request as a line.
    pub(crate) fn print(&self, request: &Request, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.around.before);
        if self.around.is_string {
            let mut line = Vec::new();
            self.print_bare(request, &mut line);
            out.extend_from_slice(&in_string(&line));
        } else {
            self.print_bare(request, out);
        }
        out.extend_from_slice(&self.around.behind);
        out.push(b'\n');
    }

    fn print_bare(&self, request: &Request, out: &mut Vec<u8>) {
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
        let written = match self.spaces {
            Spaces::Plain => user_agent.to_owned(),
            Spaces::Plus => user_agent.replace(' ', "+"),
            Spaces::Percent => user_agent.replace('%', "%25").replace(' ', "%20"),
        };
        out.extend_from_slice(written.as_bytes());
    }
}

fn is_same(record: &Record<'_>, request: &Request) -> bool {
    let user_agent = record.user_agent.map(|text| record.header(text));
    let path = request.target.split('?').next().unwrap_or_default();
    // IIS's `+` can't be told from a space.
    let same_agent = user_agent.as_deref().is_none_or(|text| {
        text == request.user_agent.as_bytes()
            || text == request.user_agent.replace('+', " ").as_bytes()
    });
    same_agent && record.path == Some(path.as_bytes()) && record.status.is_some()
}

/// What stands around a text in its line.
fn around(line: &[u8], text: &[u8]) -> Option<Around> {
    let string = in_string(text);
    let (inner, is_string) = match memmem::find(line, text) {
        Some(_) => (text, false),
        None => (&string[..], true),
    };
    let start = memmem::find(line, inner)?;
    let (before, rest) = line.split_at(start);
    let behind = rest[inner.len()..].to_vec();
    Some(Around { before: before.to_vec(), behind, is_string })
}

/// A text as it stands in a JSON string.
fn in_string(text: &[u8]) -> Vec<u8> {
    let escaped = |byte: &u8| match byte {
        b'"' | b'\\' => vec![b'\\', *byte],
        byte => vec![*byte],
    };
    text.iter().flat_map(escaped).collect()
}

/// Where the values stand in a line, in order. `None` if they do not.
fn places_of(text: &[u8], record: &Record<'_>) -> Option<Vec<Place>> {
    let mut places: Vec<Place> = Vec::new();
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
            places.push((start, start + value.len(), kind));
        }
    }
    let path = places.iter().find(|place| place.2 == Value::Path)?.0;
    let mut find = |wanted: &str, kind: Value| {
        let starts = memmem::find_iter(text, wanted).filter(|start| {
            let (before, after) = (text[..*start].last(), text.get(start + wanted.len()));
            let is_free = |byte: Option<&u8>| !byte.is_some_and(u8::is_ascii_alphanumeric);
            let apart =
                places.iter().all(|place| *start >= place.1 || start + wanted.len() <= place.0);
            apart && is_free(before) && (is_free(after) || matches!(kind, Value::Time(..)))
        });
        // Status and size stand behind the path as a rule.
        let start = starts.min_by_key(|start| (*start < path, *start));
        let found = start.map(|start| places.push((start, start + wanted.len(), kind)));
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
    places.sort_by_key(|place| place.0);
    Some(places)
}

fn pieces(text: &[u8], places: Vec<Place>) -> Vec<Piece> {
    let (mut pieces, mut at) = (Vec::new(), 0);
    for (start, end, value) in places {
        pieces.push(Piece::Text(text[at..start].to_vec()));
        pieces.push(Piece::Value(value));
        at = end;
    }
    pieces.push(Piece::Text(text[at..].to_vec()));
    pieces
}

fn time(second: i64, pattern: &str, hours: i8) -> String {
    let moment = Timestamp::from_second(second).expect("a time of our days");
    let zone = Offset::constant(hours).to_time_zone();
    moment.to_zoned_datetime(zone).strftime(pattern).to_string()
}
