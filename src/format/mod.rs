//! Parses lines into records, by tables of presets and the engines that run them.

mod advice;
mod confidence;
mod container;
mod detect;
mod engine;
mod explain;
mod fallback;
mod first_lines;
mod fit;
mod known;
mod line;
mod log_format;
mod malformed_reason;
mod preset;
mod reader;
mod record;
#[cfg(test)]
mod roundtrip;

pub use detect::{DECISIVE_LINES_MIN, Detection, detect};
pub use engine::{Columns, TemplateError};
pub use explain::{
    MissingField, excerpt, has_local_times, keys_advice, missing_field, reason_words,
    rewritten_path,
};
pub use fit::{Fit, fit};
pub use line::{Content, Line};
pub use log_format::Format;
pub use malformed_reason::is_error_log;
pub use reader::LineReader;
pub use record::{Encoding, Malformed, Record, percent_decode};
