//! Lays out a chart of a guestbook.

use crate::report::{Book, DayPings, SiteReport, TermReport, TermRow};

use super::super::escape::printable;
use super::super::period_bars::{PeriodBar, period_bars};
use super::super::words::{
    count, counted, day_words, listed_families, long_date, short_count, sources_words, today_words,
    trust_counts, verified_mark, window_words, yesterday_words,
};
use super::font::width;
use super::shape::{Anchor, Drawing, Ink, Shape};

/// The widths of a chart.
pub(in crate::render) const WIDE: f64 = 640.0;
pub(in crate::render) const NARROW: f64 = 320.0;

/// The margin within it.
const MARGIN: f64 = 24.0;

/// The height of the days' bars.
const BARS_HEIGHT: f64 = 84.0;

/// The height of a row of the lists.
const ROW_HEIGHT: f64 = 20.0;

/// The most terms that are listed.
const TERMS_MAX: usize = 20;

/// The narrowest day that has a weekday letter. With narrower days, the months are labelled instead.
const LETTER_WIDTH_MIN: f64 = 9.0;

/// Returns the chart of a term's guestbook.
pub(in crate::render) fn term(report: &TermReport, width: f64) -> Drawing {
    let mut page = Page::new(&report.title, &report.book, width);
    page.lists(&report.book);
    page.finish(format!("AI Guestbook: {}", report.title))
}

/// Returns the chart of the site's guestbook.
pub(in crate::render) fn site(report: &SiteReport, width: f64) -> Drawing {
    let mut page = Page::new(&report.site, &report.book, width);
    page.terms(&report.terms, &report.book.days, report.term_count);
    page.lists(&report.book);
    page.finish(format!("AI Guestbook: {}", report.site))
}

/// A chart that is being laid out from top to bottom.
struct Page {
    width: f64,
    shapes: Vec<Shape>,
    /// The y coordinate of the next shape: for text, its baseline.
    y: f64,
}

impl Page {
    /// Begins a chart with the parts that all charts have: title, bars of the days, today and yesterday.
    fn new(title: &str, book: &Book, width: f64) -> Page {
        let mut page = Page { width, shapes: Vec::new(), y: 38.0 };
        page.bold(MARGIN, 20.0, "AI Guestbook");
        if page.is_narrow() {
            page.y += 18.0;
            let caption = truncated(&book.caption, width - 2.0 * MARGIN, 12.0);
            page.text(MARGIN, 12.0, Anchor::Start, Ink::Muted, &caption);
        } else {
            let caption = truncated(&book.caption, 380.0, 12.0);
            page.text(width - MARGIN, 12.0, Anchor::End, Ink::Muted, &caption);
        }
        page.y += 24.0;
        let title = truncated(title, width - 2.0 * MARGIN, 15.0);
        page.text(MARGIN, 15.0, Anchor::Start, Ink::Text, &title);
        page.y += 28.0;
        let days = counted(book.days.len() as u64, "day");
        let heading = format!("Last {days}: {}", counted(book.window_pings, "ping"));
        page.text(MARGIN, 12.0, Anchor::Start, Ink::Muted, &heading);
        if page.is_narrow() {
            page.y += 16.0;
            page.text(MARGIN, 12.0, Anchor::Start, Ink::Muted, &window_words(&book.days));
        } else {
            page.text(width - MARGIN, 12.0, Anchor::End, Ink::Muted, &window_words(&book.days));
        }
        page.y += 22.0;
        page.days(&book.days);
        let lines = [today_words(book), yesterday_words(book)];
        for words in lines {
            for line in wrapped(&words, width - 2.0 * MARGIN, 13.0, 2) {
                page.text(MARGIN, 13.0, Anchor::Start, Ink::Text, &line);
                page.y += ROW_HEIGHT;
            }
        }
        page
    }

    fn is_narrow(&self) -> bool {
        self.width < WIDE
    }

