//! Reads the usual line of the combined format by position.

use jiff::Timestamp;
use memchr::memchr;

use super::field::{Field, is_plain_v6, sane};
use super::plan::{Item, Plan, set};
use super::record::{Encoding, Record};
use super::time::TimeFormat;

/// A reader of lines such as
/// `203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.1" 200 512 "-" "GPTBot/1.2"`.
///
/// Nearly all lines of nearly all logs are such, and by position they are read in half the time that their
/// template takes. What is unusual (a user's name, a quote within quotes, anything odd) is left to the
/// template, which reads the same of these lines.
#[derive(Debug)]
pub(super) struct Usual {
    encoding: Encoding,
    time: TimeFormat,
    hour: Option<Hour>,
}

/// The hour that was read last: lines come nearly in order.
#[derive(Debug)]
struct Hour {
    /// `20/May/2026:14:`
    date: [u8; 15],
    /// ` +0200`
    offset: [u8; 6],
    /// When it began, in seconds since the Unix epoch.
    start: i64,
}

impl Usual {
    /// `None` for a template that is not the combined format's.
    pub(super) fn of(plan: &Plan) -> Option<Usual> {
        let untils = plan.steps.iter().map(|step| &*step.until);
        if !untils.eq([&b" "[..], b" ", b" [", b"] \"", b"\" ", b" ", b" \"", b"\" \"", b"\""]) {
            return None;
        }
        let items: [&Item; 9] = std::array::from_fn(|at| &plan.steps[at].item);
        let [
            Item::Is(Field::Ip),
            Item::Ident | Item::Word | Item::Skip,
            Item::User | Item::Word | Item::Skip,
            Item::Time(time @ TimeFormat::Common(_)),
            Item::Is(Field::Request),
            Item::Is(Field::Status),
            Item::Is(Field::Bytes),
            Item::Is(Field::Referrer),
            Item::Is(Field::UserAgent),
        ] = items
        else {
            return None;
        };
        let plain = plan.prefix.is_empty();
        plain.then(|| Usual { encoding: plan.encoding, time: time.clone(), hour: None })
    }

    /// What the template would read of a usual line; `None` for any other.
    #[inline(always)]
    pub(super) fn read<'a>(&mut self, line: &'a [u8]) -> Option<Record<'a>> {
        let (ip, rest) = address(line)?;
        let (time, rest) = rest.strip_prefix(b" - - [")?.split_first_chunk::<26>()?;
        let (request, rest) = quoted(rest.strip_prefix(b"] \"")?)?;
        let (status, rest) = rest.split_first_chunk::<5>()?;
        let [b' ', a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', b' '] = status else {
            return None;
        };
        let (bytes, rest) = number(rest)?;
        let (referrer, rest) = quoted(rest.strip_prefix(b" \"")?)?;
        let (user_agent, rest) = quoted(rest.strip_prefix(b" \"")?)?;
        if !rest.first().is_none_or(|byte| matches!(byte, b' ' | b',')) {
            return None;
        }
        let mut record = Record {
            time: self.moment(time)?,
            ip,
            status: Some([a, b, c].iter().fold(0, |sum, digit| 10 * sum + u16::from(*digit - b'0'))),
            bytes: Some(bytes),
            referrer: Some(referrer).filter(|text| !matches!(*text, b"" | b"-")),
            user_agent: Some(user_agent).filter(|text| *text != b"-"),
            encoding: self.encoding,
            ..Record::default()
        };
        set_request(request, &mut record)?;
        Some(record)
    }

    /// The time of `20/May/2026:14:03:09 +0200`.
    #[inline]
    fn moment(&mut self, text: &[u8; 26]) -> Option<Timestamp> {
        let (date, rest) = text.split_first_chunk::<15>()?;
        let ([m, n, b':', s, t], offset) = rest.split_first_chunk::<5>()? else { return None };
        let hour = match &self.hour {
            Some(hour) if hour.date == *date && hour.offset == *offset => hour,
            _ => self.turn_to(text)?,
        };
        let digits = [m, n, s, t].map(|digit| i64::from(digit.wrapping_sub(b'0')));
        let (minute, second) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3]);
        // A leap second is left to the template.
        let real = digits.iter().all(|digit| *digit < 10) && minute < 60 && second < 60;
        let moment = hour.start + 60 * minute + second;
        if real { Timestamp::from_second(moment).ok() } else { None }
    }

    #[cold]
    fn turn_to(&mut self, text: &[u8; 26]) -> Option<&Hour> {
        let at = |minute_and_second: &[u8; 5]| {
            let mut text = *text;
            text[15..20].copy_from_slice(minute_and_second);
            sane(self.time.read(&text)).ok()
        };
        let (start, _end) = (at(b"00:00")?, at(b"59:59")?);
        let (date, offset) = (text.first_chunk()?, text.last_chunk()?);
        let hour = Hour { date: *date, offset: *offset, start: start.as_second() };
        Some(self.hour.insert(hour))
    }
}

/// The address at the start of a line, and what stands behind it.
#[inline(always)]
fn address(line: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let digits = line.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'.'))?;
    if digits > 0 && line[digits] == b' ' {
        return Some((Some(&line[..digits]), &line[digits..])); // As most are.
    }
    let (ip, rest) = line.split_at(digits + line[digits..].iter().position(|byte| *byte == b' ')?);
    if is_plain_v6(ip) {
        return Some((Some(ip), rest));
    }
    let mut record = Record::default();
    set(&Item::Is(Field::Ip), ip, &mut record).ok()?;
    Some((record.ip, rest))
}

/// What stands before a quote, and what behind it. `None` if the quote may be an escaped one.
#[inline(always)]
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if let [b'-', b'"', rest @ ..] = text {
        return Some((&text[..1], rest));
    }
    let end = memchr(b'"', text)?;
    let (inner, rest) = text.split_at(end);
    (inner.last() != Some(&b'\\')).then_some((inner, &rest[1..]))
}

/// The number at the start of a text, and what stands behind it. `-` is 0, as Apache's `%b` writes it.
#[inline(always)]
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    const DIGITS_MAX: usize = 18;
    if let [b'-', rest @ ..] = text {
        return Some((0, rest));
    }
    let mut number = 0;
    for (at, byte) in text.iter().enumerate().take(DIGITS_MAX) {
        match byte {
            b'0'..=b'9' => number = 10 * number + u64::from(byte - b'0'),
            _ if at > 0 => return Some((number, &text[at..])),
            _ => return None,
        }
    }
    None
}

/// Takes a request into a record, such as `GET /a?b HTTP/1.1`; any other by the rules for all.
#[inline(always)]
fn set_request<'a>(request: &'a [u8], record: &mut Record<'a>) -> Option<()> {
    let rest = request.strip_prefix(b"GET ").or_else(|| request.strip_prefix(b"POST "));
    if let Some((target, protocol)) = rest.and_then(|rest| rest.split_last_chunk::<9>())
        && matches!(protocol, b" HTTP/1.1" | b" HTTP/2.0" | b" HTTP/1.0")
        && let [b'/', .., last] | [last @ b'/'] = target
        && !last.is_ascii_whitespace()
    {
        let query = memchr(b'?', target);
        record.method = Some(&request[..request.len() - target.len() - 10]);
        record.protocol = Some(&protocol[1..]);
        record.path = Some(&target[..query.unwrap_or(target.len())]);
        record.query = query.map(|at| &target[at + 1..]);
        return Some(());
    }
    Field::Request.set(request, record).ok()
}
