//! The words that several formats share.

use crate::day::Day;
use crate::report::{Book, DayPings, FamilyPings, GuestPings, ListsSeen, TrustBasis};

/// `1,234`
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

/// `1 ping`, `2 pings`: a count of what `one` names in the singular.
pub fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// `21 Apr`
pub fn short_date(day: Day) -> String {
    day.date().strftime("%-d %b").to_string()
}

/// `Wed 20 May 2026`
pub(super) fn long_date(day: Day) -> String {
    day.date().strftime("%a %-d %b %Y").to_string()
}

/// `Tue 21 Apr: 2 pings`, or that no log covers the day.
pub(super) fn day_words(day: &DayPings) -> String {
    let date = format!("{} {}", day.weekday, short_date(day.date));
    match (day.covered, day.pings) {
        (false, 0) => format!("{date}: no log"),
        (_, pings) => format!("{date}: {}", counted(pings, "ping")),
    }
}

/// `21 Apr – 20 May`
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

/// `No pings yet today`, or how many and by whom; or that no log says.
pub(super) fn today_words(book: &Book) -> String {
    let none = if is_covered(book, 0) { "No pings yet today" } else { "No log of today yet" };
    by_whom(book.today_pings, &book.today_families, "today", none)
}

/// `No pings yesterday`, or how many and by whom; or that no log says.
pub(super) fn yesterday_words(book: &Book) -> String {
    let none = if is_covered(book, 1) { "No pings yesterday" } else { "No log of yesterday" };
    by_whom(book.yesterday_pings, &book.yesterday_families, "yesterday", none)
}

/// Whether a log covers the day so many days before the window's last; a day before the window is
/// taken for covered.
fn is_covered(book: &Book, days_before: usize) -> bool {
    book.days.iter().rev().nth(days_before).is_none_or(|day| day.covered)
}

fn by_whom(pings: u64, families: &[GuestPings], when: &str, none: &str) -> String {
    if pings == 0 {
        return none.to_owned();
    }
    let names: Vec<String> = families
        .iter()
        .map(|family| format!("{} {}", family.family, count(family.pings)))
        .collect();
    format!("{} {when}: {}", counted(pings, "ping"), names.join(", "))
}

/// The month that a day is the first of: `May`.
pub(super) fn month_name(day: Day) -> Option<String> {
    (day.date().day() == 1).then(|| day.date().strftime("%b").to_string())
}

/// The days' weekday letter: `T`.
pub(super) fn letter(day: &DayPings) -> &str {
    &day.weekday[..1]
}

/// The mark of a family for which the operator's own addresses have spoken.
pub(super) fn verified_mark(row: &FamilyPings) -> &'static str {
    if row.verified > 0 { " ✓" } else { "" }
}

/// A family, with its mark.
pub(super) fn family_words(row: &FamilyPings) -> String {
    row.family.clone() + verified_mark(row)
}

/// By which catalogue agents were named, and by which lists addresses were judged: how old both are.
pub(super) fn sources_words(book: &Book) -> String {
    let named = format!("Agents named by the catalogue of {}", book.catalogue);
    let TrustBasis { ip_lists, reverse_dns } = book.basis;
    let lists = ip_lists.map(|ListsSeen { count, oldest, newest }| {
        let lists = counted(count, "published list");
        let same = oldest == newest;
        let days = if same { newest.to_string() } else { format!("{oldest} to {newest}") };
        format!("{lists}, last seen {days}")
    });
    let names = reverse_dns.then(|| "their names".to_owned());
    let by: Vec<String> = names.into_iter().chain(lists).collect();
    if by.is_empty() { named } else { format!("{named}, addresses judged by {}", by.join(" and ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let written: Vec<String> = [0, 999, 1000, 1_234_567].into_iter().map(count).collect();
        assert_eq!(written, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "ping"), "1 ping");
        assert_eq!(counted(0, "ping"), "0 pings");
    }
}
