//! Sums up old days.

use std::io::Write;

use crate::config::Settings;
use crate::day::Day;
use crate::render::counted;
use crate::store::Store;

use super::args::PruneArgs;
use super::clock::Clock;
use super::exit::ExitStatus;
use super::messages::Messages;

/// Replaces all days before the given age by their sum.
pub(super) fn prune(
    settings: &Settings,
    args: &PruneArgs,
    clock: Clock<'_>,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let today = clock.as_of(settings, None)?;
    let path = settings.store_path();
    let mut store = Store::open_existing(&path, &settings.config.site.timezone)?;
    let _lock = store.lock(args.wait.duration())?;
    let first = Day::from_date(today.date().saturating_sub(jiff::Span::new().months(args.older)));
    let size = || path.metadata().map_or(0, |meta| meta.len());
    let before = size();
    let pruned = store.prune(first)?;
    if messages.is_quiet() {
        return Ok(ExitStatus::Success);
    }
    match pruned {
        Some(pruned) => {
            let days = counted(pruned.days, "day");
            let freed = before.saturating_sub(size()).div_ceil(1 << 20);
            writeln!(
                out,
                "{days} before {first} are now one, {}, with their sum; {} freed",
                pruned.sum_day,
                counted(freed, "megabyte")
            )?;
        }
        None => writeln!(out, "There is nothing to sum up before {first}")?,
    }
    Ok(ExitStatus::Success)
}
