//! `agents refresh`: the lists of addresses that operators publish.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};

use crate::classify::{Agent, CatalogueFile, Namer};
use crate::config::Settings;
use crate::day::Day;
use crate::fetch::{Answer, Fetcher, Known};
use crate::publish::replace;
use crate::refresh::{ListOutcome, Refreshed, refresh};
use crate::render::counted;
use crate::store::Store;

use super::Ending;
use super::args;
use super::talk::Talk;

/// Asks for every list, and tells what is new and what went wrong.
pub(super) fn refresh_lists(
    settings: &Settings,
    args: &args::Refresh,
    today: Day,
    talk: &Talk,
    out: &mut impl Write,
) -> anyhow::Result<Ending> {
    let has_catalogue = match (&settings.config.catalogue.url, &settings.config.catalogue.file) {
        (Some(url), Some(file)) if args.agents.is_empty() => {
            refresh_catalogue(url, &settings.folder.join(file), settings, talk, out)?
        }
        (Some(_), None) => bail!("[catalogue] has a url and no file: say where to keep it"),
        _ => true,
    };
    let mut store = Store::create(&settings.store_path(), &settings.config.site.timezone)?;
    let catalogue = settings.rules.namer.catalogue();
    let is_named = |agent: &Agent| {
        let is_it = |name: &String| {
            name.eq_ignore_ascii_case(&agent.entry.name)
                || name.eq_ignore_ascii_case(agent.family())
        };
        args.agents.is_empty() || args.agents.iter().any(is_it)
    };
    let agents = catalogue.agents().iter().filter(|agent| is_named(agent));
    let urls: BTreeSet<&str> = agents.filter_map(|agent| agent.entry.ip_list.as_deref()).collect();
    if urls.is_empty() {
        bail!(
            "no agent of that name publishes a list: `guestbook agents --format json` tells who does"
        );
    }
    let lists = refresh(&mut store, &urls, &Fetcher::new(), today, args.force)?;
    let failed = tell(&lists, talk, out)?;
    Ok(match failed {
        0 if has_catalogue => Ending::Done,
        _ if failed == lists.len() => Ending::Failed,
        _ => Ending::Partly,
    })
}

/// Tells what came of the lists; returns how many were not had.
fn tell(lists: &[Refreshed], talk: &Talk, out: &mut impl Write) -> anyhow::Result<usize> {
    let (mut unchanged, mut failed) = (0, 0);
    for Refreshed { url, outcome } in lists {
        let words = match outcome {
            ListOutcome::Unchanged => {
                unchanged += 1;
                continue;
            }
            ListOutcome::Refused(why) | ListOutcome::Failed(why) => {
                failed += 1;
                talk.warn(&format!("{url}: {why}"));
                continue;
            }
            ListOutcome::New { networks } => counted(*networks as u64, "network"),
            ListOutcome::Changed { before, networks } => {
                format!("{}, {before} before", counted(*networks as u64, "network"))
            }
        };
        if !talk.is_quiet() {
            writeln!(out, "{url}: {words}")?;
        }
    }
    if !talk.is_quiet() {
        let (all, changed) =
            (counted(lists.len() as u64, "list"), lists.len() - unchanged - failed);
        let words = format!("{changed} new or changed, {unchanged} unchanged, {failed} not had");
        writeln!(out, "Asked for {all}: {words}")?;
    }
    Ok(failed)
}

/// Fetches the user's catalogue into its file, if it is one that can be used. Whether the file is up to date.
fn refresh_catalogue(
    url: &str,
    path: &Path,
    settings: &Settings,
    talk: &Talk,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let answer = Fetcher::new().fetch(url, &Known::default()).map_err(anyhow::Error::from);
    let used = answer.and_then(|answer| match answer {
        Answer::Unchanged => {
            bail!("the server says that nothing has changed, though it was not told since when")
        }
        Answer::Changed { text, .. } => {
            let file = CatalogueFile::parse(&text)?;
            let version = file.version.clone();
            Namer::with(settings.config.agents.clone(), Some(file))?;
            Ok((text, version))
        }
    });
    let (text, version) = match used {
        Ok(used) => used,
        Err(error) => {
            talk.warn(&format!("{url}: {error}; the catalogue stays as it was"));
            return Ok(false);
        }
    };
    let is_new = fs::read_to_string(path).ok().as_deref() != Some(&text);
    if is_new {
        replace(path, text.as_bytes())
            .with_context(|| format!("can't write {}", path.display()))?;
    }
    if !talk.is_quiet() {
        let words = if is_new { "new" } else { "unchanged" };
        writeln!(out, "{url}: catalogue {version}, {words}")?;
    }
    Ok(true)
}
