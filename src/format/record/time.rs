//! Parses the times in access logs.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use memchr::memchr;

use crate::day::days_from_civil;

use super::malformed::Malformed;
use super::pattern_time::{IGNORED, strftime};
use super::time_parts::{fraction, offset_seconds, two_digits};
use super::tolerant_time;

/// [`TimeFormat::Common`] as a strftime pattern.
pub(crate) const COMMON_PATTERN: &str = "%d/%b/%Y:%H:%M:%S %z";

/// The format of a template's time. The time zone applies to times without an offset.
#[derive(Clone, Debug)]
pub(crate) enum TimeFormat {
    /// `20/May/2026:14:03:09 +0200`: nginx `$time_local`, Apache `%t`. Some servers omit the offset.
    Common(TimeZone),
    /// RFC 3339, or ISO 8601 without an offset.
    Iso(TimeZone),
    /// A number of units since 1970, with an optional fraction. Holds the number of units in a second.
    Epoch(i64),
    /// `5/20/2026, 14:03:09` (IIS).
    American(TimeZone),
    /// Any format that [`any_time`] recognizes.
    Any(TimeZone),
    /// A strftime pattern.
    Strftime(String, TimeZone),
}

impl TimeFormat {
    /// Returns the strftime pattern of times that may contain punctuation or spaces, or else an empty string.
    pub(crate) fn pattern(&self) -> &str {
        match self {
            TimeFormat::Common(_) => COMMON_PATTERN,
            TimeFormat::Strftime(pattern, _) => pattern,
            TimeFormat::American(_) => "%m/%d/%Y, %H:%M:%S",
            TimeFormat::Iso(_) | TimeFormat::Epoch(_) | TimeFormat::Any(_) => "",
        }
    }

    /// Returns the zone of the format's times if they never have an offset.
    pub(crate) fn local_zone(&self) -> Option<&TimeZone> {
        match self {
            TimeFormat::Strftime(pattern, zone)
                if !pattern.contains("%z") && !pattern.contains(IGNORED) =>
            {
                Some(zone)
            }
            TimeFormat::American(zone) => Some(zone),
            _ => None,
        }
    }

    /// Sets the zone of times without an offset.
    pub(crate) fn set_zone(&mut self, new: &TimeZone) {
        match self {
            TimeFormat::Common(zone)
            | TimeFormat::Iso(zone)
            | TimeFormat::American(zone)
            | TimeFormat::Any(zone)
            | TimeFormat::Strftime(_, zone) => *zone = new.clone(),
            TimeFormat::Epoch(_) => {}
        }
    }

    /// Returns false if a cheap check shows that a text is not a time of this format.
    pub(crate) fn may_be(&self, text: &[u8]) -> bool {
        let letter_at = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphabetic);
        match self {
            TimeFormat::Common(_) => letter_at(3) || letter_at(2),
            TimeFormat::Strftime(pattern, _) if pattern.starts_with("%m/") => !letter_at(3),
            _ => true,
        }
    }

    pub(crate) fn read(&self, text: &[u8]) -> Option<Timestamp> {
        match self {
            TimeFormat::Common(zone) => {
                common(text, zone).or_else(|| tolerant_time::parse(text, zone).ok())
            }
            TimeFormat::Iso(zone) => iso(text, zone),
            TimeFormat::Epoch(per_second) => epoch(text, *per_second),
            TimeFormat::American(zone) => american(text, zone),
            TimeFormat::Any(zone) => any_time(text, zone).ok(),
            TimeFormat::Strftime(pattern, zone) => strftime(text, pattern, zone),
        }
    }
}

