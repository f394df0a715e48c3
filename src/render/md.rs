//! Renders reports as Markdown, for a wiki page or an issue.

use crate::report::{Book, SiteReport, TermReport};

use super::escape::escape_markdown;
use super::text::{day_bars, trust_line};
use super::words::{
    count, counted, family_words, long_date, sources_words, today_words, window_words,
    yesterday_words,
};

pub(super) fn term(report: &TermReport) -> String {
    head(&report.title, &report.book) + &counts(&report.book)
}

pub(super) fn site(report: &SiteReport) -> String {
    let days = &report.book.days;
    let mut text = head(&report.site, &report.book);
    text += "| Term | Days | Window | All time | Views |\n| --- | --- | ---: | ---: | ---: |\n";
    for row in &report.terms {
        // Markdown collapses consecutive spaces within code.
        let (title, bars) =
            (escape_markdown(&row.title), day_bars(&row.days, days).replace(' ', "_"));
        let (window, total) = (count(row.window_pings), count(row.total_pings));
        text += &format!("| {title} | `{bars}` | {window} | {total} | {} |\n", count(row.views));
    }
    let more = report.term_count - report.terms.len();
    if more > 0 {
        text += &format!("\nand {}\n", counted(more as u64, "more term"));
    }
    text + "\n" + &counts(&report.book)
}

fn head(title: &str, book: &Book) -> String {
    let pings: Vec<u64> = book.days.iter().map(|day| day.pings).collect();
    format!(
        "## AI Guestbook: {}\n\n{} ({})\n\nLast {}, {}: **{}** `{}`\n\n- {}\n- {}\n- {} by people\n\n",
        escape_markdown(title),
        long_date(book.today_date),
        book.timezone,
        counted(book.days.len() as u64, "day"),
        window_words(&book.days),
        counted(book.window_pings, "ping"),
        day_bars(&pings, &book.days).replace(' ', "_"),
        escape_markdown(&today_words(book)),
        escape_markdown(&yesterday_words(book)),
        counted(book.views, "view"),
    )
}

fn counts(book: &Book) -> String {
    let mut text = String::from("| Family | Pings |\n| --- | ---: |\n");
    for row in &book.families {
        text += &format!("| {} | {} |\n", escape_markdown(&family_words(row)), count(row.pings));
    }
    text += &format!("| **All** | **{}** |\n\n", count(book.total_pings));
    text += "| Request type | Pings |\n| --- | ---: |\n";
    for row in &book.request_types {
        text += &format!("| {} | {} |\n", escape_markdown(&row.request_type), count(row.pings));
    }
    let (trust, sources) = (trust_line(&book.trust), sources_words(book));
    let trust = if trust.is_empty() { trust } else { format!("{trust}. ") };
    text += &format!("\n{trust}{}.\n", escape_markdown(&sources));
    if !book.caption.is_empty() {
        text += &format!("\n{}\n", escape_markdown(&book.caption));
    }
    text
}
