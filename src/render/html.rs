//! Renders guestbooks as HTML: fragments to embed in any page.
//!
//! All text is prepared here. The templates place it and escape it.

use askama::Template;

use crate::report::{Book, DayPings, FamilyPings, SiteReport, TermReport, TermRow};

use super::chart::text_width;
use super::period_bars::{PeriodBar, period_bars};
use super::words::{
    count, counted, day_words, listed_families, long_date, sources_words, today_words,
    trust_counts, window_words, yesterday_words,
};

/// The style sheet of the fragment. It uses the page's colours; `--ai-guestbook-accent` sets the colour of the bars.
const STYLE: &str = include_str!("templates/guestbook.css");

/// The height of a full bar, in user units of its SVG.
const BAR_HEIGHT: u64 = 40;

/// The height of a full bar in the table of terms, and the distance between two.
const SPARK_HEIGHT: u64 = 16;
const SPARK_STEP: usize = 4;

/// The most terms of the site that are listed. A line counts the others.
const TERMS_MAX: usize = 20;

/// The mark of a page that this program wrote. A page without it is never overwritten.
pub const GENERATOR: &str = "<meta name=\"generator\" content=\"guestbook\">";

#[derive(Template)]
#[template(path = "term.html", config = "src/render/templates/askama.toml")]
struct TermFragment<'r> {
    book: BookView<'r>,
}

#[derive(Template)]
#[template(path = "site.html", config = "src/render/templates/askama.toml")]
struct SiteFragment<'r> {
    book: BookView<'r>,
    terms: Vec<TermView<'r>>,
    more_terms: String,
}

/// The text of a book.
struct BookView<'r> {
    style: &'static str,
    title: &'r str,
    caption: &'r str,
    days: String,
    window: String,
    window_pings: String,
    bar_height: u64,
    bars: Vec<Bar>,
    today: String,
    yesterday: String,
    total_pings: String,
    families: Vec<FamilyView<'r>>,
    more_families: String,
    request_types: Vec<RequestTypeView<'r>>,
    views: String,
    trust: String,
    date: String,
    sources: String,
}

/// The bar of one day or more. Its text is also read by screen readers.
struct Bar {
    is_gap: bool,
    words: String,
    count: String,
    /// The count again if it is the largest, to be seen.
    top: String,
    y: u64,
    height: u64,
    label: String,
}

/// A row of the list of families. Text that does not apply is empty.
struct FamilyView<'r> {
    family: &'r str,
    verified: String,
    pings: String,
    referred: String,
}

struct RequestTypeView<'r> {
    name: &'r str,
    pings: String,
}

/// A row of the table of terms.
struct TermView<'r> {
    title: &'r str,
    bars: Vec<SparkBar>,
    width: usize,
    height: u64,
    window_words: String,
    window: String,
    total: String,
    views: String,
}

struct SparkBar {
    x: usize,
    y: u64,
    height: u64,
    words: String,
}

/// Returns the guestbook of a term: a fragment in ASCII, without scripts, that loads nothing.
pub(super) fn term(report: &TermReport) -> String {
    render(&TermFragment { book: book_view(&report.title, &report.book) })
}

/// Returns the guestbook of the site as a fragment of the same kind.
pub(super) fn site(report: &SiteReport) -> String {
    let terms = &report.terms[..report.terms.len().min(TERMS_MAX)];
    let more = report.term_count - terms.len();
    render(&SiteFragment {
        book: book_view(&report.site, &report.book),
        terms: terms.iter().map(|row| term_view(row, &report.book.days)).collect(),
        more_terms: if more == 0 { String::new() } else { counted(more as u64, "more term") },
    })
}

fn render(template: &impl Template) -> String {
    template.render().expect("writing to a string can't fail")
}

fn book_view<'r>(title: &'r str, book: &'r Book) -> BookView<'r> {
    let request_types = book.request_types.iter();
    let (listed, others) = listed_families(&book.families);
    BookView {
        style: STYLE,
        title,
        caption: &book.caption,
        days: counted(book.days.len() as u64, "day"),
        window: window_words(&book.days),
        window_pings: counted(book.window_pings, "ping"),
        bar_height: BAR_HEIGHT,
        bars: bars(&book.days),
        today: today_words(book),
        yesterday: yesterday_words(book),
        total_pings: counted(book.total_pings, "ping"),
        families: listed.iter().map(family_view).collect(),
        more_families: match others.len() {
            0 => String::new(),
            more => format!("and {more} more"),
        },
        request_types: request_types
            .map(|row| RequestTypeView { name: &row.request_type, pings: count(row.pings) })
            .collect(),
        views: counted(book.views, "view"),
        trust: trust_words(book),
        date: long_date(book.today_date),
        sources: sources_words(book),
    }
}

