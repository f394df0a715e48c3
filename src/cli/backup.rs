//! Copies the store.

use std::io::Write;

use crate::config::Settings;
use crate::store::Store;

use super::args::BackupArgs;
use super::exit::ExitStatus;
use super::messages::Messages;

/// Writes a copy of the store, also while a run writes to it.
pub(super) fn backup(
    settings: &Settings,
    args: &BackupArgs,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let store = Store::open_read_only(&settings.store_path(), &settings.config.site.timezone)?;
    store.back_up(&args.file)?;
    if !messages.is_quiet() {
        let (from, to) = (settings.store_path(), args.file.display());
        writeln!(out, "Copied {} to {to}", from.display())?;
    }
    Ok(ExitStatus::Success)
}
