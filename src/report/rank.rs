//! The order of what is listed: most first, ties by who came first.

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::classify::Trust;
use crate::day::Day;
use crate::names::Map;
use crate::store::{Carried, CoverageRow};

use super::frame::Sums;
use super::guests::Guests;
use super::question::Question;
use super::{DayPings, FamilyPings, GuestPings, TrustPings, TypePings};

/// The request type of counts that were carried over from before there were logs.
pub const PRE_TRACKING: &str = "pre-tracking";

/// Before every day that a log can have: carried counts came first.
const BEFORE_ALL: i64 = i64::MIN;

/// How many there were, and the first of them.
pub(super) type Tallied = (u64, i64);

/// Of nothing, the first comes behind all.
pub(super) const NOTHING: Tallied = (0, i64::MAX);

/// Adds more, with the first of those.
pub(super) fn add(tallied: &mut Tallied, count: u64, first: i64) {
    *tallied = (tallied.0 + count, tallied.1.min(first));
}

/// Adds up what is called alike, and puts it in order: most first, then who came first, then by name.
pub(super) fn ranked(entries: impl Iterator<Item = (String, u64, i64)>) -> Vec<(String, u64)> {
    let mut sums: Map<String, Tallied> = Map::default();
    for (name, count, first) in entries {
        add(sums.entry(name).or_insert(NOTHING), count, first);
    }
    let mut list: Vec<(String, Tallied)> = sums.into_iter().collect();
    list.sort_by(|(a_name, (a, a_first)), (b_name, (b, b_first))| {
        (Reverse(a), a_first, a_name).cmp(&(Reverse(b), b_first, b_name))
    });
    list.into_iter().map(|(name, (count, _))| (name, count)).collect()
}

/// Pings by family, with the counts carried over, and with the views of those whom its products have sent.
pub(super) fn families(
    sums: &Sums,
    guests: &Guests,
    carried: &[Carried],
    referred: &Map<String, u64>,
) -> Vec<FamilyPings> {
    let pings = sums.families.iter().map(|group| guests.entry(group));
    let before = carried.iter().map(|row| (row.family.clone(), row.pings, BEFORE_ALL));
    let mut verified: Map<String, u64> = Map::default();
    for (family, pings, _) in sums.verified.iter().map(|group| guests.entry(group)) {
        *verified.entry(family).or_default() += pings;
    }
    let row = |(family, pings): (String, u64)| {
        let verified = verified.get(&family).copied().unwrap_or_default();
        let referred = referred.get(&family).copied().unwrap_or_default();
        FamilyPings { family, pings, verified, referred }
    };
    ranked(pings.chain(before)).into_iter().map(row).collect()
}

/// Pings by family on one day.
pub(super) fn families_on(sums: &Sums, guests: &Guests, day: Day) -> Vec<GuestPings> {
    let number = i64::from(day.number());
    let on_day = sums.guests.iter().filter(|(day, _)| *day == number);
    ranked(on_day.map(|(_, group)| guests.entry(group))).into_iter().map(guest_pings).collect()
}

fn guest_pings((family, pings): (String, u64)) -> GuestPings {
    GuestPings { family, pings }
}

/// Pings by request type, with the counts carried over as one of them.
pub(super) fn request_types(
    sums: &Sums,
    names: &[(i64, String)],
    carried: &[Carried],
) -> Vec<TypePings> {
    let names: Map<i64, &str> = names.iter().map(|(id, name)| (*id, &**name)).collect();
    let counted = sums.requests.iter().map(|group| {
        let name = names.get(&group.number).copied().unwrap_or_default();
        (name.to_owned(), group.pings, group.first)
    });
    // They are of no day, so they come last among equals.
    let before = carried.iter().map(|row| (PRE_TRACKING.to_owned(), row.pings, i64::MAX));
    let list = ranked(counted.chain(before)).into_iter();
    list.map(|(request_type, pings)| TypePings { request_type, pings }).collect()
}

/// Pings by trust. `impostors` are those that are told, but not among the guests.
pub(super) fn trust(sums: &Sums, impostors: u64, carried: &[Carried]) -> TrustPings {
    let mut trust = TrustPings { impostor: impostors, ..TrustPings::default() };
    for group in &sums.trust {
        let field = match usize::try_from(group.number).ok().and_then(|at| Trust::ALL.get(at)) {
            Some(Trust::Verified) => &mut trust.verified,
            Some(Trust::Impostor) => &mut trust.impostor,
            Some(Trust::Unverifiable) => &mut trust.unverifiable,
            Some(Trust::Unchecked) | None => &mut trust.unchecked,
        };
        *field += group.pings;
    }
    trust.unchecked += carried.iter().map(|row| row.pings).sum::<u64>();
    trust
}

/// The days of the window.
pub(super) fn days(sums: &Sums, question: &Question, coverage: &[CoverageRow]) -> Vec<DayPings> {
    let pings: Map<i64, u64> = sums.days.iter().copied().collect();
    let covered: HashSet<Day> = coverage.iter().map(|row| row.day).collect();
    let day = |date: Day| DayPings {
        date,
        weekday: date.weekday(),
        pings: pings.get(&i64::from(date.number())).copied().unwrap_or_default(),
        covered: covered.contains(&date),
    };
    question.window().map(day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_first_then_who_came_first() {
        let entries = [("B", 2, 9), ("A", 2, 5), ("C", 3, 7), ("D", 2, 5), ("C", 1, 8)];
        let list =
            ranked(entries.iter().map(|(name, count, first)| ((*name).to_owned(), *count, *first)));
        let names: Vec<(&str, u64)> = list.iter().map(|(name, count)| (&**name, *count)).collect();
        assert_eq!(names, [("C", 4), ("A", 2), ("D", 2), ("B", 2)]);
    }
}
