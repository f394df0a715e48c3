//! `report` and `publish`.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, bail};

use crate::config::{Settings, days};
use crate::day::Day;
use crate::publish::{Publication, Published, publish};
use crate::render::{self, Form, counted};
use crate::report::{Question, SiteReport, TermReport};
use crate::store::Store;

use super::Ending;
use super::args;
use super::talk::Talk;

/// Shows the guestbook of a term, or of the site.
pub(super) fn report(
    settings: &Settings,
    args: &args::Report,
    today: Day,
    talk: Talk,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let days = days("--days", args.days.unwrap_or(settings.reports().days))?;
    let file = args.output.as_ref().filter(|path| path.as_os_str() != "-");
    if args.format == Form::Png && file.is_none() && std::io::stdout().is_terminal() {
        bail!("a PNG is no text for a terminal: name a file with -o");
    }
    let question = settings.question(today, days);
    let store = Store::open(&settings.store_path(), &settings.config.site.timezone)?;
    warn_of_fixed_day(settings, &store, today, talk)?;
    let (rules, form) = (&settings.rules, args.format);
    let bytes = match &args.term {
        Some(term) => render::term(&TermReport::new(&store, rules, &question, term)?, form)?,
        None => render::site(&SiteReport::new(&store, rules, &question, args.top)?, form)?,
    };
    match file {
        Some(path) => {
            fs::write(path, &bytes).with_context(|| format!("can't write {}", path.display()))?
        }
        None => out.write_all(&bytes)?,
    }
    Ok(Ending::Done)
}

/// Writes every term's guestbook, and the site's, as files.
pub(super) fn publish_reports(
    settings: &Settings,
    today: Day,
    talk: Talk,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let question = settings.question(today, settings.reports().days);
    let store = Store::open(&settings.store_path(), &settings.config.site.timezone)?;
    warn_of_fixed_day(settings, &store, today, talk)?;
    let (_, words) = publish_site(settings, &store, &question, &forms(settings)?)?;
    if !talk.is_quiet() {
        writeln!(out, "{words}")?;
    }
    Ok(Ending::Done)
}

/// Publishes the site's guestbooks, and puts into words what that did. The site's own is given where it was made
/// for that.
pub(super) fn publish_site(
    settings: &Settings,
    store: &Store,
    question: &Question,
    forms: &[(&'static str, Form)],
) -> anyhow::Result<(Option<SiteReport>, String)> {
    let (rules, folder) = (&settings.rules, &settings.reports_path());
    let basis = settings.basis();
    let publication = Publication { store, rules, question, forms, folder, basis };
    let (site, published) = publish(&publication)?;
    Ok((site, published_words(&published, folder)))
}

/// The sample's config fixes today; in a copy of it that would hide every later day.
pub(super) fn warn_of_fixed_day(
    settings: &Settings,
    store: &Store,
    today: Day,
    talk: Talk,
) -> anyhow::Result<()> {
    let last = store.coverage()?.last().map(|row| row.day).filter(|last| *last > today);
    if let (Some(fixed), Some(last)) = (settings.as_of.filter(|fixed| *fixed == today), last) {
        talk.warn(&format!(
            "[site] as_of fixes today at {fixed}, but there are logs up to {last}: take that line out of \
             the config to see them"
        ));
    }
    Ok(())
}

/// What publishing did.
fn published_words(published: &Published, folder: &Path) -> String {
    let &Published { written, unchanged, stale } = published;
    let files = counted((written + unchanged) as u64, "file");
    let stale = match stale {
        0 => String::new(),
        stale => format!(
            "; {} in terms/ belong to no term any more",
            counted(stale as u64, "other file")
        ),
    };
    format!("Published {files} in {}, {written} changed{stale}", folder.display())
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
