//! A span: what one term had in some days, as texts that are read and written whole.

use rusqlite::types::Type;

use crate::day::Day;
use crate::digits::{read_first, write};

/// How many days stand together. With a longer span a term's history is fewer rows of the store, and faster
/// to read; with a shorter one less is written anew where a day is added.
pub(super) const SPAN_DAYS: i32 = 4;

/// A term has room for so many days …
const SPANS_OF_TERM: i64 = 1 << 24;

/// … of which this is 1970-01-01: 23,000 years before it and after.
pub(super) const DAY_0: i64 = 1 << 23;

/// Agents' requests as they are kept: the day's place in its span, user agent, request type, trust, status;
/// how many, their bytes, and the first of them in seconds since its day began in UTC.
pub(super) type PingCells = [i64; 8];

/// Views as they are kept: the day's place in its span, where people came from; how many.
pub(super) type ViewCells = [i64; 3];

/// How many of their cells are the key, which is also the order in which they stand.
const PING_KEY: usize = 5;
const VIEW_KEY: usize = 2;

/// Which span: the term's id, and the number of the first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SpanKey {
    pub(super) term: i64,
    pub(super) first_day: i32,
}

impl SpanKey {
    /// The span that a day of a term belongs to, and the day's place in it.
    pub(super) fn of(term: i64, day: Day) -> (SpanKey, i64) {
        let place = day.number().rem_euclid(SPAN_DAYS);
        (SpanKey { term, first_day: day.number() - place }, i64::from(place))
    }

    /// The day with a place in this span.
    pub(super) fn day(self, place: i64) -> Day {
        Day::from_number(self.first_day.saturating_add(i32::try_from(place).unwrap_or_default()))
    }
}

impl SpanKey {
    /// The number under which the span is stored: spans of a term stand together, in order.
    pub(super) fn number(self) -> i64 {
        self.term * SPANS_OF_TERM + DAY_0 + i64::from(self.first_day)
    }

    /// The first and the last number that a term's spans may have.
    pub(super) fn numbers_of(term: i64) -> [i64; 2] {
        let first = term * SPANS_OF_TERM;
        [first, first + SPANS_OF_TERM - 1]
    }

    /// The span that is stored under a number.
    pub(super) fn of_number(number: i64) -> SpanKey {
        let first_day = number.rem_euclid(SPANS_OF_TERM) - DAY_0;
        let first_day = i32::try_from(first_day).expect("24 bits");
        SpanKey { term: number.div_euclid(SPANS_OF_TERM), first_day }
    }
}

/// The number of a span, of which this is the number and a place in it together.
pub(super) fn number_of(place: i64) -> i64 {
    // Numbers are as far apart as a span has days, and so is the first from 0.
    place - place.rem_euclid(i64::from(SPAN_DAYS))
}

/// When a day begins in UTC, in seconds since the Unix epoch.
pub(super) fn start_of(day: Day) -> i64 {
    i64::from(day.number()) * 86_400
}

/// Adds rows of agents' requests to those that are kept. Both must be in order.
pub(super) fn merge_pings(kept: &[PingCells], new: &[PingCells]) -> Vec<PingCells> {
    merge(kept, new, PING_KEY, |sum, more| {
        sum[5] = sum[5].saturating_add(more[5]);
        sum[6] = sum[6].saturating_add(more[6]);
        sum[7] = sum[7].min(more[7]);
    })
}

/// Adds rows of views to those that are kept. Both must be in order.
pub(super) fn merge_views(kept: &[ViewCells], new: &[ViewCells]) -> Vec<ViewCells> {
    merge(kept, new, VIEW_KEY, |sum, more| sum[2] = sum[2].saturating_add(more[2]))
}

fn merge<const N: usize>(
    kept: &[[i64; N]],
    new: &[[i64; N]],
    key: usize,
    add: impl Fn(&mut [i64; N], &[i64; N]),
) -> Vec<[i64; N]> {
    let mut merged: Vec<[i64; N]> = Vec::with_capacity(kept.len() + new.len());
    let (mut kept, mut new) = (kept.iter().peekable(), new.iter().peekable());
    while let Some(row) = match (kept.peek(), new.peek()) {
        (Some(one), Some(other)) if one[..key] <= other[..key] => kept.next(),
        (_, Some(_)) => new.next(),
        (_, None) => kept.next(),
    } {
        match merged.last_mut() {
            Some(last) if last[..key] == row[..key] => add(last, row),
            _ => merged.push(*row),
        }
    }
    merged
}

/// The rows as JSON, which SQLite reads too.
///
/// They are written and read here, since `serde_json` takes four times as long over it: a sixth of the time
/// of a site's report, and a twentieth of all reading of logs.
pub(super) fn to_text<const N: usize>(rows: &[[i64; N]]) -> String {
    let mut text = Vec::with_capacity(2 + rows.len() * (ROW_BYTES_USUAL + 1));
    text.push(b'[');
    let mut buffer = [0; ROW_BYTES_MAX];
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        let len = write_row(row, &mut buffer);
        text.extend_from_slice(&buffer[..len]);
    }
    text.push(b']');
    String::from_utf8(text).expect("digits and brackets")
}

