//! Sorts the rows of a step.

use super::span::of_spot;

/// Sorts rows by a key, of which the first part is the row's spot: its span's number, and its place there.
///
/// The rows of a step are of few days: those of each span are brought together first, by counting. What is left to be
/// sorted then are groups of a few dozen rows, which stay in the processor's nearest cache. Where there would be more
/// spans than rows, nothing is won so.
pub(super) fn sort_by_spot<R, K: Ord>(
    rows: &mut [R],
    spot: impl Fn(&R) -> i64,
    key: impl Fn(&R) -> K,
) {
    let span = |row: &R| of_spot(spot(row)).0;
    let Some(lowest) = rows.iter().map(span).min() else { return };
    let spans = rows.iter().map(span).max().unwrap_or(lowest) - lowest + 1;
    if spans > rows.len() as i64 {
        return rows.sort_unstable_by_key(key);
    }
    let mut start = 0;
    for end in brought_together(rows, spans as usize, |row| (span(row) - lowest) as usize) {
        rows[start..end].sort_unstable_by_key(&key);
        start = end;
    }
}

/// Brings the rows of each group together, in place and in the order of the groups; returns where each ends.
fn brought_together<R>(rows: &mut [R], groups: usize, group: impl Fn(&R) -> usize) -> Vec<usize> {
    let mut ends = vec![0; groups];
    rows.iter().for_each(|row| ends[group(row)] += 1);
    let mut start = 0;
    // Where the next row of each group goes.
    let mut next: Vec<usize> = Vec::with_capacity(groups);
    for end in &mut ends {
        next.push(start);
        start += *end;
        *end = start;
    }
    for at in 0..groups {
        while next[at] < ends[at] {
            let of = group(&rows[next[at]]);
            if of != at {
                rows.swap(next[at], next[of]);
            }
            next[of] += 1;
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::day::Day;
    use crate::store::span::{SpanKey, spot};

    proptest! {
        #[test]
        fn rows_are_sorted_wherever_their_terms_and_days_are(
            rows in vec((0..4_i64, 20_500..20_520_i32, any::<u8>()), 0..400),
            far in proptest::option::weighted(0.3, (0..1_i64 << 38, -5_000_000..5_000_000_i32, any::<u8>())),
        ) {
            let row = |(term, day, what)| {
                let (span, place) = SpanKey::of(term, Day::from_number(day));
                (spot(span, place), what)
            };
            let mut rows: Vec<(i64, u8)> = rows.into_iter().chain(far).map(row).collect();
            let mut expected = rows.clone();
            expected.sort_unstable();
            sort_by_spot(&mut rows, |row| row.0, |row| *row);
            prop_assert_eq!(rows, expected);
        }
    }
}
