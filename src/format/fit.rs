//! Measures how well a format fits a log.

use std::ops::ControlFlow;

use super::engine::Columns;
use super::explain::reason_words;
use super::first_lines::first_lines;
use super::line::Content;
use super::log_format::Format;
use super::reader::LineReader;

/// The number of a log's first lines that a format fits.
#[derive(Clone, Debug, Default)]
pub struct Fit {
    pub fitting: usize,
    pub misfits: usize,
    /// The first line that does not fit, with the reason and the value that can't be read.
    pub first_misfit: Option<(Vec<u8>, String)>,
}

/// Measures how well a format fits the first lines of a text.
pub fn fit(format: &Format, text: &[u8]) -> Fit {
    let mut fit = Fit::default();
    let text = first_lines(format, text);
    let columns = format.columns(text).unwrap_or_default();
    let _ = LineReader::new(format, Columns::default()).each(text, |line| {
        match &line.content {
            Content::Blank | Content::Comment => {}
            Content::Record { is_mismatched: false, .. } => fit.fitting += 1,
            Content::Record { .. } => {
                fit.misfits += 1;
                let reason = || (line.text.to_vec(), "in another format".to_owned());
                fit.first_misfit.get_or_insert_with(reason);
            }
            Content::Malformed(reason) => {
                fit.misfits += 1;
                let words = || reason_words(format, *reason, line.text, &columns);
                fit.first_misfit.get_or_insert_with(|| (line.text.to_vec(), words()));
            }
        }
        ControlFlow::Continue(())
    });
    fit
}
