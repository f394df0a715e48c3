//! Formats numbers, dates and phrases for several output formats.

use crate::day::Day;
use crate::report::{Book, DayPings, FamilyCount, FamilyPings, ListAges, TrustBasis, TrustPings};

/// Returns a number with thousands separators: `1,234`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a count with its unit, which `one` names in the singular: `1 ping`, `2 pings`.
pub fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Returns a count that fits above a narrow bar: `940`, `1.2k`, `15k`.
pub(super) fn short_count(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        1000..10_000 => format!("{}.{}k", number / 1000, number % 1000 / 100),
        10_000..1_000_000 => format!("{}k", number / 1000),
        _ => format!("{}M", number / 1_000_000),
    }
}

/// Returns the pings by what checking their addresses showed, in plain words. Empty if nothing was checked.
pub(super) fn trust_counts(trust: &TrustPings) -> Vec<(&'static str, u64)> {
    if trust.verified + trust.impostor == 0 {
        return Vec::new();
    }
    let counts = [
        ("genuine", trust.verified),
        ("impostors", trust.impostor),
        ("can't be checked", trust.unverifiable),
        ("not checked", trust.unchecked),
    ];
    counts.into_iter().filter(|(_, pings)| *pings > 0).collect()
}

/// The most families that a guestbook lists. A line counts the others, unless it would be only one.
const FAMILIES_MAX: usize = 10;

/// Returns the families that a guestbook lists, and those that a line counts.
pub(super) fn listed_families(families: &[FamilyPings]) -> (&[FamilyPings], &[FamilyPings]) {
    let count = if families.len() == FAMILIES_MAX + 1 { FAMILIES_MAX + 1 } else { FAMILIES_MAX };
    families.split_at(count.min(families.len()))
}

/// Returns a date without its year: `21 Apr`.
pub fn short_date(day: Day) -> String {
    day.date().strftime("%-d %b").to_string()
}

/// Returns a date with its weekday and year: `Wed 20 May 2026`.
pub(super) fn long_date(day: Day) -> String {
    day.date().strftime("%a %-d %b %Y").to_string()
}

/// Returns a day with its pings, or that no log covers it: `Tue 21 Apr: 2 pings`.
pub(super) fn day_words(day: &DayPings) -> String {
    let date = format!("{} {}", day.weekday, short_date(day.date));
    match (day.covered, day.pings) {
        (false, 0) => format!("{date}: no log"),
        (_, pings) => format!("{date}: {}", counted(pings, "ping")),
    }
}

/// Returns the first and last day of a window: `21 Apr – 20 May`.
pub(super) fn window_words(days: &[DayPings]) -> String {
    match (days.first(), days.last()) {
        (Some(first), Some(last)) if first.date.date().year() != last.date.date().year() => {
            let with_year = |day: Day| day.date().strftime("%-d %b %Y").to_string();
            format!("{} – {}", with_year(first.date), with_year(last.date))
        }
        (Some(first), Some(last)) if first != last => {
            format!("{} – {}", short_date(first.date), short_date(last.date))
        }
        (_, Some(last)) => short_date(last.date),
        _ => String::new(),
    }
}

/// Returns today's pings by family, or that there is none, or that there is no log.
pub(super) fn today_words(book: &Book) -> String {
    let none = if is_covered(book, 0) { "No pings yet today" } else { "No log of today yet" };
    pings_by_family(book.today_pings, &book.today_families, "today", none)
}

/// Returns yesterday's pings by family, or that there is none, or that there is no log.
pub(super) fn yesterday_words(book: &Book) -> String {
    let none = if is_covered(book, 1) { "No pings yesterday" } else { "No log of yesterday" };
    pings_by_family(book.yesterday_pings, &book.yesterday_families, "yesterday", none)
}

/// Returns whether a log covers the day that many days before the last of the window. Days before the window count as
/// covered.
fn is_covered(book: &Book, days_before: usize) -> bool {
    book.days.iter().rev().nth(days_before).is_none_or(|day| day.covered)
}

fn pings_by_family(pings: u64, families: &[FamilyCount], when: &str, none: &str) -> String {
    if pings == 0 {
        return none.to_owned();
    }
    let names: Vec<String> = families
        .iter()
        .map(|family| format!("{} {}", family.family, count(family.pings)))
        .collect();
    format!("{} {when}: {}", counted(pings, "ping"), names.join(", "))
}

/// Returns the first letter of the weekday: `T`.
pub(super) fn letter(day: &DayPings) -> &'static str {
    &day.weekday[..1]
}

/// Returns the mark of a family that has verified pings.
pub(super) fn verified_mark(row: &FamilyPings) -> &'static str {
    if row.verified > 0 { " ✓" } else { "" }
}

/// Returns the family's name with its mark.
pub(super) fn family_words(row: &FamilyPings) -> String {
    row.family.clone() + verified_mark(row)
}

/// Returns the version of the catalogue that named the agents, and the number and age of the lists that addresses were
/// checked against.
pub(super) fn sources_words(book: &Book) -> String {
    let named = format!("Agents named by the catalogue of {}", book.catalogue);
    let TrustBasis { ip_lists, reverse_dns } = book.basis;
    let lists = ip_lists.map(|ListAges { count, oldest, newest }| {
        let lists = counted(count, "published list");
        let is_one_day = oldest == newest;
        let days = if is_one_day { newest.to_string() } else { format!("{oldest} to {newest}") };
        format!("{lists}, last seen {days}")
    });
    let names = reverse_dns.then(|| "reverse DNS".to_owned());
    let by: Vec<String> = names.into_iter().chain(lists).collect();
    if by.is_empty() {
        named
    } else {
        format!("{named}, addresses checked against {}", by.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators_and_plural_units() {
        let written: Vec<String> = [0, 999, 1000, 1_234_567].into_iter().map(count).collect();
        assert_eq!(written, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "ping"), "1 ping");
        assert_eq!(counted(0, "ping"), "0 pings");
    }
}
