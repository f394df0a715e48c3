//! Says why a log is not read, and what to do about it.

use crate::format::is_error_log;

/// What to do about a log whose first lines fit nothing; shows one of them.
pub fn no_format(text: &[u8], line: &[u8]) -> String {
    match not_a_log(text, line) {
        Some(what) => format!("{what}: nothing was read"),
        None => format!(
            "no known format fits its first lines, such as \"{}\": nothing was read; paste your \
             server's log format under [[logs]] format",
            shown(line)
        ),
    }
}

/// What to do about a log that does not have the format that it is said to have.
pub(super) fn wrong_format(name: &str, text: &[u8], line: &[u8]) -> String {
    match not_a_log(text, line) {
        Some(what) => format!("{what}: nothing was read"),
        None => format!(
            "the format that [[logs]] or --format gives, {name}, fits none of its first lines, such as \
             \"{}\": nothing was read; correct it, or leave it out to have it found",
            shown(line)
        ),
    }
}

/// What a file is that is no access log, as far as its first lines tell.
fn not_a_log(text: &[u8], line: &[u8]) -> Option<&'static str> {
    const LOOKED_AT_BYTES: usize = 1000;
    let start = &text[..text.len().min(LOOKED_AT_BYTES)];
    let printable = |byte: &&u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    if start.iter().filter(printable).count() * 2 < start.len() {
        return Some("is binary, not a log");
    }
    is_error_log(line).then_some("is an error log, not an access log")
}

fn shown(line: &[u8]) -> String {
    const SHOWN_CHARS: usize = 80;
    String::from_utf8_lossy(line).chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect()
}
