//! `ingest` and `nightly`.

use std::io::Write;
use std::thread;

use jiff::tz::TimeZone;
use tokio::runtime::Runtime;

use crate::config::{FormatChoice, LogSource, Settings};
use crate::day::Day;
use crate::format::{Format, Malformed};
use crate::pipeline::{self, Ingest, Outcome, Summary, Work};
use crate::render::{count, counted, site_text};
use crate::report::SiteReport;
use crate::source::find;
use crate::store::Store;

use super::Ending;
use super::args;
use super::import::carry;
use super::report::{forms, publish_site, warn_of_fixed_day};
use super::runtime::{resolver, runtime};
use super::talk::Talk;

/// Terms that the night's summary lists.
const NIGHTLY_TERMS: usize = 15;

/// So many requests of impostors, and none that is verified, tell that the log has a proxy's addresses.
const IMPOSTORS_MIN: u64 = 20;

/// Sources that are told one by one without `-v`.
const SOURCES_TOLD_MAX: usize = 10;

/// Reads new lines into the store, and tells where they went.
pub(super) fn ingest(
    settings: &Settings,
    args: &args::Ingest,
    verbose: bool,
    talk: &Talk,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let logs = logs(settings, &args.logs, args.format.as_deref())?;
    let runtime = runtime()?;
    let (summary, ending) = read(&runtime, settings, &logs, args.threads, talk)?;
    if !talk.is_quiet() {
        write_summary(&summary, verbose, out)?;
    }
    Ok(ending)
}

/// Reads new lines, publishes, and tells how the site's guestbook stands.
pub(super) fn nightly(
    settings: &Settings,
    args: &args::Nightly,
    today: Day,
    verbose: bool,
    talk: &Talk,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let (logs, forms) = (logs(settings, &[], None)?, forms(settings)?);
    let runtime = runtime()?;
    let (summary, ending) = read(&runtime, settings, &logs, args.threads, talk)?;
    // Whoever closed the pipe has read enough; the night's work goes on.
    let mut open = !talk.is_quiet();
    open = open && is_open(write_summary(&summary, verbose, out).and_then(|()| Ok(out.flush()?)))?;
    if ending == Ending::Failed || summary.interrupted {
        return Ok(ending);
    }
    let store = Store::open(&settings.store_path(), &settings.config.site.timezone)?;
    if store.coverage()?.is_empty() {
        talk.note("there is nothing to publish yet: the logs have no line that could be read");
        return Ok(ending);
    }
    warn_of_fixed_day(settings, &store, today, *talk)?;
    let question = settings.question(today, settings.reports().days);
    let (site, words) = publish_site(settings, &store, &question, &forms)?;
    if open {
        writeln!(out, "{words}\n")?;
        let mut site = match site {
            Some(site) => site,
            None => SiteReport::new(&store, &settings.rules, &question, NIGHTLY_TERMS)?,
        };
        site.terms.truncate(NIGHTLY_TERMS);
        out.write_all(site_text(&site).as_bytes())?;
    }
    Ok(ending)
}