    /// Adds a bar for each day with its count above and its weekday letter below; or for each week if there are many, with the count
    /// of the tallest and the months.
    fn days(&mut self, days: &[DayPings]) {
        let bars = period_bars(days);
        let step = (self.width - 2.0 * MARGIN) / bars.len().max(1) as f64;
        let bar = (step - 3.0).max(step * 0.6);
        let largest = bars.iter().map(|bar| bar.pings).max().unwrap_or(0).max(1);
        let tallest = bars.iter().position(|bar| bar.pings == largest);
        let is_daily = bars.len() == days.len() && step >= LETTER_WIDTH_MIN;
        let (top, bottom) = (self.y + 8.0, self.y + 8.0 + BARS_HEIGHT);
        let mut label_end = 0.0;
        for (at, PeriodBar { pings, covered, words, label }) in bars.into_iter().enumerate() {
            let x = MARGIN + at as f64 * step + (step - bar) / 2.0;
            if covered {
                self.rect(x, top, bar, BARS_HEIGHT, Ink::Track, Some(words.clone()));
            }
            let height = bar_height(pings, largest, BARS_HEIGHT - 14.0);
            if pings > 0 {
                self.rect(x, bottom - height, bar, height, Ink::Bar, Some(words));
            }
            self.y = bottom - height - 3.0;
            if pings > 0 && (is_daily || tallest == Some(at)) {
                self.text(x + bar / 2.0, 9.0, Anchor::Middle, Ink::Text, &short_count(pings));
            }
            self.y = bottom + 14.0;
            if is_daily {
                self.text(x + bar / 2.0, 10.0, Anchor::Middle, Ink::Muted, &label);
            } else if !label.is_empty() && x >= label_end && x < self.width - 2.0 * MARGIN {
                label_end = x + width(&label, 10.0) + 4.0;
                self.text(x, 10.0, Anchor::Start, Ink::Muted, &label);
            }
        }
        self.rect(MARGIN, bottom, self.width - 2.0 * MARGIN, 1.0, Ink::Line, None);
        self.y = bottom + 42.0;
    }

    /// Adds the site's terms, each with small bars for its days.
    fn terms(&mut self, terms: &[TermRow], days: &[DayPings], term_count: usize) {
        let bars_width = if self.is_narrow() { 0.0 } else { 240.0 };
        let title_width = self.width - 220.0 - bars_width + 30.0;
        self.y += 10.0;
        self.bold(MARGIN, 12.0, "Terms");
        self.text(self.width - MARGIN - 60.0, 10.0, Anchor::End, Ink::Muted, "window");
        self.text(self.width - MARGIN, 10.0, Anchor::End, Ink::Muted, "all time");
        self.y += ROW_HEIGHT;
        for row in terms.iter().take(TERMS_MAX) {
            self.text(
                MARGIN,
                12.0,
                Anchor::Start,
                Ink::Text,
                &truncated(&row.title, title_width, 12.0),
            );
            if bars_width > 0.0 {
                let x = self.width - MARGIN - 120.0 - bars_width;
                self.sparkline(x, bars_width, &row.days, days);
            }
            let (window, total) = (count(row.window_pings), count(row.total_pings));
            self.text(self.width - MARGIN - 60.0, 12.0, Anchor::End, Ink::Text, &window);
            self.text(self.width - MARGIN, 12.0, Anchor::End, Ink::Text, &total);
            self.y += ROW_HEIGHT;
        }
        let more = term_count.saturating_sub(terms.len().min(TERMS_MAX)) as u64;
        if more > 0 {
            let words = format!("and {}", counted(more, "more term"));
            self.text(MARGIN, 12.0, Anchor::Start, Ink::Muted, &words);
            self.y += ROW_HEIGHT;
        }
    }

    fn sparkline(&mut self, x: f64, width: f64, pings: &[u64], days: &[DayPings]) {
        let step = width / pings.len() as f64;
        let largest = pings.iter().copied().max().unwrap_or(0).max(1);
        for (at, (&pings, day)) in pings.iter().zip(days).enumerate() {
            let height = bar_height(pings, largest, 14.0).max(1.0);
            let ink = if pings == 0 { Ink::Line } else { Ink::Bar };
            if pings > 0 || day.covered {
                let tooltip = day_words(&DayPings { pings, ..*day });
                let (x, y) = (x + at as f64 * step, self.y + 1.0 - height);
                self.rect(x, y, step * 0.75, height, ink, Some(tooltip));
            }
        }
    }

    /// Adds families on the left; request types, views and trust on the right.
    fn lists(&mut self, book: &Book) {
        self.y += 10.0;
        let top = self.y;
        self.families(book);
        let left_end = self.y;
        // The other lists stand beside the families, or below them.
        let x = if self.is_narrow() { MARGIN } else { 424.0 };
        self.y = if self.is_narrow() { left_end + 10.0 } else { top };
        self.bold(x, 12.0, "Request types");
        self.y += ROW_HEIGHT;
        for row in &book.request_types {
            self.labelled_count(x, &row.request_type, row.pings);
        }
        self.y += 10.0;
        self.labelled_count(x, "views by people", book.views);
        let trust = trust_counts(&book.trust);
        if !trust.is_empty() {
            self.y += 10.0;
            self.bold(x, 12.0, "Pings by address");
            self.y += ROW_HEIGHT;
        }
        for (name, pings) in trust {
            self.labelled_count(x, name, pings);
        }
        self.y += 10.0;
        self.text(self.width - MARGIN, 10.0, Anchor::End, Ink::Muted, &long_date(book.today_date));
        self.y = self.y.max(left_end);
        self.y += 10.0;
        for line in wrapped(&sources_words(book), self.width - 2.0 * MARGIN, 10.0, 3) {
            self.text(MARGIN, 10.0, Anchor::Start, Ink::Muted, &line);
            self.y += 14.0;
        }
    }

