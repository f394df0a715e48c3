//! The rows of a span, which are kept as two texts and read and written whole.
//!
//! They are JSON, which SQLite reads too. They are read and written here, since `serde_json` takes four times as long
//! over it: a sixth of the time of a site's report, and a twentieth of all reading of logs.

use rusqlite::types::Type;

use crate::digits::{READ_MAX, number_of_first, read_first, write};
use crate::find::{BLOCK_BYTES, digits_in};

/// Agents' requests as they are kept: the term's and the day's place in their span, user agent, request type, trust, status;
/// how many, their bytes, and the first of them in seconds since its day began in UTC.
pub(super) type PingCells = [i64; 8];

/// Views as they are kept: the term's and the day's place in their span, where people came from; how many.
pub(super) type ViewCells = [i64; 3];

/// How many of their cells are the key, which is also the order in which they stand.
const PING_KEY: usize = 5;
const VIEW_KEY: usize = 2;

/// The rows of a span as they are kept.
#[derive(Clone, Copy)]
pub(super) struct Kept<'t> {
    text: &'t str,
    /// The column of the query in which the text stood.
    column: usize,
}

impl<'t> Kept<'t> {
    /// No rows.
    pub(super) const NOTHING: Kept<'static> = Kept { text: "[]", column: 0 };

    /// The rows that stand in a column of a query's row.
    pub(super) fn of(row: &'t rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Kept<'t>> {
        Ok(Kept { text: row.get_ref(column)?.as_str()?, column })
    }

    /// Hands out each of them.
    pub(super) fn each<const N: usize>(
        self,
        mut each: impl FnMut([i64; N]) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut parsed = Parsed::of(self.text);
        let mut count = 0;
        for row in parsed.by_ref() {
            each(row)?;
            count += 1;
        }
        if parsed.is_whole {
            return Ok(());
        }
        from_any_text(self.text, self.column)?.into_iter().skip(count).try_for_each(each)
    }
}

/// Writes the agents' requests that are kept, and others, to a text that is used again. Both must be in order.
pub(super) fn write_pings(
    kept: Kept<'_>,
    new: impl Iterator<Item = PingCells> + Clone,
    text: &mut String,
) -> rusqlite::Result<()> {
    write_merged::<8, PING_KEY>(kept, new, text, |sum, more| {
        sum[5] = sum[5].saturating_add(more[5]);
        sum[6] = sum[6].saturating_add(more[6]);
        sum[7] = sum[7].min(more[7]);
    })
}

/// The same of views.
pub(super) fn write_views(
    kept: Kept<'_>,
    new: impl Iterator<Item = ViewCells> + Clone,
    text: &mut String,
) -> rusqlite::Result<()> {
    write_merged::<3, VIEW_KEY>(kept, new, text, |sum, more| {
        sum[2] = sum[2].saturating_add(more[2])
    })
}

fn write_merged<const N: usize, const KEY: usize>(
    kept: Kept<'_>,
    new: impl Iterator<Item = [i64; N]> + Clone,
    text: &mut String,
    add: impl Fn(&mut [i64; N], &[i64; N]),
) -> rusqlite::Result<()> {
    let mut parsed = Parsed::of(kept.text);
    let mut bytes = std::mem::take(text).into_bytes();
    merge::<N, KEY>(parsed.by_ref(), new.clone(), &mut bytes, &add);
    if !parsed.is_whole {
        let rows = from_any_text(kept.text, kept.column)?;
        merge::<N, KEY>(rows.into_iter(), new, &mut bytes, &add);
    }
    *text = String::from_utf8(bytes).expect("digits and brackets");
    Ok(())
}

/// Writes rows as they are read, those with one key as their sum.
fn merge<const N: usize, const KEY: usize>(
    kept: impl Iterator<Item = [i64; N]>,
    new: impl Iterator<Item = [i64; N]>,
    text: &mut Vec<u8>,
    add: impl Fn(&mut [i64; N], &[i64; N]),
) {
    let key = |row: &[i64; N]| *row.first_chunk::<KEY>().expect("a key is a part of its row");
    // Compared as arrays, this would be a call.
    let is_same = |one: [i64; KEY], other: [i64; KEY]| {
        one.into_iter().zip(other).fold(true, |same, (one, other)| same & (one == other))
    };
    let (mut kept, mut new) = (kept.peekable(), new.peekable());
    let mut next = || match (kept.peek(), new.peek()) {
        (Some(one), Some(other)) if key(one) <= key(other) => kept.next(),
        (_, Some(_)) => new.next(),
        (_, None) => kept.next(),
    };
    text.clear();
    text.push(b'[');
    let Some(mut sum) = next() else { return text.push(b']') };
    while let Some(row) = next() {
        if is_same(key(&row), key(&sum)) {
            add(&mut sum, &row);
        } else {
            write_row(&sum, b',', text);
            sum = row;
        }
    }
    write_row(&sum, b']', text);
}

/// Eight numbers of twenty places, a mark before each and two behind them, and the room that writing asks for.
const ROW_BYTES_MAX: usize = 8 * 21 + 2 + 3;

/// What a row takes as a rule, and no more.
const ROW_BYTES_USUAL: usize = 40;

/// Writes a row, and what stands behind it.
fn write_row<const N: usize>(row: &[i64; N], behind: u8, text: &mut Vec<u8>) {
    let mut buffer = [0; ROW_BYTES_MAX];
    let mut len = 0;
    for (at, cell) in row.iter().enumerate() {
        buffer[len] = if at == 0 { b'[' } else { b',' };
        len += 1;
        if *cell < 0 {
            buffer[len] = b'-';
            len += 1;
        }
        len = write(&mut buffer, len, cell.unsigned_abs());
    }
    buffer[len..len + 2].copy_from_slice(&[b']', behind]);
    len += 2;
    if len > ROW_BYTES_USUAL {
        return text.extend_from_slice(&buffer[..len]);
    }
    // To copy more than there is costs less than to copy any length.
    let start = text.len();
    text.extend_from_slice(&buffer[..ROW_BYTES_USUAL]);
    text.truncate(start + len);
}

/// Reads rows of a text that is written as they are here; any other text is not whole.
struct Parsed<'t, const N: usize> {
    rest: &'t [u8],
    /// Whether all that was read are rows.
    is_whole: bool,
}

