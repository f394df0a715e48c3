//! Renders reports as text for a terminal.

use std::fmt::Write;

use crate::report::{Book, DayPings, FamilyPings, SiteReport, TermReport, TrustPings};

use super::escape::printable;
use super::table::{Align, table};
use super::words::{
    count, counted, family_words, letter, long_date, sources_words, today_words, window_words,
    yesterday_words,
};

/// The heights of a bar, from one eighth to full.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The most days for which bars are spaced and have weekday letters. A row of the list of terms shows as many.
const LETTER_DAYS_MAX: usize = 40;

/// The maximum length of a title in the list of terms, in characters.
const TITLE_CHARS_MAX: usize = 36;

pub(super) fn term(report: &TermReport) -> String {
    let book = &report.book;
    let key =
        if report.title == report.term { String::new() } else { format!(" ({})", report.term) };
    let added = report.added.as_ref().map(|day| format!(", added {day}")).unwrap_or_default();
    let mut text = header(&format!("{}{key}{added}", report.title), book);
    let pings: Vec<u64> = book.days.iter().map(|day| day.pings).collect();
    let bars = day_bars(&pings, &book.days);
    if book.days.len() > LETTER_DAYS_MAX {
        push_line(&mut text, &bars);
    } else {
        push_line(&mut text, &spaced(bars.chars()));
        push_line(&mut text, &spaced(book.days.iter().flat_map(|day| letter(day).chars())));
    }
    push_line(&mut text, "");
    text += &recent_days(book);
    text += &counts(book);
    text + &footer(book)
}

/// Returns the guestbook of the site as text.
pub fn site_text(report: &SiteReport) -> String {
    let book = &report.book;
    let mut text = header(&report.site, book) + &recent_days(book) + &terms(report);
    push_line(&mut text, "");
    text += &counts(book);
    if !report.elsewhere.is_empty() {
        let list: Vec<String> = report
            .elsewhere
            .iter()
            .map(|row| format!("{} {}", printable(&row.request_type), count(row.requests)))
            .collect();
        push_line(&mut text, &format!("Other requests: {}", list.join(", ")));
    }
    text + &footer(book)
}

fn header(title: &str, book: &Book) -> String {
    let mut text = String::new();
    push_line(&mut text, &format!("AI Guestbook · {}", printable(title)));
    push_line(&mut text, &format!("{} ({})", long_date(book.today_date), book.timezone));
    push_line(&mut text, "");
    push_line(&mut text, &window_line(&book.days, book.window_pings));
    text
}

fn recent_days(book: &Book) -> String {
    let mut text = String::new();
    push_line(&mut text, &printable(&today_words(book)));
    push_line(&mut text, &printable(&yesterday_words(book)));
    push_line(&mut text, "");
    text
}

fn footer(book: &Book) -> String {
    let mut text = String::new();
    push_line(&mut text, &format!("{} by people", counted(book.views, "view")));
    push_line(&mut text, &trust_line(&book.trust));
    push_line(&mut text, &printable(&sources_words(book)));
    if !book.caption.is_empty() {
        push_line(&mut text, &printable(&book.caption));
    }
    text
}

fn terms(report: &SiteReport) -> String {
    let header =
        |days: String| vec!["Term".into(), days, "window".into(), "all".into(), "views".into()];
    let mut rows = vec![header(window_words(last_days(&report.book.days)))];
    rows.extend(report.terms.iter().map(|row| {
        vec![
            truncated(&printable(&row.title)),
            day_bars(last_days(&row.days), last_days(&report.book.days)),
            count(row.window_pings),
            count(row.total_pings),
            count(row.views),
        ]
    }));
    let columns = [Align::Left, Align::Left, Align::Right, Align::Right, Align::Right];
    let mut text = table(&columns, &rows);
    let more = report.term_count - report.terms.len();
    if more > 0 {
        let _ = writeln!(text, "and {}", counted(more as u64, "more term"));
    }
    text
}

fn counts(book: &Book) -> String {
    let largest = book.families.first().map_or(0, |family| family.pings);
    let mut rows: Vec<Vec<String>> =
        vec![vec!["All time".into(), count(book.total_pings), "pings".into()]];
    rows.extend(book.families.iter().map(|row| {
        vec![
            printable(&family_words(row)).into(),
            count(row.pings),
            bar(row.pings, largest),
            referred_words(row),
        ]
    }));
    rows.push(vec![]);
    rows.push(vec!["By request type".into()]);
    let types = book.request_types.iter();
    rows.extend(types.map(|row| vec![printable(&row.request_type).into(), count(row.pings)]));
    rows.push(vec![]);
    table(&[Align::Left, Align::Right, Align::Left, Align::Left], &rows)
}

/// Returns the number of views from a family's products, in words.
fn referred_words(row: &FamilyPings) -> String {
    if row.referred == 0 {
        String::new()
    } else {
        format!("sent {}", counted(row.referred, "view"))
    }
}

/// Returns a bar of up to 20 characters.
fn bar(value: u64, largest: u64) -> String {
    let eighths = (value * 160).div_ceil(largest.max(1)) as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(['▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8 - 1]);
    }
    bar
}

/// Returns the character of a bar, or `·` for zero.
pub(super) fn bar_of(value: u64, largest: u64) -> char {
    match value {
        0 => '·',
        value => BARS[((value * 8).div_ceil(largest) as usize).clamp(1, 8) - 1],
    }
}

/// Returns one character per day: a bar, `·` for a day without pings, or a space for a day that no log covers.
pub fn day_bars(pings: &[u64], days: &[DayPings]) -> String {
    let largest = pings.iter().copied().max().unwrap_or(0).max(1);
    pings
        .iter()
        .zip(days)
        .map(|(&pings, day)| match (pings, day.covered) {
            (0, false) => ' ',
            _ => bar_of(pings, largest),
        })
        .collect()
}

fn window_line(days: &[DayPings], pings: u64) -> String {
    let gaps = days.iter().filter(|day| !day.covered).count() as u64;
    let gaps =
        if gaps > 0 { format!(", {} without a log", counted(gaps, "day")) } else { String::new() };
    let length = counted(days.len() as u64, "day");
    format!("Last {length}, {}: {}{gaps}", window_words(days), counted(pings, "ping"))
}

pub(super) fn trust_line(trust: &TrustPings) -> String {
    let TrustPings { verified, impostor, unverifiable, unchecked } = *trust;
    format!(
        "Trust: {} verified, {} impostor, {} unverifiable, {} unchecked",
        count(verified),
        count(impostor),
        count(unverifiable),
        count(unchecked)
    )
}

/// Returns the last days of the window, as many as fit in a row of the list of terms.
fn last_days<T>(days: &[T]) -> &[T] {
    &days[days.len().saturating_sub(LETTER_DAYS_MAX)..]
}

fn truncated(text: &str) -> String {
    if text.chars().count() <= TITLE_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(TITLE_CHARS_MAX - 1).chain(['…']).collect()
}

fn spaced(characters: impl Iterator<Item = char>) -> String {
    characters.map(String::from).collect::<Vec<_>>().join(" ")
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}
