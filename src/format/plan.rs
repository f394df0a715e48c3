//! Runs a template over a line: literal, field, literal, field, from the left.

use memchr::memchr;

use super::record::{Malformed, Record};
use super::request::{set_host, split_request, split_target};
use super::time::TimeFormat;
use super::value::{sane, set_bytes, set_ip, set_status};

/// What a part of a line means.
#[derive(Clone, Debug)]
pub(super) enum Field {
    /// Nothing that is asked about.
    Skip,
    /// The same, with spaces before it.
    Padded,
    /// Headers that a proxy captured, parted by `|`: one of them may be the user agent.
    Captured,
    Ip,
    Host,
    Time(TimeFormat),
    /// The whole request line.
    Request,
    Method,
    /// Path and query.
    Target,
    /// A host with path and query behind it.
    HostAndTarget,
    Path,
    Query,
    Protocol,
    Status,
    Bytes,
    Referrer,
    UserAgent,
    Accept,
}

impl Field {
    /// Whether the field is one word, so that at the end of a template it ends at a space.
    fn is_word(&self) -> bool {
        matches!(
            self,
            Field::Ip
                | Field::Host
                | Field::Status
                | Field::Bytes
                | Field::Method
                | Field::Protocol
        )
    }
}

/// A field, and the literal text that ends it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) field: Field,
    /// Empty for the last field of a template that ends in one.
    pub(super) until: Vec<u8>,
    /// Whether the field stands in double quotes, in which a backslash escapes.
    pub(super) quoted: bool,
    /// Whether a status follows: the check that tells a request's end from a quote within it.
    pub(super) before_status: bool,
    /// How often `until` stands within the field itself: the space in `20/May/2026:14:03:09 +0200`.
    pub(super) within: usize,
}

/// A template, ready to run.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) prefix: Vec<u8>,
    pub(super) steps: Vec<Step>,
}

impl Plan {
    pub(super) fn has_user_agent(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.field, Field::UserAgent))
    }

    /// Reads one line. Whatever follows the template's last literal is passed over, since servers'
    /// formats grow at the end.
    pub(super) fn read<'a>(&self, line: &'a [u8]) -> Result<Record<'a>, Malformed> {
        let mut record = Record::default();
        let mut rest = line.strip_prefix(&*self.prefix).ok_or(Malformed::Shape)?;
        for (at, step) in self.steps.iter().enumerate() {
            let last = at + 1 == self.steps.len();
            let (value, after) = step.cut(rest, last).ok_or(Malformed::Shape)?;
            set(&step.field, value, &mut record)?;
            rest = after;
        }
        self.may_trail(rest).then_some(record).ok_or(Malformed::Shape)
    }

    /// Whether `rest` may stand behind the last field. Quoted text behind a plain word may not: it
    /// would be the referrer and user agent of a line that a longer template fits.
    fn may_trail(&self, rest: &[u8]) -> bool {
        let open_word = |step: &Step| step.until.is_empty() && step.field.is_word();
        let after_word = self.steps.last().is_some_and(open_word);
        match rest {
            [] => true,
            // One quoted field is something else's, an address list mostly.
            [b' ', b'"', ..] => !after_word || memchr::memchr_iter(b'"', rest).count() <= 2,
            [first, ..] => first.is_ascii_whitespace() || *first == b',',
        }
    }
}

impl Step {
    pub(super) fn new(field: Field) -> Step {
        Step { field, until: Vec::new(), quoted: false, before_status: false, within: 0 }
    }

    /// Cuts the field off the front of `rest`: its value, and what follows its ending literal.
    fn cut<'a>(&self, rest: &'a [u8], last: bool) -> Option<(&'a [u8], &'a [u8])> {
        let Some(&first) = self.until.first() else {
            let word_end = || memchr(b' ', rest).unwrap_or(rest.len());
            return Some(rest.split_at(if self.field.is_word() { word_end() } else { rest.len() }));
        };
        let padding = match self.field {
            Field::Padded => rest.len() - rest.trim_ascii_start().len(),
            _ => 0,
        };
        let (mut from, mut within) = (padding, self.within);
        while let Some(at) = memchr(first, &rest[from..]).map(|at| from + at) {
            if let Some(after) = rest[at..].strip_prefix(&*self.until)
                && !(self.quoted && is_escaped(rest, at))
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

/// Whether an odd number of backslashes stands before the byte at `at`.
fn is_escaped(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

fn starts_with_status(text: &[u8]) -> bool {
    match text {
        [b'-' | b'0', rest @ ..] if rest.first().is_none_or(|byte| *byte == b' ') => true,
        [a, b, c, rest @ ..] => {
            [a, b, c].iter().all(|digit| digit.is_ascii_digit())
                && rest.first().is_none_or(|byte| !byte.is_ascii_digit())
        }
        _ => false,
    }
}

fn set<'a>(field: &Field, value: &'a [u8], record: &mut Record<'a>) -> Result<(), Malformed> {
    let text = (value != b"-").then_some(value);
    match field {
        Field::Skip | Field::Padded => {}
        Field::Captured => record.user_agent = value.split(|b| *b == b'|').find(|v| is_product(v)),
        Field::Ip => set_ip(text.unwrap_or_default(), record),
        Field::Host => set_host(text.unwrap_or_default(), record),
        Field::Time(format) => record.time = sane(format.read(value))?,
        Field::Request => split_request(value, record),
        Field::Method => record.method = text.filter(|method| !method.is_empty()),
        Field::Target => split_target(text.unwrap_or_default(), record),
        Field::HostAndTarget => {
            let slash = memchr(b'/', value).unwrap_or(value.len());
            set_host(&value[..slash], record);
            split_target(&value[slash..], record);
        }
        Field::Path => record.path = text,
        Field::Query => record.query = text.map(|query| query.strip_prefix(b"?").unwrap_or(query)),
        Field::Protocol => record.protocol = text,
        // Envoy writes 0 where there was no answer.
        Field::Status if value.len() == 3 || value == b"-" || value == b"0" => {
            set_status(value, record)?;
        }
        Field::Status => return Err(Malformed::Status),
        Field::Bytes => set_bytes(value, record)?,
        Field::Referrer => record.referrer = text,
        Field::UserAgent => record.user_agent = text,
        Field::Accept => record.accept = text,
    }
    Ok(())
}

/// Whether a header's value looks like a user agent: a product and its version.
fn is_product(value: &[u8]) -> bool {
    let slash = memchr(b'/', value).filter(|at| *at > 0 && value[*at - 1].is_ascii_alphanumeric());
    slash.and_then(|at| value.get(at + 1)).is_some_and(u8::is_ascii_digit)
}
