//! Reads logs into the store, and publishes.

use std::io::Write;

use crate::config::{LogConfig, Settings};
use crate::day::Day;
use crate::format::Malformed;
use crate::night::{
    IngestOptions, Ingested, Notice, fixed_day, ingest_logs, named_logs, output_formats,
    publish_site,
};
use crate::pipeline::{Outcome, Summary};
use crate::render::{TEXT_WIDTH, count, counted, json_line, site_text};
use crate::report::SiteReport;
use crate::source::STDIN_NAME;
use crate::store::Store;

use super::args::{IngestArgs, ListFormat, NightlyArgs};
use super::clock::Clock;
use super::exit::{ExitStatus, is_closed_pipe};
use super::messages::Messages;
use super::progress::with_progress;
use super::refresh::refresh_if_due;
use super::report::published_words;
use super::run_log::{RunJson, RunLog};
use super::runtime;
use super::terminal::{adapted, terminal};

/// The number of terms in the summary of a night.
const NIGHTLY_TERMS: usize = 15;

/// Up to this many sources are listed without `-v`.
const LISTED_SOURCES_MAX: usize = 10;

/// Reads new lines into the store.
pub(super) fn ingest(
    settings: &Settings,
    args: &IngestArgs,
    today: Day,
    clock: Clock<'_>,
    verbose: bool,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let run = RunLog::start(clock, "ingest");
    let failed =
        |_: &anyhow::Error| drop(run.finish(settings, None, ExitStatus::Failure, messages));
    let logs = named_logs(settings, &args.logs, args.format.as_deref())?;
    let (threads, wait) = (args.threads, args.wait.duration());
    let tells_silence = args.logs.is_empty();
    let options = IngestOptions { threads, wait, tells_silence, ..IngestOptions::default() };
    let (ingested, status) = read(settings, &logs, options, today, messages).inspect_err(failed)?;
    run.finish(settings, Some(&ingested), status, messages);
    if !messages.is_quiet() {
        write_summary(&ingested.summary, verbose, out)?;
        write_unchanged(&ingested, out)?;
    }
    Ok(status)
}

/// Reads new lines, publishes, and prints the site's guestbook, or what the run did as JSON.
pub(super) fn nightly(
    settings: &Settings,
    args: &NightlyArgs,
    today: Day,
    clock: Clock<'_>,
    verbose: bool,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let run = RunLog::start(clock, "nightly");
    let mut ingested = None;
    let writes_text = args.format == ListFormat::Text && !messages.is_quiet();
    let text_out = writes_text.then_some(&mut *out);
    let status = night(settings, args, today, verbose, messages, text_out, &mut ingested);
    let code = status.as_ref().map_or(ExitStatus::Failure, |status| *status);
    let row = run.finish(settings, ingested.as_ref(), code, messages);
    if args.format == ListFormat::Json {
        out.write_all(&json_line(&RunJson::of(&row)))?;
    }
    status
}

/// Reads new lines and publishes. Leaves what was read in `ingested`, also if publishing fails. Without `out`, nothing is
/// printed.
fn night(
    settings: &Settings,
    args: &NightlyArgs,
    today: Day,
    verbose: bool,
    messages: Messages,
    mut out: Option<&mut impl Write>,
    ingested: &mut Option<Ingested>,
) -> anyhow::Result<ExitStatus> {
    // A config that can't be published is reported before anything is read.
    output_formats(settings)?;
    let logs = named_logs(settings, &[], None)?;
    let (threads, wait) = (args.threads, args.wait.duration());
    let options = IngestOptions { threads, wait, tells_silence: true, ..IngestOptions::default() };
    let is_refreshed = refresh_if_due(settings, today, messages)?;
    let (read, status) = read(settings, &logs, options, today, messages)?;
    let ingested = ingested.insert(read);
    if !is_refreshed {
        // It was told before anything was read.
        ingested.notices.push(Notice::NotRefreshed);
    }
    let status = if is_refreshed { status } else { status.or_partial() };
    let summary = &ingested.summary;
    if let Some(open) = &mut out {
        // A closed pipe ends the output, not the night.
        let written = write_summary(summary, verbose, open)
            .and_then(|()| write_unchanged(ingested, open))
            .and_then(|()| Ok(open.flush()?));
        match written {
            Err(error) if is_closed_pipe(&error) => out = None,
            written => written?,
        }
    }
    if status == ExitStatus::Failure {
        return Ok(status);
    }
    let store = Store::open_read_only(&settings.store_path(), &settings.config.site.timezone)?;
    if store.coverage()?.is_empty() {
        messages.notices(&[Notice::NothingToPublish]);
        return Ok(status);
    }
    messages.notices(fixed_day(settings, &store, today)?.as_slice());
    let published = with_progress(messages, |meter| publish_site(settings, &store, today, meter))?;
    if let Some(out) = out {
        writeln!(out, "{}\n", published_words(settings, &published.published))?;
        let mut site = match published.site {
            Some(site) => site,
            None => {
                let query = settings.query(today, settings.reports().days);
                SiteReport::new(&store, &settings.rules, &query, NIGHTLY_TERMS)?
            }
        };
        site.terms.truncate(NIGHTLY_TERMS);
        let width = terminal().map_or(TEXT_WIDTH, |terminal| terminal.width);
        out.write_all(adapted(site_text(&site, width)).as_bytes())?;
    }
    Ok(status)
}