/// Parses `20/May/2026:14:03:09 +0200` by position. The only variation is that some servers omit the offset. A leap
/// second becomes the second before it.
fn common(text: &[u8], zone: &TimeZone) -> Option<Timestamp> {
    let (text, offset) = text.split_at_checked("20/May/2026:14:03:09".len())?;
    let text: &[u8; 20] = text.try_into().ok()?;
    let punctuation = [text[2], text[6], text[11], text[14], text[17]];
    let (day, hour) = (two_digits(text[0], text[1])?, two_digits(text[12], text[13])?);
    let (minute, second) = (two_digits(text[15], text[16])?, two_digits(text[18], text[19])?);
    let month = month([text[3], text[4], text[5]])?;
    let year = two_digits(text[7], text[8])? * 100 + two_digits(text[9], text[10])?;
    // Werkzeug writes a space before the time of day.
    let is_valid = matches!(&punctuation, b"//:::" | b"// ::")
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !is_valid {
        return None;
    }
    let days = i64::from(days_from_civil(year, month, day as u8));
    let local = days * 86_400 + i64::from(hour * 3600 + minute * 60 + second.min(59));
    let offset = offset.trim_ascii();
    if offset.is_empty() {
        let local = TimeZone::UTC.to_datetime(Timestamp::from_second(local).ok()?);
        return zone.to_timestamp(local).ok();
    }
    Timestamp::from_second(local - i64::from(offset_seconds(offset)?)).ok()
}

fn month(name: [u8; 3]) -> Option<u8> {
    Some(match &name {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    })
}

fn days_in_month(year: i32, month: u8) -> i32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Parses a time in any known format: units since 1970, which are distinguished by their number of digits; the common
/// format, with or without brackets; ISO 8601; `ctime`. A time without an offset is in `zone`.
pub(crate) fn any_time(text: &[u8], zone: &TimeZone) -> Result<Timestamp, Malformed> {
    let text = text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]")).unwrap_or(text);
    match by_first_digits(text, zone) {
        Some(time) => Ok(time),
        None => tolerant_time::parse(text, zone),
    }
}

fn by_first_digits(text: &[u8], zone: &TimeZone) -> Option<Timestamp> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match (digits, text.get(digits)) {
        (1.., None) | (5.., Some(b'.')) => epoch(text, per_second(digits)),
        // Some JSON writers write large numbers as 1.779278589e+09.
        (1, Some(b'.' | b'e' | b'E')) => exponential(text),
        (2, Some(b'/')) => common(text, zone),
        (4, _) => iso(text, zone),
        (0, _) => strftime(text, CTIME_PATTERN, zone),
        _ => None,
    }
}

/// `Wed May 20 14:03:09 2026`
pub(crate) const CTIME_PATTERN: &str = "%a %b %e %H:%M:%S %Y";

fn exponential(text: &[u8]) -> Option<Timestamp> {
    const UNITS_MAX: f64 = 1e19; // Nanoseconds until 2286.
    let units: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    let units = Some(units).filter(|units| (0.0..UNITS_MAX).contains(units))?;
    let per_second = per_second(units.abs().log10().floor().max(0.0) as usize + 1);
    Timestamp::from_nanosecond((units / per_second as f64 * 1e9) as i128).ok()
}

/// Parses a time whose date and time of day are separate fields.
pub(crate) fn date_and_time(
    date: &[u8],
    time: &[u8],
    zone: &TimeZone,
) -> Result<Timestamp, Malformed> {
    const BYTES_MAX: usize = 40;
    let (mut joined, len) = ([b' '; BYTES_MAX], date.len() + 1 + time.len());
    joined.get_mut(..len).ok_or(Malformed::Time)?[..date.len()].copy_from_slice(date);
    joined[date.len() + 1..len].copy_from_slice(time);
    let joined = &joined[..len];
    iso_by_position(joined, zone).map_or_else(|| any_time(joined, zone), Ok)
}

/// Returns how many units make a second, for a number of units since 1970 with this many digits. Until 2286, seconds
/// have 10 digits, milliseconds 13, microseconds 16, and nanoseconds 19.
fn per_second(digits: usize) -> i64 {
    match digits {
        0..=11 => 1,
        12..=14 => 1_000,
        15..=17 => 1_000_000,
        _ => 1_000_000_000,
    }
}