impl<'t, const N: usize> Parsed<'t, N> {
    fn of(text: &'t str) -> Parsed<'t, N> {
        match text.as_bytes() {
            b"[]" => Parsed { rest: b"", is_whole: true },
            [b'[', rest @ ..] if !rest.is_empty() => Parsed { rest, is_whole: true },
            _ => Parsed { rest: b"", is_whole: false },
        }
    }

    /// Reads a row as nearly all are: it is short, another one follows, and no number in it is negative or long. Where
    /// numbers end is found for all of them at once. Returns how long it is, too.
    #[inline(always)]
    fn read_usual_row(&self) -> Option<([i64; N], usize)> {
        // Wherever a mark is found in the block, there are as many bytes behind it.
        let text = self.rest.first_chunk::<{ BLOCK_BYTES + 1 + READ_MAX }>()?;
        let marks = !digits_in(text.first_chunk()?);
        let mut rest = marks & marks.wrapping_sub(1);
        let mut row = [0; N];
        let (mut start, mut is_usual) = (1, text[0] == b'[');
        for (at, cell) in row.iter_mut().enumerate() {
            let end = rest.trailing_zeros() as usize;
            rest &= rest.wrapping_sub(1);
            let len = end.wrapping_sub(start);
            *cell = number_of_first(*text[start..].first_chunk()?, len).cast_signed();
            is_usual &= matches!(len, 1..=READ_MAX);
            is_usual &= text[end] == if at + 1 < N { b',' } else { b']' };
            start = end + 1;
        }
        (is_usual && text[start] == b',').then_some((row, start + 1))
    }

    fn read_row(&mut self) -> Option<[i64; N]> {
        if let Some((row, len)) = self.read_usual_row() {
            self.rest = &self.rest[len..];
            return Some(row);
        }
        let mut row = [0; N];
        let mut rest = self.rest;
        for (at, cell) in row.iter_mut().enumerate() {
            rest = rest.strip_prefix(if at == 0 { b"[" } else { b"," })?;
            let negative = rest.first() == Some(&b'-');
            let digits = &rest[usize::from(negative)..];
            let (number, len) = read_first(digits);
            let number = i64::try_from(number.filter(|_| len > 0)?).ok()?;
            (*cell, rest) = (if negative { -number } else { number }, &digits[len..]);
        }
        self.rest = match rest.strip_prefix(b"]")? {
            b"]" => b"",
            [b',', rest @ ..] if !rest.is_empty() => rest,
            _ => return None,
        };
        Some(row)
    }
}

impl<const N: usize> Iterator for Parsed<'_, N> {
    type Item = [i64; N];

