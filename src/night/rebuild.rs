//! Reads all logs into a new store, under today's rules, and replaces the old one by it.

use std::path::Path;

use crate::config::{LogConfig, Settings};
use crate::day::Day;
use crate::pipeline::StopSignal;
use crate::store::{KeptDays, Store};

use super::error::NightError;
use super::ingest::{IngestOptions, Ingested, ingest_logs};

/// The extension of the store that is being rebuilt.
const EXTENSION: &str = "rebuild";

/// The result of a rebuild.
#[derive(Clone, Debug)]
pub struct Rebuilt {
    pub ingested: Ingested,
    pub outcome: RebuildOutcome,
}

/// The store that is in place after a rebuild.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RebuildOutcome {
    /// The new one, with these days of the old one.
    Replaced(KeptDays),
    /// The old one, since the run was asked to stop.
    Stopped,
    /// The old one, since the new one has so many lines instead: days of logs that are gone can't be told in another zone.
    Differs { before: u64, after: u64 },
}

/// Reads the logs that are still there into a new store, under the rules and the time zone of `settings`, and replaces the
/// store that they name by it, in one transaction.
///
/// The old store first reads what is new, so that its days are complete when they are compared. Days that only the old store
/// has are kept as they are, and so are those of which it has read more lines, unless the time zone has changed. If it has,
/// and the new store would not have as many lines, the old one stays, unless `is_forced`.
///
/// Must be called within a tokio runtime.
pub async fn rebuild(
    settings: &Settings,
    logs: &[LogConfig],
    options: IngestOptions,
    is_forced: bool,
    stop: StopSignal,
    today: Day,
) -> Result<Rebuilt, NightError> {
    let old = settings.store_path();
    let zone = Store::open_in_any_zone(&old)?.timezone().to_owned();
    let old_settings = settings.changed(|config| config.site.timezone = zone)?;
    let ingested = ingest_logs(&old_settings, logs, options.clone(), stop.clone(), today).await?;
    if ingested.summary.interrupted {
        return Ok(Rebuilt { ingested, outcome: RebuildOutcome::Stopped });
    }
    let _lock = Store::lock_path(&old, options.wait)?;
    let settings = settings.changed(|config| {
        config.store.path = config.store.path.with_added_extension(EXTENSION);
    })?;
    let new = settings.store_path();
    Store::remove(&new);
    let read_again = async {
        Store::open_or_create(&new, &settings.config.site.timezone)?.take_over_lists(&old)?;
        let ingested = ingest_logs(&settings, logs, options, stop, today).await?;
        let outcome = match ingested.summary.interrupted {
            true => RebuildOutcome::Stopped,
            false => replace(&settings, &old, is_forced)?,
        };
        Ok(Rebuilt { ingested, outcome })
    };
    let result = read_again.await;
    Store::remove(&new);
    result
}

/// Completes the new store, which `settings` name, and replaces the old one by it.
fn replace(settings: &Settings, old: &Path, is_forced: bool) -> Result<RebuildOutcome, NightError> {
    let mut store = Store::open_or_create(&settings.store_path(), &settings.config.site.timezone)?;
    if store.coverage()?.is_empty() {
        return Err(NightError::NothingToRebuild);
    }
    let kept = store.take_over_days(old)?;
    store.write_agent_of(&settings.rules.namer, &settings.catalogue_id())?;
    let (before, after) = (Store::open_in_any_zone(old)?.lines()?, store.lines()?);
    // A day of the old store that is kept has all of its lines. Only days in another zone may have some of them too.
    if after != before && !kept.is_same_zone && !is_forced {
        return Ok(RebuildOutcome::Differs { before, after });
    }
    store.replace(old)?;
    Ok(RebuildOutcome::Replaced(kept))
}
