//! The option that waits for another process.

use std::time::Duration;

use clap::Args as ClapArgs;

/// The time that a command waits for another process that writes to the store.
#[derive(Debug, ClapArgs)]
pub(super) struct WaitArgs {
    /// Wait so many seconds if another guestbook is writing to the store, instead of failing at once
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
}

impl WaitArgs {
    pub(super) fn duration(&self) -> Duration {
        Duration::from_secs(self.wait)
    }
}
