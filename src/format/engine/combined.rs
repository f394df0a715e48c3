//! A fast path that reads the most frequent form of combined lines by position.

use jiff::Timestamp;
use memchr::memchr;

use crate::format::record::{Encoding, Field, Record, TimeFormat, is_plain_ip, sane};

use super::template::{Item, TemplatePlan};

/// A reader of lines such as
/// `203.0.113.9 - - [20/May/2026:14:03:09 +0200] "GET /a HTTP/1.1" 200 512 "-" "GPTBot/1.2"`.
///
/// Nearly all lines of nearly all logs have this form, in which the offsets of the quotes determine the position of
/// every field. Other lines (with a user's name, a quote within quotes, or anything unusual) are left to the template,
/// which returns the same record for the lines that are read here.
#[derive(Debug)]
pub(crate) struct CombinedFastPath {
    encoding: Encoding,
    time: TimeFormat,
    hour: Option<Hour>,
}

/// The hour of the last line. It is cached because lines are nearly in order.
#[derive(Debug)]
struct Hour {
    key: (u64, u64, u64),
    /// The start of the hour, in seconds since the Unix epoch.
    start: i64,
}

/// The length of the text between the address and the request.
const BEFORE_REQUEST_BYTES: usize = " - - [20/May/2026:14:03:09 +0200] ".len();

const BEFORE_TIME: &str = " - - [";

/// The text between the request and the size.
const BEFORE_SIZE: &str = "\" 200 ";

/// A mask for the first six bytes of a word.
const FIRST_SIX: u64 = 0xffff_ffff_ffff;

/// A mask for the first seven bytes of a word.
const FIRST_SEVEN: u64 = 0xff_ffff_ffff_ffff;

/// Returns eight bytes as an integer, so that they are compared at once.
#[inline(always)]
const fn word(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

impl CombinedFastPath {
    /// Returns a fast path for a template of the combined format, or `None` for any other template.
    pub(crate) fn of(plan: &TemplatePlan) -> Option<CombinedFastPath> {
        // In Apache's format the first dash is the ident, in nginx's it is a literal.
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
        let is_combined = plan.prefix.is_empty() && matches!(first.item, Item::Is(Field::Ip));
        is_combined.then(|| CombinedFastPath {
            encoding: plan.encoding,
            time: time.clone(),
            hour: None,
        })
    }

    /// Reads a line into a record, with the same result as the template. Returns `None` if the line has another form.
    /// The record is then partly filled.
    ///
    /// The line begins at `start` and ends with `text`. `quotes` are the offsets of its first six quotes. The record is
    /// filled in place, since a copy right after its fields were written would stall: loads that are wider than the
    /// preceding stores can't be forwarded. The same fields are set for every line, so that a record can be reused.
    #[inline(always)]
    pub(crate) fn read<'a>(
        &mut self,
        text: &'a [u8],
        start: usize,
        quotes: &[u32; 6],
        record: &mut Record<'a>,
    ) -> Option<()> {
        let quotes = quotes.map(|at| at as usize);
        let (ip, before) =
            text.get(start..quotes[0])?.split_last_chunk::<BEFORE_REQUEST_BYTES>()?;
        let request = text.get(quotes[0] + 1..quotes[1])?;
        let response = text.get(quotes[1]..quotes[2])?;
        let referrer = text.get(quotes[2] + 1..quotes[3])?;
        let between = text.get(quotes[3]..=quotes[4])?;
        let user_agent = text.get(quotes[4] + 1..quotes[5])?;
        let (start_of_before, [.., b']', b' ']) = (before.first_chunk()?, before) else {
            return None;
        };
        let time = before[BEFORE_TIME.len()..].first_chunk()?;
        let (start_of_response, [.., b' ']) = (response.first_chunk()?, response) else {
            return None;
        };
        let size = &response[BEFORE_SIZE.len()..response.len() - 1];
        // A referrer that may be another item is left to the template.
        let is_url = referrer.first_chunk().is_some_and(|start| {
            let start = word(start);
            start == word(b"https://") || start & FIRST_SEVEN == word(b"http://\0")
        });
        let is_usual = (is_url || matches!(referrer, b"" | b"-"))
            && user_agent.first().is_none_or(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'h'));
        let has_form = is_usual
            && word(start_of_before) & FIRST_SIX == word(b" - - [\0\0")
            && between == b"\" \""
            && text[quotes[0]] == b'"'
            && text[quotes[2]] == b'"'
            && matches!(text[quotes[5]..], [b'"'] | [b'"', b' ' | b',', ..])
            && [request, referrer, user_agent].iter().all(|text| text.last() != Some(&b'\\'))
            && is_plain_ip(ip);
        // If both are empty, further quoted texts may have them. The template decides.
        let has_headers = !user_agent.is_empty() || !referrer.is_empty();
        if !has_form || !has_headers && memchr(b'"', &text[quotes[5] + 1..]).is_some() {
            return None;
        }
        record.time = self.parse_time(time)?;
        record.ip = Some(ip);
        record.host = None;
        record.status = Some(status(start_of_response)?);
        record.bytes = Some(number(size)?);
        // A missing referrer is a dash or empty. About every other line has one, so the check avoids a branch.
        let is_none = (referrer.len() < 2) & matches!(text[quotes[2] + 1], b'"' | b'-');
        record.referrer = Some(referrer).filter(|_| !is_none);
        record.user_agent = Some(user_agent).filter(|text| !matches!(*text, b"" | b"-"));
        record.encoding = self.encoding;
        set_request(request, record)
    }

    /// Parses a time such as `20/May/2026:14:03:09 +0200`.
    #[inline(always)]
    fn parse_time(&mut self, text: &[u8; 26]) -> Option<Timestamp> {
        let key = Hour::key(text);
        let start = match &self.hour {
            Some(hour) if hour.key == key => hour.start,
            _ => self.start_hour(text)?,
        };
        let [m, n, colon, s, t] = *text[15..].first_chunk()?;
        let [m, n, s, t] = [m, n, s, t].map(|digit| digit.wrapping_sub(b'0'));
        // Leap seconds are left to the template.
        let is_valid = m < 6 && n < 10 && colon == b':' && s < 6 && t < 10;
        if !is_valid {
            return None;
        }
        let (minute, second) = (i64::from(10 * m + n), i64::from(10 * s + t));
        Timestamp::from_second(start + 60 * minute + second).ok()
    }

    /// Caches the hour of a time, and returns its start.
    #[cold]
    fn start_hour(&mut self, text: &[u8; 26]) -> Option<i64> {
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
    /// Returns the parts `20/May/2026:14:` and ` +0200` of a time such as `20/May/2026:14:03:09 +0200`. They are not an
    /// array, since it would be compared with wider loads than the stores that wrote it.
    #[inline(always)]
    fn key(text: &[u8; 26]) -> (u64, u64, u64) {
        let eight = |at: usize| word(text[at..].first_chunk().expect("18 + 8 bytes at most"));
        (eight(0), eight(7), eight(18) >> 16)
    }
}

