//! A span: what one term had in some days.

use crate::day::Day;

/// How many days stand together. With a longer span a term's history is fewer rows of the store, and faster
/// to read; with a shorter one less is written anew where a day is added.
pub(super) const SPAN_DAYS: i32 = 4;

/// A term has room for so many days …
const SPANS_OF_TERM: i64 = 1 << 24;

/// … of which this is 1970-01-01: 23,000 years before it and after.
pub(super) const DAY_0: i64 = 1 << 23;

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

/// The term's id, and which of its days it is, of a span's number and a place in it together.
#[inline]
pub(super) fn of_place(place: i64) -> (i64, i64) {
    (place.div_euclid(SPANS_OF_TERM), place.rem_euclid(SPANS_OF_TERM))
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
}
