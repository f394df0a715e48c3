//! Runs a template over a line: literal, item, literal, item, from the left.

use memchr::{memchr, memchr2, memmem};

use crate::find::find;

use super::address::without_port;
use super::field::{Field, sane};
use super::record::{Encoding, Malformed, Record};
use super::request::{set_host, split_target};
use super::time::TimeFormat;

/// What a part of a line is.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Is(Field),
    Time(TimeFormat),
    /// Nothing that is asked about.
    Skip,
    /// The same, in one word.
    Word,
    /// The same, with spaces before it.
    Padded,
    /// What identd said, mostly `-`: never an address or a host, which tells the formats that have one
    /// there.
    Ident,
    /// Who logged in: perhaps with spaces, but never with what stands around other items.
    User,
    /// A host and an address that are always there: without them a line has other items.
    Vhost,
    Peer,
    /// An address with a port behind it.
    Client,
    /// A list of addresses that proxies passed on: visitors can write anything there.
    Forwarded,
    /// The same, where the user says that it tells who asked.
    Clients,
    /// The same, by the header that is to be believed where it comes from the site's own proxies.
    Passed,
    /// Headers that a proxy captured, parted by `|`: one of them may be the user agent.
    Captured,
    /// A host with path and query behind it.
    HostAndTarget,
}

impl Item {
    /// Whether nothing is asked about it.
    pub(super) fn is_passed_over(&self) -> bool {
        use Item::{Forwarded, Ident, Padded, Passed, Skip, User, Word};
        matches!(self, Skip | Word | Padded | Ident | User | Forwarded | Passed)
    }

    /// Whether it is one word, so that at the end of a template it ends at a space.
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
pub(super) struct Step {
    pub(super) item: Item,
    /// What the template's own language calls it.
    pub(super) name: String,
    /// Empty for the last item of a template that ends in one.
    pub(super) until: Vec<u8>,
    /// Whether the item stands in double quotes, in which a backslash escapes.
    pub(super) quoted: bool,
    /// Whether a status follows: the check that tells a request's end from a quote within it.
    pub(super) before_status: bool,
    /// How often `until` stands within the item itself: the space in `20/May/2026:14:03:09 +0200`.
    pub(super) within: usize,
}

/// A template, ready to run.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// How the server escapes what it was sent.
    pub(super) encoding: Encoding,
    pub(super) prefix: Vec<u8>,
    pub(super) steps: Vec<Step>,
    /// Steps up to the last that says anything.
    pub(super) needed: usize,
    /// The step of the header by which proxies pass on who asked, if that is to be read.
    pub(super) header_at: Option<usize>,
    /// Whether all of the template must be there, and nothing that a longer one of the same family has: for
    /// presets, which are told apart by that.
    pub(super) is_strict: bool,
}

impl Plan {
    pub(super) fn has_user_agent(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step.item, Item::Is(Field::UserAgent) | Item::Captured))
    }

    /// Reads one line. Whatever follows the template's last literal is passed over, since servers'
    /// formats grow at the end.
    pub(super) fn read<'a>(
        &self,
        line: &'a [u8],
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        record.encoding = self.encoding;
        let mut rest = strip(line, &self.prefix).ok_or(Malformed::Shape)?;
        // What takes longest is read when the line is known to fit: it may be another template's.
        let (mut time, mut request) = (None, None);
        let steps = if self.is_strict { self.steps.len() } else { self.needed };
        for (at, step) in self.steps[..steps].iter().enumerate() {
            let last = at + 1 == self.steps.len();
            let (value, after) = step.cut(rest, last).ok_or(Malformed::Shape)?;
            match &step.item {
                Item::Time(format) if !format.may_be(value) => {
                    return Err(reason(value, Malformed::Time));
                }
                Item::Time(format) => time = time.or(Some((format, value))),
                Item::Is(Field::Request) => request = request.or(Some(value)),
                item => set(item, value, record)?,
            }
            rest = after;
        }
        if let Some(at) = self.header_at
            && let Some(behind) = self.steps.get(steps..=at)
        {
            self.read_header(behind, rest, record)?;
        }
        let is_whole = steps == self.steps.len();
        if is_whole && !self.may_trail(rest) {
            return Err(Malformed::Shape);
        }
        if let Some((format, value)) = time {
            record.time = sane(format.read(value)).map_err(|wrong| reason(value, wrong))?;
        }
        if let Some(request) = request {
            Field::Request.set(request, record)?;
        }
        Ok(())
    }

    /// Reads on to the header, which a line may also lack: it is the last that says anything.
    fn read_header<'a>(
        &self,
        steps: &[Step],
        mut rest: &'a [u8],
        record: &mut Record<'a>,
    ) -> Result<(), Malformed> {
        for step in steps {
            // Of what was cut off the end is missing, which alone can be believed.
            let Some((value, after)) = step.cut(rest, false) else { break };
            if matches!(step.item, Item::Passed) {
                set(&step.item, value, record)?;
            }
            rest = after;
        }
        Ok(())
    }

    /// Whether `rest` may stand behind the last field. Quoted text behind a plain word may not: it
    /// would be the referrer and user agent of a line that a longer template fits.
    fn may_trail(&self, rest: &[u8]) -> bool {
        let open_word = |step: &Step| step.until.is_empty() && step.item.is_word();
        let after_word = self.is_strict && self.steps.last().is_some_and(open_word);
        match rest {
            [] => true,
            // One quoted item is something else's, an address list mostly.
            [b' ', ..] if after_word => {
                let quotes = memmem::find_iter(rest, b" \"").count();
                quotes == 0 || quotes == 1 && rest.starts_with(b" \"")
            }
            [first, ..] => first.is_ascii_whitespace() || *first == b',',
        }
    }
}

