//! The engine of keys and values, JSON above all: a table says which key means what.

mod objects;
mod pairs;
mod preset;
mod scan;
mod tree;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use memchr::memchr;

pub(super) use objects::{indented_end, indented_objects, objects};
pub(super) use preset::PRESETS;
use scan::walk;
pub(super) use scan::{Value, scan};
use tree::{Place, Tree, Walker};

use crate::names::Map;

use super::address::or_forwarded_ip;
use super::field::{Field, sane};
use super::header_name::is_of_header;
use super::record::{Encoding, Malformed, Record};
use super::request::is_method;
use super::time::{any_time, parted_time};

/// A format of keys and values.
#[derive(Debug)]
pub(super) struct KeyedPreset {
    /// What config and `parse` call it.
    pub(super) name: &'static str,
    /// Keys that only this format has; a line with none of them is about something else.
    pub(super) marks: &'static [&'static str],
    /// Which key means what, nested ones with dots. Of two for one meaning the first is taken.
    pub(super) keys: &'static [(&'static str, Field)],
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
    /// The same, to be walked along.
    tree: Tree,
    /// For times that carry no zone.
    zone: TimeZone,
    /// Whether the user has said what proxies pass on.
    is_forwarded_named: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    meaning: Option<(usize, Field)>,
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
        let (tree, zone) = (tree_of(&by_key), zone.clone());
        let (has_marks, is_forwarded_named) = (!marks.is_empty(), false);
        KeyedPlan { notation, encoding, has_marks, by_key, tree, zone, is_forwarded_named }
    }

    /// A plan by the user's own keys: each field's name with the key that holds it, nested ones with
    /// dots. Fails with the first name that is no field's.
    pub(super) fn of_keys(
        keys: &BTreeMap<String, String>,
        zone: &TimeZone,
    ) -> Result<KeyedPlan, String> {
        let mut by_key: Map<Box<[u8]>, Known> = Map::default();
        for (name, key) in keys {
            let field = Field::NAMES.iter().find(|(known, _)| known == name);
            let (_, meaning) = field.ok_or_else(|| name.clone())?;
            by_key.entry(lower(key)).or_default().meaning = Some((0, *meaning));
        }
        let (notation, encoding) = (Notation::Json, Encoding::Backslash);
        let (tree, zone) = (tree_of(&by_key), zone.clone());
        let (has_marks, is_forwarded_named) = (false, keys.contains_key("forwarded"));
        Ok(KeyedPlan { notation, encoding, has_marks, by_key, tree, zone, is_forwarded_named })
    }

    pub(super) fn is_json(&self) -> bool {
        self.notation == Notation::Json
    }

    /// Whether the format has keys of its own, by which its lines are known.
    pub(super) fn has_marks(&self) -> bool {
        self.has_marks
    }

    /// Reads one line.
    pub(super) fn read<'a>(
        &self,
        line: &'a [u8],
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        let mut found = Found::default();
        let mut marked = !self.has_marks;
        let take = |known: Known, value: Value<'a>| {
            marked = marked || known.is_mark;
            if let Some((rank, field)) = known.meaning {
                found.add(rank, field, value);
            }
        };
        let mut walker = Walker { tree: &self.tree, take };
        let root = Place::ROOT;
        let whole = match self.notation {
            Notation::Json => walk(line, root, &mut walker),
            Notation::Ltsv => pairs::ltsv(line, root, &mut walker),
            Notation::Logfmt => pairs::logfmt(line, root, &mut walker),
        };
        if !whole {
            return Err(Malformed::Shape);
        }
        if !marked {
            return Err(Malformed::NoRequest);
        }
        self.fill(record, &found)
    }

    fn fill<'a>(&self, record: &mut Record<'a>, found: &Found<'a>) -> Result<(), Malformed> {
        // What a server could not make a request of has none: its answer tells that there was one.
        let asked = Found::ASKED.iter().any(|field| found.get(*field).is_some());
        let answered = found.has_request && found.get(Field::Status).is_some();
        if !(asked || answered) {
            return Err(Malformed::NoRequest);
        }
        record.encoding = self.encoding;
        let time = found.get(Field::Time).ok_or(Malformed::NoRequest)?;
        record.time = sane(match found.get(Field::Date) {
            Some(date) => parted_time(date, time, &TimeZone::UTC),
            None => any_time(time, &self.zone),
        })?;
        for (field, value) in found.in_order() {
            let field = match field {
                // Some call the path so, and some the method.
                Field::Request if memchr(b' ', value).is_none() => match value.first() {
                    Some(b'/') => Field::Target,
                    _ => Field::Method,
                },
                field => field,
            };
            // What is no method there is a request that was none.
            if field != Field::Method || is_method(value) {
                field.set(value, record)?;
            }
        }
        or_forwarded_ip(record);
        Ok(())
    }

    /// Takes the values of a request's header, by the names that servers give them, for what proxies pass on,
    /// unless the user's own key says that.
    pub(super) fn take_header(&mut self, header: &str) {
        if self.is_forwarded_named {
            return;
        }
        let is_other = |key: &[u8]| !is_of_header(&String::from_utf8_lossy(key), header);
        for (key, known) in &mut self.by_key {
            if known.is_forwarded() && is_other(key) {
                known.meaning = None;
            }
        }
        // A header whose name has underscores is another, which a visitor may send beside it.
        let underscored = header.replace('-', "_");
        let starts = ["request.headers.", "req.headers.", "headers.", "request_", "http_", ""];
        for start in starts {
            for (rank, name) in [(1, &*underscored), (0, header)] {
                let known = self.by_key.entry(lower(&format!("{start}{name}"))).or_default();
                known.meaning = Some((rank, Field::Forwarded));
            }
        }
        self.tree = tree_of(&self.by_key);
    }
}

