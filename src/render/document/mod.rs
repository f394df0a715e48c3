//! Renders documents: pages of tables, charts and figures.

mod assets;
mod bar_chart;
mod cells;
mod data;
mod page;
mod page_data;
mod plain;

pub(super) use cells::{change, percent};
pub use data::{table_csv, table_json};
pub use page::{NAVIGATION, PageFrame, PageLink, html_page};
pub use page_data::PageData;

pub use assets::{EMBED_SCRIPT, PAGES_ICON, PAGES_SCRIPT, PAGES_STYLE};

use crate::report::{Block, Document};

use super::RenderError;
use super::chart;
use super::output_format::OutputFormat;

/// Renders a document on its own. As a picture it is its first chart.
pub fn document(document: &Document, format: OutputFormat) -> Result<Vec<u8>, RenderError> {
    let first_chart = || {
        let charts = document.blocks.iter().filter_map(|block| match block {
            Block::Chart(chart) => Some(chart),
            _ => None,
        });
        charts.into_iter().next().ok_or(RenderError::NoChart)
    };
    let picture = || Ok::<_, RenderError>(chart::bars(&document.title, first_chart()?));
    Ok(match format {
        OutputFormat::Text => plain::text(document).into_bytes(),
        OutputFormat::Md => plain::markdown(document).into_bytes(),
        OutputFormat::Json => data::document_json(document),
        OutputFormat::Csv => data::document_csv(document),
        OutputFormat::Html => page::standalone(document).into_bytes(),
        OutputFormat::Badge => {
            let pings = first_chart()?.totals().iter().sum();
            let days = document.to.number() - document.from.number() + 1;
            let days = usize::try_from(days).unwrap_or_default();
            chart::badge(&document.title, pings, days).into_bytes()
        }
        OutputFormat::Svg | OutputFormat::Narrow => chart::svg(&picture()?).into_bytes(),
        OutputFormat::Png => chart::png(&picture()?)?,
    })
}
