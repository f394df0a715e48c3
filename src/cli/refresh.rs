//! Fetches the lists of addresses that operators publish.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, bail};

use crate::agents::{Agent, CatalogueFile, Namer};
use crate::config::{RefreshChoice, Settings};
use crate::day::Day;
use crate::meter::WorkStep;
use crate::publish::replace;
use crate::render::counted;
use crate::store::Store;
use crate::trust::{
    Fetched, Fetcher, ListOutcome, PublishedList, RefreshedList, Validators, copy_path, read_copy,
    refresh_lists,
};

use super::args::RefreshArgs;
use super::exit::ExitStatus;
use super::messages::Messages;
use super::progress::with_progress;

/// The number of failures for the same reason from which on they are told together, as for a machine without a network.
const SAME_FAILURES: usize = 4;

/// Fetches every list, and the catalogue if the config names one.
pub(super) fn refresh(
    settings: &Settings,
    args: &RefreshArgs,
    today: Day,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let is_catalogue_fresh = match (&settings.config.catalogue.url, &settings.config.catalogue.file)
    {
        (Some(url), Some(file)) if args.agents.is_empty() && args.from.is_none() => {
            refresh_catalogue(url, &settings.folder.join(file), settings, messages, out)?
        }
        (Some(_), None) => bail!("[catalogue] has a url but no file: set where to keep it"),
        _ => true,
    };
    let status = refresh_published(settings, args, today, messages, out)?;
    Ok(if is_catalogue_fresh { status } else { status.or_partial() })
}

/// Fetches every list before a night's run, if the config asks for it and the last ones are too old. Returns whether
/// the lists are as fresh as the config asks for, at least in part.
pub(super) fn refresh_if_due(
    settings: &Settings,
    today: Day,
    messages: Messages,
) -> anyhow::Result<bool> {
    let days = match settings.config.trust.refresh {
        RefreshChoice::Off => return Ok(true),
        RefreshChoice::Daily => 1,
        RefreshChoice::Weekly => 7,
    };
    let path = settings.store_path();
    if path.exists() {
        let store = Store::open_read_only(&path, &settings.config.site.timezone)?;
        if store.ip_list_days()?.into_iter().any(|last| last.plus(days) > today) {
            return Ok(true);
        }
    }
    let args = RefreshArgs { agents: Vec::new(), from: None, force: false };
    let status = refresh_published(settings, &args, today, messages, &mut io::sink())?;
    Ok(status != ExitStatus::Failure)
}

/// Fetches the lists of the agents that `args` name, or reads copies of them.
fn refresh_published(
    settings: &Settings,
    args: &RefreshArgs,
    today: Day,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let mut store = Store::open_or_create(&settings.store_path(), &settings.config.site.timezone)?;
    let agents = settings.rules.namer.catalogue().agents().iter();
    let urls: BTreeSet<&str> = agents
        .filter(|agent| is_named(agent, &args.agents))
        .filter_map(|agent| agent.entry.ip_list.as_deref())
        .collect();
    if urls.is_empty() && !args.agents.is_empty() {
        bail!(
            "no agent of that name publishes a list: `guestbook agents --format json` shows who does"
        );
    }
    let stored = store.ip_lists()?;
    let lists = match &args.from {
        Some(folder) => read_copies(folder, &urls, &stored, today, args.force, messages)?,
        None => {
            let fetcher = Fetcher::new();
            with_progress(messages, |meter| {
                meter.begin(WorkStep::Fetch, urls.len() as u64);
                let fetch = |url: &str, validators: &Validators| {
                    let fetched = fetcher.fetch(url, validators);
                    meter.add_done(1);
                    fetched
                };
                refresh_lists(&stored, &urls, fetch, today, args.force)
            })
        }
    };
    for list in lists.iter().filter_map(|refreshed| refreshed.list.as_ref()) {
        store.put_ip_list(list)?;
    }
    let failed = write_outcomes(&lists, messages, out)?;
    Ok(match failed {
        0 => ExitStatus::Success,
        _ if failed == lists.len() => ExitStatus::Failure,
        _ => ExitStatus::Partial,
    })
}

