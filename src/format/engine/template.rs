//! The engine for templates, which are literals and items in turn, matched from the left.

use memchr::{memchr, memchr2, memmem};

use crate::format::record::{
    Encoding, Field, Malformed, Record, TimeFormat, sane, set_host, split_target, without_port,
};

use super::forwarded_header::is_of_header;
use super::item_values::{may_be, set_captured};

/// The kind of an item of a template.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Is(Field),
    Time(TimeFormat),
    /// An item that is ignored.
    Skip,
    /// An ignored item without spaces.
    Word,
    /// An ignored item after spaces.
    Padded,
    /// The identd name, mostly `-`. It is never an address or a host, which distinguishes formats that have one in its
    /// position.
    Ident,
    /// The name of a logged-in user. It may contain spaces, but not the text that surrounds other items.
    User,
    /// A host that is never missing. A line without it has another format.
    Vhost,
    /// An address that is never missing. A line without it has another format.
    Peer,
    /// An address with a port.
    Client,
    /// A list of forwarded addresses that is ignored, since visitors can forge it.
    Forwarded,
    /// A list of forwarded addresses that the user's format declares to be the visitor's.
    Clients,
    /// The list of forwarded addresses in the configured header, which is trusted if it comes from the site's own
    /// proxies.
    Passed,
    /// Headers that a proxy captured, separated by `|`. One of them may be the user agent.
    Captured,
    /// A host, directly followed by path and query.
    HostAndTarget,
}

impl Item {
    /// Returns whether the item is ignored.
    pub(crate) fn is_passed_over(&self) -> bool {
        use Item::{Forwarded, Ident, Padded, Passed, Skip, User, Word};
        matches!(self, Skip | Word | Padded | Ident | User | Forwarded | Passed)
    }

    /// Returns whether the item is one word, so that it ends at a space if it is the last of a template.
    fn is_word(&self) -> bool {
        use Field::{Bytes, Host, Ip, Method, Protocol, Status};
        match self {
            Item::Is(field) => {
                matches!(field, Ip | Host | Status | Bytes | Method | Protocol)
            }
            Item::Word | Item::Ident | Item::Client | Item::Vhost | Item::Peer => true,
            _ => false,
        }
    }
}

/// An item, and the literal text that ends it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) item: Item,
    /// The item's name in the template's language.
    pub(crate) name: String,
    /// Empty for the last item if no literal follows it.
    pub(crate) until: Vec<u8>,
    /// True if the item is in double quotes, within which a backslash escapes.
    pub(crate) quoted: bool,
    /// True if a status follows, which distinguishes the end of a request from a quote within it.
    pub(crate) before_status: bool,
    /// True if the item ends where `until` occurs last, since no item after it can have that text. A quote within the
    /// item is then no end, though the server does not escape it.
    pub(crate) until_last: bool,
    /// The number of times that `until` occurs within the item itself, such as the space in `20/May/2026:14:03:09 +0200`.
    pub(crate) within: usize,
}

/// A compiled template.
#[derive(Clone, Debug, Default)]
pub(crate) struct TemplatePlan {
    /// The server's escaping of values.
    pub(crate) encoding: Encoding,
    pub(crate) prefix: Vec<u8>,
    pub(crate) steps: Vec<Step>,
    /// The number of steps up to the last item that is not ignored.
    pub(crate) needed: usize,
    /// The index of the step with the forwarded addresses, if they are read.
    pub(crate) header_at: Option<usize>,
    /// True if lines must have all of the template, and nothing that a longer template of the same family has. Set for
    /// presets, which are distinguished by that.
    pub(crate) is_strict: bool,
}

impl TemplatePlan {
    pub(crate) fn set_forwarded_header(&mut self, header: &str) {
        // If the header is not quoted, or quotes are not escaped, a visitor can send the text that ends it.
        let is_escaped = self.encoding != Encoding::None;
        for step in self.steps.iter_mut().filter(|step| step.quoted && is_escaped) {
            if is_of_header(&step.name, header) && step.item.is_passed_over() {
                step.item = Item::Passed;
            }
        }
        self.header_at = self.header_at();
    }

    pub(crate) fn header_at(&self) -> Option<usize> {
        self.steps.iter().position(|step| matches!(step.item, Item::Passed | Item::Clients))
    }

    /// Returns a warning for each item that may contain the text that ends it.
    pub(crate) fn ambiguous(&self) -> impl Iterator<Item = String> {
        let ambiguous = self.steps.iter().filter(|step| {
            let may_have_spaces = match &step.item {
                Item::Is(field) => matches!(
                    field,
                    Field::Request
                        | Field::Target
                        | Field::Path
                        | Field::Query
                        | Field::Referrer
                        | Field::UserAgent
                ),
                Item::Skip => ["$http_", "$upstream_", "$sent_http_", "$cookie_", "%{"]
                    .iter()
                    .any(|start| step.name.starts_with(start)),
                _ => false,
            };
            may_have_spaces && step.until == b" "
        });
        ambiguous.map(|step| {
            let name = &step.name;
            format!("{name} may contain spaces, but it ends at the first space: write \"{name}\"")
        })
    }

