//! Writes reports to standard output or files.

use std::fs;
use std::io::{IsTerminal, Write};

use anyhow::{Context, bail};

use crate::config::{Settings, days};
use crate::day::Day;
use crate::night::{fixed_day, publish_site};
use crate::publish::Published;
use crate::render::{self, OutputFormat, counted};
use crate::report::{SiteReport, TermReport};
use crate::store::Store;

use super::args::ReportArgs;
use super::exit::ExitStatus;
use super::messages::Messages;
use super::progress::with_progress;
use super::question::question;
use super::runtime;

/// Writes the guestbook of a term or of the site.
pub(super) fn report(
    settings: &Settings,
    args: &ReportArgs,
    today: Day,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let days = days("--days", args.days.unwrap_or(settings.reports().days))?;
    let file = args.output.as_ref().filter(|path| path.as_os_str() != "-");
    let extension = file.and_then(|path| path.extension()?.to_str());
    let by_extension = || {
        let known = OutputFormat::NAMES.iter().find(|(name, _)| Some(*name) == extension);
        known.map_or(OutputFormat::Text, |(_, format)| *format)
    };
    let format = args.format.unwrap_or_else(by_extension);
    if format == OutputFormat::Png && file.is_none() && std::io::stdout().is_terminal() {
        bail!("a terminal can't show a PNG: name a file with -o");
    }
    let query = settings.query(today, days);
    let store = Store::open_read_only(&settings.store_path(), &settings.config.site.timezone)?;
    messages.notices(fixed_day(settings, &store, today)?.as_slice());
    let rules = &settings.rules;
    if args.question.by.is_empty() {
        warn_of_sum(&store, query.first_day(), today, messages)?;
    }
    let bytes = match &args.term {
        _ if !args.question.by.is_empty() => {
            let question = question(&args.question, today, days, args.top)?;
            warn_of_sum(&store, question.from, question.to, messages)?;
            let answer = question.answer(&store, rules, &query)?;
            render::breakdown(&answer, format)
                .context("--by is answered as text, json, csv or md")?
        }
        Some(term) => render::term(&TermReport::new(&store, rules, &query, term)?, format)?,
        None => render::site(&SiteReport::new(&store, rules, &query, args.top)?, format)?,
    };
    match file {
        Some(path) => {
            fs::write(path, &bytes).with_context(|| format!("can't write {}", path.display()))?;
        }
        None => out.write_all(&bytes)?,
    }
    Ok(ExitStatus::Success)
}

/// Warns if some days include the one that has the sum of those before it, since the store was pruned.
fn warn_of_sum(store: &Store, from: Day, to: Day, messages: Messages) -> anyhow::Result<()> {
    if let Some(day) = store.pruned_to()?.filter(|day| (from..=to).contains(day)) {
        messages.warn(&format!(
            "these days include {day}, which has the sum of all days before it since the store was pruned"
        ));
    }
    Ok(())
}

/// Writes every term's guestbook and the site's as files.
pub(super) fn publish(
    settings: &Settings,
    today: Day,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let store = Store::open_read_only(&settings.store_path(), &settings.config.site.timezone)?;
    messages.notices(fixed_day(settings, &store, today)?.as_slice());
    let runtime = runtime::start()?;
    let message =
        "interrupted: the pages that were written stay, and the next run writes the others";
    runtime::end_on_signal(&runtime, message)?;
    let published =
        with_progress(messages, |meter| publish_site(settings, &store, today, meter))?.published;
    if !messages.is_quiet() {
        writeln!(out, "{}", published_words(settings, &published))?;
    }
    Ok(ExitStatus::Success)
}

/// Returns in words what was published.
pub(super) fn published_words(settings: &Settings, published: &Published) -> String {
    let &Published { written, unchanged, removed, stale } = published;
    let files = counted((written + unchanged) as u64, "file");
    let stale = match stale {
        0 => String::new(),
        stale => {
            format!(
                "; {} in terms/ belong to no term any more",
                counted(stale as u64, "other file")
            )
        }
    };
    let removed = match removed {
        0 => String::new(),
        removed => format!(", {} of terms that are gone deleted", counted(removed as u64, "file")),
    };
    let folder = settings.reports_path();
    format!("Published {files} in {}, {written} changed{removed}{stale}", folder.display())
}
