//! Messages to people, on standard error.

use std::io::{self, Write};

use crate::night::Notice;
use crate::render::printable;

/// Writes messages to standard error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Messages {
    quiet: bool,
}

impl Messages {
    /// `quiet` suppresses everything but errors and warnings.
    pub(super) fn new(quiet: bool) -> Messages {
        Messages { quiet }
    }

    pub(super) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Reports why the command failed.
    pub(super) fn error(self, error: &anyhow::Error) {
        write("error: ", &format!("{error:#}"));
    }

    /// Reports something that went wrong but did not stop the command.
    pub(super) fn warn(self, text: &str) {
        write("warning: ", text);
    }

    /// Reports something worth knowing.
    pub(super) fn note(self, text: &str) {
        if !self.quiet {
            write("note: ", text);
        }
    }

    pub(super) fn notices(self, notices: &[Notice]) {
        for notice in notices {
            match notice.is_warning() {
                true => self.warn(&notice.to_string()),
                false => self.note(&notice.to_string()),
            }
        }
    }
}

/// Writes a message. Lines are made printable one by one, since a message may contain what a visitor wrote. If standard error
/// is closed, the message is lost.
fn write(head: &str, text: &str) {
    let lines: Vec<_> = text.lines().map(printable).collect();
    let _ = writeln!(io::stderr(), "{head}{}", lines.join("\n"));
}
