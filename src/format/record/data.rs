//! The record of a request, and how its texts are decoded.

use std::borrow::Cow;

use jiff::Timestamp;
use memchr::{memchr, memmem};

use super::encoding::Encoding;
use super::escape::{hex_decode, percent_decode, unescape};
use super::malformed::Malformed;

/// A request as logged. Texts are as the server wrote them, including escapes.
///
/// A field is `None` if the log doesn't have it or the line has `-` in its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record<'a> {
    /// The time of the request (nginx: of the response).
    pub time: Timestamp,
    /// The visitor's address, or a host name if the server looks up names.
    pub ip: Option<&'a [u8]>,
    /// True if the address comes from a header, which a visitor can forge.
    pub is_ip_claimed: bool,
    /// The header in which proxies forward the visitor's address. The last address was added by the last proxy.
    pub forwarded: Option<&'a [u8]>,
    /// The virtual host, without its port.
    pub host: Option<&'a [u8]>,
    /// `GET`, `HEAD` …; `None` if the request is not HTTP.
    pub method: Option<&'a [u8]>,
    /// The path without the query.
    pub path: Option<&'a [u8]>,
    /// The query, without its `?`.
    pub query: Option<&'a [u8]>,
    /// `HTTP/1.1`, `HTTP/2.0` …
    pub protocol: Option<&'a [u8]>,
    /// The status code of the response.
    pub status: Option<u16>,
    /// The size of the response in bytes.
    pub bytes: Option<u64>,
    pub referrer: Option<&'a [u8]>,
    pub user_agent: Option<&'a [u8]>,
    /// The `Accept` header.
    pub accept: Option<&'a [u8]>,
    /// The encoding of the texts.
    pub encoding: Encoding,
}

impl<'a> Record<'a> {
    /// Returns a record filled by `fill`, with the result of `fill`.
    pub(crate) fn filled<T>(
        fill: impl FnOnce(&mut Record<'a>) -> Result<T, Malformed>,
    ) -> Result<(Record<'a>, T), Malformed> {
        let mut record = Record::default();
        fill(&mut record).map(|filled| (record, filled))
    }
}

impl Record<'_> {
    /// Returns whether the request was for one of the virtual hosts.
    pub fn is_for_host(&self, hosts: &[String]) -> bool {
        let is_listed =
            |host: &[u8]| hosts.iter().any(|other| other.as_bytes().eq_ignore_ascii_case(host));
        self.host.is_some_and(is_listed)
    }

    /// Returns a path of the record, percent-decoded, without a fragment. Some clients send one, although it is not part of
    /// a request (RFC 9112, section 3.2).
    pub fn decoded_path(&self, path: &[u8]) -> Vec<u8> {
        let path = self.plain(path);
        let end = memchr(b'#', &path).unwrap_or(path.len());
        percent_decode(&path[..end]).into_owned()
    }

    /// Returns the query without a fragment.
    pub fn plain_query(&self) -> Option<Cow<'_, [u8]>> {
        let query = self.query?;
        if memchr(b'#', query).is_none() {
            return Some(query.into());
        }
        let mut query = self.plain(query).into_owned();
        query.truncate(memchr(b'#', &query).unwrap_or(query.len()));
        Some(query.into())
    }

    /// Returns a text of the record as it was received. For headers, use [`Record::header`].
    pub fn plain<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        match self.encoding {
            Encoding::Backslash => unescape(text),
            Encoding::Hash => hex_decode(text, b'#'),
            Encoding::Doubled => with_single_quotes(text),
            Encoding::None | Encoding::Percent | Encoding::Plus => text.into(),
        }
    }

    /// Returns a header's value as it was received, as far as the encoding is unambiguous.
    pub fn header<'h>(&self, value: &'h [u8]) -> Cow<'h, [u8]> {
        match self.encoding {
            Encoding::Percent => {
                let once = percent_decode(value);
                let is_escape =
                    |text: &[u8]| text[0] == b'%' && text[1..].iter().all(u8::is_ascii_hexdigit);
                let is_encoded_twice = !once.contains(&b' ') && once.windows(3).any(is_escape);
                let once =
                    if is_encoded_twice { percent_decode(&once).into_owned().into() } else { once };
                // With the encoding of forms, `+` is a space, so no `%20` occurs.
                let is_form = value != &*once && !once.contains(&b' ');
                if is_form { with_spaces(once) } else { once }
            }
            // Servers other than IIS percent-encode such columns.
            Encoding::Plus if !value.contains(&b'+') => percent_decode(value),
            Encoding::Plus => with_spaces(value.into()),
            _ => self.plain(value),
        }
    }
}

/// Replaces each `+` by a space. A `+` after a space or an opening parenthesis is kept, since user agents have one
/// before a URL.
fn with_spaces(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if memchr(b'+', &text).is_none() {
        return text;
    }
    let mut plain = Vec::with_capacity(text.len());
    for byte in text.iter() {
        match byte {
            b'+' if matches!(plain.last(), Some(b' ' | b'(')) => plain.push(b'+'),
            b'+' => plain.push(b' '),
            byte => plain.push(*byte),
        }
    }
    plain.into()
}

/// Replaces each doubled quote by one.
fn with_single_quotes(text: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(text, b"\"\"").is_none() {
        return text.into();
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memmem::find(rest, b"\"\"") {
        plain.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    plain.extend_from_slice(rest);
    plain.into()
}
