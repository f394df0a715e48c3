//! The `guestbook` program: the one place that looks at a clock.

use std::process::ExitCode;

use guestbook::day::Day;
use jiff::Timestamp;

fn main() -> ExitCode {
    guestbook::cli::run(|zone| Day::from_date(zone.to_datetime(Timestamp::now()).date()))
}