    fn next(&mut self) -> Option<[i64; N]> {
        if self.rest.is_empty() {
            return None;
        }
        let row = self.read_row();
        if row.is_none() {
            *self = Parsed { rest: b"", is_whole: false };
        }
        row
    }
}

/// Reads rows of any JSON: another program may have written it with spaces.
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
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn kept(text: &str) -> Kept<'_> {
        Kept { text, column: 0 }
    }

    fn all<const N: usize>(text: &str) -> rusqlite::Result<Vec<[i64; N]>> {
        let mut rows = Vec::new();
        kept(text).each(|row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Into a text of something longer.
    fn with_pings<const N: usize>(kept: Kept<'_>, new: [PingCells; N]) -> String {
        let mut text = "x".repeat(100);
        write_pings(kept, new.into_iter(), &mut text).unwrap();
        text
    }

    fn with_views(kept: Kept<'_>, new: &[ViewCells]) -> rusqlite::Result<String> {
        let mut text = "x".repeat(100);
        write_views(kept, new.iter().copied(), &mut text).map(|()| text)
    }

    #[test]
    fn rows_with_one_key_are_added_up_in_order() {
        let row = |user_agent, requests, first| [0, user_agent, 1, 2, 0, requests, 10, first];
        let old = with_pings(Kept::NOTHING, [row(1, 2, 50), row(4, 1, 7)]);
        let new = [row(1, 3, 20), row(2, 1, 1), row(9, 1, 2)];
        let mut first = row(1, 5, 20);
        first[6] = 20;
        let merged = with_pings(kept(&old), new);
        let expected = [first, row(2, 1, 1), row(4, 1, 7), row(9, 1, 2)];
        assert_eq!(all(&merged).unwrap(), expected);
        let views = with_views(Kept::NOTHING, &[[0, 1, 2], [0, 1, 3]]).unwrap();
        assert_eq!(views, "[[0,1,5]]");
    }

    #[test]
    fn rows_are_json_with_any_spaces() {
        for text in ["[[1,2,3]]", "[ [1, 2,3] ]", "[[1,2,3] ]"] {
            assert_eq!(all(text).unwrap(), [[1, 2, 3]]);
            let merged = with_views(kept(text), &[[1, 3, 4]]).unwrap();
            assert_eq!(merged, "[[1,2,3],[1,3,4]]");
        }
        for wrong in [
            "",
            "[",
            "[[1,2]]",
            "[[1,2,3,4]]",
            "[[1,2,3]",
            "[[1,2,3],",
            "[[1,2,3],]",
            "[[1,2,x]]",
            "[[1,,2]]",
            "{}",
            "[[1,2,99999999999999999999]]",
        ] {
            assert!(all::<3>(wrong).is_err(), "{wrong}");
            assert!(with_views(kept(wrong), &[[1, 3, 4]]).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_json_and_is_read_again(
            rows in vec((any::<[i64; 3]>(), 0..63_u32), 0..9),
        ) {
            let rows = rows.into_iter().map(|(row, bits): ([i64; 3], u32)| row.map(|cell: i64| (cell >> bits).max(-i64::MAX)));
            let mut rows: Vec<[i64; 3]> = rows.collect();
            rows.sort_unstable();
            rows.dedup_by_key(|row| [row[0], row[1]]);
            let text = with_views(Kept::NOTHING, &rows).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Vec<Vec<i64>>>(&text).unwrap(), &rows);
            let parsed = Parsed::of(&text);
            prop_assert_eq!(&parsed.collect::<Vec<_>>(), &rows);
            prop_assert_eq!(&with_views(kept(&text), &[]).unwrap(), &text);
        }
    }
}
