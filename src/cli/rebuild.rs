//! Reads all logs again under today's rules.

use std::io::Write;

use crate::config::Settings;
use crate::day::Day;
use crate::night::{IngestOptions, Rebuilt, named_logs, rebuild as rebuild_store, rebuilt_path};
use crate::render::counted;
use crate::store::KeptDays;

use super::args::RebuildArgs;
use super::exit::ExitStatus;
use super::ingest::{status_of, write_summary};
use super::messages::Messages;
use super::runtime;

/// Reads the logs that are still there into a new store, which then replaces the old one.
pub(super) fn rebuild(
    settings: Settings,
    args: &RebuildArgs,
    today: Day,
    verbose: bool,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let logs = named_logs(&settings, &[], None)?;
    let old = settings.store_path();
    let settings = settings.with_store(std::path::absolute(rebuilt_path(&old))?);
    let (threads, wait) = (args.threads, args.wait.duration());
    let options = IngestOptions { threads, wait, tells_silence: false };
    let runtime = runtime::start()?;
    let rebuilt = runtime::run_until_signal(&runtime, |stop| {
        rebuild_store(&settings, &old, &logs, options, stop, today)
    })?;
    let Rebuilt { ingested, kept } = rebuilt?;
    // The thread that handles signals lives as long as the process.
    std::mem::forget(runtime);
    messages.notices(&ingested.notices);
    let Some(kept) = kept else {
        messages.warn("the rebuild was stopped: the store is as it was");
        return Ok(ExitStatus::Failure);
    };
    if !messages.is_quiet() {
        write_summary(&ingested.summary, verbose, out)?;
        write_kept(&kept, out)?;
    }
    Ok(status_of(&ingested))
}

/// Writes which days were taken over from the old store.
fn write_kept(kept: &KeptDays, out: &mut impl Write) -> anyhow::Result<()> {
    for (days, reason) in [
        (&kept.missing, "that no log has any more"),
        (&kept.longer, "of which the logs have fewer lines than before"),
    ] {
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            let count = counted(days.len() as u64, "day");
            writeln!(out, "Kept {count} {reason}, {first} to {last}, as they were counted then")?;
        }
    }
    Ok(())
}
