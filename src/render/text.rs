//! Renders reports as text for a terminal.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::{
    Book, DAILY_MAX, DayPings, FamilyPings, SiteReport, TermReport, TermRow, TrustPings,
};

use super::escape::printable;
use super::period_bars::period_bars;
use super::table::{Align, table};
use super::words::{
    count, counted, family_words, letter, long_date, sources_words, today_words, trust_counts,
    window_words, yesterday_words,
};

/// The heights of a bar, from one eighth to full.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The width of text that is not for a terminal, in columns.
pub const TEXT_WIDTH: usize = 100;

/// The most bars that are spaced and have weekday letters.
const LETTER_DAYS_MAX: usize = DAILY_MAX as usize;

/// The most columns for a title, and for a key, in the list of terms; and the fewest for a title.
const TITLE_WIDTH_MAX: usize = 36;
const KEY_WIDTH_MAX: usize = 24;
const TITLE_WIDTH_MIN: usize = 12;

/// The columns of the numbers in the list of terms, with the space before each.
const NUMBERS_WIDTH: usize = 27;

pub(super) fn term(report: &TermReport) -> String {
    let book = &report.book;
    let key =
        if report.title == report.term { String::new() } else { format!(" ({})", report.term) };
    let added = report.added.as_ref().map(|day| format!(", added {day}")).unwrap_or_default();
    let mut text = header(&format!("{}{key}{added}", report.title), book);
    text += &days_chart(book);
    push_line(&mut text, "");
    text += &recent_days(book);
    text += &counts(book);
    text + &footer(book)
}

/// Returns the guestbook of the site as text that fits into a number of columns.
pub fn site_text(report: &SiteReport, width: usize) -> String {
    let book = &report.book;
    let mut text = header(&report.site, book) + &days_chart(book);
    push_line(&mut text, "");
    text += &(recent_days(book) + &terms(report, width));
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

/// Returns a bar for each day with the letter of its weekday below, or for each week with the names of the months.
fn days_chart(book: &Book) -> String {
    let pings: Vec<u64> = book.days.iter().map(|day| day.pings).collect();
    let mut text = String::new();
    if book.days.len() <= LETTER_DAYS_MAX {
        push_line(&mut text, &spaced(day_bars(&pings, &book.days).chars()));
        push_line(&mut text, &spaced(book.days.iter().flat_map(|day| letter(day).chars())));
        return text;
    }
    let bars = period_bars(&book.days);
    let largest = bars.iter().map(|bar| bar.pings).max().unwrap_or(0).max(1);
    let drawn = bars.iter().map(|bar| match (bar.pings, bar.covered) {
        (0, false) => ' ',
        (pings, _) => bar_of(pings, largest),
    });
    push_line(&mut text, &drawn.collect::<String>());
    let mut months = String::new();
    for (at, bar) in bars.iter().enumerate().filter(|(_, bar)| !bar.label.is_empty()) {
        if months.len() < at || months.is_empty() {
            months += &" ".repeat(at - months.len());
            months += &bar.label;
        }
    }
    push_line(&mut text, &months);
    push_line(
        &mut text,
        &format!("A bar is a week; the highest has {}.", counted(largest, "ping")),
    );
    text
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
    let trust = trust_line(&book.trust);
    if !trust.is_empty() {
        push_line(&mut text, &trust);
    }
    push_line(&mut text, &printable(&sources_words(book)));
    if !book.caption.is_empty() {
        push_line(&mut text, &printable(&book.caption));
    }
    text
}

/// Returns the list of terms. The key that `--term` takes stands beside a title that differs from it.
fn terms(report: &SiteReport, width: usize) -> String {
    let has_keys = report.terms.iter().any(|row| row.title != row.term);
    let widest = |of: fn(&TermRow) -> &str, most: usize| {
        report.terms.iter().map(|row| of(row).width()).max().unwrap_or(0).min(most)
    };
    let key_width = if has_keys { widest(|row| &row.term, KEY_WIDTH_MAX) + 2 } else { 0 };
    let title_width = widest(|row| &row.title, TITLE_WIDTH_MAX).max(4);
    let bars = report.book.days.len().min(LETTER_DAYS_MAX);
    // If there is too little room, titles are cut first and then the oldest days left out.
    let room = width.saturating_sub(NUMBERS_WIDTH + key_width);
    let title_width = title_width.min(room.saturating_sub(bars + 2).max(TITLE_WIDTH_MIN));
    let bars = bars.min(room.saturating_sub(title_width + 2));
    let days = last_of(&report.book.days, bars);
    let row = |title: String, key: String, days: String, numbers: [String; 3]| {
        let key = Some(key).filter(|_| has_keys);
        [title].into_iter().chain(key).chain([days]).chain(numbers).collect::<Vec<_>>()
    };
    let header = ["window", "all", "views"].map(str::to_owned);
    let window =
        if bars >= window_words(days).width() { window_words(days) } else { String::new() };
    let mut rows = vec![row("Term".into(), "key".into(), window, header)];
    rows.extend(report.terms.iter().map(|term| {
        row(
            truncated(&printable(&term.title), title_width),
            truncated(&printable(&term.term), KEY_WIDTH_MAX),
            day_bars(last_of(&term.days, bars), days),
            [term.window_pings, term.total_pings, term.views].map(count),
        )
    }));
    let texts = if has_keys { 3 } else { 2 };
    let columns: Vec<Align> =
        (0..texts + 3).map(|at| if at < texts { Align::Left } else { Align::Right }).collect();
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

/// Returns what checking the addresses showed, or nothing if none was checked.
pub(super) fn trust_line(trust: &TrustPings) -> String {
    let counts = trust_counts(trust).into_iter();
    let words: Vec<String> =
        counts.map(|(name, pings)| format!("{} {name}", count(pings))).collect();
    if words.is_empty() { String::new() } else { format!("Pings by address: {}", words.join(", ")) }
}

/// Returns the last items.
fn last_of<T>(items: &[T], count: usize) -> &[T] {
    &items[items.len().saturating_sub(count)..]
}

/// Returns the text, cut to a number of columns of a terminal.
fn truncated(text: &str, width_max: usize) -> String {
    if text.width() <= width_max {
        return text.to_owned();
    }
    let mut cut = String::new();
    for c in text.chars() {
        if cut.width() + c.width().unwrap_or(0) + 1 > width_max {
            break;
        }
        cut.push(c);
    }
    cut + "…"
}

fn spaced(characters: impl Iterator<Item = char>) -> String {
    characters.map(String::from).collect::<Vec<_>>().join(" ")
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}