/// Returns what checking the addresses showed, or nothing if none was checked.
fn trust_words(book: &Book) -> String {
    let counts = trust_counts(&book.trust).into_iter();
    let words: Vec<String> =
        counts.map(|(name, pings)| format!("{} {name}", count(pings))).collect();
    words.join(", ")
}

/// Returns the bars of the days.
fn bars(days: &[DayPings]) -> Vec<Bar> {
    let bars = period_bars(days);
    let largest = bars.iter().map(|bar| bar.pings).max().unwrap_or(0).max(1);
    let tallest = bars.iter().position(|bar| bar.pings == largest);
    let bar = |(at, PeriodBar { pings, covered, words, label }): (usize, PeriodBar)| {
        let height = (pings * BAR_HEIGHT).div_ceil(largest);
        let is_gap = !covered && pings == 0;
        Bar {
            is_gap,
            words,
            count: if is_gap { "no log".into() } else { counted(pings, "ping") },
            top: if tallest == Some(at) { count(pings) } else { String::new() },
            y: BAR_HEIGHT - height,
            height,
            label,
        }
    };
    bars.into_iter().enumerate().map(bar).collect()
}

fn family_view(row: &FamilyPings) -> FamilyView<'_> {
    let FamilyPings { family, pings, verified, referred, .. } = row;
    let verified = match verified {
        0 => String::new(),
        _ => {
            let (verified, pings) = (count(*verified), counted(*pings, "ping"));
            format!("{verified} of {pings} from the operator's own addresses")
        }
    };
    let referred = if *referred == 0 { String::new() } else { counted(*referred, "view") };
    FamilyView { family, verified, pings: count(*pings), referred }
}

fn term_view<'r>(row: &'r TermRow, days: &[DayPings]) -> TermView<'r> {
    let largest = row.days.iter().copied().max().unwrap_or(0).max(1);
    let pings = row.days.iter().zip(days).enumerate().filter(|(_, (pings, _))| **pings > 0);
    let bar = |(at, (&pings, day)): (usize, (&u64, &DayPings))| {
        let height = (pings * SPARK_HEIGHT).div_ceil(largest);
        let words = day_words(&DayPings { pings, ..*day });
        SparkBar { x: at * SPARK_STEP, y: SPARK_HEIGHT - height, height, words }
    };
    TermView {
        title: &row.title,
        bars: pings.map(bar).collect(),
        width: row.days.len() * SPARK_STEP,
        height: SPARK_HEIGHT,
        window_words: counted(row.days.iter().sum(), "ping"),
        window: count(row.window_pings),
        total: count(row.total_pings),
        views: count(row.views),
    }
}

/// Returns a height in pixels for a frame of a width that shows a term's whole fragment. Text is measured in a wide font, so
/// that no line is cut with another one.
pub fn fragment_height(report: &TermReport, width: u32) -> u32 {
    const LINE: f64 = 20.3;
    const SMALL_LINE: f64 = 17.3;
    const CHIP: f64 = 29.0;
    let room = f64::from(width) - 16.0 - 42.0;
    let book = &report.book;
    let lines = |text: &str, size: f64| (text_width(text, size) / room).ceil().max(1.0);
    let chips = |texts: Vec<String>| -> f64 {
        let (mut rows, mut x) = (1.0, 0.0);
        for text in texts {
            let chip = (text_width(&text, 14.0) + 24.0).min(room);
            if x + chip > room {
                (rows, x) = (rows + 1.0, 0.0);
            }
            x += chip;
        }
        rows
    };
    let families = listed_families(&book.families).0.iter().map(|row| {
        let view = family_view(row);
        let sent = if view.referred.is_empty() {
            String::new()
        } else {
            format!(" sent {}", view.referred)
        };
        format!("{} \u{2713} {}{sent}", row.family, view.pings)
    });
    let families = chips(families.chain(["and 100 more".into()]).collect());
    let types = book.request_types.iter();
    let types = chips(types.map(|row| format!("{} {}", row.request_type, row.pings)).collect());
    let foot =
        format!("{} by people {} {}", book.views, trust_words(book), long_date(book.today_date));
    let fixed = 16.0 + 34.0 + 26.0 + 42.0 + 90.0 + 42.0 + 30.0;
    let height = fixed
        + lines(&report.title, 14.0) * LINE
        + (lines(&today_words(book), 14.0) + lines(&yesterday_words(book), 14.0)) * (LINE + 6.0)
        + (families + types) * CHIP
        + (lines(&foot, 12.0) + lines(&sources_words(book), 12.0)) * (SMALL_LINE + 6.0);
    height.ceil() as u32
}
