//! Escapes text from logs for terminals, HTML, SVG, Markdown and spreadsheets.

use std::borrow::Cow;
use std::fmt::{self, Write};

use askama::filters::Escaper;

/// Returns whether a character is a control, changes the direction of text, or is invisible.
pub(super) fn is_control_or_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{34f}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Returns the text with every control and invisible character replaced by U+FFFD.
pub fn printable(text: &str) -> Cow<'_, str> {
    match text.chars().any(is_control_or_invisible) {
        true => text.replace(is_control_or_invisible, "\u{fffd}").into(),
        false => text.into(),
    }
}

/// The escaper for all text in askama templates.
#[derive(Clone, Copy)]
pub(super) struct AsciiHtml;

impl Escaper for AsciiHtml {
    fn write_escaped_str<W: Write>(&self, mut out: W, text: &str) -> fmt::Result {
        out.write_str(&escape_html(text))
    }
}

/// Returns the text escaped for HTML or SVG, as content or as the value of a quoted attribute.
///
/// The result is ASCII, so the same bytes are correct in a page of any encoding.
pub(super) fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            ascii if ascii.is_ascii() => escaped.push(ascii),
            // XML does not allow U+FFFE and U+FFFF, not even as character references.
            '\u{fffe}' | '\u{ffff}' => escaped.push_str("&#xfffd;"),
            other => {
                write!(escaped, "&#x{:x};", u32::from(other))
                    .expect("writing to a string can't fail");
            }
        }
    }
    escaped
}

/// Returns the printable text, with a leading `'` if a spreadsheet would run it as a formula.
pub(super) fn guard_formula(text: &str) -> Cow<'_, str> {
    let text = printable(text);
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t']);
    // A negative number is no formula.
    let is_number = || text.parse::<f64>().is_ok();
    if is_formula && !is_number() { format!("'{text}").into() } else { text }
}

/// Returns the text escaped for Markdown.
pub(super) fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            // Some sites turn plain URLs into links, @names into mentions and $…$ into formulas.
            ':' => escaped.push_str("&#58;"),
            '@' => escaped.push_str("&#64;"),
            '.' if escaped.ends_with("www") => escaped.push_str("&#46;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '>' | '|' | '#' | '!' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        assert_eq!(printable("a\u{1b}[2J\u{9b}b\u{202e}c"), "a\u{fffd}[2J\u{fffd}b\u{fffd}c");
        assert_eq!(
            escape_html("<b onload='x'>\"&ü"),
            "&lt;b onload=&#39;x&#39;&gt;&quot;&amp;&#xfc;"
        );
        assert_eq!(guard_formula("=cmd()"), "'=cmd()");
        assert_eq!(guard_formula("a=b"), "a=b");
        assert_eq!(guard_formula("-0.25"), "-0.25");
        assert_eq!(guard_formula("-1+cmd()"), "'-1+cmd()");
        assert_eq!(escape_markdown("[x](y)|<i>`"), "\\[x\\](y)\\|&lt;i\\>\\`");
        assert_eq!(escape_markdown("http://www.x @me $y$"), "http&#58;//www&#46;x &#64;me \\$y\\$");
    }
}
