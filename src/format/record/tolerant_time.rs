//! Parses times in forms that no server writes by default, but tools and people do.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::malformed::Malformed;

/// The longest text that is parsed, in bytes.
const BYTES_MAX: usize = 64;

/// Parses a date and a time of day in any order of their parts, with month names in any case, fractions, AM and PM, and
/// an offset, `Z`, `UTC` or `GMT`. A time without any of these is in `zone`.
///
/// Returns [`Malformed::AmbiguousDate`] if day and month are numbers up to 12 in an order that nothing tells.
pub(crate) fn parse(text: &[u8], zone: &TimeZone) -> Result<Timestamp, Malformed> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= BYTES_MAX);
    let tokens = tokens(text.ok_or(Malformed::Time)?);
    let mut parts = Parts::default();
    let mut at = 0;
    while at < tokens.len() {
        at += parts.take(&tokens[at..]).ok_or(Malformed::Time)?;
    }
    let local = parts.local()?;
    match parts.offset {
        Some(offset) => offset.to_timestamp(local).map_err(|_| Malformed::Time),
        None => zone.to_timestamp(local).map_err(|_| Malformed::Time),
    }
}

/// A part of a text: digits, letters, or another character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeToken<'t> {
    Digits(&'t str),
    Word(&'t str),
    Other(char),
}

/// Splits a text. Spaces are kept, since an offset has none within.
fn tokens(text: &str) -> Vec<TimeToken<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let is_same = |c: char| match first {
            c0 if c0.is_ascii_digit() => c.is_ascii_digit(),
            c0 if c0.is_ascii_alphabetic() => c.is_ascii_alphabetic(),
            _ => false,
        };
        let len = rest.find(|c| !is_same(c)).unwrap_or(rest.len()).max(first.len_utf8());
        let (token, after) = rest.split_at(len);
        tokens.push(match first {
            c if c.is_ascii_digit() => TimeToken::Digits(token),
            c if c.is_ascii_alphabetic() => TimeToken::Word(token),
            other => TimeToken::Other(other),
        });
        rest = after;
    }
    tokens
}

/// The parts of a time that were found.
#[derive(Clone, Debug, Default)]
struct Parts {
    /// The numbers of the date, in order. A year has four digits.
    numbers: Vec<(i16, usize)>,
    month: Option<i8>,
    /// Hour, minute, second and nanosecond.
    time_of_day: Option<(i8, i8, i8, i32)>,
    is_afternoon: Option<bool>,
    offset: Option<Offset>,
}

