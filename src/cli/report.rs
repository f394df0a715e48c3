//! Writes reports to standard output or files.

use std::fs;
use std::io::{IsTerminal, Write};

use anyhow::{Context, bail};

use crate::config::{Settings, days};
use crate::day::Day;
use crate::night::{fixed_day, publish_site};
use crate::publish::Published;
use crate::render::{self, OutputFormat, counted};
use crate::report::{BreakdownTable, Dimension, Document, Query, SiteReport, TermReport};
use crate::site::{self, SiteData};
use crate::store::Store;

use super::arg_values::ReportFormat;
use super::args::ReportArgs;
use super::day_warnings::{warn_of_days, warn_of_sum};
use super::exit::ExitStatus;
use super::messages::Messages;
use super::progress::with_progress;
use super::question::question;
use super::runtime;
use super::terminal::{adapted, terminal};

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
    let by_extension = || extension.and_then(ReportFormat::of);
    let format = args.format.or_else(by_extension);
    let format = format.unwrap_or(ReportFormat::Output(OutputFormat::Text));
    if format.is_binary() && file.is_none() && std::io::stdout().is_terminal() {
        bail!("a terminal can't show this format: name a file with -o");
    }
    let query = settings.query(today, days);
    let store = Store::open_read_only(&settings.store_path(), &settings.config.site.timezone)?;
    messages.notices(fixed_day(settings, &store, today)?.as_slice());
    let bytes = match format {
        _ if !args.question.by.is_empty() => {
            let question = question(&args.question, today, days, args.top)?;
            let answer = question.answer(&store, &settings.rules, &query)?;
            warn_of_days(&store, &question, &answer, messages)?;
            answered(&answer, format)?
        }
        #[cfg(feature = "parquet")]
        ReportFormat::Parquet => bail!("parquet is for answers to questions: ask one with --by"),
        ReportFormat::Output(format) => {
            warn_of_sum(&store, query.first_day(), today, messages)?;
            warn_of_font(settings, args, format, messages);
            guestbook(settings, args, &store, &query, format)?
        }
    };
    match file {
        Some(path) => {
            fs::write(path, &bytes).with_context(|| format!("can't write {}", path.display()))?;
        }
        None if format == ReportFormat::Output(OutputFormat::Text) => {
            out.write_all(adapted(String::from_utf8_lossy(&bytes).into_owned()).as_bytes())?;
        }
        None => out.write_all(&bytes)?,
    }
    Ok(ExitStatus::Success)
}

/// Returns the answer to a question in a format.
fn answered(answer: &BreakdownTable, format: ReportFormat) -> anyhow::Result<Vec<u8>> {
    match format {
        ReportFormat::Output(format) => render::breakdown(answer, format)
            .context("--by is answered as text, json, csv, md, html or parquet"),
        #[cfg(feature = "parquet")]
        ReportFormat::Parquet => {
            let mut bytes = Vec::new();
            crate::export::write_answer(answer, &mut bytes)?;
            Ok(bytes)
        }
    }
}

/// Returns the guestbook of a term, an agent, a family or the site.
fn guestbook(
    settings: &Settings,
    args: &ReportArgs,
    store: &Store,
    query: &Query,
    format: OutputFormat,
) -> anyhow::Result<Vec<u8>> {
    let rules = &settings.rules;
    let one = match (&args.agent, &args.family) {
        (Some(agent), _) => Some((Dimension::Agent, agent)),
        (None, family) => family.as_ref().map(|family| (Dimension::Family, family)),
    };
    Ok(match (&args.term, one) {
        (Some(term), _) => render::term(&TermReport::new(store, rules, query, term)?, format)?,
        (None, Some((column, name))) => {
            let document = guestbook_of_agents(settings, store, query, column, name)?;
            render::document(&document, format)?
        }
        (None, None) => {
            let site = SiteReport::new(store, rules, query, args.top)?;
            match terminal().filter(|_| format == OutputFormat::Text && args.output.is_none()) {
                Some(terminal) => render::site_text(&site, terminal.width).into_bytes(),
                None => render::site(&site, format)?,
            }
        }
    })
}

/// Returns the guestbook of an agent or a family.
fn guestbook_of_agents(
    settings: &Settings,
    store: &Store,
    query: &Query,
    column: Dimension,
    name: &str,
) -> anyhow::Result<Document> {
    let data = SiteData::read_without_terms(store, &settings.rules, query)?;
    let name = data.view().name_of(column, name)?;
    let parts = data.divide(column);
    let facts = parts.get(&name).with_context(|| format!("{name:?} has no requests"))?;
    let of_all_time = site::pages_question(column, &name, data.view().all_time());
    let of_window = site::pages_question(column, &name, data.view().period(query.days));
    let answers =
        [of_all_time, of_window].map(|question| question.answer(store, &settings.rules, query));
    let [all, window] = answers;
    let pages = site::pages_of_answers(&all?, &window?, settings.rules.terms.catalogue());
    let view = data.view();
    let view = view.of_part(facts);
    Ok(match column {
        Dimension::Family => site::family(&view, &name, pages),
        _ => site::agent(&view, &name, pages),
    })
}

/// Warns if the title in a picture has letters that its font lacks.
fn warn_of_font(settings: &Settings, args: &ReportArgs, format: OutputFormat, messages: Messages) {
    let catalogue = settings.rules.terms.catalogue();
    let title = args.term.as_deref().map(|term| catalogue.title(term));
    let of_one = args.agent.as_deref().or(args.family.as_deref());
    let title = title.or(of_one).unwrap_or(&settings.config.site.name);
    if let Some(font) = render::font_without(title).filter(|_| format == OutputFormat::Png) {
        messages.warn(&format!(
            "the picture's font, {font}, lacks letters of {title:?}, which are boxes in it: an SVG uses the reader's fonts"
        ));
    }
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
    let &Published { written, unchanged, removed, stale, left } = published;
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
    let left = match left {
        0 => String::new(),
        left => format!(
            "; {} of an earlier run were changed since, and stay",
            counted(left as u64, "other file")
        ),
    };
    let removed = match removed {
        0 => String::new(),
        removed => {
            format!(", {} that are not published any more deleted", counted(removed as u64, "file"))
        }
    };
    let folder = settings.reports_path();
    format!("Published {files} in {}, {written} changed{removed}{stale}{left}", folder.display())
}
