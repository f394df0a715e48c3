//! Plain data → bytes: one small file for each format, none of which computes.

mod chart;
mod csv;
mod html;
mod json;
mod md;
mod safe;
mod table;
mod text;
mod words;

use thiserror::Error;

use crate::report::{SiteReport, TermReport};

pub use chart::ChartError;
pub use html::{GENERATOR, site_page};
pub use json::{json_line, json_pretty};
pub use safe::plain;
pub use table::{Align, table};
pub use text::{day_bars, site_text};
pub use words::{count, counted, short_date};

/// A form that a report can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For a terminal.
    Text,
    /// Stable and versioned: docs/json.md.
    Json,
    /// One table, long form.
    Csv,
    /// Markdown.
    Md,
    /// A fragment to put into a page: no script, nothing fetched.
    Html,
    /// A picture that scales.
    Svg,
    /// A picture of pixels.
    Png,
}

impl Form {
    /// Every form, with the name by which it is asked for, which is also its file's ending.
    pub const NAMES: [(&str, Form); 7] = [
        ("text", Form::Text),
        ("json", Form::Json),
        ("csv", Form::Csv),
        ("md", Form::Md),
        ("html", Form::Html),
        ("svg", Form::Svg),
        ("png", Form::Png),
    ];
}

/// Why a report could not be drawn.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A chart failed.
    #[error(transparent)]
    Chart(#[from] ChartError),
}

/// The guestbook of a term, in one of its forms.
pub fn term(report: &TermReport, form: Form) -> Result<Vec<u8>, RenderError> {
    Ok(match form {
        Form::Text => text::term(report).into_bytes(),
        Form::Json => json::json_pretty(report),
        Form::Csv => csv::term(report).into_bytes(),
        Form::Md => md::term(report).into_bytes(),
        Form::Html => html::term(report).into_bytes(),
        Form::Svg => chart::svg(&chart::term(report)).into_bytes(),
        Form::Png => chart::png(&chart::term(report))?,
    })
}

/// The guestbook of the site, in one of its forms.
pub fn site(report: &SiteReport, form: Form) -> Result<Vec<u8>, RenderError> {
    Ok(match form {
        Form::Text => text::site_text(report).into_bytes(),
        Form::Json => json::json_pretty(report),
        Form::Csv => csv::site(report).into_bytes(),
        Form::Md => md::site(report).into_bytes(),
        Form::Html => html::site(report).into_bytes(),
        Form::Svg => chart::svg(&chart::site(report)).into_bytes(),
        Form::Png => chart::png(&chart::site(report))?,
    })
}
