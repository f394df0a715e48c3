//! Reads all logs again under today's rules.

use std::io::Write;

use anyhow::bail;

use crate::config::Settings;
use crate::day::Day;
use crate::night::{IngestOptions, RebuildOutcome, Rebuilt, named_logs, rebuild as rebuild_store};
use crate::render::{count, counted};
use crate::store::KeptDays;

use super::args::RebuildArgs;
use super::clock::Clock;
use super::exit::ExitStatus;
use super::ingest::{status_of, write_summary};
use super::messages::Messages;
use super::progress::with_progress;
use super::run_log::RunLog;
use super::runtime;

/// Reads the logs that are still there into a new store, which then replaces the old one.
pub(super) fn rebuild(
    settings: &Settings,
    args: &RebuildArgs,
    today: Day,
    clock: Clock<'_>,
    verbose: bool,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let run = RunLog::start(clock, "rebuild");
    let logs = named_logs(settings, &[], None)?;
    let (threads, wait) = (args.threads, args.wait.duration());
    let runtime = runtime::start()?;
    let rebuilt = with_progress(messages, |meter| {
        let options = IngestOptions { threads, wait, tells_silence: false, meter: meter.clone() };
        runtime::run_until_signal(&runtime, |stop| {
            rebuild_store(settings, &logs, options, args.force, stop, today)
        })
    })?;
    let failed = || drop(run.finish(settings, None, ExitStatus::Failure, messages));
    let Rebuilt { ingested, outcome } = rebuilt.inspect_err(|_| failed())?;
    // The thread that handles signals lives as long as the process.
    std::mem::forget(runtime);
    match outcome {
        RebuildOutcome::Replaced(kept) => {
            messages.notices(&ingested.notices);
            if !messages.is_quiet() {
                write_summary(&ingested.summary, verbose, out)?;
                write_kept(&kept, out)?;
                writeln!(out, "`guestbook publish` writes the pages anew")?;
            }
            let status = status_of(&ingested);
            run.finish(settings, Some(&ingested), status, messages);
            Ok(status)
        }
        RebuildOutcome::Stopped => {
            failed();
            messages.warn("the rebuild was stopped: the store has the rules that it had");
            Ok(ExitStatus::Failure)
        }
        RebuildOutcome::Differs { before, after } => {
            failed();
            bail!(
                "in the new time zone there would be {} instead of {}, since some of their logs are gone and their days can't be \
             told in another zone: give these logs back, or accept it with --force. The store is as it was",
                counted(after, "line"),
                count(before)
            )
        }
    }
}

/// Writes which days were taken over from the old store.
fn write_kept(kept: &KeptDays, out: &mut impl Write) -> anyhow::Result<()> {
    for (days, reason) in [
        (&kept.missing, "that no log has any more"),
        (&kept.longer, "of which the logs have fewer lines than before"),
    ] {
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            let count = counted(days.len() as u64, "day");
            let end = if first == last { String::new() } else { format!(" to {last}") };
            writeln!(out, "Kept {count} {reason}, as counted then: {first}{end}")?;
        }
    }
    Ok(())
}
