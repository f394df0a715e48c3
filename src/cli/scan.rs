//! Counts logs into a partial.

use std::io::Write;
use std::path::PathBuf;

use clap::Args as ClapArgs;

use crate::config::Settings;
use crate::night::{IngestOptions, Scanned, named_logs, scan_logs};
use crate::render::counted;

use super::exit::ExitStatus;
use super::ingest::{status_of, write_summary};
use super::messages::Messages;
use super::progress::with_progress;
use super::runtime;

#[derive(Debug, ClapArgs)]
pub(super) struct ScanArgs {
    /// Files, patterns such as 'access.log*', or - for standard input, instead of the config's
    #[arg(value_name = "LOG")]
    logs: Vec<String>,
    /// The partial to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// The format of the lines: auto or the name of a preset [default: the config's, or auto]
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// The number of threads that read and count [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// A store whose lists of addresses, which `agents refresh` fetches, decide whether agents are what they claim
    #[arg(long, value_name = "STORE")]
    lists: Option<PathBuf>,
}

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
