//! Checks the config, the logs and the store.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use crate::config::{LogConfig, Settings};
use crate::day::Day;
use crate::format::{
    Columns, Content, Fit, Format, LineReader, Record, fit, has_local_times, rewritten_path,
};
use crate::import::read_carried;
use crate::night::{NightError, SourceNotice, find_inputs, named_logs, output_formats};
use crate::pipeline::{LogFormat, LogInput, open_log};
use crate::render::{count, counted, printable};
use crate::source::{Chunk, Location, find_locations};
use crate::store::Store;

use super::args::CheckArgs;
use super::check_nights::write_nights;
use super::check_pages::AskedPages;
use super::exit::ExitStatus;

/// The length of the part of a line that is shown, in characters.
const SHOWN_CHARS: usize = 120;

/// Writes what a run would find, without changing anything. The config itself was checked by loading it.
pub(super) fn check(
    settings: &Settings,
    args: &CheckArgs,
    config: &Path,
    today: Day,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    if args.store {
        return check_store(settings, out);
    }
    output_formats(settings)?;
    if let Some(file) = &settings.config.terms.pre_tracking {
        let path = settings.folder.join(file);
        read_carried(&path, &settings.rules.terms)
            .map_err(|source| NightError::Import { path, source })?;
    }
    write_config(settings, today, out)?;
    let logs = named_logs(settings, &args.logs, None)?;
    let (inputs, unmatched) = find_inputs(&logs, settings);
    let (mut failed, mut useless) = (unmatched.len(), 0);
    let mut pages = AskedPages::default();
    for notice in &unmatched {
        writeln!(out, "log     {notice}")?;
    }
    write_patterns(settings, &logs, out)?;
    let mut checked_logs: Vec<(String, Vec<&Location>)> = Vec::new();
    for input in &inputs {
        let words = match check_log(settings, input, &mut pages) {
            Ok(checked) => {
                useless += usize::from(checked.is_useless);
                checked.words
            }
            Err(words) => {
                failed += 1;
                words
            }
        };
        match checked_logs.iter_mut().find(|(known, _)| *known == words) {
            Some((_, locations)) => locations.push(&input.location),
            None => checked_logs.push((words, vec![&input.location])),
        }
    }
    write_logs(&checked_logs, out)?;
    pages.write(out)?;
    let path = settings.store_path();
    let open = || Store::open_read_only(&path, &settings.config.site.timezone);
    let store = path.exists().then(open).transpose()?;
    write_trust(settings, store.as_ref(), out)?;
    match &store {
        Some(store) => write_store(store, out)?,
        None => writeln!(out, "store   {}: not there yet", path.display())?,
    }
    write_nights(settings, config, out)?;
    Ok(match failed {
        0 if useless == 0 => ExitStatus::Success,
        _ if failed == inputs.len() + unmatched.len() => ExitStatus::Failure,
        _ => ExitStatus::Partial,
    })
}

fn write_config(settings: &Settings, today: Day, out: &mut impl Write) -> anyhow::Result<()> {
    let rules = &settings.rules;
    let zone = &settings.config.site.timezone;
    writeln!(out, "config  {}: days of {zone}, today is {today}", settings.config.site.name)?;
    let terms = match rules.terms.has_pattern() {
        true => match rules.terms.catalogue().entries().len() as u64 {
            0 => "those that the pattern finds, since no [terms] catalog lists them".into(),
            listed => format!("{} listed in [terms] catalog", count(listed)),
        },
        false => "none, since [terms] pattern is not set: nothing can be pinged".into(),
    };
    writeln!(out, "terms   {terms}")?;
    let agents = rules.namer.catalogue().agents();
    let own = agents.iter().filter(|agent| agent.own).count();
    writeln!(out, "agents  {}, {own} of them from config", agents.len())?;
    Ok(())
}

/// Writes what was found out about each log. Logs of which the same is true share a line.
fn write_logs(checked: &[(String, Vec<&Location>)], out: &mut impl Write) -> io::Result<()> {
    for (words, locations) in checked {
        match locations.as_slice() {
            [first, others @ ..] if !others.is_empty() => {
                let others = counted(others.len() as u64, "other log");
                writeln!(out, "log     {first} and {others}: {words}")?;
            }
            [location, ..] => writeln!(out, "log     {location}: {words}")?,
            [] => {}
        }
    }
    Ok(())
}

/// Writes how many files each pattern finds.
fn write_patterns(settings: &Settings, logs: &[LogConfig], out: &mut impl Write) -> io::Result<()> {
    for pattern in logs.iter().flat_map(|log| &log.paths) {
        let (found, _) = find_locations(std::slice::from_ref(pattern), &settings.folder);
        if found.iter().any(|found| found.is_from_pattern) {
            writeln!(out, "logs    {pattern}: {}", counted(found.len() as u64, "file"))?;
        }
    }
    Ok(())
}

