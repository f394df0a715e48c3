//! Reads the usual line of the combined format by position.

use jiff::Timestamp;

use crate::digits::{READ_MAX, above_nine, read_first, read_last};
use crate::find::find_within;

use super::address::is_plain;
use super::field::{Field, sane};
use super::plan::{Item, Plan};
use super::record::{Encoding, Record};
use super::time::TimeFormat;

/// A reader of lines such as
/// `203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.1" 200 512 "-" "GPTBot/1.2"`.
///
/// Nearly all lines of nearly all logs are such, and once it is known where their quotes stand, all else has its
/// place. What is unusual (a user's name, a quote within quotes, anything odd) is left to the template, which
/// reads the same of these lines.
#[derive(Debug)]
pub(super) struct Usual {
    encoding: Encoding,
    time: TimeFormat,
    hour: Option<Hour>,
}

/// The hour that was read last: lines come nearly in order.
#[derive(Debug)]
struct Hour {
    key: (u64, u64, u64),
    /// When it began, in seconds since the Unix epoch.
    start: i64,
}

/// What stands between the address and the request.
const BEFORE_REQUEST: usize = " - - [20/May/2026:14:03:09 +0200] ".len();

const BEFORE_TIME: &str = " - - [";

/// What stands before the size.
const STATUS: &str = "\" 200 ";

/// The first six bytes of a word.
const FIRST_SIX: u64 = 0xffff_ffff_ffff;

/// Eight bytes as a number: they are compared at once.
#[inline(always)]
const fn word(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
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
    /// The line begins at `start` and ends with `text`; its first six quotes stand at `quotes`. The record is filled
    /// where it lies: to copy one just written costs much, since a processor must wait for what was written in
    /// smaller pieces than it is read. Whatever the line, the same fields are set, so that it can be filled again.
    #[inline(always)]
    pub(super) fn read<'a>(
        &mut self,
        text: &'a [u8],
        start: usize,
        quotes: &[u32; 6],
        record: &mut Record<'a>,
    ) -> Option<()> {
        let quotes = quotes.map(|at| at as usize);
        let (ip, before) = text.get(start..quotes[0])?.split_last_chunk::<BEFORE_REQUEST>()?;
        let request = text.get(quotes[0] + 1..quotes[1])?;
        let answer = text.get(quotes[1]..quotes[2])?;
        let referrer = text.get(quotes[2] + 1..quotes[3])?;
        let between = text.get(quotes[3]..=quotes[4])?;
        let user_agent = text.get(quotes[4] + 1..quotes[5])?;
        let (start_of_before, [.., b']', b' ']) = (before.first_chunk()?, before) else {
            return None;
        };
        let time = before[BEFORE_TIME.len()..].first_chunk()?;
        let (start_of_answer, [.., b' ']) = (answer.first_chunk()?, answer) else { return None };
        let size = &answer[STATUS.len()..answer.len() - 1];
        let is_it = word(start_of_before) & FIRST_SIX == word(b" - - [\0\0")
            && between == b"\" \""
            && text[quotes[0]] == b'"'
            && text[quotes[2]] == b'"'
            && matches!(text[quotes[5]..], [b'"'] | [b'"', b' ' | b',', ..])
            && [request, referrer, user_agent].iter().all(|text| text.last() != Some(&b'\\'))
            && is_plain(text[start..].first_chunk()?, ip.len());
        if !is_it {
            return None;
        }
        record.time = self.moment(time)?;
        record.ip = Some(ip);
        record.host = None;
        record.status = Some(status(start_of_answer)?);
        record.bytes = Some(number(size, &text[..quotes[2] - 1])?);
        // Without one, a dash or the quote behind it stands there: told without a branch, as every other line has one.
        let is_none = (referrer.len() < 2) & matches!(text[quotes[2] + 1], b'"' | b'-');
        record.referrer = Some(referrer).filter(|_| !is_none);
        record.user_agent = Some(user_agent).filter(|text| *text != b"-");
        record.encoding = self.encoding;
        set_request(request, &text[quotes[0] + 1..], record)
    }

    /// The time of `20/May/2026:14:03:09 +0200`.
    #[inline(always)]
    fn moment(&mut self, text: &[u8; 26]) -> Option<Timestamp> {
        let key = Hour::key(text);
        let start = match &self.hour {
            Some(hour) if hour.key == key => hour.start,
            _ => self.turn_to(text)?,
        };
        let [m, n, colon, s, t] = *text[15..].first_chunk()?;
        let [m, n, s, t] = [m, n, s, t].map(|digit| digit.wrapping_sub(b'0'));
        // A leap second is left to the template.
        let is_real = m < 6 && n < 10 && colon == b':' && s < 6 && t < 10;
        if !is_real {
            return None;
        }
        let (minute, second) = (i64::from(10 * m + n), i64::from(10 * s + t));
        Timestamp::from_second(start + 60 * minute + second).ok()
    }

    #[cold]
    fn turn_to(&mut self, text: &[u8; 26]) -> Option<i64> {
        let at = |minute_and_second: &[u8; 5]| {
            let mut text = *text;
            text[15..20].copy_from_slice(minute_and_second);
            sane(self.time.read(&text)).ok()
        };
        let (start, _end) = (at(b"00:00")?.as_second(), at(b"59:59")?);
        self.hour = Some(Hour { key: Hour::key(text), start });
        Some(start)
    }
}

