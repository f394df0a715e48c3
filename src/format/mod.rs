//! Parses lines into records, by tables of presets and the engines that run them.

mod advice;
mod confidence;
mod container;
mod detect;
mod engine;
mod fallback;
mod known;
mod line;
mod log_format;
mod malformed_reason;
mod preset;
mod reader;
mod record;
#[cfg(test)]
mod roundtrip;

pub use detect::{DECISIVE_LINES_MIN, Detection, Fit, detect, fit};
pub use engine::{Columns, TemplateError};
pub use line::{Content, Line};
pub use log_format::Format;
pub use malformed_reason::is_error_log;
pub use reader::LineReader;
pub use record::{Encoding, Malformed, Record, percent_decode};
