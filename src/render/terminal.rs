//! Adapts text to a terminal: its width, its colours, and its characters.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The abilities of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// The number of columns.
    pub width: usize,
    pub has_colour: bool,
    /// True if it shows only ASCII.
    pub is_ascii: bool,
}

/// The indent of the lines that a long line continues in.
const INDENT: &str = "  ";

/// Returns a text as a terminal shows it best: lines that are too long continue in the next one, bars are coloured and the first
/// line is bold.
pub fn for_terminal(text: &str, terminal: Terminal) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, line) in text.lines().flat_map(|line| wrapped(line, terminal.width)).enumerate() {
        let line = if terminal.is_ascii { ascii(&line) } else { line };
        match terminal.has_colour {
            true if at == 0 => shown += &format!("\u{1b}[1m{line}\u{1b}[0m"),
            true => push_coloured(&mut shown, &line),
            false => shown += &line,
        }
        shown.push('\n');
    }
    shown
}

/// Breaks a line of words that is too long. Lines with several spaces in a row are those of tables, which stay as they are.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let is_table = line.trim_end().contains("  ");
    if line.width() <= width || is_table || width < 2 * INDENT.len() {
        return vec![line.to_owned()];
    }
    let mut lines = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let last = lines.len() - 1;
        let is_first = lines[last].trim().is_empty();
        if !is_first && lines[last].width() + word.trim_end().width() > width {
            let end = lines[last].trim_end().len();
            lines[last].truncate(end);
            lines.push(INDENT.to_owned());
        }
        let last = lines.len() - 1;
        lines[last].push_str(word);
    }
    lines
}

/// Returns whether a character is part of a bar.
fn is_bar(c: char) -> bool {
    ('\u{2581}'..='\u{258f}').contains(&c)
}

fn push_coloured(shown: &mut String, line: &str) {
    let mut in_bar = false;
    for c in line.chars() {
        if is_bar(c) != in_bar && c != ' ' {
            in_bar = is_bar(c);
            shown.push_str(if in_bar { "\u{1b}[36m" } else { "\u{1b}[0m" });
        }
        shown.push(c);
    }
    if in_bar {
        shown.push_str("\u{1b}[0m");
    }
}

/// Returns a text with other characters in place of those that are not ASCII, of the same width.
fn ascii(text: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' '..='~' => replaced.push(c),
            '\u{2581}' | '\u{2582}' => replaced.push('_'),
            '\u{2583}' | '\u{2584}' => replaced.push('-'),
            '\u{2585}' | '\u{2586}' => replaced.push('='),
            c if is_bar(c) => replaced.push('#'),
            '·' => replaced.push('.'),
            '–' => replaced.push('-'),
            '✓' => replaced.push('*'),
            '…' => replaced.push('~'),
            c => replaced.push_str(&"?".repeat(c.width().unwrap_or(0))),
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Terminal = Terminal { width: 20, has_colour: false, is_ascii: false };

    #[test]
    fn long_lines_continue_in_the_next() {
        let text =
            "a line of many words that is too long\nTERM      1      2 and a long row\nshort\n";
        assert_eq!(
            for_terminal(text, PLAIN),
            "a line of many words\n  that is too long\nTERM      1      2 and a long row\nshort\n"
        );
    }

    #[test]
    fn bars_are_coloured_or_ascii() {
        let text = "Title\n▁▄█· 日本 é\n";
        let ascii = Terminal { is_ascii: true, ..PLAIN };
        assert_eq!(for_terminal(text, ascii), "Title\n_-#. ???? ?\n");
        let coloured = for_terminal(text, Terminal { has_colour: true, ..PLAIN });
        assert_eq!(coloured, "\u{1b}[1mTitle\u{1b}[0m\n\u{1b}[36m▁▄█\u{1b}[0m· 日本 é\n");
    }
}
