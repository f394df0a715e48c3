//! What is said to a person, on standard error, beside the output itself.

use std::io::{self, Write};

use crate::render::plain;

/// Speaks on standard error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Talk {
    quiet: bool,
}

impl Talk {
    pub(super) fn new(quiet: bool) -> Talk {
        Talk { quiet }
    }

    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Something went wrong.
    pub(super) fn error(self, error: &anyhow::Error) {
        say("error: ", &format!("{error:#}"));
    }

    /// Something went wrong with one source; the others went on.
    pub(super) fn warn(self, words: &str) {
        say("warning: ", words);
    }

    /// Something worth knowing.
    pub(super) fn note(self, words: &str) {
        if !self.quiet {
            say("note: ", words);
        }
    }
}

/// Line by line, since what is shown may hold what a visitor wrote. Nobody can be told that standard
/// error is closed.
fn say(head: &str, words: &str) {
    let lines: Vec<_> = words.lines().map(plain).collect();
    let _ = writeln!(io::stderr(), "{head}{}", lines.join("\n"));
}
