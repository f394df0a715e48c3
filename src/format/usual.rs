//! Reads the usual line of the combined format by position.

use jiff::Timestamp;
use memchr::memchr;

use super::field::{Field, is_plain_v6, sane};
use super::plan::{Item, Plan};
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
        // Apache's ident is a dash of nginx's own.
        let (first, rest) = match &plan.steps[..] {
            [ip, ident, rest @ ..] if ip.until == b" " && ident.until == b" " => (ip, rest),
            [ip, rest @ ..] if ip.until == b" - " => (ip, rest),
            _ => return None,
        };
        let untils = rest.iter().map(|step| &*step.until);
        if !untils.eq([&b" ["[..], b"] \"", b"\" ", b" ", b" \"", b"\" \"", b"\""]) {
            return None;
        }
        let items: [&Item; 7] = std::array::from_fn(|at| &rest[at].item);
        let [
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
        let is_it = plan.prefix.is_empty() && matches!(first.item, Item::Is(Field::Ip));
        is_it.then(|| Usual { encoding: plan.encoding, time: time.clone(), hour: None })
    }

    /// Reads of a usual line what the template would; `None` for any other, of which the record then has some.
    ///
    /// The record is filled where it lies: to copy one just written costs as much as to find a quote, since a
    /// processor must wait for what was written in smaller pieces than it is read.
    #[inline(always)]
    pub(super) fn read<'a>(&mut self, line: &'a [u8], record: &mut Record<'a>) -> Option<()> {
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
        let digits = [a, b, c];
        record.time = self.moment(time)?;
        record.ip = Some(ip);
        record.status =
            Some(digits.iter().fold(0, |sum, digit| 10 * sum + u16::from(**digit - b'0')));
        record.bytes = Some(bytes);
        record.referrer = Some(referrer).filter(|text| !matches!(*text, b"" | b"-"));
        record.user_agent = Some(user_agent).filter(|text| *text != b"-");
        record.encoding = self.encoding;
        set_request(request, record)
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
fn address(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = u128::from_le_bytes(*line.first_chunk()?);
    let end = first_byte(start, b' ');
    if matches!(end, 7..16) && are_between(start, end, b'.', b'9') {
        return Some(line.split_at(end)); // As most are.
    }
    let (ip, rest) = line.split_at(memchr(b' ', line)?);
    is_plain_v6(ip).then_some((ip, rest))
}

/// Each byte of a number of sixteen.
const EACH: u128 = u128::MAX / 255;

/// The top bits of them.
const TOPS: u128 = EACH << 7;

/// Where a byte stands first among sixteen; 16, where it does not.
#[inline(always)]
fn first_byte(bytes: u128, sought: u8) -> usize {
    let zeros = bytes ^ (EACH * u128::from(sought));
    let found = zeros.wrapping_sub(EACH) & !zeros & TOPS;
    found.trailing_zeros() as usize / 8
}

/// Whether the first `len` of sixteen bytes are none below `low`, and none above `high`; both are ASCII.
#[inline(always)]
fn are_between(bytes: u128, len: usize, low: u8, high: u8) -> bool {
    let below = bytes.wrapping_sub(EACH * u128::from(low)) & !bytes;
    let above = bytes.wrapping_add(EACH * u128::from(127 - high)) | bytes;
    (below | above) & TOPS & ((1 << (8 * len)) - 1) == 0
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

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::Format;
    use super::*;

    /// Lines of all kinds, near enough to the usual one to be read as it by mistake.
    fn any_line() -> impl Strategy<Value = Vec<u8>> {
        let ip = prop_oneof![
            any::<[u8; 4]>().prop_map(|ip| std::net::Ipv4Addr::from(ip).to_string()),
            any::<[u16; 8]>().prop_map(|ip| std::net::Ipv6Addr::from(ip).to_string()),
            "[0-9a-f:.]{0,20}",
            "[a-z:.,-]{0,12}",
        ];
        let user = prop_oneof![6 => Just("- -".to_owned()), 1 => "[-a-z .\\[]{0,8}"];
        let time = prop_oneof![
            5 => "[012][0-9]/(May|Jun)/(2026|1989)[: ][012][0-9]:[0-6][0-9]:[0-6][0-9] [-+]0[0-9]00",
            1 => "[0-9a-zM/: +]{20,28}",
        ];
        let request = prop_oneof![
            4 => "(GET|POST|HEAD|M-X|get) /[a-z?=&%]{0,12}( HTTP/(1[.]1|2[.]0|1[.]0|3|2))?",
            1 => "[A-Z]{0,4} {0,2}[/a-z?\\\\\" -]{0,12} {0,2}(HTTP/1[.]1)?",
        ];
        let numbers = prop_oneof![5 => "[1-5][0-9]{2} ([0-9]{1,9}|-)", 1 => "[-0-9 ]{1,22}"];
        let header =
            || prop_oneof![3 => "[ -~]{0,30}", 1 => Just("-".to_owned()), 1 => "[\"\\\\ -]{0,5}"];
        let rest = prop_oneof![5 => Just(String::new()), 1 => "[ ,\"a-]{1,6}"];
        let line = (ip, user, time, request, numbers, (header(), header()), rest);
        let line = line.prop_map(|(ip, user, time, request, numbers, headers, rest)| {
            let (referrer, user_agent) = headers;
            format!(
                "{ip} {user} [{time}] \"{request}\" {numbers} \"{referrer}\" \"{user_agent}\"{rest}"
            )
        });
        let damage = proptest::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>()));
        (line, damage).prop_map(|(line, damage)| {
            let mut line = line.into_bytes();
            if let Some((at, byte)) = damage {
                let at = at.index(line.len());
                line[at] = byte;
            }
            line
        })
    }

    fn check(format: &Format, lines: &[Vec<u8>]) -> usize {
        let plan = format.first_template().unwrap();
        let mut usual = Usual::of(plan).unwrap();
        let read = |line: &Vec<u8>| {
            let line = super::super::lines::trimmed(line);
            let mut record = Record::default();
            usual.read(line, &mut record)?;
            let text = String::from_utf8_lossy(line);
            assert_eq!(plan.read(line).as_ref(), Ok(&record), "{text}");
            Some(())
        };
        lines.iter().filter_map(read).count()
    }

    proptest! {
        #[test]
        fn what_is_read_by_position_is_what_the_template_reads(lines in vec(any_line(), 1..20)) {
            check(&Format::named("combined", &TimeZone::UTC).unwrap(), &lines);
            let apache = r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#;
            check(&Format::apache(apache, &TimeZone::UTC).unwrap(), &lines);
            let nginx = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;
            check(&Format::nginx(nginx, &TimeZone::UTC).unwrap(), &lines);
        }
    }

    #[test]
    fn usual_lines_are_read_by_position() {
        let lines = [
            r#"203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a?b=c HTTP/1.1" 200 512 "-" "GPTBot/1.2""#,
            r#"2001:db8::9 - - [20/May/2026:14:59:59 +0200] "HEAD / HTTP/2.0" 304 - "https://x/" "Mozilla/5.0 (X11)""#,
            r#"203.0.113.9 - - [20/May/2026:23:00:00 -0700] "POST /a HTTP/1.1" 404 0 "" "" "203.0.113.9""#,
        ];
        let lines = lines.map(|line| line.as_bytes().to_vec());
        assert_eq!(check(&Format::named("combined", &TimeZone::UTC).unwrap(), &lines), 3);
    }
}