/// Whether what was written has found a reader.
fn is_open(written: anyhow::Result<()>) -> anyhow::Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if super::is_closed_pipe(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The logs to read: those that were typed, else the config's.
pub(super) fn logs(
    settings: &Settings,
    typed: &[String],
    format: Option<&str>,
) -> anyhow::Result<Vec<LogSource>> {
    let mut logs =
        if typed.is_empty() { settings.logs.clone() } else { typed_logs(settings, typed) };
    if let Some(name) = format {
        let choice = FormatChoice::Named(name.to_owned());
        for log in &mut logs {
            log.format = crate::config::format(&choice, &log.zone)?;
        }
    }
    if logs.is_empty() {
        anyhow::bail!("there is no log to read: name one, or add [[logs]] paths to the config");
    }
    Ok(logs)
}

/// Logs that were typed are read as the config's first says, since they are the site's own; their
/// relative paths belong to the folder in which they were typed.
fn typed_logs(settings: &Settings, typed: &[String]) -> Vec<LogSource> {
    let like = settings.logs.first();
    let here = std::env::current_dir().unwrap_or_default();
    let paths = typed.iter().map(|path| match &**path {
        "-" => path.clone(),
        path => here.join(path).to_string_lossy().into_owned(),
    });
    vec![LogSource {
        paths: paths.collect(),
        format: like.and_then(|log| log.format.clone()),
        zone: like.map_or(TimeZone::UTC, |log| log.zone.clone()),
        hosts: like.map(|log| log.hosts.clone()).unwrap_or_default(),
    }]
}

/// The places that the logs are in, each with how to read it, and what names nothing.
pub(super) fn works(logs: &[LogSource], settings: &Settings) -> (Vec<Work>, Vec<(String, String)>) {
    let (mut works, mut nothing): (Vec<Work>, _) = (Vec::new(), Vec::new());
    for log in logs {
        let (places, missing) = find(&log.paths, &settings.folder);
        nothing.extend(missing);
        for place in places {
            if !works.iter().any(|work| work.place == place) {
                let (format, zone, hosts) =
                    (log.format.clone(), log.zone.clone(), log.hosts.clone());
                let header = settings.config.trust.header.clone();
                works.push(Work { place, format, zone, hosts, header });
            }
        }
    }
    (works, nothing)
}

fn read(
    runtime: &Runtime,
    settings: &Settings,
    logs: &[LogSource],
    threads: Option<usize>,
    talk: &Talk,
) -> anyhow::Result<(Summary, Ending)> {
    let (work, nothing) = works(logs, settings);
    for (pattern, reason) in &nothing {
        talk.warn(&format!("{pattern} {reason}"));
    }
    let mut told: Vec<String> =
        logs.iter().filter_map(|log| log.format.as_ref()).flat_map(Format::warnings).collect();
    told.dedup();
    for warning in told {
        talk.warn(&format!("[[logs]] format: {warning}"));
    }
    let mut store = Store::create(&settings.store_path(), &settings.config.site.timezone)?;
    let _lock = store.lock()?;
    if let Some(file) = &settings.config.terms.pre_tracking {
        carry(settings, &mut store, &settings.folder.join(file).to_string_lossy())?;
    }
    let threads = threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let (rules, zone) = (settings.rules.clone(), settings.zone.clone());
    let resolver = resolver(settings, runtime, talk);
    if resolver.is_some() {
        store.note_names_asked()?;
    }
    let ingest = Ingest { work, rules, zone, threads, resolver };
    let summary = runtime.block_on(pipeline::ingest(ingest, store))?;
    runtime.spawn(pipeline::exit_when_interrupted());
    tell(&summary, talk);
    warn_of_no_terms(settings, &summary, talk)?;
    let failed = summary.failures().count();
    let ending = match failed + nothing.len() {
        _ if summary.interrupted => Ending::Failed,
        0 => Ending::Done,
        _ if !summary.has_read() => Ending::Failed,
        _ => Ending::Partly,
    };
    Ok((summary, ending))
}

/// What is said of a log without user agents, and what to do about it.
pub(super) fn no_user_agent(advice: &str) -> String {
    format!("has no user agent, so no crawler can be named: add {advice}")
}

/// What is said of a log in whose format the header of `[trust]` is not, and what to do about it.
pub(super) fn no_header(header: &str) -> String {
    format!(
        "has no {header} that can be believed, so nobody behind a proxy can be told: give your server's own \
         directive under [[logs]] format, with that header in quotes"
    )
}

/// What was read without a term can't be given one later: the logs must be read again.
fn warn_of_no_terms(settings: &Settings, summary: &Summary, talk: &Talk) -> anyhow::Result<()> {
    if summary.lines.other == 0 {
        return Ok(());
    }
    let store = settings.store_path();
    if !Store::open(&store, &settings.config.site.timezone)?.terms()?.is_empty() {
        return Ok(());
    }
    let why = if settings.rules.terms.has_pattern() {
        "none of the new requests was for a term: check [terms] pattern, and hosts under [[logs]]"
    } else {
        "there is no [terms] pattern, so nothing can be a ping or a view: set one"
    };
    talk.warn(&format!("{why}. To read the same logs again, remove {} first", store.display()));
    Ok(())
}

/// What a person must know of single sources.
fn tell(summary: &Summary, talk: &Talk) {
    for source in &summary.sources {
        let name = &source.name;
        if let Some(advice) = source.silent {
            talk.warn(&format!("{name} {}", no_user_agent(advice)));
        }
        if let Some(header) = &source.lacks_header {
            talk.warn(&format!("{name} {}", no_header(header)));
        }
        match &source.outcome {
            Outcome::Failed(reason) if source.lines.lines > 0 => {
                let lines = counted(source.lines.lines, "line");
                talk.warn(&format!(
                    "{name}: {reason}; its first {lines} are kept, and once the file is whole the next run \
                     goes on behind them"
                ));
            }
            Outcome::Failed(reason) => talk.warn(&format!("{name}: {reason}")),
            Outcome::NotYet => talk.note(&format!(
                "{name}: its few lines fit no known format; they are left for the next run"
            )),
            Outcome::Behind(other) => talk.note(&format!(
                "{name}: an older copy of {other}, which was read further; nothing is new in it"
            )),
            Outcome::Read | Outcome::NothingNew => {}
        }
    }
    let trusted = &summary.trusted;
    if trusted.verified == 0 && trusted.impostors >= IMPOSTORS_MIN {
        talk.warn(&format!(
            "all {} of agents whose addresses are published came from others, and were taken for impostors': if a \
             proxy stands before the server, log the visitor's own address, or name the proxy under [trust] proxies",
            counted(trusted.impostors, "request")
        ));
    }
    if trusted.unanswered > 0 {
        talk.warn(&format!(
            "the DNS gave no answer for the addresses of {}: those of which no list tells stay unchecked",
            counted(trusted.unanswered, "request")
        ));
    }
    if summary.interrupted {
        talk.warn(
            "stopped before the end; what was read is kept, and the next run goes on from there",
        );
    }
}

/// Where the lines went, by the law of conservation.
fn write_summary(summary: &Summary, verbose: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let lines = &summary.lines;
    let sources = counted(summary.sources.len() as u64, "source");
    writeln!(
        out,
        "Read {} ({}) from {sources}",
        counted(lines.lines, "new line"),
        size(lines.bytes)
    )?;
    writeln!(
        out,
        "{} = {} + {} + {} + {} + {} malformed",
        counted(lines.lines, "line"),
        counted(lines.pings, "ping"),
        counted(lines.views, "view"),
        counted(lines.other, "other request"),
        format_args!("{} blank or comment", count(lines.blank)),
        count(lines.malformed_total())
    )?;
    for (reason, lines) in
        Malformed::ALL.iter().zip(lines.malformed).filter(|(_, lines)| *lines > 0)
    {
        writeln!(out, "  malformed: {} {reason}", count(lines))?;
    }
    if lines.strays > 0 {
        let strays = counted(lines.strays, "request");
        writeln!(
            out,
            "  {strays} in another format than the rest of the log, counted all the same"
        )?;
    }
    let left = summary.sources.iter().filter(|source| source.left_bytes > 0);
    for source in left {
        let bytes = counted(source.left_bytes, "byte");
        writeln!(
            out,
            "  {}: {bytes} of an unfinished last line, left for the next run",
            source.name
        )?;
    }
    if verbose || (1..=SOURCES_TOLD_MAX).contains(&summary.sources.len()) {
        write_sources(summary, out)?;
    }
    Ok(())
}

fn write_sources(summary: &Summary, out: &mut impl Write) -> anyhow::Result<()> {
    for source in &summary.sources {
        let what = match &source.outcome {
            Outcome::Read => {
                let format = source.format.as_deref().unwrap_or_default();
                format!("{} as {format}", counted(source.lines.lines, "line"))
            }
            Outcome::NothingNew => "nothing new".into(),
            Outcome::Behind(_) => "an older copy, nothing new".into(),
            Outcome::NotYet => "left for the next run".into(),
            Outcome::Failed(_) => format!("failed after {}", counted(source.lines.lines, "line")),
        };
        writeln!(out, "  {}: {what}", source.name)?;
    }
    Ok(())
}

/// `912 MB`
fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => counted(bytes, "byte"),
        1000..1_000_000 => format!("{} kB", bytes / 1000),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}