impl Hour {
    /// `20/May/2026:14:` and ` +0200` of a time such as `20/May/2026:14:03:09 +0200`; no array, which would be
    /// compared in larger pieces than it is written.
    #[inline(always)]
    fn key(text: &[u8; 26]) -> (u64, u64, u64) {
        let eight = |at: usize| word(text[at..].first_chunk().expect("eight more"));
        (eight(0), eight(7), eight(18) >> 16)
    }
}

/// The status of an answer such as `" 200 512 `.
#[inline(always)]
fn status(answer: &[u8; 8]) -> Option<u16> {
    // Only what stands for a digit differs from this, and by its value.
    let digits = (word(answer) ^ word(b"\" 000 \0\0")) & FIRST_SIX;
    let is_it = above_nine(digits) == 0 && digits & !0xff_ffff_0000 == 0;
    let at = |shift: u32| (digits >> shift) as u16 & 0xf;
    is_it.then(|| 100 * at(16) + 10 * at(24) + at(32))
}

/// The number behind the last space of an answer. `-` is 0, as Apache's `%b` writes it.
#[inline(always)]
fn number(size: &[u8], answer: &[u8]) -> Option<u64> {
    match (size, answer.split_last_chunk()) {
        (b"-", _) => Some(0),
        ([_, ..], Some((_, eight))) if size.len() <= READ_MAX => read_last(*eight, size.len()),
        _ => long_number(size),
    }
}

/// The same of a number that is longer, or has too little before it.
#[cold]
fn long_number(size: &[u8]) -> Option<u64> {
    let (number, len) = read_first(size);
    number.filter(|_| len > 0 && len == size.len())
}

/// Takes a request into a record, such as `GET /a?b HTTP/1.1`; any other by the rules for all. `text` is the request
/// and what follows it.
#[inline(always)]
fn set_request<'a>(request: &'a [u8], text: &[u8], record: &mut Record<'a>) -> Option<()> {
    let method = match request.first_chunk()? {
        [b'G', b'E', b'T', b' ', _] => "GET".len(),
        b"POST " => "POST".len(),
        b"HEAD " => "HEAD".len(),
        _ => return set_other_request(request, record),
    };
    let start = method + 1;
    if let Some((target, [b' ', protocol @ ..])) = request[start..].split_last_chunk::<9>()
        && [b"HTTP/1.1", b"HTTP/2.0", b"HTTP/1.0"].iter().any(|it| word(it) == word(protocol))
        && let [b'/', .., last] | [last @ b'/'] = target
        && !last.is_ascii_whitespace()
    {
        let query = find_within(&text[start..], target.len(), b'?');
        record.method = Some(&request[..method]);
        record.protocol = Some(protocol);
        record.path = Some(&target[..query.unwrap_or(target.len())]);
        record.query = query.map(|at| &target[at + 1..]);
        return Some(());
    }
    set_other_request(request, record)
}

fn set_other_request<'a>(request: &'a [u8], record: &mut Record<'a>) -> Option<()> {
    (record.method, record.path, record.query, record.protocol) = (None, None, None, None);
    Field::Request.set(request, record).ok()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::Format;
    use super::super::marks::Marks;
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
        let (mut usual, mut marks) = (Usual::of(plan).unwrap(), Marks::default());
        let read = |line: &Vec<u8>| {
            let line = super::super::line::trimmed(line);
            let mut record = Record::default();
            usual.read(line, 0, marks.find(line).first_chunk()?, &mut record)?;
            let text = String::from_utf8_lossy(line);
            let read = Record::filled(|record| plan.read(line, record));
            assert_eq!(read, Ok((record, ())), "{text}");
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

    #[test]
    fn what_is_no_minute_is_no_usual_line() {
        let line = |time: &str| {
            format!(
                r#"203.0.113.9 - - [20/May/2026:14:{time} +0200] "GET / HTTP/1.1" 200 1 "-" "x""#
            )
        };
        let lines = ["03:09", "zz:09", "03:zz", "60:09", "03:60", "03.09"]
            .map(|time| line(time).into_bytes());
        assert_eq!(check(&Format::named("combined", &TimeZone::UTC).unwrap(), &lines), 1);
    }
}
