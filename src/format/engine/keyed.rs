//! The engine for lines of keys and values, mostly JSON: a table maps keys to fields.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use memchr::memchr;

use crate::format::preset::{KeyedPreset, PairNotation};
use crate::format::record::{
    Encoding, Field, Malformed, Record, any_time, date_and_time, fall_back_to_forwarded_ip,
    is_method, sane_time,
};
use crate::interner::Map;
use crate::json::{Value, walk};

use super::forwarded_header::is_of_header;
use super::key_tree::{KeyMeaning, KeyPosition, KeyTree, KeyVisitor};
use super::learned_keys::{LearnedKey, SampleKeys};
use super::pairs;

/// A format's table of keys, prepared for lookups.
#[derive(Clone, Debug)]
pub(crate) struct KeyedPlan {
    notation: PairNotation,
    encoding: Encoding,
    /// True if lines without a signature key belong to another format.
    has_signature: bool,
    /// The meanings by key, in lower case, the parts of nested keys joined with dots. Includes signature keys without a
    /// field.
    by_key: Map<Box<[u8]>, KeyMeaning>,
    /// The keys of `by_key` as a tree.
    tree: KeyTree,
    /// The time zone of times without an offset.
    zone: TimeZone,
    /// True if the user has named the key of the forwarded addresses.
    has_forwarded_key: bool,
    /// The keys that were learned from a log's first lines, by field, as JSON.
    learned: Option<String>,
}

impl KeyedPlan {
    pub(crate) fn new(preset: &'static KeyedPreset, zone: &TimeZone) -> KeyedPlan {
        let mut by_key: Map<Box<[u8]>, KeyMeaning> = Map::default();
        for (rank, (key, meaning)) in preset.keys.iter().enumerate() {
            by_key.entry(lower(key)).or_default().field = Some((rank, *meaning));
        }
        for key in preset.signature_keys {
            by_key.entry(lower(key)).or_default().is_signature = true;
        }
        let &KeyedPreset { notation, encoding, signature_keys, .. } = preset;
        let (tree, zone) = (tree_of(&by_key), zone.clone());
        let (has_signature, has_forwarded_key) = (!signature_keys.is_empty(), false);
        KeyedPlan {
            notation,
            encoding,
            has_signature,
            by_key,
            tree,
            zone,
            has_forwarded_key,
            learned: None,
        }
    }

    /// Returns a plan for a map from field names to keys, the parts of nested keys joined with dots. Returns the first
    /// unknown field name as an error.
    pub(crate) fn of_keys(
        keys: &BTreeMap<String, String>,
        zone: &TimeZone,
    ) -> Result<KeyedPlan, String> {
        let mut by_key: Map<Box<[u8]>, KeyMeaning> = Map::default();
        for (name, key) in keys {
            let field = Field::NAMES.iter().find(|(known, _)| known == name);
            let (_, meaning) = field.ok_or_else(|| name.clone())?;
            by_key.entry(lower(key)).or_default().field = Some((0, *meaning));
        }
        let (notation, encoding) = (PairNotation::Json, Encoding::Backslash);
        let (tree, zone) = (tree_of(&by_key), zone.clone());
        let (has_signature, has_forwarded_key) = (false, keys.contains_key("forwarded"));
        Ok(KeyedPlan {
            notation,
            encoding,
            has_signature,
            by_key,
            tree,
            zone,
            has_forwarded_key,
            learned: None,
        })
    }

    /// Returns the plan for a log that starts with some lines: each field has the keys that the log has for it, also those
    /// that differ only in case, separators and common prefixes from a known one. A field without any keeps the known
    /// ones. Text in a value that imitates another key then has no effect.
    ///
    /// Without `has_similar`, only the known keys themselves are looked for.
    pub(crate) fn learned_from(&self, lines: &[&[u8]], has_similar: bool) -> KeyedPlan {
        let exact = |key: &str| self.by_key.get(key.as_bytes()).and_then(|meaning| meaning.field);
        self.with_keys(SampleKeys::of(lines, self.notation).learn(exact, has_similar))
    }

    /// Returns the plan with the keys that [`KeyedPlan::learned`] has returned.
    pub(crate) fn restored(&self, learned: &str) -> Option<KeyedPlan> {
        let by_field: BTreeMap<String, Vec<String>> = serde_json::from_str(learned).ok()?;
        let mut keys = Vec::new();
        for (name, names) in by_field {
            let (_, field) = *Field::NAMES.iter().find(|(known, _)| *known == name)?;
            let key = |(rank, key)| LearnedKey { key, field, rank };
            keys.extend(names.into_iter().enumerate().map(key));
        }
        Some(self.with_keys(keys))
    }

