//! Explains why a line is not a record, and why a log can't be counted, for messages.

use std::ops::ControlFlow;

use jiff::tz::{Offset, TimeZone};

use crate::source::LINE_BYTES_MAX;

use super::engine::{Columns, Engine, SampleKeys};
use super::first_lines::first_lines;
use super::line::Content;
use super::log_format::Format;
use super::preset::PairNotation;
use super::reader::LineReader;
use super::record::{Field, Malformed};

/// The longest value that is quoted, in characters.
const VALUE_CHARS_MAX: usize = 60;

/// The most keys of a log that a message lists.
const LISTED_KEYS_MAX: usize = 12;

/// A field without which no request of a log can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingField {
    Status,
    Path,
}

impl MissingField {
    /// Returns what the log lacks, and the name of the field in the config.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            MissingField::Status => ("status", "status"),
            MissingField::Path => ("path", "uri"),
        }
    }
}

/// Returns the reason why a line is not a record, with the value that can't be read.
pub fn reason_words(format: &Format, reason: Malformed, line: &[u8], columns: &Columns) -> String {
    let field = match reason {
        Malformed::Time | Malformed::AmbiguousDate => Some(Field::Time),
        Malformed::Status => Some(Field::Status),
        _ => None,
    };
    match field.and_then(|field| value_of(format, line, columns, field)) {
        Some(value) => format!("{reason} \"{}\"", excerpt(value, VALUE_CHARS_MAX)),
        None => reason.to_string(),
    }
}

/// Returns the first `chars` characters of a line or value for a message, with control characters escaped.
pub fn excerpt(text: &[u8], chars: usize) -> String {
    String::from_utf8_lossy(text).chars().take(chars).flat_map(char::escape_debug).collect()
}

/// Returns the text that stands for a field in a line.
fn value_of<'a>(
    format: &Format,
    line: &'a [u8],
    columns: &Columns,
    field: Field,
) -> Option<&'a [u8]> {
    match &format.family.engines.first()?.engine {
        Engine::Keyed(plan) => plan.value(line, field),
        Engine::Columns(plan) => plan.value(line, columns, field),
        Engine::Template(_) | Engine::Ncsa(_) => super::engine::ncsa_value(line, field),
    }
}

/// Returns the field that none of the first lines of a log has, if one is missing without which nothing can be counted.
/// `needs_status` is false if requests without a status count.
pub fn missing_field(format: &Format, text: &[u8], needs_status: bool) -> Option<MissingField> {
    let (mut records, mut statuses, mut paths) = (0_u64, 0_u64, 0_u64);
    let first = first_lines(format, text);
    let _ = LineReader::new(format, Columns::default()).each(first, |line| {
        if let Content::Record { record, .. } = &line.content {
            records += 1;
            statuses += u64::from(record.status.is_some());
            paths += u64::from(record.path.is_some());
        }
        ControlFlow::Continue(())
    });
    // Lines of text always have a request, though it may be none of HTTP.
    let may_lack_path = !matches!(
        format.family.engines.first().map(|engine| &engine.engine),
        Some(Engine::Template(_) | Engine::Ncsa(_))
    );
    match records {
        0 => None,
        _ if statuses == 0 && needs_status => Some(MissingField::Status),
        _ if paths == 0 && may_lack_path => Some(MissingField::Path),
        _ => None,
    }
}

/// Returns whether the times of a log's first lines have no offset, so that their zone is guessed.
pub fn has_local_times(format: &Format, text: &[u8]) -> bool {
    let first_time = |zone: &TimeZone| {
        let mut format = format.clone();
        format.family.set_zone(zone);
        let mut time = None;
        let first = first_lines(&format, text);
        let columns = format.columns(first).unwrap_or_default();
        let _ = LineReader::new(&format, columns).each(first, |line| match &line.content {
            Content::Record { record, .. } => {
                time = Some(record.time);
                ControlFlow::Break(())
            }
            _ => ControlFlow::Continue(()),
        });
        time
    };
    first_time(&TimeZone::UTC) != first_time(&TimeZone::fixed(Offset::constant(12)))
}

/// Returns the name by which a server's directive logs the path as the server has rewritten it, with the one that logs the
/// requested path.
pub fn rewritten_path(format: &Format) -> Option<(&str, &'static str)> {
    let mut steps = format.family.first_template()?.steps.iter();
    let step = steps.find(|step| matches!(&*step.name, "$uri" | "$document_uri" | "%U"))?;
    Some((&step.name, if step.name.starts_with('$') { "$request_uri" } else { "%r" }))
}

/// Returns how to name the keys of a JSON log, with those that seem to fit. `None` if the text is not JSON.
pub fn keys_advice(text: &[u8]) -> Option<String> {
    let text = &text[..text.len().min(LINE_BYTES_MAX)];
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    lines.iter().find(|line| !line.is_empty())?.strip_prefix(b"{")?;
    let sample = SampleKeys::of(&lines, PairNotation::Json);
    let names: Vec<&str> = sample.names().take(LISTED_KEYS_MAX).collect();
    let fields = ["time", "ip", "request", "method", "uri", "status", "bytes", "user_agent"];
    let found = fields.iter().filter_map(|name| {
        let (_, field) = Field::NAMES.iter().find(|(known, _)| known == name)?;
        sample.likely_key(*field).map(|key| format!("{name} = \"{key}\""))
    });
    let found: Vec<String> = found.collect();
    let proposal = match found.is_empty() {
        true => "time = \"…\", uri = \"…\", status = \"…\"".to_owned(),
        false => found.join(", "),
    };
    Some(format!(
        "its keys are {}: name them under [[logs]], such as format = {{ json = {{ {proposal} }} }}",
        names.join(", ")
    ))
}
