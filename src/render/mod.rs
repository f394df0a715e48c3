//! Renders reports in each output format, without counting anything.

mod breakdown;
mod chart;
mod csv;
mod escape;
mod html;
mod json;
mod md;
mod output_format;
mod table;
mod text;
mod words;

use thiserror::Error;

use crate::report::{BreakdownTable, SiteReport, TermReport};

pub use chart::ChartError;
pub use csv::CsvWriter;
pub use escape::printable;
pub use html::{GENERATOR, site_page};
pub use json::{json_line, json_pretty};
pub use output_format::OutputFormat;
pub use table::{Align, table};
pub use text::{day_bars, site_text};
pub use words::{count, counted, short_date};

/// An error while rendering a report.
#[derive(Debug, Error)]
pub enum RenderError {
    #[error(transparent)]
    Chart(#[from] ChartError),
}

/// Renders the guestbook of a term.
/// Renders the answer to a question. `None` for formats of pictures and pages, which have no table of any columns.
pub fn breakdown(answer: &BreakdownTable, format: OutputFormat) -> Option<Vec<u8>> {
    match format {
        OutputFormat::Text => Some(breakdown::text(answer).into_bytes()),
        OutputFormat::Json => Some(json::json_pretty(answer)),
        OutputFormat::Csv => Some(breakdown::csv(answer)),
        OutputFormat::Md => Some(breakdown::markdown(answer).into_bytes()),
        _ => None,
    }
}

pub fn term(report: &TermReport, format: OutputFormat) -> Result<Vec<u8>, RenderError> {
    Ok(match format {
        OutputFormat::Text => text::term(report).into_bytes(),
        OutputFormat::Json => json::json_pretty(report),
        OutputFormat::Csv => csv::term(report),
        OutputFormat::Md => md::term(report).into_bytes(),
        OutputFormat::Html => html::term(report).into_bytes(),
        OutputFormat::Svg => chart::svg(&chart::term(report)).into_bytes(),
        OutputFormat::Png => chart::png(&chart::term(report))?,
    })
}

/// Renders the guestbook of the site.
pub fn site(report: &SiteReport, format: OutputFormat) -> Result<Vec<u8>, RenderError> {
    Ok(match format {
        OutputFormat::Text => text::site_text(report).into_bytes(),
        OutputFormat::Json => json::json_pretty(report),
        OutputFormat::Csv => csv::site(report),
        OutputFormat::Md => md::site(report).into_bytes(),
        OutputFormat::Html => html::site(report).into_bytes(),
        OutputFormat::Svg => chart::svg(&chart::site(report)).into_bytes(),
        OutputFormat::Png => chart::png(&chart::site(report))?,
    })
}
