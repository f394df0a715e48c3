//! Renders reports as HTML: a fragment to embed in any page, and a whole page for the site.
//!
//! All text is prepared here. The templates place it and escape it.

use askama::Template;

use crate::report::{Book, DayPings, FamilyPings, SiteReport, TermReport, TermRow};

use super::words::{
    count, counted, day_words, letter, long_date, sources_words, today_words, window_words,
    yesterday_words,
};

/// The style sheet of the fragment. It uses the page's colours; `--ai-guestbook-accent` sets the colour of the bars.
const STYLE: &str = include_str!("templates/guestbook.css");

/// The most days for which there is room for weekday letters.
const LETTER_DAYS_MAX: usize = 45;

/// The height of a full bar, in user units of its SVG.
const BAR_HEIGHT: u64 = 40;

/// The height of a full bar in the table of terms.
const SPARK_HEIGHT: u64 = 16;

/// The distance between two bars in the table of terms.
const SPARK_STEP: usize = 4;

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

#[derive(Template)]
#[template(path = "page.html", config = "src/render/templates/askama.toml")]
struct SitePage<'r> {
    generator: &'static str,
    site: SiteFragment<'r>,
}

/// The text of a book.
struct BookView<'r> {
    style: &'static str,
    title: &'r str,
    caption: &'r str,
    days: String,
    window: String,
    window_pings: String,
    is_long: bool,
    bar_height: u64,
    bars: Vec<Bar>,
    today: String,
    yesterday: String,
    total_pings: String,
    families: Vec<FamilyView<'r>>,
    request_types: Vec<RequestTypeView<'r>>,
    views: String,
    trust: String,
    date: String,
    sources: String,
}

/// The bar of one day. Its text is also read by screen readers.
struct Bar {
    is_gap: bool,
    words: String,
    count: String,
    y: u64,
    height: u64,
    letter: &'static str,
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
    /// The URL of the term's guestbook; empty if there is none.
    link: String,
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
    render(&site_fragment(report, |_| String::new()))
}

/// Returns the guestbook of the site as a page. `link` returns the URL of a term's guestbook.
pub fn site_page(report: &SiteReport, link: impl Fn(&str) -> String) -> String {
    render(&SitePage { generator: GENERATOR, site: site_fragment(report, link) })
}

fn render(template: &impl Template) -> String {
    template.render().expect("writing to a string can't fail")
}

fn site_fragment(report: &SiteReport, link: impl Fn(&str) -> String) -> SiteFragment<'_> {
    let more = report.term_count - report.terms.len();
    let terms = report.terms.iter();
    SiteFragment {
        book: book_view(&report.site, &report.book),
        terms: terms.map(|row| term_view(row, link(&row.term), &report.book.days)).collect(),
        more_terms: if more == 0 { String::new() } else { counted(more as u64, "more term") },
    }
}

fn book_view<'r>(title: &'r str, book: &'r Book) -> BookView<'r> {
    let trust = &book.trust;
    let largest = book.days.iter().map(|day| day.pings).max().unwrap_or(0).max(1);
    let request_types = book.request_types.iter();
    BookView {
        style: STYLE,
        title,
        caption: &book.caption,
        days: counted(book.days.len() as u64, "day"),
        window: window_words(&book.days),
        window_pings: counted(book.window_pings, "ping"),
        is_long: book.days.len() > LETTER_DAYS_MAX,
        bar_height: BAR_HEIGHT,
        bars: book.days.iter().map(|day| bar(day, largest)).collect(),
        today: today_words(book),
        yesterday: yesterday_words(book),
        total_pings: counted(book.total_pings, "ping"),
        families: book.families.iter().map(family_view).collect(),
        request_types: request_types
            .map(|row| RequestTypeView { name: &row.request_type, pings: count(row.pings) })
            .collect(),
        views: counted(book.views, "view"),
        trust: format!(
            "{} verified, {} impostor, {} unverifiable, {} unchecked",
            count(trust.verified),
            count(trust.impostor),
            count(trust.unverifiable),
            count(trust.unchecked)
        ),
        date: long_date(book.today_date),
        sources: sources_words(book),
    }
}

fn bar(day: &DayPings, largest: u64) -> Bar {
    let height = (day.pings * BAR_HEIGHT).div_ceil(largest);
    let is_gap = !day.covered && day.pings == 0;
    Bar {
        is_gap,
        words: day_words(day),
        count: if is_gap { "no log".into() } else { counted(day.pings, "ping") },
        y: BAR_HEIGHT - height,
        height,
        letter: letter(day),
    }
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

fn term_view<'r>(row: &'r TermRow, link: String, days: &[DayPings]) -> TermView<'r> {
    let largest = row.days.iter().copied().max().unwrap_or(0).max(1);
    let pings = row.days.iter().zip(days).enumerate().filter(|(_, (pings, _))| **pings > 0);
    let bar = |(at, (&pings, day)): (usize, (&u64, &DayPings))| {
        let height = (pings * SPARK_HEIGHT).div_ceil(largest);
        let words = day_words(&DayPings { pings, ..*day });
        SparkBar { x: at * SPARK_STEP, y: SPARK_HEIGHT - height, height, words }
    };
    TermView {
        title: &row.title,
        link,
        bars: pings.map(bar).collect(),
        width: row.days.len() * SPARK_STEP,
        height: SPARK_HEIGHT,
        window_words: counted(row.days.iter().sum(), "ping"),
        window: count(row.window_pings),
        total: count(row.total_pings),
        views: count(row.views),
    }
}
