//! `check`: whether config, logs and store are as they should be.

use std::io::{self, Write};

use crate::config::Settings;
use crate::day::Day;
use crate::format::{
    Columns, Content, Detection, Fit, Format, Record, detect, fit, percent_decode,
};
use crate::pipeline::{Work, no_format};
use crate::render::{count, counted, plain};
use crate::source::{Chunk, open};
use crate::store::Store;

use super::Ending;
use super::args;
use super::import::read_rows;
use super::ingest::{logs, no_header, no_user_agent, works};
use super::report::forms;

/// What is shown of a line, in characters.
const SHOWN_CHARS: usize = 120;

/// Tells what a run would find, and changes nothing. The config itself was checked by loading it.
pub(super) fn check(
    settings: &Settings,
    args: &args::Check,
    today: Day,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    forms(settings)?;
    if let Some(file) = &settings.config.terms.pre_tracking {
        let path = settings.folder.join(file);
        read_rows(&path.to_string_lossy())?;
    }
    write_config(settings, today, out)?;
    let logs = logs(settings, &args.logs, None)?;
    let (works, nothing) = works(&logs, settings);
    let mut failed = nothing.len();
    for (pattern, reason) in &nothing {
        writeln!(out, "log     {pattern} {reason}")?;
    }
    for work in &works {
        let (sound, words) = check_log(settings, work);
        failed += usize::from(!sound);
        writeln!(out, "log     {}: {words}", work.place)?;
    }
    write_store(settings, out)?;
    Ok(match failed {
        0 => Ending::Done,
        _ if failed == works.len() + nothing.len() => Ending::Failed,
        _ => Ending::Partly,
    })
}

fn write_config(settings: &Settings, today: Day, out: &mut impl Write) -> anyhow::Result<()> {
    let rules = &settings.rules;
    let zone = &settings.config.site.timezone;
    writeln!(out, "config  {}: days of {zone}, today is {today}", settings.config.site.name)?;
    let terms = match rules.terms.has_pattern() {
        true => {
            format!("{} in the catalogue", count(rules.terms.catalogue().entries().len() as u64))
        }
        false => "none, since [terms] pattern is not set: nothing can be pinged".into(),
    };
    writeln!(out, "terms   {terms}")?;
    let agents = rules.namer.catalogue().agents();
    let own = agents.iter().filter(|agent| agent.own).count();
    writeln!(out, "agents  {}, {own} of them from config", agents.len())?;
    Ok(())
}

/// Whether a log can be read, and what its first lines say.
fn check_log(settings: &Settings, work: &Work) -> (bool, String) {
    let text = match first_text(work) {
        Ok(text) if text.is_empty() => {
            return (true, "has no line, or none short enough to be read".into());
        }
        Ok(text) => text,
        Err(error) => return (false, error.to_string()),
    };
    let text = &text[..];
    let format = match &work.format {
        Some(format) => format.clone(),
        None => match detect(text, &work.zone) {
            Detection::Yes(format) => format,
            Detection::NeedMore => return (true, "too few lines to tell the format".into()),
            Detection::No(line) => {
                return (false, no_format(text, &line));
            }
        },
    };
    let format = work.with_header(format);
    let Fit { fitting, misfits, first_misfit } = fit(&format, text);
    let of = fitting + misfits;
    let mut words = format!("{}, {fitting} of the first {of} lines fit", format.name());
    if let Some(line) = first_misfit {
        words += &format!("; the first that does not: {}", shown(&line));
    }
    if fitting == 0 {
        return (false, words);
    }
    if !has_user_agent(&format, text) {
        words += &format!("; it {}", no_user_agent(format.user_agent_advice()));
    }
    if let Some(header) = work.header.as_ref().filter(|_| !format.may_have_header()) {
        words += &format!("; {}", no_header(header));
    }
    for warning in format.warnings() {
        words += &format!("; {warning}");
    }
    if !work.hosts.is_empty() && !any_record(&format, text, |record| has_host(record, &work.hosts))
    {
        words += "; none of its first lines is for one of the hosts";
    }
    if settings.rules.terms.has_pattern() && !has_term(settings, &format, text) {
        words += "; [terms] pattern finds no term in its first lines";
    }
    (true, words)
}

/// A log's first lines, an unfinished one included.
fn first_text(work: &Work) -> io::Result<Vec<u8>> {
    let (mut chunks, mut chunk) = (open(&work.place)?.chunks, Chunk::default());
    // Lines too long to be read may come first.
    while chunks.next(&mut chunk)? {
        if !chunk.text().is_empty() {
            return Ok(chunk.text().to_vec());
        }
    }
    Ok(chunks.unfinished().to_vec())
}

fn has_user_agent(format: &Format, text: &[u8]) -> bool {
    format.has_user_agent() && any_record(format, text, |record| record.user_agent.is_some())
}

fn has_term(settings: &Settings, format: &Format, text: &[u8]) -> bool {
    any_record(format, text, |record| {
        let path = record.path.map(|path| percent_decode(&record.plain(path)).into_owned());
        path.is_some_and(|path| {
            settings.rules.terms.find(&String::from_utf8_lossy(&path)).is_some()
        })
    })
}

fn has_host(record: &Record<'_>, hosts: &[String]) -> bool {
    let is = |host: &[u8]| hosts.iter().any(|kept| kept.as_bytes().eq_ignore_ascii_case(host));
    record.host.is_some_and(is)
}

fn any_record(format: &Format, text: &[u8], is: impl Fn(&Record<'_>) -> bool) -> bool {
    let mut any = false;
    format.reader(Columns::default()).each(text, |line| {
        any = any || matches!(&line.content, Content::Record { record, .. } if is(record));
    });
    any
}

fn write_store(settings: &Settings, out: &mut impl Write) -> anyhow::Result<()> {
    let path = settings.store_path();
    if !path.exists() {
        writeln!(out, "store   {}: not there yet", path.display())?;
        return Ok(());
    }
    let store = Store::open(&path, &settings.config.site.timezone)?;
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
    let streams = counted(store.cursors()?.len() as u64, "stream");
    writeln!(out, "store   {}: {days}, {terms}, {user_agents}, {streams} read", path.display())?;
    Ok(())
}

fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let cut: String = text.chars().take(SHOWN_CHARS).collect();
    plain(&cut).into_owned()
}