/// Parses the status of a response such as `" 200 512 `.
#[inline(always)]
fn status(response: &[u8; 8]) -> Option<u16> {
    let [b'"', b' ', a, b, c, b' ', ..] = response else { return None };
    let [a, b, c] = [a, b, c].map(|digit| u16::from(digit.wrapping_sub(b'0')));
    (a < 10 && b < 10 && c < 10).then_some(100 * a + 10 * b + c)
}

/// Parses a size in bytes. Apache's `%b` writes 0 as `-`.
#[inline(always)]
fn number(size: &[u8]) -> Option<u64> {
    const DIGITS_MAX: usize = 19;
    if size == b"-" {
        return Some(0);
    }
    let is_number = matches!(size.len(), 1..=DIGITS_MAX) && size.iter().all(u8::is_ascii_digit);
    is_number.then(|| size.iter().fold(0, |number, digit| 10 * number + u64::from(digit - b'0')))
}

/// Splits a request such as `GET /a?b HTTP/1.1` into the record's fields. Other requests are split by [`Field::set`].
#[inline(always)]
fn set_request<'a>(request: &'a [u8], record: &mut Record<'a>) -> Option<()> {
    let method = match request.first_chunk()? {
        [b'G', b'E', b'T', b' ', _] => "GET".len(),
        b"POST " => "POST".len(),
        b"HEAD " => "HEAD".len(),
        _ => return set_other_request(request, record),
    };
    let start = method + 1;
    if let Some((target, [b' ', protocol @ ..])) = request[start..].split_last_chunk::<9>()
        && [b"HTTP/1.1", b"HTTP/2.0", b"HTTP/1.0"].iter().any(|known| word(known) == word(protocol))
        && let [b'/', .., last] | [last @ b'/'] = target
        && !last.is_ascii_whitespace()
    {
        let query = memchr(b'?', target);
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

    use super::super::delimiters::DelimiterIndex;
    use super::*;
    use crate::format::Format;

    /// Generates lines that are similar enough to the usual form to be mistaken for it.
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
        let plan = format.family.first_template().unwrap();
        let (mut fast_path, mut index) =
            (CombinedFastPath::of(plan).unwrap(), DelimiterIndex::default());
        let read = |line: &Vec<u8>| {
            let line = crate::format::line::trimmed(line);
            let mut record = Record::default();
            fast_path.read(line, 0, index.find(line).first_chunk()?, &mut record)?;
            let text = String::from_utf8_lossy(line);
            let read = Record::filled(|record| plan.read(line, record));
            assert_eq!(read, Ok((record, ())), "{text}");
            Some(())
        };
        lines.iter().filter_map(read).count()
    }

    proptest! {
        #[test]
        fn the_fast_path_reads_the_same_record_as_the_template(lines in vec(any_line(), 1..20)) {
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
            r#"203.0.113.9 - - [20/May/2026:23:00:00 -0700] "POST /a HTTP/1.1" 404 0 "" "x" "203.0.113.9""#,
        ];
        let lines = lines.map(|line| line.as_bytes().to_vec());
        assert_eq!(check(&Format::named("combined", &TimeZone::UTC).unwrap(), &lines), 3);
    }

    #[test]
    fn lines_with_an_invalid_minute_are_left_to_the_template() {
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
