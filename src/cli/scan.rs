//! Counts logs into a partial.

use std::io::Write;

use serde::Serialize;

use crate::config::{LogConfig, Settings};
use crate::night::{ScanOptions, Scanned, find_inputs, named_logs, scan_logs};
use crate::pipeline::{LogInput, SourceSummary, Summary};
use crate::render::{counted, json_line};
use crate::source::Location;

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
    let Some(output) = args.output.as_deref() else {
        return list(settings, &logs, messages, out);
    };
    let runtime = runtime::start()?;
    let scanned = with_progress(messages, |meter| {
        let options = ScanOptions {
            threads: args.threads,
            lists: args.lists.clone(),
            is_together: args.together,
            meter: meter.clone(),
        };
        runtime::run_until_signal(&runtime, |stop| {
            scan_logs(settings, &logs, &options, stop, output)
        })
    })?;
    let Scanned { ingested, figures } = scanned?;
    // The thread that handles signals lives as long as the process.
    std::mem::forget(runtime);
    messages.notices(&ingested.notices);
    if ingested.summary.interrupted {
        messages.warn("the scan was stopped: no partial is written");
    } else if args.outcomes {
        write_outcomes(&ingested.summary, out)?;
    } else if !messages.is_quiet() {
        write_summary(&ingested.summary, verbose, out)?;
        let (lines, path) = (counted(figures.lines, "line"), output.display());
        writeln!(out, "Wrote {path} with {lines}")?;
    }
    Ok(status_of(&ingested))
}

/// The outcome of a log, as `scan --outcomes` prints it.
#[derive(Serialize)]
struct LogOutcome<'o> {
    name: &'o str,
    is_counted: bool,
    reason: Option<&'o str>,
}

fn write_outcomes(summary: &Summary, out: &mut impl Write) -> anyhow::Result<()> {
    for SourceSummary { name, outcome, .. } in &summary.sources {
        let (is_counted, reason) = (outcome.is_whole(), outcome.reason());
        out.write_all(&json_line(&LogOutcome { name, is_counted, reason }))?;
    }
    Ok(())
}

/// A log, as `scan --list` prints it.
#[derive(Serialize)]
struct ListedLog<'l> {
    name: String,
    bytes: u64,
    etag: Option<&'l str>,
}

/// Prints the logs, and reads none.
fn list(
    settings: &Settings,
    logs: &[LogConfig],
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let (inputs, notices) = find_inputs(logs, settings);
    for LogInput { location, .. } in &inputs {
        let etag = match location {
            Location::Object(object) => object.etag.as_deref(),
            Location::File(_) | Location::Stdin => None,
        };
        let log = ListedLog { name: location.to_string(), bytes: location.bytes(), etag };
        out.write_all(&json_line(&log))?;
    }
    messages.notices(&notices);
    Ok(match (inputs.is_empty(), notices.is_empty()) {
        (_, true) => ExitStatus::Success,
        (true, false) => ExitStatus::Failure,
        (false, false) => ExitStatus::Partial,
    })
}
