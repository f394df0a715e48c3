//! The exit status of a command.

use std::io;

/// The outcome of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExitStatus {
    /// Everything was done: exit code 0.
    Success,
    /// Nothing could be done: exit code 1.
    Failure,
    /// Some sources failed, and the others were done: exit code 2.
    Partial,
}

impl ExitStatus {
    /// Returns the exit code.
    pub(super) fn code(self) -> u8 {
        match self {
            ExitStatus::Success => 0,
            ExitStatus::Failure => 1,
            ExitStatus::Partial => 2,
        }
    }

    /// Returns the status if something beside it has failed.
    pub(super) fn or_partial(self) -> ExitStatus {
        match self {
            ExitStatus::Success => ExitStatus::Partial,
            status => status,
        }
    }
}

/// Returns whether the reader of standard output has gone, as `head` does. That is no failure.
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let mut kinds = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    kinds.any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
