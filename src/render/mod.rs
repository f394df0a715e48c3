//! Renders reports in each output format, without counting anything.

mod breakdown;
mod chart;
mod csv;
mod document;
mod escape;
mod feed;
mod html;
mod json;
mod md;
mod output_format;
mod period_bars;
mod table;
mod terminal;
mod text;
mod words;

use thiserror::Error;

use crate::report::{Book, BreakdownTable, SiteReport, TermReport};

pub use chart::{ChartError, font_without};
pub use csv::CsvWriter;
pub use document::{
    EMBED_SCRIPT, NAVIGATION, PAGES_ICON, PAGES_SCRIPT, PAGES_STYLE, PageData, PageFrame, PageLink,
    document, html_page, table_csv, table_json,
};
pub use escape::printable;
pub use feed::{Feed, FeedEntry};
pub use html::{GENERATOR, fragment_height};
pub use json::{json_line, json_pretty};
pub use output_format::OutputFormat;
pub use table::{Align, table};
pub use terminal::{Terminal, for_terminal};
pub use text::{TEXT_WIDTH, day_bars, site_text};
pub use words::{count, counted, short_date};

/// An error while rendering a report.
#[derive(Debug, Error)]
pub enum RenderError {
    #[error(transparent)]
    Chart(#[from] ChartError),
    #[error("there is no chart to draw")]
    NoChart,
}

/// Renders the answer to a question. `None` for formats of pictures, which have no table of any columns.
pub fn breakdown(answer: &BreakdownTable, format: OutputFormat) -> Option<Vec<u8>> {
    match format {
        OutputFormat::Text => Some(breakdown::text(answer).into_bytes()),
        OutputFormat::Json => Some(json::json_pretty(answer)),
        OutputFormat::Csv => Some(breakdown::csv(answer)),
        OutputFormat::Md => Some(breakdown::markdown(answer).into_bytes()),
        OutputFormat::Html => document(&breakdown::page(answer), format).ok(),
        _ => None,
    }
}

/// Renders the guestbook of a term.
pub fn term(report: &TermReport, format: OutputFormat) -> Result<Vec<u8>, RenderError> {
    Ok(match format {
        OutputFormat::Text => text::term(report).into_bytes(),
        OutputFormat::Json => json::json_pretty(report),
        OutputFormat::Csv => csv::term(report),
        OutputFormat::Md => md::term(report).into_bytes(),
        OutputFormat::Html => html::term(report).into_bytes(),
        OutputFormat::Svg => chart::svg(&chart::term(report, chart::WIDE)).into_bytes(),
        OutputFormat::Narrow => chart::svg(&chart::term(report, chart::NARROW)).into_bytes(),
        OutputFormat::Badge => book_badge(&report.book),
        OutputFormat::Png => chart::png(&chart::term(report, chart::WIDE))?,
    })
}

fn book_badge(book: &Book) -> Vec<u8> {
    chart::badge("AI Guestbook", book.window_pings, book.days.len()).into_bytes()
}

/// Returns the width and the height of a term's guestbook as SVG, in pixels.
pub fn picture_size(report: &TermReport) -> (u32, u32) {
    chart::term(report, chart::WIDE).size()
}

/// Renders the guestbook of the site.
pub fn site(report: &SiteReport, format: OutputFormat) -> Result<Vec<u8>, RenderError> {
    Ok(match format {
        OutputFormat::Text => text::site_text(report, TEXT_WIDTH).into_bytes(),
        OutputFormat::Json => json::json_pretty(report),
        OutputFormat::Csv => csv::site(report),
        OutputFormat::Md => md::site(report).into_bytes(),
        OutputFormat::Html => html::site(report).into_bytes(),
        OutputFormat::Svg => chart::svg(&chart::site(report, chart::WIDE)).into_bytes(),
        OutputFormat::Narrow => chart::svg(&chart::site(report, chart::NARROW)).into_bytes(),
        OutputFormat::Badge => book_badge(&report.book),
        OutputFormat::Png => chart::png(&chart::site(report, chart::WIDE))?,
    })
}
