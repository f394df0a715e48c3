//! Merges partials and stores into one store.

use std::env::temp_dir;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::day::Day;
use crate::partial::{
    MergeInput, MergeOptions, Merged, PartialError, find_inputs, merge as merge_input,
};
use crate::render::counted;
use crate::store::Store;

use super::exit::ExitStatus;
use super::messages::Messages;
use super::partial_args::MergeArgs;

/// The extension of the store that is made anew, before it replaces the one that is there.
const SCRATCH: &str = "merge";

/// Merges each input in a transaction of its own. One that can't be merged does not keep the others from it.
pub(super) fn merge(
    settings: &Settings,
    args: &MergeArgs,
    today: Day,
    verbose: bool,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let into = args.into.clone().unwrap_or_else(|| settings.store_path());
    let wait = args.wait.duration();
    let scratch = match (args.anew, args.dry_run && !into.exists()) {
        (true, _) => Some(into.with_added_extension(SCRATCH)),
        (_, true) => Some(temp_dir().join(format!("guestbook-{}.db", std::process::id()))),
        _ => None,
    };
    // Two runs that make the same store anew would write to the same file.
    let _lock = if args.anew { Some(Store::lock_path(&into, wait)?) } else { None };
    scratch.iter().for_each(|scratch| Store::remove(scratch));
    let target = scratch.as_deref().unwrap_or(&into);
    let existed = target.exists();
    // A dry run keeps what it adds to a store that it removes, so that each input meets those before it.
    let is_kept = !args.dry_run || scratch.is_some();
    let (zone, rules) = (&settings.config.site.timezone, settings.counting_rules());
    let counting = args.into.is_none().then_some((zone.as_str(), &rules));
    let options = MergeOptions { into: target, today, is_kept, counting, wait };
    let status = merge_all(&args.inputs, &options, args.dry_run, verbose, messages, out);
    let finished = status.and_then(|status| {
        if status == ExitStatus::Failure {
            if !existed {
                Store::remove(target);
            }
            return Ok(status);
        }
        if !args.dry_run {
            finish(settings, target, args.anew.then_some(&into), status, messages)?;
        }
        Ok(status)
    });
    scratch.iter().for_each(|scratch| Store::remove(scratch));
    finished
}

/// Names the agents in a merged store, which replaces another one if it was made anew.
fn finish(
    settings: &Settings,
    merged: &Path,
    replaced: Option<&PathBuf>,
    status: ExitStatus,
    messages: Messages,
) -> anyhow::Result<()> {
    let timezone = Store::open_in_any_zone(merged)?.timezone().to_owned();
    let mut store = Store::open_or_create(merged, &timezone)?;
    store.write_agent_of(&settings.rules.namer, &settings.catalogue_id())?;
    match replaced {
        Some(path) if status == ExitStatus::Success => store.replace(path)?,
        Some(path) => messages.warn(&format!("{} stays as it was", path.display())),
        None => {}
    }
    Ok(())
}

/// Merges all inputs. Returns the worst of their outcomes.
fn merge_all(
    paths: &[PathBuf],
    options: &MergeOptions<'_>,
    is_dry: bool,
    verbose: bool,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let mut status = None;
    for path in paths {
        for input in find_inputs(path) {
            let merged = input.and_then(|input| {
                let merged = merge_input(&input, options)?;
                Ok((input, merged))
            });
            match merged {
                Ok((input, merged)) => {
                    let is_first = status.is_none_or(|status| status == ExitStatus::Success);
                    status = Some(if is_first { ExitStatus::Success } else { ExitStatus::Partial });
                    if !messages.is_quiet() {
                        write_merged(&input, &merged, is_dry, verbose, out)?;
                    }
                }
                Err(error) => failed(&error, &mut status, messages),
            }
        }
    }
    Ok(status.unwrap_or(ExitStatus::Failure))
}

fn failed(error: &PartialError, status: &mut Option<ExitStatus>, messages: Messages) {
    messages.warn(&error.to_string());
    *status = Some(match status {
        None | Some(ExitStatus::Failure) => ExitStatus::Failure,
        Some(_) => ExitStatus::Partial,
    });
}

fn write_merged(
    input: &MergeInput,
    merged: &Merged,
    is_dry: bool,
    verbose: bool,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let Merged { added, known, figures, rows } = merged;
    let verb = if is_dry { "would add" } else { "added" };
    write!(out, "{}: {verb} {}", input.name(), counted(*added as u64, "source"))?;
    if figures.lines > 0 {
        write!(out, " with {}", counted(figures.lines, "line"))?;
    }
    write!(out, " in {}", counted(*rows, "row"))?;
    match known.len() {
        0 => writeln!(out)?,
        count => writeln!(out, ", and {} known before", counted(count as u64, "source"))?,
    }
    if verbose {
        known.iter().try_for_each(|name| writeln!(out, "  {name}: known before"))?;
    }
    Ok(())
}