    fn with_keys(&self, mut keys: Vec<LearnedKey>) -> KeyedPlan {
        keys.sort_by_key(|key| key.rank);
        let mut plan = self.clone();
        let is_learned = |field: Field| keys.iter().any(|key| key.field == field);
        plan.by_key.retain(|_, meaning| meaning.field.is_none_or(|(_, field)| !is_learned(field)));
        let mut by_field: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (rank, LearnedKey { key, field, .. }) in keys.iter().enumerate() {
            plan.by_key.entry(lower(key)).or_default().field = Some((rank, *field));
            if let Some((name, _)) = Field::NAMES.iter().find(|(_, known)| known == field) {
                by_field.entry(name).or_default().push(key);
            }
        }
        plan.tree = tree_of(&plan.by_key);
        plan.learned = serde_json::to_string(&by_field).ok().filter(|_| !keys.is_empty());
        plan
    }

    /// Returns the keys that were learned, as JSON.
    pub(crate) fn learned(&self) -> Option<&str> {
        self.learned.as_deref()
    }

    /// Returns whether lines may be in the plan's notation, by the first one.
    pub(crate) fn may_be_notation_of(&self, line: &[u8]) -> bool {
        match self.notation {
            PairNotation::Json => matches!(line.first(), Some(b'{' | b'[')),
            PairNotation::Ltsv => memchr(b'\t', line).is_some() && memchr(b':', line).is_some(),
            PairNotation::Logfmt => memchr(b'=', line).is_some(),
        }
    }

    pub(crate) fn set_zone(&mut self, zone: &TimeZone) {
        self.zone = zone.clone();
    }

    pub(crate) fn is_json(&self) -> bool {
        self.notation == PairNotation::Json
    }

    /// Returns whether the format has signature keys, which identify its lines.
    pub(crate) fn has_signature(&self) -> bool {
        self.has_signature
    }

    /// Reads one line.
    pub(crate) fn read<'a>(
        &self,
        line: &'a [u8],
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        let mut found = FoundValues::default();
        let (is_valid, has_signature_key) = self.find(line, &mut found);
        if !is_valid {
            return Err(Malformed::Shape);
        }
        if !has_signature_key {
            return Err(Malformed::NoRequest);
        }
        self.fill(record, &found)
    }

    /// Returns the value of a field in a line.
    pub(crate) fn value<'a>(&self, line: &'a [u8], field: Field) -> Option<&'a [u8]> {
        let mut found = FoundValues::default();
        self.find(line, &mut found);
        found.get(field)
    }

    /// Collects the values of a line. Returns whether it is in the plan's notation, and whether it has a signature key.
    #[inline(always)]
    fn find<'a>(&self, line: &'a [u8], found: &mut FoundValues<'a>) -> (bool, bool) {
        let mut has_signature_key = !self.has_signature;
        let take = |meaning: KeyMeaning, is_element: bool, value: Value<'a>| {
            has_signature_key = has_signature_key || meaning.is_signature;
            if let Some((rank, field)) = meaning.field {
                found.add(rank, field, is_element, value);
            }
        };
        let mut walker = KeyVisitor { tree: &self.tree, take };
        let root = KeyPosition::ROOT;
        let is_valid = match self.notation {
            PairNotation::Json => walk(line, root, &mut walker),
            PairNotation::Ltsv => pairs::ltsv(line, root, &mut walker),
            PairNotation::Logfmt => pairs::logfmt(line, root, &mut walker),
        };
        (is_valid, has_signature_key)
    }

    fn fill<'a>(&self, record: &mut Record<'a>, found: &FoundValues<'a>) -> Result<(), Malformed> {
        // If the server could not parse a request, its fields are empty, but there is a status.
        if !found.is_of_access_logger() {
            return Err(Malformed::NoRequest);
        }
        let has_request =
            FoundValues::REQUEST_FIELDS.iter().any(|field| found.get(*field).is_some());
        let has_response = found.has_request_key && found.get(Field::Status).is_some();
        if !(has_request || has_response) {
            return Err(Malformed::NoRequest);
        }
        record.encoding = self.encoding;
        let time = found.get(Field::Time).ok_or(Malformed::NoRequest)?;
        record.time = sane_time(match found.get(Field::Date) {
            Some(date) => date_and_time(date, time, &TimeZone::UTC),
            None => any_time(time, &self.zone),
        })?;
        for (field, value) in found.in_order() {
            let field = match field {
                // Some servers use the key of the request line for the path or the method alone.
                Field::Request if memchr(b' ', value).is_none() => match value.first() {
                    Some(b'/') => Field::Target,
                    _ => Field::Method,
                },
                field => field,
            };
            // An invalid method comes from a request that is not HTTP.
            if field != Field::Method || is_method(value) {
                field.set(value, record)?;
            }
        }
        fall_back_to_forwarded_ip(record);
        Ok(())
    }

    /// Reads the forwarded addresses from the request header `header`, under any name that servers give it, unless the
    /// user has named their key.
    pub(crate) fn set_forwarded_header(&mut self, header: &str) {
        if self.has_forwarded_key {
            return;
        }
        let is_other = |key: &[u8]| !is_of_header(&String::from_utf8_lossy(key), header);
        for (key, meaning) in &mut self.by_key {
            if is_forwarded(meaning) && is_other(key) {
                meaning.field = None;
            }
        }
        // The name with dashes is preferred: with underscores it may be another header, which a visitor can send in
        // addition.
        let underscored = header.replace('-', "_");
        let prefixes = ["request.headers.", "req.headers.", "headers.", "request_", "http_", ""];
        for prefix in prefixes {
            for (rank, name) in [(1, &*underscored), (0, header)] {
                let meaning = self.by_key.entry(lower(&format!("{prefix}{name}"))).or_default();
                meaning.field = Some((rank, Field::Forwarded));
            }
        }
        self.tree = tree_of(&self.by_key);
    }
}

