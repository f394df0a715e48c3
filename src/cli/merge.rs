//! Merges partials and stores into one store.

use std::io::Write;
use std::path::PathBuf;

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

/// The extension of the store that is written instead of another one: by a dry run, or before it replaces that.
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
    let is_apart = args.anew || args.dry_run && !into.exists();
    let scratch = is_apart.then(|| into.with_added_extension(SCRATCH));
    scratch.iter().for_each(|scratch| Store::remove(scratch));
    let target = scratch.as_deref().unwrap_or(&into);
    // A dry run keeps what it adds to a store that it removes, so that each input meets those before it.
    let is_kept = !args.dry_run || scratch.is_some();
    let options = MergeOptions { into: target, today, is_kept, wait: args.wait.duration() };
    let status = merge_all(&args.inputs, &options, args.dry_run, verbose, messages, out);
    let finished = status.and_then(|status| {
        if !args.dry_run && target.exists() {
            let timezone = Store::open_in_any_zone(target)?.timezone().to_owned();
            let mut store = Store::open_or_create(target, &timezone)?;
            store.write_agent_of(&settings.rules.namer, &settings.catalogue_id())?;
            if args.anew && status == ExitStatus::Success {
                let _lock = Store::lock_path(&into, args.wait.duration())?;
                store.replace(&into)?;
            } else if args.anew {
                messages.warn(&format!("{} stays as it was", into.display()));
            }
        }
        Ok(status)
    });
    scratch.iter().for_each(|scratch| Store::remove(scratch));
    finished
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