    /// Returns the right end of the list of families.
    fn list_end(&self) -> f64 {
        if self.is_narrow() { self.width - MARGIN } else { 380.0 }
    }

    fn families(&mut self, book: &Book) {
        self.bold(MARGIN, 12.0, "All time");
        self.text(self.list_end(), 12.0, Anchor::End, Ink::Text, &count(book.total_pings));
        self.y += ROW_HEIGHT;
        let largest = book.families.first().map_or(1, |row| row.pings).max(1);
        let (listed, others) = listed_families(&book.families);
        for row in listed {
            let full = self.list_end() - 210.0;
            let bar = (row.pings as f64 / largest as f64 * full).max(1.0);
            let mark = verified_mark(row);
            let family = truncated(&row.family, 125.0 - width(mark, 12.0), 12.0) + mark;
            self.text(MARGIN, 12.0, Anchor::Start, Ink::Text, &family);
            self.rect(160.0, self.y - 9.0, bar, 10.0, Ink::Bar, None);
            self.text(self.list_end(), 12.0, Anchor::End, Ink::Text, &count(row.pings));
            self.y += ROW_HEIGHT;
        }
        if !others.is_empty() {
            let (families, pings) = (others.len() as u64, others.iter().map(|row| row.pings).sum());
            let words = format!("and {families} more");
            self.text(MARGIN, 12.0, Anchor::Start, Ink::Muted, &words);
            self.text(self.list_end(), 12.0, Anchor::End, Ink::Muted, &count(pings));
            self.y += ROW_HEIGHT;
        }
    }

    fn labelled_count(&mut self, x: f64, name: &str, number: u64) {
        self.text(x, 12.0, Anchor::Start, Ink::Text, &truncated(name, 135.0, 12.0));
        self.text(self.width - MARGIN, 12.0, Anchor::End, Ink::Text, &count(number));
        self.y += ROW_HEIGHT;
    }

    fn bold(&mut self, x: f64, size: f64, text: &str) {
        let (anchor, ink, text) = (Anchor::Start, Ink::Text, text.to_owned());
        self.shapes.push(Shape::Text { x, y: self.y, size, anchor, ink, is_bold: true, text });
    }

    fn text(&mut self, x: f64, size: f64, anchor: Anchor, ink: Ink, text: &str) {
        let text = printable(text).into_owned();
        self.shapes.push(Shape::Text { x, y: self.y, size, anchor, ink, is_bold: false, text });
    }

    fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, ink: Ink, tooltip: Option<String>) {
        self.shapes.push(Shape::Rect { x, y, width, height, ink, tooltip });
    }

    fn finish(self, title: String) -> Drawing {
        let height = self.y.ceil() as u32 + 8;
        Drawing { width: self.width as u32, height, title, shapes: self.shapes }
    }
}

/// Returns the height of a bar, which is at least a pixel if there are pings.
fn bar_height(pings: u64, largest: u64, full: f64) -> f64 {
    if pings == 0 { 0.0 } else { (pings as f64 / largest as f64 * full).max(1.0) }
}

/// Returns the text, truncated to a width of at most `width_max` pixels.
pub(super) fn truncated(text: &str, width_max: f64, size: f64) -> String {
    // No text of this length fits in a chart, and measuring takes time for each character.
    const CHARS_MAX: usize = 200;
    let text: String = text.chars().take(CHARS_MAX).collect();
    if width(&text, size) <= width_max {
        return text;
    }
    let mut cut: String = text;
    while !cut.is_empty() && width(&(cut.clone() + "…"), size) > width_max {
        cut.pop();
    }
    cut + "…"
}

/// Returns the text in at most `lines_max` lines of at most `width_max` pixels, broken after commas. The last is
/// truncated.
fn wrapped(text: &str, width_max: f64, size: f64, lines_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for part in text.split_inclusive(", ") {
        let last = lines.len() - 1;
        let longer = lines[last].clone() + part;
        let fits = || width(longer.trim_end(), size) <= width_max;
        if lines[last].is_empty() || lines.len() == lines_max || fits() {
            lines[last] = longer;
        } else {
            lines.push(part.to_owned());
        }
    }
    lines.iter().map(|line| truncated(line.trim_end(), width_max, size)).collect()
}