/// Parses ISO 8601 in the forms that servers write: `2026-05-20T14:03:09.123+02:00`, with a space instead of the `T`,
/// with `/` instead of the dashes, with a space before the offset, or without an offset.
fn iso(text: &[u8], zone: &TimeZone) -> Option<Timestamp> {
    iso_by_position(text, zone).or_else(|| {
        let text = std::str::from_utf8(text).ok()?;
        text.parse::<Timestamp>().ok().or_else(|| {
            let local = text.parse::<DateTime>().ok()?;
            zone.to_timestamp(local).ok()
        })
    })
}

fn iso_by_position(text: &[u8], zone: &TimeZone) -> Option<Timestamp> {
    let (text, rest) = text.split_at_checked("2026-05-20T14:03:09".len())?;
    let text: &[u8; 19] = text.try_into().ok()?;
    let has_separators = matches!((text[4], text[7]), (b'-', b'-') | (b'/', b'/'))
        && matches!(text[10], b'T' | b't' | b' ')
        && text[13] == b':'
        && text[16] == b':';
    let year = two_digits(text[0], text[1])? * 100 + two_digits(text[2], text[3])?;
    let (month, day) = (two_digits(text[5], text[6])?, two_digits(text[8], text[9])?);
    let (hour, minute) = (two_digits(text[11], text[12])?, two_digits(text[14], text[15])?);
    let second = two_digits(text[17], text[18])?;
    let is_valid = has_separators
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month as u8)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !is_valid {
        return None;
    }
    let (nanos, offset) = fraction(rest)?;
    let days = i64::from(days_from_civil(year, month as u8, day as u8));
    let local = days * 86_400 + i64::from(hour * 3600 + minute * 60 + second.min(59));
    match offset.trim_ascii() {
        b"" if *zone != TimeZone::UTC => {
            let local = TimeZone::UTC.to_datetime(Timestamp::new(local, nanos).ok()?);
            zone.to_timestamp(local).ok()
        }
        b"" | b"Z" | b"z" => Timestamp::new(local, nanos).ok(),
        offset => Timestamp::new(local - i64::from(offset_seconds(offset)?), nanos).ok(),
    }
}

fn american(text: &[u8], zone: &TimeZone) -> Option<Timestamp> {
    let mut parts = text.splitn(4, |byte| matches!(byte, b'/' | b','));
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    let pad = |text: &[u8]| match *text {
        [one] => Some([b'0', one]),
        [ten, one] => Some([ten, one]),
        _ => None,
    };
    let (month, day) = (pad(month)?, pad(day)?);
    let mut text = *b"0000-00-00 00:00:00";
    match year {
        [ten, one] if *ten >= b'7' => text[..4].copy_from_slice(&[b'1', b'9', *ten, *one]),
        [ten, one] => text[..4].copy_from_slice(&[b'2', b'0', *ten, *one]),
        year => text[..4].copy_from_slice(year.get(..4)?),
    }
    text[5..7].copy_from_slice(&month);
    text[8..10].copy_from_slice(&day);
    let time_of_day = parts.next()?.trim_ascii();
    text[19 - time_of_day.len().min(8)..]
        .copy_from_slice(time_of_day.get(..time_of_day.len().min(8))?);
    iso_by_position(&text, zone)
}

