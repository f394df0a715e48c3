//! A span: what some of the terms had in some days, which is one row of the store.

use crate::day::Day;

/// How many days stand together. With a longer span a term's history is fewer rows of the store, and faster
/// to read; with a shorter one less is written anew where a day is added.
pub(super) const SPAN_DAYS: i64 = 4;

/// Terms stand together whose ids leave one remainder: a step then writes hundreds of spans, and not one for each of
/// many thousand terms; the terms that are asked for most, which are met first, each stand among others that seldom
/// are.
pub(super) const GROUPS: i64 = 512;

/// Spans of the same days are numbered so far from those of the next: they stand together, as logs are in the order
/// of days, and a night's log is written where the last one ended.
pub(super) const SPANS_OF_DAYS: i64 = GROUPS + 1;

/// 1970-01-01, in spans: there is room for 23,000 years before it and after.
pub(super) const DAY_0: i64 = 1 << 21;

/// No span has a greater number.
pub(super) const NUMBER_MAX: i64 = 2 * DAY_0 * SPANS_OF_DAYS - 1;

/// A place in a span takes no more bits; with a span's number before it, no more than a signed number of 64 has.
const PLACE_BITS: u32 = 31;

/// Which span: which days, and which terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SpanKey {
    /// How many spans of days lie between 1970-01-01 and its own.
    days: i64,
    /// What the ids of its terms leave; what stands under no term stands alone.
    group: i64,
}

impl SpanKey {
    /// The span that a day of a term belongs to, and its place there, which is told by which term of the group it is,
    /// and which day.
    pub(super) fn of(term: i64, day: Day) -> (SpanKey, i64) {
        let day = i64::from(day.number());
        let (group, nth) = group_of(term);
        let place = nth * SPAN_DAYS + day.rem_euclid(SPAN_DAYS);
        (SpanKey { days: day.div_euclid(SPAN_DAYS), group }, place)
    }

    /// The term's id and the day of a place in this span.
    pub(super) fn term_and_day(self, place: i64) -> (i64, Day) {
        let nth = place.div_euclid(SPAN_DAYS);
        let day = self.days.saturating_mul(SPAN_DAYS).saturating_add(place.rem_euclid(SPAN_DAYS));
        let day = i32::try_from(day).unwrap_or_default();
        (nth.saturating_mul(GROUPS).saturating_add(self.group), Day::from_number(day))
    }

    /// The days that it has, by number: the same for spans of the same days.
    pub(super) fn days(self) -> i64 {
        self.days
    }

    /// Which of the spans of the same days.
    pub(super) fn group(self) -> i64 {
        self.group
    }

    /// The number under which the span is stored.
    pub(super) fn number(self) -> i64 {
        (self.days + DAY_0) * SPANS_OF_DAYS + self.group
    }

    /// The span that is stored under a number.
    pub(super) fn of_number(number: i64) -> SpanKey {
        let (days, group) = (number.div_euclid(SPANS_OF_DAYS), number.rem_euclid(SPANS_OF_DAYS));
        SpanKey { days: days - DAY_0, group }
    }
}

/// The group that a term is in, and which of the group it is.
pub(super) fn group_of(term: i64) -> (i64, i64) {
    if term == 0 {
        return (0, 0);
    }
    ((term - 1).rem_euclid(GROUPS) + 1, (term - 1).div_euclid(GROUPS))
}

/// The first number from this one on that a span of the group may have.
pub(super) fn next_number(group: i64, from: i64) -> i64 {
    from + (group - from).rem_euclid(SPANS_OF_DAYS)
}

/// A span's number and a place in it, as one number.
#[inline]
pub(super) fn spot(span: SpanKey, place: i64) -> i64 {
    span.number() << PLACE_BITS | place
}

/// A span's number, and the place in it.
#[inline]
pub(super) fn of_spot(spot: i64) -> (i64, i64) {
    (spot >> PLACE_BITS, spot & ((1 << PLACE_BITS) - 1))
}

/// When a day begins in UTC, in seconds since the Unix epoch.
pub(super) fn start_of(day: Day) -> i64 {
    i64::from(day.number()) * 86_400
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_day_of_a_term_has_one_span_and_one_place(
            term in prop_oneof![0..2_000_i64, 0..1_i64 << 38],
            day in -8_000_000..8_000_000_i32,
        ) {
            let day = Day::from_number(day);
            let (span, place) = SpanKey::of(term, day);
            prop_assert_eq!(span.term_and_day(place), (term, day));
            prop_assert_eq!(SpanKey::of_number(span.number()), span);
            prop_assert_eq!(of_spot(spot(span, place)), (span.number(), place));
            let group = group_of(term).0;
            prop_assert_eq!(next_number(group, span.number()), span.number());
            prop_assert_eq!(next_number(group, span.number() + 1), span.number() + SPANS_OF_DAYS);
        }
    }
}
