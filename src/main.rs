//! The `guestbook` program: the one place that looks at a clock.

use std::process::ExitCode;

use jiff::Timestamp;

fn main() -> ExitCode {
    guestbook::cli::run(Timestamp::now)
}
