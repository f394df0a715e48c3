//! Runs the commands that make and merge partials.

use std::io::Write;

use crate::config::Settings;

use super::clock::Clock;
use super::exit::ExitStatus;
use super::merge::merge;
use super::messages::Messages;
use super::partial_args::PartialCommand;
use super::scan::scan;

impl PartialCommand {
    /// Runs the command.
    pub(super) fn run(
        &self,
        settings: &Settings,
        clock: Clock<'_>,
        verbose: bool,
        messages: Messages,
        out: &mut impl Write,
    ) -> anyhow::Result<ExitStatus> {
        match self {
            PartialCommand::Scan(args) => scan(settings, args, verbose, messages, out),
            PartialCommand::Merge(args) => {
                merge(settings, args, clock.as_of(settings, None)?, verbose, messages, out)
            }
        }
    }
}
