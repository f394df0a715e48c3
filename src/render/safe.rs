//! Keeps what visitors wrote from controlling a terminal, a page, a picture or a spreadsheet.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character acts instead of showing: a control, one that turns the direction of text, or one
/// that nobody sees.
pub(super) fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{34f}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text with every acting character replaced by U+FFFD.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().any(acts) { text.replace(acts, "\u{fffd}").into() } else { text.into() }
}

/// The text as HTML or SVG content, or a quoted attribute's value, in ASCII: it reads the same in a
/// page of any encoding.
pub(super) fn markup(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            ascii if ascii.is_ascii() => safe.push(ascii),
            // XML has no U+FFFE and U+FFFF, in any form.
            '\u{fffe}' | '\u{ffff}' => safe.push_str("&#xfffd;"),
            other => {
                write!(safe, "&#x{:x};", u32::from(other)).expect("a string takes everything");
            }
        }
    }
    safe
}

/// The text as a cell of a CSV file (RFC 4180), kept from being a formula where a spreadsheet opens it.
pub(super) fn cell(text: &str) -> String {
    let text = plain(text);
    let formula = text.starts_with(['=', '+', '-', '@', '\t']);
    let guarded = if formula { format!("'{text}") } else { text.into_owned() };
    if guarded.contains([',', '"', '\'', '\n']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

/// The text as Markdown that shows it and does nothing else.
pub(super) fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            // Plain addresses, names and sums would become links, mentions and formulas on some sites.
            ':' => safe.push_str("&#58;"),
            '@' => safe.push_str("&#64;"),
            '.' if safe.ends_with("www") => safe.push_str("&#46;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '>' | '|' | '#' | '!' | '~' | '$' => {
                safe.push('\\');
                safe.push(c);
            }
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_only_shown() {
        assert_eq!(plain("a\u{1b}[2J\u{9b}b\u{202e}c"), "a\u{fffd}[2J\u{fffd}b\u{fffd}c");
        assert_eq!(markup("<b onload='x'>\"&ü"), "&lt;b onload=&#39;x&#39;&gt;&quot;&amp;&#xfc;");
        assert_eq!(cell("=cmd()"), "\"'=cmd()\"");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(markdown("[x](y)|<i>`"), "\\[x\\](y)\\|&lt;i\\>\\`");
        assert_eq!(markdown("http://www.x @me $y$"), "http&#58;//www&#46;x &#64;me \\$y\\$");
    }
}
