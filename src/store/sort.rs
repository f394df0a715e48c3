//! Sorts the rows of a step.

use super::span::of_place;

/// Sorts rows by a key, of which the first part is the place of a row's span and day.
///
/// The rows of a step are of few days and of terms whose ids are near each other: those of each are brought together
/// first, by counting. What is left to be sorted then are groups of a few dozen rows. Where there would be more groups
/// than rows, nothing is won so.
pub(super) fn sort_by_place<R, K: Ord>(
    rows: &mut [R],
    place: impl Fn(&R) -> i64,
    key: impl Fn(&R) -> K,
) {
    let Some(first) = rows.first().map(|row| of_place(place(row))) else { return };
    let (lowest, highest) = rows.iter().fold((first, first), |(lowest, highest), row| {
        let (term, day) = of_place(place(row));
        ((term.min(lowest.0), day.min(lowest.1)), (term.max(highest.0), day.max(highest.1)))
    });
    let days = highest.1 - lowest.1 + 1;
    let groups = (highest.0 - lowest.0 + 1).saturating_mul(days);
    if groups > rows.len() as i64 {
        return rows.sort_unstable_by_key(key);
    }
    let group = |row: &R| {
        let (term, day) = of_place(place(row));
        ((term - lowest.0) * days + day - lowest.1) as usize
    };
    let mut start = 0;
    for end in brought_together(rows, groups as usize, group) {
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
    use crate::store::span::SpanKey;

    proptest! {
        #[test]
        fn rows_are_sorted_wherever_their_terms_and_days_are(
            rows in vec((0..4_i64, 20_500..20_520_i32, any::<u8>()), 0..400),
            far in proptest::option::weighted(0.3, (0..1_i64 << 38, -5_000_000..5_000_000_i32, any::<u8>())),
        ) {
            let row = |(term, day, what)| {
                let (span, place) = SpanKey::of(term, Day::from_number(day));
                (span.number() + place, what)
            };
            let mut rows: Vec<(i64, u8)> = rows.into_iter().chain(far).map(row).collect();
            let mut expected = rows.clone();
            expected.sort_unstable();
            sort_by_place(&mut rows, |row| row.0, |row| *row);
            prop_assert_eq!(rows, expected);
        }
    }
}
