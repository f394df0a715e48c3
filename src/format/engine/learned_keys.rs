//! Learns from the first lines of a log which of its keys have which meaning.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::format::preset::{KEYED, PairNotation};
use crate::format::record::{Field, Record, any_time, is_method, sane_time};
use crate::json::{PathVisitor, Value, walk};

use super::pairs;

/// The most keys of a log that are looked at.
const KEYS_MAX: usize = 256;

/// The most values of a key that are looked at.
const VALUES_MAX: usize = 20;

/// The prefixes that names of keys have in some logs and not in others.
const PREFIXES: [&str; 7] = ["http", "headers", "request", "response", "req", "res", "log"];

/// The keys of a log, each with some of its values.
pub(crate) struct SampleKeys(BTreeMap<String, Vec<Vec<u8>>>);

/// A key with the field that it stands for and its rank among the keys of that field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LearnedKey {
    pub(crate) key: String,
    pub(crate) field: Field,
    pub(crate) rank: usize,
}

impl SampleKeys {
    /// Collects the keys of some lines. The parts of nested keys are joined with dots, in lower case.
    pub(crate) fn of(lines: &[&[u8]], notation: PairNotation) -> SampleKeys {
        let mut keys = SampleKeys(BTreeMap::new());
        for line in lines {
            let mut add = |path: &[&[u8]], value: Value<'_>| keys.add(path, value);
            let mut visitor = PathVisitor::new(&mut add);
            let _ = match notation {
                PairNotation::Json => walk(line, 0, &mut visitor),
                PairNotation::Ltsv => pairs::ltsv(line, 0, &mut visitor),
                PairNotation::Logfmt => pairs::logfmt(line, 0, &mut visitor),
            };
        }
        keys
    }

    fn add(&mut self, path: &[&[u8]], value: Value<'_>) {
        let parts = path.iter().filter(|part| !part.is_empty());
        let parts: Vec<_> = parts.map(|part| String::from_utf8_lossy(part)).collect();
        let key = parts.join(".").to_ascii_lowercase();
        if self.0.len() >= KEYS_MAX && !self.0.contains_key(&key) {
            return;
        }
        let values = self.0.entry(key).or_default();
        if values.len() < VALUES_MAX && !matches!(value.bytes(), b"" | b"-" | b"null") {
            values.push(value.bytes().to_vec());
        }
    }

    /// Returns the names of the keys.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the keys with a known meaning. `exact` returns that of a key, with its rank; with `has_similar`, other keys are
    /// known too if they differ only in case, separators and common prefixes, and have values of that kind.
    pub(crate) fn learn(
        &self,
        exact: impl Fn(&str) -> Option<(usize, Field)>,
        has_similar: bool,
    ) -> Vec<LearnedKey> {
        let mut learned = Vec::new();
        for (key, values) in &self.0 {
            let similar = || {
                let (rank, field) = similar_key(key).filter(|_| has_similar)?;
                // An exact name is preferred to any similar one.
                all_may_be(field, values).then_some((rank + KEYS_MAX, field))
            };
            if let Some((rank, field)) = exact(key).or_else(similar) {
                learned.push(LearnedKey { key: key.clone(), field, rank });
            }
        }
        learned
    }

    /// Returns the key that most likely stands for a field: one with a known name, else the only one whose values may
    /// be of the field, if not just any value may.
    pub(crate) fn likely_key(&self, field: Field) -> Option<&str> {
        let fitting = self.0.iter().filter(|(_, values)| all_may_be(field, values));
        let fitting: Vec<&str> = fitting.map(|(key, _)| &**key).collect();
        let known = fitting.iter().find(|key| {
            // The last part of a nested key may be enough.
            let last = key.rsplit('.').next().unwrap_or_default();
            [key, last]
                .iter()
                .any(|name| similar_key(name).is_some_and(|(_, known)| known == field))
        });
        let is_telling = matches!(field, Field::Time | Field::Ip | Field::Request | Field::Status);
        let only = fitting.first().filter(|_| is_telling && fitting.len() == 1);
        known.or(only).copied()
    }
}