fn is_forwarded(meaning: &KeyMeaning) -> bool {
    matches!(meaning.field, Some((_, Field::Forwarded)))
}

fn tree_of(by_key: &Map<Box<[u8]>, KeyMeaning>) -> KeyTree {
    KeyTree::of(by_key.iter().map(|(key, meaning)| (&**key, *meaning)))
}

/// The values of a line by field, each with the rank of its key. The lowest rank is preferred.
#[derive(Default)]
struct FoundValues<'a> {
    values: [Option<(usize, Field, Value<'a>)>; Field::COUNT],
    /// True if the line has a key for the request, even without a value.
    has_request_key: bool,
}

impl<'a> FoundValues<'a> {
    const REQUEST_FIELDS: [Field; 4] = [Field::Request, Field::Target, Field::Path, Field::Method];

    /// Adds a value, which may be an element of an array. Of repeated keys the first counts, since text in a value that
    /// imitates a key comes later.
    fn add(&mut self, rank: usize, field: Field, is_element: bool, value: Value<'a>) {
        self.has_request_key = self.has_request_key || FoundValues::REQUEST_FIELDS.contains(&field);
        let slot = &mut self.values[field as usize];
        let is_preferred = slot.is_none_or(|(other, ..)| {
            // If a header was sent more than once, it is an array, and the last proxy has added the last element.
            rank < other || rank == other && is_element && field == Field::Forwarded
        });
        if is_preferred && has_content(value) {
            *slot = Some((rank, field, value));
        }
    }

    /// Returns whether the entry is of Caddy's access log. Its other loggers repeat a request in their entries. Other
    /// formats have no such keys.
    fn is_of_access_logger(&self) -> bool {
        const ACCESS: &[u8] = b"http.log.access";
        match (self.get(Field::Logger), self.get(Field::Message)) {
            (Some(logger), _) => {
                logger.strip_prefix(ACCESS).is_some_and(|rest| matches!(rest, [] | [b'.', ..]))
            }
            (None, message) => message.is_none_or(|message| message == b"handled request"),
        }
    }

    fn get(&self, field: Field) -> Option<&'a [u8]> {
        self.values[field as usize].map(|(.., value)| value.bytes())
    }

    /// Returns the values in the order of [`Field`], so that a request line comes before its parts.
    fn in_order(&self) -> impl Iterator<Item = (Field, &'a [u8])> {
        self.values.iter().flatten().map(|(_, field, value)| (*field, value.bytes()))
    }
}

fn lower(key: &str) -> Box<[u8]> {
    key.to_ascii_lowercase().into_bytes().into_boxed_slice()
}

/// Returns whether a value is anything but `null`, `-` or absent.
fn has_content(value: Value<'_>) -> bool {
    !matches!(value, Value::Bare(b"null" | b"") | Value::Text(b"-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_any_case_and_at_any_depth() {
        let caddy =
            crate::format::preset::KEYED.iter().find(|preset| preset.name == "caddy").unwrap();
        let plan = KeyedPlan::new(caddy, &TimeZone::UTC);
        let field_of = |path: &[&str]| {
            let position = path.iter().fold(KeyPosition::ROOT, |position, key| match *key {
                "[]" => KeyTree::element(position),
                key => plan.tree.below(position, key.as_bytes()),
            });
            plan.tree.known(position).and_then(|meaning| meaning.field).map(|(_, field)| field)
        };
        assert_eq!(field_of(&["ts"]), Some(Field::Time));
        assert_eq!(field_of(&["REQUEST", "headers", "user-agent", "[]"]), Some(Field::UserAgent));
        assert_eq!(field_of(&["request.uri"]), Some(Field::Target));
        assert_eq!(field_of(&["request"]), None);
        assert_eq!(field_of(&["x", "ts"]), None);
        assert_eq!(field_of(&[""]), None);
        assert_eq!(field_of(&["request.headers", "User-Agent"]), Some(Field::UserAgent));
        assert_eq!(field_of(&["request", "headers.user-agent"]), Some(Field::UserAgent));
        assert_eq!(field_of(&["request", "headers", "User-Agent", "[]", "[]"]), None);
        assert_eq!(field_of(&["request", "headers", "[]", "User-Agent"]), None);
        assert_eq!(field_of(&["x".repeat(500).as_str()]), None);
    }
}
