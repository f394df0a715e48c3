//! Text, for a terminal.

use std::fmt::Write;

use crate::report::{Book, DayPings, FamilyPings, SiteReport, TermReport, TrustPings};

use super::safe::plain;
use super::table::{Align, table};
use super::words::{
    count, counted, family_words, letter, long_date, sources_words, today_words, window_words,
    yesterday_words,
};

/// Heights of a bar, from one eighth to full.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// With more days than this, bars stand close and without their letters.
const LETTER_DAYS_MAX: usize = 40;

/// A column in the list of terms is no wider than this, in characters.
const TITLE_CHARS: usize = 36;

pub(super) fn term(report: &TermReport) -> String {
    let book = &report.book;
    let key =
        if report.title == report.term { String::new() } else { format!(" ({})", report.term) };
    let added = report.added.as_ref().map(|day| format!(", added {day}")).unwrap_or_default();
    let mut text = head(&format!("{}{key}{added}", report.title), book);
    let pings: Vec<u64> = book.days.iter().map(|day| day.pings).collect();
    let bars = day_bars(&pings, &book.days);
    if book.days.len() > LETTER_DAYS_MAX {
        line(&mut text, &bars);
    } else {
        line(&mut text, &spaced(bars.chars()));
        line(&mut text, &spaced(book.days.iter().flat_map(|day| letter(day).chars())));
    }
    line(&mut text, "");
    text += &lately(book);
    text += &counts(book);
    text + &foot(book)
}

/// The guestbook of the site, for a terminal.
pub fn site_text(report: &SiteReport) -> String {
    let book = &report.book;
    let mut text = head(&report.site, book) + &lately(book) + &terms(report);
    line(&mut text, "");
    text += &counts(book);
    if !report.elsewhere.is_empty() {
        let list: Vec<String> = report
            .elsewhere
            .iter()
            .map(|row| format!("{} {}", plain(&row.request_type), count(row.requests)))
            .collect();
        line(&mut text, &format!("Asked for beside the terms: {}", list.join(", ")));
    }
    text + &foot(book)
}

fn head(title: &str, book: &Book) -> String {
    let mut text = String::new();
    line(&mut text, &format!("AI Guestbook · {}", plain(title)));
    line(&mut text, &format!("{} ({})", long_date(book.today_date), book.timezone));
    line(&mut text, "");
    line(&mut text, &window_line(&book.days, book.window_pings));
    text
}

fn lately(book: &Book) -> String {
    let mut text = String::new();
    line(&mut text, &plain(&today_words(book)));
    line(&mut text, &plain(&yesterday_words(book)));
    line(&mut text, "");
    text
}

fn foot(book: &Book) -> String {
    let mut text = String::new();
    line(&mut text, &format!("{} by people", counted(book.views, "view")));
    line(&mut text, &trust_line(&book.trust));
    line(&mut text, &plain(&sources_words(book)));
    if !book.caption.is_empty() {
        line(&mut text, &plain(&book.caption));
    }
    text
}

fn terms(report: &SiteReport) -> String {
    let head =
        |days: String| vec!["Term".into(), days, "window".into(), "all".into(), "views".into()];
    let mut rows = vec![head(window_words(shown(&report.book.days)))];
    rows.extend(report.terms.iter().map(|row| {
        vec![
            shortened(&plain(&row.title)),
            day_bars(shown(&row.days), shown(&report.book.days)),
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
        vec![plain(&family_words(row)).into(), count(row.pings), bar(row.pings, largest), sent(row)]
    }));
    rows.push(vec![]);
    rows.push(vec!["By request type".into()]);
    let types = book.request_types.iter();
    rows.extend(types.map(|row| vec![plain(&row.request_type).into(), count(row.pings)]));
    rows.push(vec![]);
    table(&[Align::Left, Align::Right, Align::Left, Align::Left], &rows)
}

/// People whom a family's products have sent.
fn sent(row: &FamilyPings) -> String {
    if row.referred == 0 {
        String::new()
    } else {
        format!("sent {}", counted(row.referred, "view"))
    }
}

/// A bar of up to 20 characters.
fn bar(value: u64, largest: u64) -> String {
    let eighths = (value * 160).div_ceil(largest.max(1)) as usize;
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(['▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8 - 1]);
    }
    bar
}

/// A bar a day: `·` is a day without pings, and a space one that no log covers.
pub fn day_bars(pings: &[u64], days: &[DayPings]) -> String {
    let largest = pings.iter().copied().max().unwrap_or(0).max(1);
    pings
        .iter()
        .zip(days)
        .map(|(&pings, day)| match (pings, day.covered) {
            (0, true) => '·',
            (0, false) => ' ',
            _ => BARS[((pings * 8).div_ceil(largest) as usize).clamp(1, 8) - 1],
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

/// The last days of the window, as many as a row of the list has room for.
fn shown<T>(days: &[T]) -> &[T] {
    &days[days.len().saturating_sub(LETTER_DAYS_MAX)..]
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= TITLE_CHARS {
        return text.to_owned();
    }
    text.chars().take(TITLE_CHARS - 1).chain(['…']).collect()
}

fn spaced(characters: impl Iterator<Item = char>) -> String {
    characters.map(String::from).collect::<Vec<_>>().join(" ")
}

fn line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}
