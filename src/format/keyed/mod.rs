//! The engine of keys and values, JSON above all: a table says which key means what.

mod pairs;
mod preset;
mod scan;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(super) use preset::PRESETS;
use scan::Path;
pub(super) use scan::{Value, scan};

use super::plan::{set_bytes, set_ip, set_status};
use super::record::{Encoding, Malformed, Record};
use super::request::{set_host, split_request, split_target};
use super::time::any_time;

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Time,
    /// The date alone, of a time of day that stands under [`Key::Time`].
    Date,
    Ip,
    Host,
    /// The whole request line.
    Request,
    Method,
    /// Path and query, or a whole URL.
    Target,
    Query,
    Protocol,
    Status,
    Bytes,
    Referrer,
    UserAgent,
    Accept,
}

/// How many different meanings there are.
const KEYS: usize = Key::Accept as usize + 1;

/// A format of keys and values.
#[derive(Debug)]
pub(super) struct KeyedPreset {
    /// What config and `parse` call it.
    pub(super) name: &'static str,
    /// Keys that only this format has; a line with none of them is about something else.
    pub(super) marks: &'static [&'static str],
    /// Which key means what, nested ones with dots. Of two for one meaning the first is taken.
    pub(super) keys: &'static [(&'static str, Key)],
    /// How values are encoded beyond the notation.
    pub(super) encoding: Encoding,
    pub(super) notation: Notation,
}

/// How keys and values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Json,
    /// `key:value`, parted by tabs (ltsv.org).
    Ltsv,
    /// `key=value`, parted by spaces, where a value may be quoted.
    Logfmt,
}

/// A value that was found, with its place in the preset's list: the lower is preferred.
type Found<'a> = [Option<(usize, Value<'a>)>; KEYS];

impl KeyedPreset {
    /// Reads one line. Times without a zone are in `zone`.
    pub(super) fn read<'a>(
        &self,
        line: &'a [u8],
        zone: &TimeZone,
    ) -> Result<Record<'a>, Malformed> {
        let mut found: Found<'a> = [None; KEYS];
        let mut marked = self.marks.is_empty();
        let mut visit = |path: Path<'_, 'a>, value: Value<'a>| {
            marked = marked || self.marks.iter().any(|mark| is_path(mark, path));
            let known = self.keys.iter().enumerate().find(|(_, (key, _))| is_path(key, path));
            if let Some((rank, (_, key))) = known
                && value.is_said()
                && found[*key as usize].is_none_or(|(other, _)| rank < other)
            {
                found[*key as usize] = Some((rank, value));
            }
        };
        let whole = match self.notation {
            Notation::Json => scan(line, &mut visit),
            Notation::Ltsv => pairs::ltsv(line, &mut visit),
            Notation::Logfmt => pairs::logfmt(line, &mut visit),
        };
        if !whole {
            return Err(Malformed::Shape);
        }
        if !marked {
            return Err(Malformed::NoRequest);
        }
        self.record(&found, zone)
    }

    fn record<'a>(&self, found: &Found<'a>, zone: &TimeZone) -> Result<Record<'a>, Malformed> {
        let text = |key: Key| found[key as usize].map(|(_, value)| value.bytes());
        let mut record = Record { encoding: self.encoding, ..Record::default() };
        if [Key::Request, Key::Target, Key::Method].iter().all(|key| text(*key).is_none()) {
            return Err(Malformed::NoRequest);
        }
        let time = text(Key::Time).ok_or(Malformed::NoRequest)?;
        record.time = read_time(text(Key::Date), time, zone).ok_or(Malformed::Time)?;
        if let Some(host) = text(Key::Host) {
            set_host(host, &mut record);
        }
        if let Some(request) = text(Key::Request) {
            split_request(request, &mut record);
        }
        if let Some(target) = text(Key::Target).filter(|_| record.path.is_none()) {
            split_target(target, &mut record);
        }
        record.method = record.method.or(text(Key::Method));
        record.query = record.query.or(text(Key::Query)).filter(|query| !query.is_empty());
        record.protocol = record.protocol.or(text(Key::Protocol));
        if let Some(ip) = text(Key::Ip) {
            set_ip(ip, &mut record);
        }
        if let Some(status) = text(Key::Status) {
            set_status(status, &mut record)?;
        }
        if let Some(bytes) = text(Key::Bytes) {
            set_bytes(bytes, &mut record)?;
        }
        record.referrer = text(Key::Referrer).filter(|referrer| !referrer.is_empty());
        record.user_agent = text(Key::UserAgent);
        record.accept = text(Key::Accept);
        Ok(record)
    }
}

fn read_time(date: Option<&[u8]>, time: &[u8], zone: &TimeZone) -> Option<Timestamp> {
    match date {
        // Where date and time stand apart, they are UTC: CloudFront's and W3C's are.
        Some(date) => any_time(&[date, b" ", time].concat(), &TimeZone::UTC),
        None => any_time(time, zone),
    }
}

impl<'a> Value<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Value::Text(text) | Value::Bare(text) => text,
        }
    }

    /// Whether the value says anything: `null`, `-` and nothing do not.
    fn is_said(self) -> bool {
        !matches!(self, Value::Bare(b"null" | b"") | Value::Text(b"-"))
    }
}

/// Whether a key with dots leads where `path` does, in any case. An array's elements stand under the
/// array's own key.
fn is_path(key: &str, path: &[&[u8]]) -> bool {
    let path = path.strip_suffix(&[b"".as_slice()]).unwrap_or(path);
    if path.len() == 1 {
        return key.as_bytes().eq_ignore_ascii_case(path[0]);
    }
    let mut rest = key.as_bytes();
    for (at, part) in path.iter().enumerate() {
        let last = at + 1 == path.len();
        let matches = rest.len() >= part.len() && rest[..part.len()].eq_ignore_ascii_case(part);
        if !matches {
            return false;
        }
        rest = &rest[part.len()..];
        match rest.split_first() {
            None => return last,
            Some((b'.', after)) if !last => rest = after,
            Some(_) => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let path =
            |keys: &[&'static str]| keys.iter().map(|key| key.as_bytes()).collect::<Vec<_>>();
        assert!(is_path("a.b", &path(&["a", "B"])));
        assert!(is_path("a.b", &path(&["a", "b", ""])));
        assert!(is_path("a.b", &path(&["a.b"])));
        assert!(!is_path("a.b", &path(&["a"])));
        assert!(!is_path("a", &path(&["a", "b"])));
        assert!(!is_path("ab", &path(&["a", "b"])));
    }
}
