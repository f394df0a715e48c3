//! Finds out what the terminal can show.

use std::io::IsTerminal;

use console::Term;

use crate::render::{TEXT_WIDTH, Terminal, for_terminal};

/// The variables that tell the character set, the first that is set.
const LOCALE_VARIABLES: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];

/// Returns the terminal that standard output is. `None` for pipes and files.
pub(super) fn terminal() -> Option<Terminal> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let width = Term::stdout().size_checked().map_or(TEXT_WIDTH, |(_, columns)| columns.into());
    let set = LOCALE_VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
    let locale = set.into_iter().find(|value| !value.is_empty()).unwrap_or_default();
    let locale = locale.to_lowercase();
    let is_ascii = !(locale.contains("utf-8") || locale.contains("utf8"));
    Some(Terminal { width, has_colour: console::colors_enabled(), is_ascii })
}

/// Returns a text as the terminal shows it best, or as it is if standard output is none.
pub(super) fn adapted(text: String) -> String {
    match terminal() {
        Some(terminal) => for_terminal(&text, terminal),
        None => text,
    }
}
