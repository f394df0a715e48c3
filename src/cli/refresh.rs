//! `agents refresh`: the lists of addresses that operators publish.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::bail;

use crate::classify::Agent;
use crate::config::Settings;
use crate::day::Day;
use crate::fetch::Fetcher;
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
    let (mut unchanged, mut failed) = (0, 0);
    for Refreshed { url, outcome } in &lists {
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
        let changed = lists.len() - unchanged - failed;
        let lists = counted(lists.len() as u64, "list");
        writeln!(
            out,
            "Asked for {lists}: {changed} new or changed, {unchanged} unchanged, {failed} not had"
        )?;
    }
    Ok(match failed {
        0 => Ending::Done,
        _ if failed == lists.len() => Ending::Failed,
        _ => Ending::Partly,
    })
}
