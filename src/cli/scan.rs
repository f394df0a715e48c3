//! Counts logs into a partial.

use std::io::Write;

use crate::config::Settings;
use crate::night::{IngestOptions, Scanned, named_logs, scan_logs};
use crate::render::counted;

use super::exit::ExitStatus;
use super::ingest::{status_of, write_summary};
use super::messages::Messages;
use super::partial_args::ScanArgs;
use super::progress::with_progress;
use super::runtime;

/// Counts logs and writes the counts as a partial. No store is read or written, but for its lists of addresses.
pub(super) fn scan(
    settings: &Settings,
    args: &ScanArgs,
    verbose: bool,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let logs = named_logs(settings, &args.logs, args.format.as_deref())?;
    let runtime = runtime::start()?;
    let lists = args.lists.as_deref();
    let scanned = with_progress(messages, |meter| {
        let threads = args.threads;
        let options = IngestOptions { threads, meter: meter.clone(), ..IngestOptions::default() };
        runtime::run_until_signal(&runtime, |stop| {
            scan_logs(settings, &logs, options, lists, stop, &args.output)
        })
    })?;
    let Scanned { ingested, figures } = scanned?;
    // The thread that handles signals lives as long as the process.
    std::mem::forget(runtime);
    messages.notices(&ingested.notices);
    if ingested.summary.interrupted {
        messages.warn("the scan was stopped: no partial is written");
    } else if !messages.is_quiet() {
        write_summary(&ingested.summary, verbose, out)?;
        let (lines, path) = (counted(figures.lines, "line"), args.output.display());
        writeln!(out, "Wrote {path} with {lines}")?;
    }
    Ok(status_of(&ingested))
}
