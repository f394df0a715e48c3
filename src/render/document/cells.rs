//! Renders the values of tables.

use std::fmt::Write;

use crate::report::{Cell, LinkTarget, Tile};

use super::super::escape::{escape_html, printable};
use super::super::words::{count, counted, short_date};

/// The size of the bars of successive days, in user units.
const BAR_STEP: usize = 4;
const BARS_HEIGHT: u64 = 16;

/// Returns a value as plain text, for people.
pub(super) fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Word(text) | Cell::Name(text) | Cell::Link(text, _) => printable(text).into_owned(),
        Cell::Count(number) => count(*number),
        Cell::Share { all: 0, .. } | Cell::Ratio { to: 0, .. } => String::new(),
        Cell::Share { part, all } => percent(*part, *all),
        Cell::Ratio { of, to } => format!("{:.1}", *of as f64 / *to as f64),
        Cell::Change { before, now } => change(*before, *now),
        Cell::Day(day) => day.to_string(),
        Cell::Bars(days) => {
            let largest = days.iter().copied().max().unwrap_or(0).max(1);
            days.iter().map(|pings| super::super::text::bar_of(*pings, largest)).collect()
        }
    }
}

/// Returns a value as its machine-readable number or text, which is what a table is sorted by.
pub(super) fn raw(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Word(text) | Cell::Name(text) | Cell::Link(text, _) => text.clone(),
        Cell::Count(number) => number.to_string(),
        Cell::Day(day) => day.to_string(),
        Cell::Share { .. } | Cell::Change { .. } | Cell::Ratio { .. } => {
            number(cell).map_or(String::new(), |number| number.to_string())
        }
        Cell::Bars(days) => days.iter().map(u64::to_string).collect::<Vec<_>>().join(" "),
    }
}

/// Returns the number of a share, a change or a ratio, with four decimals. `None` if there is none.
pub(super) fn number(cell: &Cell) -> Option<f64> {
    let (part, all) = match *cell {
        Cell::Share { part, all } => (part as f64, all),
        Cell::Ratio { of, to } => (of as f64, to),
        Cell::Change { before: Some(before), now } => (now as f64 - before as f64, before),
        _ => return None,
    };
    (all > 0).then(|| (part / all as f64 * 10_000.0).round() / 10_000.0)
}

/// Returns the HTML of a value. `href` returns the address of a page, if it has one.
pub(super) fn html(cell: &Cell, href: &dyn Fn(&LinkTarget) -> Option<String>) -> String {
    match cell {
        Cell::Name(text) => format!("<bdi>{}</bdi>", escape_html(text)),
        Cell::Link(text, target) => match href(target) {
            Some(address) => {
                format!(
                    "<a href=\"{}\"><bdi>{}</bdi></a>",
                    escape_html(&address),
                    escape_html(text)
                )
            }
            None => format!("<bdi>{}</bdi>", escape_html(text)),
        },
        Cell::Bars(days) => bars(days),
        _ => escape_html(&plain(cell)),
    }
}

/// Returns small bars for successive days.
fn bars(days: &[u64]) -> String {
    let largest = days.iter().copied().max().unwrap_or(0).max(1);
    let mut path = String::new();
    for (at, pings) in days.iter().enumerate().filter(|(_, pings)| **pings > 0) {
        let (x, height) = (at * BAR_STEP + 1, (pings * BARS_HEIGHT).div_ceil(largest));
        let _ = write!(path, "M{x} {BARS_HEIGHT}v-{height}");
    }
    if path.is_empty() {
        return String::new();
    }
    let width = days.len() * BAR_STEP;
    format!(
        "<svg class=\"spark\" viewBox=\"0 0 {width} {BARS_HEIGHT}\" width=\"{width}\" height=\"{BARS_HEIGHT}\" \
         aria-hidden=\"true\"><path d=\"{path}\"/></svg>"
    )
}

pub(in crate::render) fn percent(part: u64, all: u64) -> String {
    match all {
        0 => String::new(),
        all => format!("{:.1} %", part as f64 * 100.0 / all as f64),
    }
}

/// Returns a change in words.
pub(in crate::render) fn change(before: Option<u64>, now: u64) -> String {
    match (before, now) {
        (None, _) | (Some(0), 0) => String::new(),
        (Some(0), _) => "from 0".into(),
        (Some(_), 0) => "gone".into(),
        (Some(before), now) => match (now as f64 / before as f64 - 1.0) * 100.0 {
            same if same.abs() < 0.5 => "same".into(),
            percent => format!("{percent:+.0} %"),
        },
    }
}

/// Returns the pings of a tile in words.
pub(super) fn pings_words(tile: &Tile) -> String {
    if tile.covered || tile.pings > 0 { counted(tile.pings, "ping") } else { "no log".into() }
}

/// Returns the change of a tile in words, with the numbers that are compared if they are not those of the tile.
pub(super) fn change_words(tile: &Tile) -> String {
    let Some((before, now)) = tile.change else { return String::new() };
    if before == now {
        return "as before".into();
    }
    let numbers = match now == tile.pings {
        true => format!("before: {}", count(before)),
        false => format!("full days: {}, before: {}", count(now), count(before)),
    };
    format!("{}, {numbers}", change(Some(before), now))
}

/// Returns the days of a bar: `21 Apr`, or `18 May to 24 May`.
pub(super) fn bucket_words(bucket: &crate::report::Bucket) -> String {
    if bucket.from == bucket.to {
        return format!("{} {}", bucket.from.weekday(), short_date(bucket.from));
    }
    format!("{} to {}", short_date(bucket.from), short_date(bucket.to))
}