/// The result of checking a log that can be read.
struct CheckedLog {
    words: String,
    /// True if nothing in its first lines would count: no crawler can be named, or there is no term, or no virtual host
    /// that is kept.
    is_useless: bool,
}

impl From<&str> for CheckedLog {
    fn from(words: &str) -> CheckedLog {
        CheckedLog { words: words.into(), is_useless: false }
    }
}

/// Returns what the first lines of a log show, or why it can't be read.
fn check_log(
    settings: &Settings,
    input: &LogInput,
    pages: &mut AskedPages,
) -> Result<CheckedLog, String> {
    let mut log = open_log(input).map_err(|error| error.to_string())?;
    let whole_lines = log.chunks.peek().map_err(|error| error.to_string())?.map(<[u8]>::to_vec);
    let text = whole_lines.unwrap_or_else(|| log.chunks.unfinished().to_vec());
    if text.is_empty() {
        return Ok("has no line, or none short enough to be read".into());
    }
    let format = match log.format {
        LogFormat::Refused(reason) => return Err(reason),
        LogFormat::TooFewLines => return Ok("too few lines to tell the format".into()),
        LogFormat::NoLine | LogFormat::Known { .. } => match log.format_or(input, "ncsa") {
            (format, _, true) => format,
            _ => return Ok("too few lines to tell the format".into()),
        },
    };
    let Fit { fitting, misfits, first_misfit } = fit(&format, &text);
    let lines = fitting + misfits;
    let name = presets_words(&format, &text);
    let mut words = format!("{name}, {fitting} of the first {lines} lines fit");
    if let Some((line, reason)) = first_misfit {
        words += &format!("; the first that does not: {} ({reason})", shown(&line));
    }
    let last = last_lines(input, &format).map_err(|error| error.to_string())?;
    if let Some(Fit { fitting, misfits, first_misfit: Some((line, reason)) }) = last {
        let lines = fitting + misfits;
        let shown = shown(&line);
        words += &format!("; {fitting} of the last {lines} fit, but not: {shown} ({reason})");
    }
    words += &fields_words(&format, &text);
    pages.add(settings, input, &format, &text);
    let reasons = useless_reasons(settings, input, &format, &text);
    let is_useless = !reasons.is_empty();
    for warning in reasons.into_iter().chain(warnings(input, &format, &text)) {
        words += &format!("; {warning}");
    }
    Ok(CheckedLog { words, is_useless })
}

/// Returns the name of a format, and for a family also the names of the presets that the lines fit.
fn presets_words(format: &Format, text: &[u8]) -> String {
    let mut presets: Vec<&str> = Vec::new();
    let _ = LineReader::new(format, Columns::default()).each(text, |line| {
        if let Content::Record { format, is_mismatched: false, .. } = &line.content
            && !presets.contains(format)
        {
            presets.push(format);
        }
        ControlFlow::Continue(())
    });
    let name = format.name();
    match presets.as_slice() {
        [] => name,
        [preset] if name.split(' ').next() == Some(preset) => name,
        _ => format!("{} ({name})", presets.join(" and ")),
    }
}

/// Returns how many of a log's last lines fit, if it has other lines than the first ones and is no larger than is read in
/// a second.
fn last_lines(input: &LogInput, format: &Format) -> io::Result<Option<Fit>> {
    const BYTES_MAX: u64 = 256 << 20;
    const LINES: usize = 50;
    let Location::File(path) = &input.location else { return Ok(None) };
    if std::fs::metadata(path)?.len() > BYTES_MAX {
        return Ok(None);
    }
    let mut chunks = open_log(input)?.chunks;
    let (mut chunk, mut last, mut count) = (Chunk::default(), Vec::new(), 0);
    while let Ok(true) = chunks.next(&mut chunk) {
        count += 1;
        last.clear();
        last.extend_from_slice(chunk.text());
    }
    let lines: Vec<&[u8]> = last.split_inclusive(|byte| *byte == b'\n').collect();
    let text = lines[lines.len().saturating_sub(LINES)..].concat();
    // The columns of a log are declared at its start.
    Ok((count > 1 && !format.has_columns()).then(|| fit(format, &text)))
}

