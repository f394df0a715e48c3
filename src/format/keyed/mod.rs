//! The engine of keys and values, JSON above all: a table says which key means what.

mod objects;
mod pairs;
mod preset;
mod scan;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

pub(super) use objects::objects;
pub(super) use preset::PRESETS;
use scan::Path;
pub(super) use scan::{Value, scan};

use crate::names::Map;

use super::record::{Encoding, Malformed, Record};
use super::request::{set_host, split_request, split_target};
use super::time::{any_time, parted_time};
use super::value::{sane, set_bytes, set_ip, set_status};

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

/// What config calls the fields.
pub(super) const FIELDS: [(&str, Key); 13] = [
    ("time", Key::Time),
    ("ip", Key::Ip),
    ("host", Key::Host),
    ("request", Key::Request),
    ("method", Key::Method),
    ("uri", Key::Target),
    ("query", Key::Query),
    ("protocol", Key::Protocol),
    ("status", Key::Status),
    ("bytes", Key::Bytes),
    ("referrer", Key::Referrer),
    ("user_agent", Key::UserAgent),
    ("accept", Key::Accept),
];

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

/// Longer keys, with those around them, are in no table.
const KEY_BYTES_MAX: usize = 64;

/// A value that was found, with its place in the preset's list: the lower is preferred.
type Found<'a> = [Option<(usize, Value<'a>)>; KEYS];

/// A format's table, made ready to look keys up in.
#[derive(Clone, Debug)]
pub(super) struct KeyedPlan {
    notation: Notation,
    encoding: Encoding,
    /// Whether a line with no mark is about something else.
    has_marks: bool,
    /// By the key in lower case, nested ones with dots: its place in the preset's list, and what it
    /// means; marks that mean nothing stand here too.
    by_key: Map<Box<[u8]>, Known>,
    /// For times that carry no zone.
    zone: TimeZone,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    meaning: Option<(usize, Key)>,
    is_mark: bool,
}

impl KeyedPlan {
    pub(super) fn new(preset: &'static KeyedPreset, zone: &TimeZone) -> KeyedPlan {
        let mut by_key: Map<Box<[u8]>, Known> = Map::default();
        for (rank, (key, meaning)) in preset.keys.iter().enumerate() {
            by_key.entry(lower(key)).or_default().meaning = Some((rank, *meaning));
        }
        for mark in preset.marks {
            by_key.entry(lower(mark)).or_default().is_mark = true;
        }
        let &KeyedPreset { notation, encoding, marks, .. } = preset;
        KeyedPlan { notation, encoding, has_marks: !marks.is_empty(), by_key, zone: zone.clone() }
    }

    /// A plan by the user's own keys: each field's name with the key that holds it, nested ones with
    /// dots. Fails with the first name that is no field's.
    pub(super) fn of_keys(
        keys: &BTreeMap<String, String>,
        zone: &TimeZone,
    ) -> Result<KeyedPlan, String> {
        let mut by_key: Map<Box<[u8]>, Known> = Map::default();
        for (name, key) in keys {
            let field = FIELDS.iter().find(|(known, _)| known == name);
            let (_, meaning) = field.ok_or_else(|| name.clone())?;
            by_key.entry(lower(key)).or_default().meaning = Some((0, *meaning));
        }
        let (notation, encoding) = (Notation::Json, Encoding::Backslash);
        Ok(KeyedPlan { notation, encoding, has_marks: false, by_key, zone: zone.clone() })
    }

    pub(super) fn is_json(&self) -> bool {
        self.notation == Notation::Json
    }

    /// Whether the format has keys of its own, by which its lines are known.
    pub(super) fn has_marks(&self) -> bool {
        self.has_marks
    }

    /// Reads one line.
    pub(super) fn read<'a>(&self, line: &'a [u8]) -> Result<Record<'a>, Malformed> {
        let mut found: Found<'a> = [None; KEYS];
        let mut marked = !self.has_marks;
        let mut visit = |path: Path<'_, 'a>, value: Value<'a>| {
            let Some(known) = self.known(path) else { return };
            marked = marked || known.is_mark;
            if let Some((rank, key)) = known.meaning
                && value.is_said()
                && found[key as usize].is_none_or(|(other, _)| rank < other)
            {
                found[key as usize] = Some((rank, value));
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
        self.record(&found)
    }

    /// What is known of the key that `path` leads to, in any case. An array's elements stand under the
    /// array's own key.
    fn known(&self, path: Path<'_, '_>) -> Option<Known> {
        let path = path.strip_suffix(&[b"".as_slice()]).unwrap_or(path);
        let (mut joined, mut len) = ([0; KEY_BYTES_MAX], 0);
        for (at, part) in path.iter().enumerate() {
            if at > 0 {
                *joined.get_mut(len)? = b'.';
                len += 1;
            }
            joined.get_mut(len..len + part.len())?.copy_from_slice(part);
            len += part.len();
        }
        joined[..len].make_ascii_lowercase();
        self.by_key.get(&joined[..len]).copied()
    }

    fn record<'a>(&self, found: &Found<'a>) -> Result<Record<'a>, Malformed> {
        let text = |key: Key| found[key as usize].map(|(_, value)| value.bytes());
        let mut record = Record { encoding: self.encoding, ..Record::default() };
        if [Key::Request, Key::Target, Key::Method].iter().all(|key| text(*key).is_none()) {
            return Err(Malformed::NoRequest);
        }
        let time = text(Key::Time).ok_or(Malformed::NoRequest)?;
        record.time = sane(match text(Key::Date) {
            Some(date) => parted_time(date, time),
            None => any_time(time, &self.zone),
        })?;
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

fn lower(key: &str) -> Box<[u8]> {
    key.to_ascii_lowercase().into_bytes().into_boxed_slice()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_case_and_depth() {
        let caddy = PRESETS.iter().find(|preset| preset.name == "caddy").unwrap();
        let plan = KeyedPlan::new(caddy, &TimeZone::UTC);
        let known = |path: &[&str]| {
            let path: Vec<&[u8]> = path.iter().map(|key| key.as_bytes()).collect();
            plan.known(&path).and_then(|known| known.meaning).map(|(_, key)| key)
        };
        assert_eq!(known(&["ts"]), Some(Key::Time));
        assert_eq!(known(&["REQUEST", "headers", "user-agent", ""]), Some(Key::UserAgent));
        assert_eq!(known(&["request.uri"]), Some(Key::Target));
        assert_eq!(known(&["request"]), None);
        assert_eq!(known(&["x", "ts"]), None);
        assert_eq!(known(&["x".repeat(500).as_str()]), None);
    }
}