impl Known {
    fn is_forwarded(&self) -> bool {
        matches!(self.meaning, Some((_, Field::Forwarded)))
    }
}

fn tree_of(by_key: &Map<Box<[u8]>, Known>) -> Tree {
    Tree::of(by_key.iter().map(|(key, known)| (&**key, *known)))
}

/// The values that were found, each with its place in the preset's list: the lower is preferred.
#[derive(Default)]
struct Found<'a> {
    values: [Option<(usize, Field, Value<'a>)>; Field::COUNT],
    /// Whether there is a key for the request, if only with nothing under it.
    has_request: bool,
}

impl<'a> Found<'a> {
    const ASKED: [Field; 4] = [Field::Request, Field::Target, Field::Path, Field::Method];

    fn add(&mut self, rank: usize, field: Field, value: Value<'a>) {
        self.has_request = self.has_request || Found::ASKED.contains(&field);
        let place = &mut self.values[field as usize];
        // Of several lines of a header, the last proxy has written the last.
        let is_last = field == Field::Forwarded && place.is_some_and(|(other, ..)| rank == other);
        if value.is_said() && (is_last || place.is_none_or(|(other, ..)| rank < other)) {
            *place = Some((rank, field, value));
        }
    }

    fn get(&self, field: Field) -> Option<&'a [u8]> {
        self.values[field as usize].map(|(.., value)| value.bytes())
    }

    /// In the order of the fields, so that a request line comes before its parts.
    fn in_order(&self) -> impl Iterator<Item = (Field, &'a [u8])> {
        self.values.iter().flatten().map(|(_, field, value)| (*field, value.bytes()))
    }
}

/// What a key means by the names that people and services give them.
pub(super) fn named(name: &str) -> Option<Field> {
    // The last of the table have the names that are anyone's; the others are services' own.
    let keys = PRESETS.iter().rev().flat_map(|preset| preset.keys);
    keys.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, field)| *field)
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
            let place = path.iter().fold(Place::ROOT, |place, key| match *key {
                "[]" => Tree::element(place),
                key => plan.tree.below(place, key.as_bytes()),
            });
            plan.tree.known(place).and_then(|known| known.meaning).map(|(_, field)| field)
        };
        assert_eq!(known(&["ts"]), Some(Field::Time));
        assert_eq!(known(&["REQUEST", "headers", "user-agent", "[]"]), Some(Field::UserAgent));
        assert_eq!(known(&["request.uri"]), Some(Field::Target));
        assert_eq!(known(&["request"]), None);
        assert_eq!(known(&["x", "ts"]), None);
        assert_eq!(known(&[""]), None);
        assert_eq!(known(&["request.headers", "User-Agent"]), Some(Field::UserAgent));
        assert_eq!(known(&["request", "headers.user-agent"]), Some(Field::UserAgent));
        assert_eq!(known(&["request", "headers", "User-Agent", "[]", "[]"]), None);
        assert_eq!(known(&["request", "headers", "[]", "User-Agent"]), None);
        assert_eq!(known(&["x".repeat(500).as_str()]), None);
    }
}