/// Returns the fields that no request of the first lines has, with what that costs.
fn fields_words(format: &Format, text: &[u8]) -> String {
    type Has = fn(&Record<'_>) -> bool;
    let fields: [(&str, Has); 5] = [
        ("no address, so nobody can be verified", |record| record.ip.is_some()),
        ("no referrer, so it is unknown where people come from", |record| {
            record.referrer.is_some()
        }),
        ("no size", |record| record.bytes.is_some()),
        ("no query", |record| record.query.is_some()),
        ("no host", |record| record.host.is_some()),
    ];
    let missing: Vec<&str> = fields
        .iter()
        .filter(|(_, has)| !any_record(format, text, has))
        .map(|(words, _)| *words)
        .collect();
    if missing.is_empty() {
        String::new()
    } else {
        format!("; its first lines have {}", missing.join(", "))
    }
}

/// Returns why nothing in the first lines of a log would count.
fn useless_reasons(
    settings: &Settings,
    input: &LogInput,
    format: &Format,
    text: &[u8],
) -> Vec<String> {
    let any = |is: &dyn Fn(&Record<'_>) -> bool| any_record(format, text, is);
    let mut reasons = Vec::new();
    if !format.may_have_user_agent() || !any(&|record| record.user_agent.is_some()) {
        let advice = format.user_agent_advice();
        reasons.push(SourceNotice::no_user_agent("it", advice).to_string());
    }
    if !input.hosts.is_empty() && !any(&|record| record.is_for_host(&input.hosts)) {
        reasons.push("none of its first lines is for one of the hosts".into());
    }
    if settings.rules.terms.has_pattern() && !any(&|record| has_term(settings, record)) {
        let has_query = any(&|record| record.query.is_some());
        let hint = match has_query && settings.config.terms.query.is_empty() {
            true => {
                "; pages that are told by the query, as in /index.php?title=Page, need [[terms.query]]"
            }
            false => "",
        };
        reasons.push(format!("[terms] pattern finds no term in its first lines{hint}"));
    }
    reasons
}

/// Returns what is missing or doubtful in the first lines of a log that can be read.
fn warnings(input: &LogInput, format: &Format, text: &[u8]) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(header) = input.header.clone().filter(|_| !format.may_have_header()) {
        warnings.push(SourceNotice::no_header("it", header).to_string());
    }
    if let Some(zone) = input.site_zone.clone().filter(|_| has_local_times(format, text)) {
        warnings.push(SourceNotice::guessed_zone("it", zone).to_string());
    }
    if let Some((logged, requested)) = rewritten_path(format) {
        warnings.push(format!(
            "{logged} is the path as the server has rewritten it, such as /index.html: log {requested} instead"
        ));
    }
    warnings.extend(format.warnings());
    warnings
}

fn has_term(settings: &Settings, record: &Record<'_>) -> bool {
    record.path.is_some_and(|path| {
        let path = record.decoded_path(path);
        let query = record.plain_query();
        settings.rules.terms.find(&String::from_utf8_lossy(&path), query.as_deref()).is_some()
    })
}

fn any_record(format: &Format, text: &[u8], is: &dyn Fn(&Record<'_>) -> bool) -> bool {
    let mut reader = LineReader::new(format, Columns::default());
    let found = reader.each(text, |line| match &line.content {
        Content::Record { record, .. } if is(record) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// Writes what the claims of agents are checked by.
fn write_trust(
    settings: &Settings,
    store: Option<&Store>,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let days = store.map(Store::ip_list_days).transpose()?.unwrap_or_default();
    let lists = match days.iter().min() {
        Some(oldest) => {
            let lists = counted(days.len() as u64, "list");
            format!("{lists} of agents' addresses, the oldest fetched on {oldest}")
        }
        None => "no list of agents' addresses yet, so claims can't be checked by them: run `guestbook agents refresh` \
                 before the first run"
            .into(),
    };
    let dns = if settings.resolver.is_some() { ", and reverse DNS" } else { "" };
    writeln!(out, "trust   {lists}{dns}")?;
    Ok(())
}

fn write_store(store: &Store, out: &mut impl Write) -> anyhow::Result<()> {
    let path = store.path();
    let coverage = store.coverage()?;
    let days = match (coverage.first(), coverage.last()) {
        (Some(first), Some(last)) => {
            let days = counted(coverage.len() as u64, "day");
            format!("{days} with a log from {} to {}", first.day, last.day)
        }
        _ => "no day yet".into(),
    };
    let terms = counted(store.terms()?.len() as u64, "term");
    let user_agents = store.user_agents()?.len().saturating_sub(1) as u64;
    let user_agents = counted(user_agents, "agent's user agent");
    let streams = counted(store.count_cursors()?, "stream");
    writeln!(out, "store   {}: {days}, {terms}, {user_agents}, {streams} read", path.display())?;
    Ok(())
}

/// Writes whether the store is whole, and what to do if it is not.
fn check_store(settings: &Settings, out: &mut impl Write) -> anyhow::Result<ExitStatus> {
    let path = settings.store_path();
    let store = Store::open_read_only(&path, &settings.config.site.timezone)?;
    let problems = store.problems()?;
    for problem in &problems {
        writeln!(out, "store   {}: {problem}", path.display())?;
    }
    if problems.is_empty() {
        writeln!(out, "store   {}: whole, and the requests of each day add up", path.display())?;
        return Ok(ExitStatus::Success);
    }
    writeln!(
        out,
        "Put your last backup in its place (guestbook backup), or rename it and read the logs again. `sqlite3 {} .recover` \
         prints what can be saved of a damaged file",
        path.display()
    )?;
    Ok(ExitStatus::Failure)
}

fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let cut: String = text.chars().take(SHOWN_CHARS).collect();
    printable(&cut).into_owned()
}
