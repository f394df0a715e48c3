//! The lines that embed a term's guestbook in a page.

use crate::render::{OutputFormat, fragment_height, picture_size};
use crate::report::{TermHistory, TermReport};

use super::term_files::{TERMS_FOLDER, TermNames, percent_encoded};

/// The widest that an embedded guestbook becomes, in pixels.
const WIDTH: u32 = 640;

/// A term's guestbook, for the lines to copy that embed it in a page.
pub(super) struct Embed<'e> {
    /// The URL under which the reports are served. Ends with a slash.
    pub(super) url: &'e str,
    pub(super) formats: &'e [OutputFormat],
    pub(super) report: &'e TermReport,
}

impl Embed<'_> {
    /// Returns the lines for each way to embed the guestbook that the published formats permit, with a title.
    pub(super) fn snippets(
        &self,
        history: &TermHistory<'_>,
        names: &TermNames,
    ) -> Vec<(&'static str, String)> {
        let name = percent_encoded(&names.file_name(history.term));
        let base = format!("{}{TERMS_FOLDER}/{name}", self.url);
        let title = attribute(history.title);
        let has = |format: OutputFormat| self.formats.contains(&format);
        let (width, height) = picture_size(self.report);
        let picture = format!(
            "<img src=\"{base}.svg\" width=\"{width}\" height=\"{height}\" alt=\"AI Guestbook: {title}\">"
        );
        let mut snippets = Vec::new();
        if has(OutputFormat::Json) {
            let inner = if has(OutputFormat::Svg) { &*picture } else { "" };
            snippets.push((
                "Embed it with a script",
                format!(
                    "<script src=\"{}guestbook.js\" defer></script>\n\
                     <ai-guestbook src=\"{base}.json\">{inner}</ai-guestbook>",
                    self.url
                ),
            ));
        }
        if has(OutputFormat::Html) {
            let height = fragment_height(self.report, WIDTH);
            snippets.push((
                "Embed it as a frame",
                format!(
                    "<iframe src=\"{base}.html\" width=\"{WIDTH}\" height=\"{height}\" \
                     title=\"AI Guestbook: {title}\" loading=\"lazy\"></iframe>"
                ),
            ));
        }
        if has(OutputFormat::Svg) {
            snippets.push(("Embed it as a picture", picture));
        }
        if has(OutputFormat::Badge) {
            let line = format!("<img src=\"{base}.badge.svg\" height=\"20\" alt=\"AI Guestbook\">");
            snippets.push(("Embed it as a badge", line));
        }
        snippets
    }
}

/// Returns a text for the value of an attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
