//! `report` and `publish`.

use std::fs;
use std::io::Write;

use anyhow::Context;

use crate::config::{Settings, days};
use crate::day::Day;
use crate::publish::publish;
use crate::render::{self, Form, counted};
use crate::report::{SiteReport, TermReport};
use crate::store::Store;

use super::Ending;
use super::args;

/// Shows the guestbook of a term, or of the site.
pub(super) fn report(
    settings: &Settings,
    args: &args::Report,
    today: Day,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let days = days("--days", args.days.unwrap_or(settings.reports().days))?;
    let question = settings.question(today, days);
    let store = Store::open(&settings.store_path(), &settings.config.site.timezone)?;
    let (rules, form) = (&settings.rules, args.format);
    let bytes = match &args.term {
        Some(term) => render::term(&TermReport::new(&store, rules, &question, term)?, form)?,
        None => render::site(&SiteReport::new(&store, rules, &question, args.top)?, form)?,
    };
    match &args.output {
        Some(path) if path.as_os_str() != "-" => {
            fs::write(path, &bytes).with_context(|| format!("can't write {}", path.display()))?;
        }
        _ => out.write_all(&bytes)?,
    }
    Ok(Ending::Done)
}

/// Writes every term's guestbook, and the site's, as files.
pub(super) fn publish_reports(
    settings: &Settings,
    today: Day,
    quiet: bool,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let question = settings.question(today, settings.reports().days);
    let store = Store::open(&settings.store_path(), &settings.config.site.timezone)?;
    let folder = settings.reports_path();
    let (_, published) = publish(&store, &settings.rules, &question, &forms(settings)?, &folder)?;
    if !quiet {
        let files = counted((published.written + published.unchanged) as u64, "file");
        writeln!(out, "Published {files} in {}, {} changed", folder.display(), published.written)?;
    }
    Ok(Ending::Done)
}

/// The forms that config asks to publish, with their files' endings.
pub(super) fn forms(settings: &Settings) -> anyhow::Result<Vec<(&'static str, Form)>> {
    let find = |name: &String| {
        Form::NAMES.iter().find(|(known, _)| known == name).copied().with_context(|| {
            let known: Vec<&str> = Form::NAMES.iter().map(|(name, _)| *name).collect();
            format!("[reports] formats has {name:?}: the forms are {}", known.join(", "))
        })
    };
    settings.reports().formats.iter().map(find).collect()
}