/// Reads the copies of lists that a folder has.
fn read_copies(
    folder: &Path,
    urls: &BTreeSet<&str>,
    stored: &[PublishedList],
    today: Day,
    force: bool,
    messages: Messages,
) -> anyhow::Result<Vec<RefreshedList>> {
    let copy = |url: &str| copy_path(folder, url).filter(|path| path.is_file());
    let present: BTreeSet<&str> = urls.iter().copied().filter(|url| copy(url).is_some()).collect();
    let folder = folder.display();
    if present.is_empty() {
        bail!(
            "{folder} has no copy of a list: it must be a folder as `wget --force-directories` makes it, with the host's \
             name as the first folder"
        );
    }
    let missing = (urls.len() - present.len()) as u64;
    if missing > 0 {
        messages.warn(&format!("{folder} has no copy of {}", counted(missing, "list")));
    }
    let read = |url: &str, _: &Validators| read_copy(&copy(url).unwrap_or_default());
    Ok(refresh_lists(stored, &present, read, today, force))
}

/// Returns whether an agent is one of the names, or of their families. No names are all agents.
fn is_named(agent: &Agent, names: &[String]) -> bool {
    let is_it = |name: &String| {
        name.eq_ignore_ascii_case(&agent.entry.name) || name.eq_ignore_ascii_case(agent.family())
    };
    names.is_empty() || names.iter().any(is_it)
}

/// Writes the outcome of every list. Returns how many lists failed.
fn write_outcomes(
    lists: &[RefreshedList],
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<usize> {
    let (mut unchanged, mut failed) = (0, 0);
    let mut failures: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for RefreshedList { url, outcome, .. } in lists {
        let words = match outcome {
            ListOutcome::Unchanged => {
                unchanged += 1;
                continue;
            }
            ListOutcome::Refused(why) | ListOutcome::Failed(why) => {
                failed += 1;
                failures.entry(why).or_default().push(url);
                continue;
            }
            ListOutcome::New { networks } => counted(*networks as u64, "network"),
            ListOutcome::Changed { before, networks } => {
                format!("{}, {before} before", counted(*networks as u64, "network"))
            }
        };
        if !messages.is_quiet() {
            writeln!(out, "{url}: {words}")?;
        }
    }
    for (why, urls) in failures {
        match urls.as_slice() {
            [first, ..] if urls.len() >= SAME_FAILURES => {
                let lists = counted(urls.len() as u64, "list");
                messages.warn(&format!("{lists}, such as {first}: {why}"));
            }
            urls => urls.iter().for_each(|url| messages.warn(&format!("{url}: {why}"))),
        }
    }
    if !messages.is_quiet() {
        let (all, changed) =
            (counted(lists.len() as u64, "list"), lists.len() - unchanged - failed);
        writeln!(
            out,
            "Fetched {all}: {changed} new or changed, {unchanged} unchanged, {failed} failed"
        )?;
    }
    Ok(failed)
}

/// Fetches the user's catalogue into its file if it is valid. Returns whether the file is up to date.
fn refresh_catalogue(
    url: &str,
    path: &Path,
    settings: &Settings,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<bool> {
    let fetched = Fetcher::new().fetch(url, &Validators::default()).map_err(anyhow::Error::from);
    let valid = fetched.and_then(|fetched| match fetched {
        Fetched::Unchanged => {
            bail!("the server says that nothing has changed, but was not asked that")
        }
        Fetched::Changed { text, .. } => {
            let file = CatalogueFile::parse(&text)?;
            let version = file.version.clone();
            Namer::with(settings.config.agents.clone(), Some(file))?;
            Ok((text, version))
        }
    });
    let (text, version) = match valid {
        Ok(valid) => valid,
        Err(error) => {
            messages.warn(&format!("{url}: {error}; the catalogue stays as it was"));
            return Ok(false);
        }
    };
    let is_new = fs::read_to_string(path).ok().as_deref() != Some(&text);
    if is_new {
        replace(path, text.as_bytes())
            .with_context(|| format!("can't write {}", path.display()))?;
    }
    if !messages.is_quiet() {
        let words = if is_new { "new" } else { "unchanged" };
        writeln!(out, "{url}: catalogue {version}, {words}")?;
    }
    Ok(true)
}