fn read(
    settings: &Settings,
    logs: &[LogConfig],
    options: IngestOptions,
    today: Day,
    messages: Messages,
) -> anyhow::Result<(Ingested, ExitStatus)> {
    let runtime = runtime::start()?;
    let ingested = with_progress(messages, |meter| {
        let options = IngestOptions { meter: meter.clone(), ..options };
        runtime::run_until_signal(&runtime, |stop| {
            ingest_logs(settings, logs, options, stop, today)
        })
    })?;
    let ingested = ingested?;
    // The thread that handles signals lives as long as the process.
    std::mem::forget(runtime);
    messages.notices(&ingested.notices);
    let status = status_of(&ingested);
    Ok((ingested, status))
}

/// Returns the exit status of a run over logs.
pub(super) fn status_of(ingested: &Ingested) -> ExitStatus {
    let Ingested { summary, unmatched, notices, .. } = ingested;
    match summary.failures() + unmatched {
        _ if summary.interrupted => ExitStatus::Failure,
        0 if notices.iter().any(Notice::is_problem) => ExitStatus::Partial,
        0 => ExitStatus::Success,
        _ if !summary.has_read() => ExitStatus::Failure,
        _ => ExitStatus::Partial,
    }
}

/// Writes where all lines went. The numbers add up.
pub(super) fn write_summary(
    summary: &Summary,
    verbose: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let lines = &summary.lines;
    let sources = counted(summary.sources.len() as u64, "source");
    let (new_lines, read_bytes) = (counted(lines.lines, "new line"), size(lines.bytes));
    writeln!(out, "Read {new_lines} ({read_bytes}) from {sources}")?;
    writeln!(
        out,
        "{} = {} + {} + {} + {} blank or comment + {} malformed",
        counted(lines.lines, "line"),
        counted(lines.pings, "ping"),
        counted(lines.views, "view"),
        counted(lines.other, "other request"),
        count(lines.blank),
        count(lines.malformed_total())
    )?;
    let malformed = Malformed::ALL.iter().zip(lines.malformed).filter(|(_, lines)| *lines > 0);
    for (reason, lines) in malformed {
        writeln!(out, "  malformed: {} {reason}", count(lines))?;
    }
    if lines.mismatched > 0 {
        let requests = counted(lines.mismatched, "request");
        writeln!(
            out,
            "  {requests} in another format than the rest of the log, counted all the same"
        )?;
    }
    for source in summary.sources.iter().filter(|source| source.unfinished_bytes > 0) {
        let bytes = counted(source.unfinished_bytes, "byte");
        let name = &source.name;
        let rest = match name == STDIN_NAME {
            true => "not counted: send the stream again with that line's end",
            false => "left for the next run",
        };
        writeln!(out, "  {name}: {bytes} of an unfinished last line, {rest}")?;
    }
    if verbose || (1..=LISTED_SOURCES_MAX).contains(&summary.sources.len()) {
        write_sources(summary, out)?;
    }
    Ok(())
}

/// Writes how many objects were not downloaded.
fn write_unchanged(ingested: &Ingested, out: &mut impl Write) -> anyhow::Result<()> {
    if ingested.unchanged > 0 {
        let objects = counted(ingested.unchanged as u64, "object");
        writeln!(out, "{objects} unchanged since they were read, and not downloaded")?;
    }
    Ok(())
}

fn write_sources(summary: &Summary, out: &mut impl Write) -> anyhow::Result<()> {
    for source in &summary.sources {
        let lines = counted(source.lines.lines, "line");
        let outcome = match &source.outcome {
            Outcome::Read => format!("{lines} as {}", source.format.as_deref().unwrap_or_default()),
            Outcome::NothingNew => "nothing new".into(),
            Outcome::OlderCopy(_) => "an older copy, nothing new".into(),
            Outcome::Copy(of) => format!("a copy of {of}, nothing new"),
            Outcome::Vanished => "renamed or removed meanwhile, left for the next run".into(),
            Outcome::BeingWritten => format!("{lines}, still being compressed"),
            Outcome::TooFewLines => "left for the next run".into(),
            Outcome::Failed(_) => format!("failed after {lines}"),
            Outcome::Refused(_) => format!("refused after {lines}"),
        };
        writeln!(out, "  {}: {outcome}", source.name)?;
    }
    Ok(())
}

/// Returns a size in words: `912 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => counted(bytes, "byte"),
        1000..1_000_000 => format!("{} kB", bytes / 1000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}
