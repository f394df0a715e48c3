//! HTML: a fragment to put into any page, and a page of its own for the site.

use std::fmt::Write;

use crate::report::{Book, DayPings, FamilyPings, SiteReport, TermReport};

use super::safe::markup;
use super::words::{
    count, counted, day_words, letter, long_date, sources_words, today_words, window_words,
    yesterday_words,
};

/// The fragment's look. It takes the page's colours; `--ai-guestbook-accent` sets the bars'.
const STYLE: &str = include_str!("guestbook.css");

/// With more days than this there is no room for their letters.
const LETTER_DAYS_MAX: usize = 45;

/// The height of a full bar, in the units of its drawing.
const BAR_HEIGHT: u64 = 40;

/// The guestbook of a term: a fragment in ASCII, without script, and with nothing to fetch.
pub(super) fn term(report: &TermReport) -> String {
    let mut html = open(&report.title, &report.book);
    html += &lists(&report.book);
    html + "</section>\n"
}

/// The guestbook of the site, as such a fragment.
pub(super) fn site(report: &SiteReport) -> String {
    fragment(report, |row| markup(&row.title))
}

/// By this the site's page is told from one that somebody else wrote.
pub const GENERATOR: &str = "<meta name=\"generator\" content=\"guestbook\">";

/// The same in a page of its own, with links to the terms' guestbooks: `link` gives each one's address.
pub fn site_page(report: &SiteReport, link: impl Fn(&str) -> String) -> String {
    let body = fragment(report, |row| {
        format!("<a href=\"{}\">{}</a>", markup(&link(&row.term)), markup(&row.title))
    });
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n{GENERATOR}\n<title>AI Guestbook: {}</title>\n\
         <style>\n:root {{ color-scheme: light dark; }}\nbody {{ margin: 2rem auto; max-width: 43rem; padding: 0 1rem; \
         font-family: system-ui, sans-serif; }}\n</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        markup(&report.site)
    )
}

fn fragment(report: &SiteReport, title: impl Fn(&crate::report::TermRow) -> String) -> String {
    let mut html = open(&report.site, &report.book);
    html += "<table>\n<tr><th>Term</th><th>Days</th><th>Window</th><th>All time</th><th class=\"gb-views\">Views</th></tr>\n";
    for row in &report.terms {
        let _ = writeln!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td class=\"gb-views\">{}</td></tr>",
            title(row),
            spark(&row.days, &report.book.days),
            count(row.window_pings),
            count(row.total_pings),
            count(row.views)
        );
    }
    html += "</table>\n";
    let more = report.term_count - report.terms.len();
    if more > 0 {
        let _ = writeln!(html, "<p>and {}</p>", counted(more as u64, "more term"));
    }
    html + &lists(&report.book) + "</section>\n"
}

fn open(title: &str, book: &Book) -> String {
    let caption = match &*book.caption {
        "" => String::new(),
        caption => format!("<p class=\"gb-caption\">{}</p>", markup(caption)),
    };
    format!(
        "<section class=\"ai-guestbook\" aria-label=\"AI Guestbook: {title}\">\n<style>\n{STYLE}</style>\n\
         <header><h2>AI Guestbook</h2>{caption}</header>\n<p class=\"gb-title\">{title}</p>\n\
         <h3>Last {} <small>{}, {}</small></h3>\n{}<p>{}</p>\n<p>{}</p>\n",
        counted(book.days.len() as u64, "day"),
        markup(&window_words(&book.days)),
        counted(book.window_pings, "ping"),
        bars(&book.days),
        markup(&today_words(book)),
        markup(&yesterday_words(book)),
        title = markup(title),
    )
}

/// A list of days, each with its count in words and its weekday's letter, as a reader aloud says it.
fn bars(days: &[DayPings]) -> String {
    let largest = days.iter().map(|day| day.pings).max().unwrap_or(0).max(1);
    let long = if days.len() > LETTER_DAYS_MAX { " gb-long" } else { "" };
    let mut html = format!("<ol class=\"gb-days{long}\">\n");
    for day in days {
        let height = (day.pings * BAR_HEIGHT).div_ceil(largest);
        let class = if day.covered || day.pings > 0 { "" } else { " class=\"gb-gap\"" };
        let words = markup(&day_words(day));
        let _ = writeln!(
            html,
            "<li{class} title=\"{words}\"><span class=\"gb-count\">{}</span>\
             <svg viewBox=\"0 0 10 {BAR_HEIGHT}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect class=\"gb-bar\" y=\"{}\" width=\"10\" height=\"{height}\"/></svg> <b>{}</b></li>",
            if class.is_empty() { counted(day.pings, "ping") } else { "no log".into() },
            BAR_HEIGHT - height,
            letter(day)
        );
    }
    html + "</ol>\n"
}

/// Small bars, one a day, in one drawing.
fn spark(pings: &[u64], days: &[DayPings]) -> String {
    const HEIGHT: u64 = 16;
    let largest = pings.iter().copied().max().unwrap_or(0).max(1);
    let mut rects = String::new();
    for (at, (&pings, day)) in pings.iter().zip(days).enumerate() {
        let height = (pings * HEIGHT).div_ceil(largest);
        if pings > 0 {
            let words = markup(&day_words(&DayPings { pings, ..*day }));
            let (x, y) = (at * 4, HEIGHT - height);
            let _ = write!(
                rects,
                "<rect class=\"gb-bar\" x=\"{x}\" y=\"{y}\" width=\"3\" height=\"{height}\"><title>{words}</title></rect>"
            );
        }
    }
    let width = pings.len() * 4;
    let total = counted(pings.iter().sum(), "ping");
    format!(
        "<svg class=\"gb-spark\" viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" \
         role=\"img\" aria-label=\"{total}\">{rects}</svg>"
    )
}

fn lists(book: &Book) -> String {
    let mut html =
        format!("<h3>All time <small>{}</small></h3>\n", counted(book.total_pings, "ping"));
    html += "<ul class=\"gb-families\">\n";
    for FamilyPings { family, pings, verified, referred } in &book.families {
        let mark = match verified {
            0 => String::new(),
            _ => format!(
                " <abbr title=\"{} of {} from the operator's own addresses\">&#x2713;</abbr>",
                count(*verified),
                counted(*pings, "ping")
            ),
        };
        let sent = match referred {
            0 => String::new(),
            views => format!(" <small>sent {}</small>", counted(*views, "view")),
        };
        let _ = writeln!(html, "<li>{}{mark} <b>{}</b>{sent}</li>", markup(family), count(*pings));
    }
    html += "</ul>\n";
    let types = book.request_types.iter().map(|row| (&*row.request_type, row.pings));
    html += &list("gb-types", types);
    let trust = &book.trust;
    let _ = writeln!(
        html,
        "<p class=\"gb-foot\">{} by people &#xb7; {} verified, {} impostor, {} unverifiable, {} unchecked \
         &#xb7; {}</p>",
        counted(book.views, "view"),
        count(trust.verified),
        count(trust.impostor),
        count(trust.unverifiable),
        count(trust.unchecked),
        long_date(book.today_date)
    );
    let _ = writeln!(html, "<p class=\"gb-foot\">{}</p>", markup(&sources_words(book)));
    html
}

fn list<'a>(class: &str, rows: impl Iterator<Item = (&'a str, u64)>) -> String {
    let mut html = format!("<ul class=\"{class}\">\n");
    for (name, pings) in rows {
        let _ = writeln!(html, "<li>{} <b>{}</b></li>", markup(name), count(pings));
    }
    html + "</ul>\n"
}