impl Parts {
    /// Takes the next part of a time. Returns the number of its tokens, or `None` if it is no part of a time.
    fn take(&mut self, tokens: &[TimeToken<'_>]) -> Option<usize> {
        match tokens {
            // 20260520T120309
            [TimeToken::Digits(date), ..] if date.len() == 8 && self.numbers.is_empty() => {
                for range in [0..4, 4..6, 6..8] {
                    self.numbers.push((date[range.clone()].parse().ok()?, range.len()));
                }
                match tokens.get(1..3) {
                    Some(
                        [
                            TimeToken::Word("T" | "t") | TimeToken::Other(' '),
                            TimeToken::Digits(time),
                        ],
                    ) if time.len() == 6 => {
                        let part = |at: usize| time[at..at + 2].parse().ok();
                        self.time_of_day = Some((part(0)?, part(2)?, part(4)?, 0));
                        Some(3 + self.fraction(tokens.get(3..).unwrap_or_default())?)
                    }
                    _ => Some(1),
                }
            }
            [
                TimeToken::Digits(hour),
                TimeToken::Other(':'),
                TimeToken::Digits(minute),
                rest @ ..,
            ] if hour.len() <= 2 && minute.len() == 2 && self.time_of_day.is_none() => {
                let (second, count) = match rest {
                    [TimeToken::Other(':'), TimeToken::Digits(second), ..] => {
                        (second.parse().ok()?, 5)
                    }
                    _ => (0, 3),
                };
                self.time_of_day = Some((hour.parse().ok()?, minute.parse().ok()?, second, 0));
                Some(count + self.fraction(tokens.get(count..).unwrap_or_default())?)
            }
            [TimeToken::Other(sign @ ('+' | '-')), TimeToken::Digits(digits), rest @ ..]
                if self.time_of_day.is_some() && matches!(digits.len(), 2 | 4) =>
            {
                let (minutes, count) = match (digits.len(), rest) {
                    (4, _) => (&digits[2..], 2),
                    (_, [TimeToken::Other(':'), TimeToken::Digits(minutes), ..]) => (*minutes, 4),
                    _ => ("0", 2),
                };
                let seconds =
                    digits[..2].parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
                let seconds = if *sign == '-' { -seconds } else { seconds };
                self.offset = Some(Offset::from_seconds(seconds).ok()?);
                Some(count)
            }
            [TimeToken::Digits(number), ..] if number.len() <= 4 => {
                self.numbers.push((number.parse().ok()?, number.len()));
                Some(1)
            }
            [TimeToken::Word(word), ..] => self.word(word).then_some(1),
            [TimeToken::Other(' ' | ',' | '/' | '-' | '.' | ':' | '@' | '\t'), ..] => Some(1),
            _ => None,
        }
    }

    /// Takes the fraction after a time of day. Returns the number of its tokens.
    fn fraction(&mut self, tokens: &[TimeToken<'_>]) -> Option<usize> {
        let [TimeToken::Other('.' | ','), TimeToken::Digits(digits), ..] = tokens else {
            return Some(0);
        };
        let nanos = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
        let nanos = nanos.fold(0, |nanos, digit| nanos * 10 + i32::from(digit - b'0'));
        self.time_of_day.as_mut()?.3 = nanos;
        Some(2)
    }

    /// Takes a word. Returns false if it is no part of a time.
    fn word(&mut self, word: &str) -> bool {
        const MONTHS: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        const WEEKDAYS: [&str; 7] =
            ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let word = word.to_ascii_lowercase();
        let is_name = |name: &&str| word.len() >= 3 && name.starts_with(&word);
        match &*word {
            "t" | "at" => true,
            "am" | "pm" => {
                self.is_afternoon = Some(word == "pm");
                true
            }
            "z" | "utc" | "gmt" => {
                self.offset = self.offset.or(Some(Offset::UTC));
                true
            }
            _ if WEEKDAYS.iter().any(is_name) => true,
            // An abbreviated zone follows its offset: `+0200 CEST`.
            _ if self.offset.is_some() => true,
            _ => {
                let month = MONTHS.iter().position(is_name);
                self.month = self.month.or(month.map(|month| month as i8 + 1));
                month.is_some()
            }
        }
    }

    fn local(&self) -> Result<DateTime, Malformed> {
        let (hour, minute, second, nanos) = self.time_of_day.ok_or(Malformed::Time)?;
        let hour = match self.is_afternoon {
            None => hour,
            Some(_) if !(1..=12).contains(&hour) => return Err(Malformed::Time),
            Some(is_afternoon) => hour % 12 + if is_afternoon { 12 } else { 0 },
        };
        let (year, month, day) = self.date()?;
        let date = DateTime::new(year, month, day, hour, minute, second.min(59), nanos);
        date.map_err(|_| Malformed::Time)
    }

    fn date(&self) -> Result<(i16, i8, i8), Malformed> {
        let small = |number: i16| i8::try_from(number).map_err(|_| Malformed::Time);
        let is_year = |(_, digits): &(i16, usize)| *digits == 4;
        let numbers: Vec<i16> = self.numbers.iter().map(|(number, _)| *number).collect();
        match (self.month, numbers.as_slice(), self.numbers.iter().position(is_year)) {
            (Some(month), &[one, other], Some(at)) => {
                let (year, day) = if at == 0 { (one, other) } else { (other, one) };
                Ok((year, month, small(day)?))
            }
            (None, &[year, month, day], Some(0)) => Ok((year, small(month)?, small(day)?)),
            (None, &[one, other, year], Some(2)) => match (one > 12, other > 12) {
                (true, false) => Ok((year, small(other)?, small(one)?)),
                (false, true) => Ok((year, small(one)?, small(other)?)),
                _ if one == other => Ok((year, small(one)?, small(one)?)),
                (false, false) => Err(Malformed::AmbiguousDate),
                (true, true) => Err(Malformed::Time),
            },
            _ => Err(Malformed::Time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parsed_in_the_forms_of_tools() {
        let zone = TimeZone::get("Europe/Rome").unwrap();
        for text in [
            "20/May/2026:12:03:09.123 +0000",
            "20/May/2026:12:03:09 GMT",
            "20/May/2026:12:03:09 UTC",
            "20/may/2026:12:03:09 Z",
            "Wed, 20 May 2026 12:03:09 GMT",
            "Wednesday, 20 May 2026, 12:03:09 UTC",
            "2026-05-20 12:03:09 UTC",
            "2026-05-20 12:03:09.123 +0000 UTC",
            "2026-05-20 14:03:09 +0200 CEST",
            "May 20, 2026 @ 14:03:09.000",
            "May 20, 2026, 2:03:09 PM",
            "Wed May 20 12:03:09 UTC 2026",
            "20-May-2026 14:03:09",
            "20 May 2026 14:03:09",
            "20260520T120309Z",
            "20260520T140309.5",
            "20.05.2026 14:03:09",
            "5/20/2026 2:03:09 PM",
            "2026-5-20 14:03:09",
        ] {
            let time = parse(text.as_bytes(), &zone).unwrap();
            assert_eq!(time.as_second(), 1_779_278_589, "{text}");
        }
        let one_digit = parse(b"1/May/2026:9:03:09 +0200", &zone).unwrap();
        assert_eq!(one_digit.to_string(), "2026-05-01T07:03:09Z");
        for (text, reason) in [
            ("05/06/2026 12:03:09", Malformed::AmbiguousDate),
            ("20/Mai/2026:12:03:09 +0000", Malformed::Time),
            ("Wed May 20 12:03:09 CEST 2026", Malformed::Time),
            ("2026-05-20", Malformed::Time),
            ("12:03:09", Malformed::Time),
            ("2026-05-32 12:03:09", Malformed::Time),
            ("99999999999999999999", Malformed::Time),
            ("", Malformed::Time),
        ] {
            assert_eq!(parse(text.as_bytes(), &zone), Err(reason), "{text}");
        }
    }
}
