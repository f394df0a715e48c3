//! Writes the messages for logs that are not read.

use crate::format::{MissingField, excerpt, is_error_log, keys_advice};

/// The length of a line that a message quotes, in characters.
const EXCERPT_CHARS: usize = 80;

/// Returns the message for a log whose first lines fit no format. It quotes one of them.
pub(super) fn no_format(text: &[u8], line: &[u8]) -> String {
    let advice = || {
        keys_advice(text)
            .unwrap_or_else(|| "paste your server's log format under [[logs]] format".to_owned())
    };
    match not_a_log(text, line) {
        Some(kind) => format!("{kind}: nothing was read"),
        None => format!(
            "no known format fits its first lines, such as \"{}\": nothing was read; {}",
            excerpt(line, EXCERPT_CHARS),
            advice()
        ),
    }
}

/// Returns the message for a log that does not fit the format that was given. `reason` tells what is wrong with a line.
pub(super) fn wrong_format(name: &str, text: &[u8], line: &[u8], reason: &str) -> String {
    match not_a_log(text, line) {
        Some(kind) => format!("{kind}: nothing was read"),
        None => format!(
            "the format that [[logs]] or --format gives, {name}, fits none of its first lines, such as \"{}\" \
             ({reason}): nothing was read; correct it, or leave it out to have it detected",
            excerpt(line, EXCERPT_CHARS)
        ),
    }
}

/// Returns the message for a log whose lines lack a field without which nothing can be counted.
pub(super) fn no_field(name: &str, text: &[u8], field: MissingField) -> String {
    let (words, config) = field.names();
    let advice = keys_advice(text).unwrap_or_else(|| {
        format!("add it to the server's log format, or name its {config} under [[logs]] format")
    });
    format!(
        "its lines have no {words} as {name}, so no request could be counted: nothing was read; {advice}"
    )
}

/// Returns the kind of a file if its first lines show that it is not an access log.
fn not_a_log(text: &[u8], line: &[u8]) -> Option<&'static str> {
    const EXAMINED_BYTES: usize = 1000;
    let start = &text[..text.len().min(EXAMINED_BYTES)];
    let is_printable = |byte: &&u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    if start.iter().filter(is_printable).count() * 2 < start.len() {
        return Some("is binary, not a log");
    }
    is_error_log(line).then_some("is an error log, not an access log")
}