/// What a row of pings takes as a rule.
const ROW_BYTES_USUAL: usize = 32;

/// Eight numbers of twenty places, a mark before each and one behind them, and the room that writing asks for.
const ROW_BYTES_MAX: usize = 8 * 21 + 1 + 3;

/// Writes a row's text, and returns its length.
fn write_row<const N: usize>(row: &[i64; N], buffer: &mut [u8; ROW_BYTES_MAX]) -> usize {
    let mut end = 0;
    for (at, cell) in row.iter().enumerate() {
        buffer[end] = if at == 0 { b'[' } else { b',' };
        end += 1;
        if *cell < 0 {
            buffer[end] = b'-';
            end += 1;
        }
        end = write(buffer, end, cell.unsigned_abs());
    }
    buffer[end] = b']';
    end + 1
}

/// The rows of a text, which stood in a query's column of this number.
pub(super) fn from_text<const N: usize>(
    text: &str,
    column: usize,
) -> rusqlite::Result<Vec<[i64; N]>> {
    // Another program may have written it with spaces.
    rows(text.as_bytes()).map_or_else(|| from_any_text(text, column), Ok)
}

/// The rows of a text that is written as [`to_text`] does; `None` for any other.
fn rows<const N: usize>(text: &[u8]) -> Option<Vec<[i64; N]>> {
    let mut rest = text.strip_prefix(b"[")?;
    let mut rows = Vec::new();
    if rest == b"]" {
        return Some(rows);
    }
    loop {
        let mut row = [0; N];
        for (at, cell) in row.iter_mut().enumerate() {
            rest = rest.strip_prefix(if at == 0 { b"[" } else { b"," })?;
            let negative = rest.first() == Some(&b'-');
            let digits = &rest[usize::from(negative)..];
            let (number, len) = read_first(digits);
            let number = i64::try_from(number.filter(|_| len > 0)?).ok()?;
            (*cell, rest) = (if negative { -number } else { number }, &digits[len..]);
        }
        rows.push(row);
        rest = rest.strip_prefix(b"]")?;
        match rest {
            b"]" => return Some(rows),
            [b',', after @ ..] => rest = after,
            _ => return None,
        }
    }
}

fn from_any_text<const N: usize>(text: &str, column: usize) -> rusqlite::Result<Vec<[i64; N]>> {
    let failure = |error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error);
    let rows: Vec<Vec<i64>> =
        serde_json::from_str(text).map_err(|error| failure(Box::new(error)))?;
    let row = |row: Vec<i64>| {
        row.try_into().map_err(|_| failure("a row has more or fewer cells than it should".into()))
    };
    rows.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_one_span_and_one_place() {
        for number in [-20_593, -9, -8, -1, 0, 7, 8, 20_593] {
            let day = Day::from_number(number);
            let (key, place) = SpanKey::of(3, day);
            assert!((0..i64::from(SPAN_DAYS)).contains(&place));
            assert_eq!((key.day(place), key.first_day.rem_euclid(SPAN_DAYS)), (day, 0));
            assert_eq!(number_of(key.number() + place), key.number());
        }
    }

    #[test]
    fn rows_with_one_key_are_added_up_in_order() {
        let row = |user_agent, requests, first| [0, user_agent, 1, 2, 0, requests, 10, first];
        let kept = [row(1, 2, 50), row(4, 1, 7)];
        let new = [row(1, 3, 20), row(2, 1, 1), row(9, 1, 2)];
        let merged = merge_pings(&kept, &new);
        let mut first = row(1, 5, 20);
        first[6] = 20;
        assert_eq!(merged, [first, row(2, 1, 1), row(4, 1, 7), row(9, 1, 2)]);
        assert_eq!(merge_views(&[], &[[0, 1, 2], [0, 1, 3]]), [[0, 1, 5]]);
    }

    #[test]
    fn rows_are_json() {
        for rows in [vec![], vec![[0, -1, 12]], vec![[i64::MAX, i64::MIN + 1, 0], [1, 2, 3]]] {
            let text = to_text(&rows);
            assert_eq!(rows_of(&text), Some(rows.clone()), "{text}");
            assert_eq!(serde_json::from_str::<Vec<[i64; 3]>>(&text).unwrap(), rows);
            assert_eq!(from_any_text(&text, 0).unwrap(), rows);
        }
        assert_eq!(from_text::<3>("[ [1, 2, 3] ]", 0).unwrap(), [[1, 2, 3]]);
        for wrong in ["", "[", "[[1,2]]", "[[1,2,3,4]]", "[[1,2,3]", "[[1,2,x]]", "[[1,,2]]", "{}"]
        {
            assert!(rows_of(wrong).is_none() && from_text::<3>(wrong, 0).is_err(), "{wrong}");
        }
        assert!(from_text::<3>("[[1,2,99999999999999999999]]", 0).is_err());
    }

    fn rows_of(text: &str) -> Option<Vec<[i64; 3]>> {
        rows(text.as_bytes())
    }
}