/// Parses `1779279789` or `1779279789.123`. Digits finer than nanoseconds are dropped.
fn epoch(text: &[u8], per_second: i64) -> Option<Timestamp> {
    const DIGITS_MAX: usize = 19; // Nanoseconds until 2286.
    let point = memchr(b'.', text).unwrap_or(text.len());
    let digits = &text[..point];
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let units = digits.iter().fold(0, |units, digit| units * 10 + u64::from(digit - b'0'));
    let (nanos, rest) = if point < text.len() { fraction(&text[point..])? } else { (0, &[][..]) };
    let per_second = per_second.unsigned_abs();
    let (second, units) = (units / per_second, units % per_second);
    let nanos = units * (1_000_000_000 / per_second) + u64::from(nanos.unsigned_abs()) / per_second;
    let second = i64::try_from(second).ok().filter(|_| rest.is_empty())?;
    Timestamp::new(second, i32::try_from(nanos).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &TimeFormat, text: &str, expected: Option<&str>) {
        let read = format.read(text.as_bytes()).map(|time| time.to_string());
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn common_times_are_parsed() {
        for (text, expected) in [
            ("20/May/2026:14:03:09 +0200", Some("2026-05-20T12:03:09Z")),
            ("29/Oct/2024:02:05:49 -0700", Some("2024-10-29T09:05:49Z")),
            ("29/Feb/2024:23:59:60 +0000", Some("2024-02-29T23:59:59Z")),
            ("01/Jan/2026:00:30:00 +1345", Some("2025-12-31T10:45:00Z")),
            ("29/Feb/2026:00:00:00 +0000", None),
            ("20/Mai/2026:14:03:09 +0200", None),
            ("20/May/2026:24:03:09 +0200", None),
            ("20/May/2026:14:03:09", Some("2026-05-20T12:03:09Z")),
            ("20/May/2026 14:03:09", Some("2026-05-20T12:03:09Z")),
            ("20/May/2026:14:03:09 0200", None),
            ("20/May/2026:14:03:09 +9900", None),
            ("", None),
        ] {
            check(&TimeFormat::Common(TimeZone::get("Europe/Rome").unwrap()), text, expected);
        }
    }

    #[test]
    fn other_times_are_parsed() {
        let zone = TimeZone::get("Europe/Rome").unwrap();
        let iso = TimeFormat::Iso(zone.clone());
        check(&iso, "2026-05-20T14:03:09+02:00", Some("2026-05-20T12:03:09Z"));
        check(&iso, "2026-05-20 14:03:09", Some("2026-05-20T12:03:09Z"));
        check(&iso, "2026-05-20", Some("2026-05-19T22:00:00Z"));
        check(&iso, "yesterday", None);
        let any = TimeFormat::Any(zone.clone());
        for text in [
            "2026/05/20 14:03:09",
            "2026-05-20 12:03:09 +0000",
            "2026-05-20T14:03:09+0200",
            "2026-05-20T14:03:09+02",
            "2026-05-20 14:03:09,000",
            "2026-05-20T12:03:09.000000000Z",
            "[20/May/2026:14:03:09 +0200]",
            "20/May/2026 14:03:09",
            "Wed May 20 14:03:09 2026",
            "1779278589",
            "1779278589.000",
            "1779278589000",
            "1779278589000000",
            "1779278589000000000",
            "1.779278589e+09",
            "1.779278589e12",
        ] {
            check(&any, text, Some("2026-05-20T12:03:09Z"));
        }
        for text in ["2026-13-20 14:03:09", "2026-05-20T14:03:09.x", "1e999", "1e-9", "12", "", "["]
        {
            let read = any.read(text.as_bytes()).filter(|time| time.as_second() > 1_000_000);
            assert_eq!(read, None, "{text}");
        }
        check(&TimeFormat::Epoch(1), "1779278589.123", Some("2026-05-20T12:03:09.123Z"));
        check(
            &TimeFormat::Epoch(1_000_000),
            "1779278589123456",
            Some("2026-05-20T12:03:09.123456Z"),
        );
        check(&TimeFormat::Epoch(1), "99999999999999999999", None);
        check(&TimeFormat::Epoch(1), "1.-5", None);
        let pattern = TimeFormat::Strftime("%d.%m.%Y %H:%M:%S".into(), zone);
        check(&pattern, "20.05.2026 14:03:09", Some("2026-05-20T12:03:09Z"));
    }
}