impl Step {
    pub(super) fn new(item: Item, name: &str) -> Step {
        Step {
            item,
            name: name.to_owned(),
            until: Vec::new(),
            quoted: false,
            before_status: false,
            within: 0,
        }
    }

    fn is_list(&self) -> bool {
        matches!(self.item, Item::Forwarded | Item::Clients | Item::Passed)
    }

    /// Cuts the field off the front of `rest`: its value, and what follows its ending literal.
    fn cut<'a>(&self, rest: &'a [u8], last: bool) -> Option<(&'a [u8], &'a [u8])> {
        // The first that is no space, since spaces are everywhere.
        let anchor = self.until.iter().position(|byte| *byte != b' ').unwrap_or(0);
        let Some(&sought) = self.until.get(anchor) else {
            let word_end = || memchr(b' ', rest).unwrap_or(rest.len());
            return Some(rest.split_at(if self.item.is_word() { word_end() } else { rest.len() }));
        };
        let padding = match self.item {
            Item::Padded => rest.len() - rest.trim_ascii_start().len(),
            _ => 0,
        };
        let (mut from, mut within) = (padding, self.within);
        while let Some(at) = rest.get(from + anchor..).and_then(|rest| find(sought, rest)) {
            let at = from + at;
            if let Some(after) = strip(&rest[at..], &self.until)
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
        // A last quoted field that lost its quote, as where a line was cut off by the server.
        (last && self.quoted).then_some((rest, &[][..]))
    }
}

/// What follows `literal` at a text's start. Literals are a few bytes, for which a loop is faster than a call
/// of `memcmp`: it was half of all time.
#[inline]
fn strip<'a>(text: &'a [u8], literal: &[u8]) -> Option<&'a [u8]> {
    let (start, after) = text.split_at_checked(literal.len())?;
    start.iter().zip(literal).all(|(one, other)| one == other).then_some(after)
}

/// Whether an odd number of backslashes stands before the byte at `at`.
pub(super) fn is_escaped(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

pub(super) fn starts_with_status(text: &[u8]) -> bool {
    match text {
        [b'-' | b'0', rest @ ..] if rest.first().is_none_or(|byte| *byte == b' ') => true,
        [a, b, c, rest @ ..] => {
            [a, b, c].iter().all(|digit| digit.is_ascii_digit())
                && rest.first().is_none_or(|byte| !byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// Takes an item's value into the record.
pub(super) fn set<'a>(
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
        Item::User if memchr(b'[', value).is_some() || is_several(value) => {
            return Err(Malformed::Shape);
        }
        Item::User => {}
        Item::Time(_) => {}
        Item::Vhost | Item::Peer if value == b"-" => return Err(Malformed::Shape),
        // A time, as tools put it before lines.
        Item::Vhost if value.get(10) == Some(&b'T') && memchr(b':', value).is_some() => {
            return Err(Malformed::Shape);
        }
        Item::Is(Field::Ip | Field::Host) | Item::Client | Item::Vhost | Item::Peer
            if !is_whole(value) =>
        {
            return Err(Malformed::Shape);
        }
        Item::Vhost => set_host(value, record),
        Item::Peer => Field::Ip.set(value, record)?,
        Item::Client => Field::Ip.set(without_port(value), record)?,
        Item::Captured => record.user_agent = value.split(|b| *b == b'|').find(|v| is_product(v)),
        Item::HostAndTarget => {
            let slash = memchr(b'/', value).unwrap_or(value.len());
            set_host(&value[..slash], record);
            split_target(&value[slash..], record);
        }
        // Envoy writes 0 where there was no answer.
        Item::Is(Field::Status) if value.len() != 3 && !matches!(value, b"-" | b"0") => {
            return Err(reason(value, Malformed::Status));
        }
        Item::Is(field) => field.set(value, record)?,
    }
    Ok(())
}

/// Whether a value holds other items' text: `host nginx: 203.0.113.9 - -`.
fn is_several(value: &[u8]) -> bool {
    memchr(b' ', value).is_some()
        && (memmem::find(value, b": ").is_some() || memmem::find(value, b" - ").is_some())
}

/// Whether a value is a whole address, host or list of addresses: a piece of a list, or a program's name
/// before a colon, tells that the line has other items.
fn is_whole(value: &[u8]) -> bool {
    if value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
        return true;
    }
    let listed = memchr(b' ', value).is_none() || memchr(b',', value).is_some();
    let cut = match value {
        b"unix:" => false,
        [b'"', ..] | [.., b',' | b':' | b'"'] => !value.ends_with(b"::"),
        _ => false,
    };
    listed && !cut
}

/// Why a value can't be read: where prose stands in its place, the line is of another kind.
fn reason(value: &[u8], wrong: Malformed) -> Malformed {
    const LONGEST_TIME: usize = 40;
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    if digits * 3 < value.len() || value.len() > LONGEST_TIME { Malformed::Shape } else { wrong }
}

/// Whether a header's value looks like a user agent: a product and its version.
pub(super) fn is_product(value: &[u8]) -> bool {
    let slash = memchr(b'/', value).filter(|at| *at > 0 && value[*at - 1].is_ascii_alphanumeric());
    slash.and_then(|at| value.get(at + 1)).is_some_and(u8::is_ascii_digit)
}