    /// Reads one line. Text after the template's last literal is ignored, since servers extend their formats at the
    /// end.
    pub(crate) fn read<'a>(
        &self,
        line: &'a [u8],
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        record.encoding = self.encoding;
        let mut rest = strip_literal(line, &self.prefix).ok_or(Malformed::Shape)?;
        // Time and request are the slowest to parse, so they wait until the line is known to fit this template.
        let (mut time, mut request, mut empty_headers) = (None, None, 0);
        let steps = if self.is_strict { self.steps.len() } else { self.needed };
        for (at, step) in self.steps[..steps].iter().enumerate() {
            let is_last = at + 1 == self.steps.len();
            let (value, after) = step.split_value(rest, is_last).ok_or(Malformed::Shape)?;
            match &step.item {
                Item::Time(format) if !format.may_be(value) => {
                    return Err(error_for(value, Malformed::Time));
                }
                Item::Time(format) => time = time.or(Some((format, value))),
                Item::Is(field) if self.is_strict && !may_be(*field, value) => {
                    return Err(Malformed::Shape);
                }
                Item::Is(Field::Request) => request = request.or(Some(value)),
                Item::Is(Field::Referrer | Field::UserAgent) if value.is_empty() => {
                    empty_headers += 1;
                }
                item => set(item, value, record)?,
            }
            rest = after;
        }
        if let Some(at) = self.header_at
            && let Some(header_steps) = self.steps.get(steps..=at)
        {
            self.read_header(header_steps, rest, record)?;
        }
        // If referrer and user agent are both empty, further quoted texts may have them, as in HAProxy's common log format.
        if empty_headers == 2 && self.is_strict && memmem::find(rest, b" \"").is_some() {
            return Err(Malformed::Shape);
        }
        let is_complete = steps == self.steps.len();
        if is_complete && !self.may_be_trailer(rest) {
            return Err(Malformed::Shape);
        }
        if let Some((format, value)) = time {
            record.time = sane(format.read(value)).map_err(|error| error_for(value, error))?;
        }
        if let Some(request) = request {
            Field::Request.set(request, record)?;
        }
        Ok(())
    }

    /// Reads the steps up to the header, which may be missing from the line. All steps after it are ignored.
    fn read_header<'a>(
        &self,
        steps: &[Step],
        mut rest: &'a [u8],
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        for step in steps {
            // A list that was cut off has lost its end, the only part that a visitor can't forge.
            let Some((value, after)) = step.split_value(rest, false) else { break };
            if matches!(step.item, Item::Passed) {
                set(&step.item, value, record)?;
            }
            rest = after;
        }
        Ok(())
    }

    /// Returns whether `rest` may follow the last field. Quoted texts after an unquoted word may not, since they are
    /// the referrer and user agent of a line that fits a longer template.
    fn may_be_trailer(&self, rest: &[u8]) -> bool {
        let ends_at_space = |step: &Step| step.until.is_empty() && step.item.is_word();
        let after_word = self.is_strict && self.steps.last().is_some_and(ends_at_space);
        match rest {
            [] => true,
            // A single quoted item is something else, mostly a list of addresses.
            [b' ', ..] if after_word => {
                let quotes = memmem::find_iter(rest, b" \"").count();
                quotes == 0 || quotes == 1 && rest.starts_with(b" \"")
            }
            [first, ..] => first.is_ascii_whitespace() || *first == b',',
        }
    }
}

impl Step {
    pub(crate) fn new(item: Item, name: &str) -> Step {
        Step {
            item,
            name: name.to_owned(),
            until: Vec::new(),
            quoted: false,
            before_status: false,
            until_last: false,
            within: 0,
        }
    }

    fn is_list(&self) -> bool {
        matches!(self.item, Item::Forwarded | Item::Clients | Item::Passed)
    }

    /// Splits `rest` into the item's value and the text after the literal that ends it.
    fn split_value<'a>(&self, rest: &'a [u8], is_last: bool) -> Option<(&'a [u8], &'a [u8])> {
        // Searches for the first byte of the literal that is not a space, since spaces are frequent.
        let anchor = self.until.iter().position(|byte| *byte != b' ').unwrap_or(0);
        let Some(&anchor_byte) = self.until.get(anchor) else {
            let word_end = || memchr(b' ', rest).unwrap_or(rest.len());
            return Some(rest.split_at(if self.item.is_word() { word_end() } else { rest.len() }));
        };
        let padding = match self.item {
            Item::Padded => rest.len() - rest.trim_ascii_start().len(),
            _ => 0,
        };
        if self.until_last {
            let end = memmem::rfind(rest, &self.until)?;
            return Some((&rest[..end], &rest[end + self.until.len()..]));
        }
        let (mut from, mut within) = (padding, self.within);
        while let Some(at) = rest.get(from + anchor..).and_then(|rest| memchr(anchor_byte, rest)) {
            let at = from + at;
            if let Some(after) = strip_literal(&rest[at..], &self.until)
                && !(self.quoted && is_escaped(rest, at))
                && !(self.is_list() && rest[..at].ends_with(b","))
                && (!self.before_status || starts_with_status(after))
            {
                if within == 0 {
                    return Some((&rest[..at], after));
                }
                within -= 1;
            }
            from = at + 1;
        }
        // The closing quote of the last field may be missing, as in a line that the server cut off.
        (is_last && self.quoted).then_some((rest, &[][..]))
    }
}