/// Returns the meaning of the common key that differs from a key only in case, separators and prefixes, and its rank.
pub(crate) fn similar_key(key: &str) -> Option<(usize, Field)> {
    let wanted = normalized(key);
    let common = KEYED.iter().rfind(|preset| preset.name == "json")?;
    let found = common.keys.iter().position(|(name, _)| normalized(name) == wanted)?;
    Some((found, common.keys[found].1))
}

/// Returns a key in lower case without separators and prefixes.
fn normalized(key: &str) -> String {
    let mut name: String =
        key.chars().filter(|c| !"_-.:@ ".contains(*c)).flat_map(char::to_lowercase).collect();
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)) {
        if rest.is_empty() {
            break;
        }
        name = rest.to_owned();
    }
    name
}

/// Returns whether all values of a key, of which there is at least one, may be of a field.
fn all_may_be(field: Field, values: &[Vec<u8>]) -> bool {
    !values.is_empty() && values.iter().all(|value| may_be(field, value))
}

/// Returns whether a value may be of a field.
fn may_be(field: Field, value: &[u8]) -> bool {
    let number = || std::str::from_utf8(value).ok().and_then(|text| text.parse::<f64>().ok());
    match field {
        Field::Time => sane_time(any_time(value, &TimeZone::UTC)).is_ok(),
        Field::Status => {
            matches!(value, [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9', rest @ ..] if rest.first().is_none_or(|byte| !byte.is_ascii_digit()))
        }
        Field::Bytes => number().is_some(),
        Field::Ip => {
            let mut record = Record::default();
            let _ = Field::Ip.set(value, &mut record);
            let ip = record.ip.and_then(|ip| std::str::from_utf8(ip).ok());
            ip.is_some_and(|ip| ip.parse::<std::net::IpAddr>().is_ok())
        }
        Field::Method => is_method(value) && value.iter().all(u8::is_ascii_uppercase),
        Field::Target | Field::Path => {
            value.starts_with(b"/") || memchr::memmem::find(value, b"://").is_some()
        }
        Field::Request => memchr::memmem::find(value, b" /").is_some(),
        Field::Host => {
            let is_host_byte = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte);
            value.iter().all(is_host_byte) && number().is_none()
        }
        Field::Protocol => value.to_ascii_uppercase().starts_with(b"HTTP") || number().is_some(),
        Field::UserAgent => number().is_none() && !value.starts_with(b"http"),
        _ => number().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_separators_and_prefixes() {
        for (key, expected) in [
            ("statusCode", Field::Status),
            ("httpStatus", Field::Status),
            ("http.response.status", Field::Status),
            ("responseCode", Field::Status),
            ("res.statusCode", Field::Status),
            ("requestUri", Field::Target),
            ("url_path", Field::Target),
            ("http.target", Field::Target),
            ("headers.user-agent", Field::UserAgent),
            ("req.headers.User-Agent", Field::UserAgent),
            ("remoteAddr", Field::Ip),
            ("source_ip", Field::Ip),
            ("datetime", Field::Time),
            ("eventTime", Field::Time),
            ("requestTime", Field::Time),
            ("startTime", Field::Time),
        ] {
            assert_eq!(similar_key(key).map(|(_, field)| field), Some(expected), "{key}");
        }
        for key in ["upstream_status", "status_text", "user", "uptime"] {
            assert_eq!(similar_key(key), None, "{key}");
        }
    }

    #[test]
    fn a_similar_key_needs_values_of_its_kind() {
        let lines = [
            &br#"{"requestTime":"0.009","eventTime":"2026-05-20T12:00:00Z","httpStatus":"ok"}"#[..],
        ];
        let keys = SampleKeys::of(&lines, PairNotation::Json);
        let learned: Vec<String> =
            keys.learn(|_| None, true).into_iter().map(|key| key.key).collect();
        assert_eq!(learned, ["eventtime"]);
    }
}