/// Returns the text after the prefix `literal`. For literals of a few bytes, a loop is faster than a call of `memcmp`,
/// which took half of the total time.
#[inline]
fn strip_literal<'a>(text: &'a [u8], literal: &[u8]) -> Option<&'a [u8]> {
    let (start, after) = text.split_at_checked(literal.len())?;
    start.iter().zip(literal).all(|(one, other)| one == other).then_some(after)
}

/// Returns whether an odd number of backslashes precedes the byte at `at`.
pub(crate) fn is_escaped(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

pub(crate) fn starts_with_status(text: &[u8]) -> bool {
    match text {
        [b'-' | b'0', rest @ ..] if rest.first().is_none_or(|byte| *byte == b' ') => true,
        [a, b, c, rest @ ..] => {
            [a, b, c].iter().all(|digit| digit.is_ascii_digit())
                && rest.first().is_none_or(|byte| !byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// Stores an item's value in the record.
pub(crate) fn set<'a>(
    item: &Item,
    value: &'a [u8],
    record: &mut Record<'a>,
) -> Result<(), Malformed> {
    match item {
        Item::Skip | Item::Padded | Item::Forwarded => {}
        Item::Clients => {
            record.is_ip_claimed |= record.ip.is_none();
            Field::Ip.set(value, record)?;
            Field::Forwarded.set(value, record)?;
        }
        Item::Passed => Field::Forwarded.set(value, record)?,
        Item::Ident | Item::User if value == b"-" => {}
        Item::Word if memchr(b' ', value).is_some() => return Err(Malformed::Shape),
        Item::Word => {}
        Item::Ident if memchr2(b'.', b':', value).is_some() => return Err(Malformed::Shape),
        Item::Ident => {}
        // `www.example.org client - -`: the line has one more item at its start.
        Item::User if value.starts_with(b"- ") => return Err(Malformed::Shape),
        Item::User if memchr(b'[', value).is_some() || has_several_items(value) => {
            return Err(Malformed::Shape);
        }
        Item::User => {}
        Item::Time(_) => {}
        Item::Vhost | Item::Peer if value == b"-" => return Err(Malformed::Shape),
        // A host with something around it, or a time, which some tools put before lines.
        Item::Vhost if matches!(value, [b'[', b'"', ..] | [.., b'|' | b':' | b',']) => {
            return Err(Malformed::Shape);
        }
        Item::Vhost if value.get(10) == Some(&b'T') && memchr(b':', value).is_some() => {
            return Err(Malformed::Shape);
        }
        Item::Is(Field::Ip | Field::Host) | Item::Client | Item::Vhost | Item::Peer
            if !is_complete(value) =>
        {
            return Err(Malformed::Shape);
        }
        Item::Vhost => set_host(value, record),
        Item::Peer => Field::Ip.set(value, record)?,
        Item::Client => Field::Ip.set(without_port(value), record)?,
        Item::Captured => set_captured(value, record),
        Item::HostAndTarget => {
            let slash = memchr(b'/', value).unwrap_or(value.len());
            set_host(&value[..slash], record);
            split_target(&value[slash..], record);
        }
        // Envoy writes 0 if there was no response.
        Item::Is(Field::Status) if value.len() != 3 && !matches!(value, b"-" | b"0") => {
            return Err(error_for(value, Malformed::Status));
        }
        Item::Is(field) => field.set(value, record)?,
    }
    Ok(())
}

/// Returns whether a value contains the text of several items, such as `host nginx: 203.0.113.9 - -`.
fn has_several_items(value: &[u8]) -> bool {
    memchr(b' ', value).is_some()
        && (memmem::find(value, b": ").is_some() || memmem::find(value, b" - ").is_some())
}

/// Returns whether a value may be a complete address, host or list of addresses. A part of a list, or a program's name
/// before a colon, means that the line has other items.
fn is_complete(value: &[u8]) -> bool {
    if value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
        return true;
    }
    let is_word_or_list = memchr(b' ', value).is_none() || memchr(b',', value).is_some();
    let is_part = match value {
        b"unix:" => false,
        [b'"', ..] | [.., b',' | b':' | b'"'] => !value.ends_with(b"::"),
        _ => false,
    };
    is_word_or_list && !is_part
}

/// Returns the error for a value that can't be parsed: `error`, or [`Malformed::Shape`] if the value is prose, which
/// means that the line has another format.
fn error_for(value: &[u8], error: Malformed) -> Malformed {
    const TIME_BYTES_MAX: usize = 40;
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits * 3 < value.len() || value.len() > TIME_BYTES_MAX { Malformed::Shape } else { error }
}
