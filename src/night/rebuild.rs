//! Reads all logs into a new store, under today's rules, and replaces the old one by it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::{LogConfig, Settings};
use crate::day::Day;
use crate::pipeline::StopSignal;
use crate::store::{KeptDays, Store};

use super::error::NightError;
use super::ingest::{IngestOptions, Ingested, ingest_logs};

/// The result of a rebuild.
#[derive(Clone, Debug)]
pub struct Rebuilt {
    pub ingested: Ingested,
    /// The days that were taken over from the old store. `None` if the run was asked to stop, and the old store is still in
    /// place.
    pub kept: Option<KeptDays>,
}

/// Returns the path at which a store is rebuilt.
pub fn rebuilt_path(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".rebuild");
    name.into()
}

/// Reads the logs that are still there into a new store at [`rebuilt_path`], which `settings` name, and replaces the store at
/// `old` by it, in one transaction.
///
/// Days that only the old store has are kept as they are, and so are those of which it has read more lines, unless the time
/// zone has changed. Must be called within a tokio runtime.
pub async fn rebuild(
    settings: &Settings,
    old: &Path,
    logs: &[LogConfig],
    options: IngestOptions,
    stop: StopSignal,
    today: Day,
) -> Result<Rebuilt, NightError> {
    Store::open_in_any_zone(old)?;
    let _lock = Store::lock_path(old, options.wait)?;
    let new = settings.store_path();
    remove_store(&new);
    let result = read_again(settings, old, logs, options, stop, today).await;
    remove_store(&new);
    result
}

async fn read_again(
    settings: &Settings,
    old: &Path,
    logs: &[LogConfig],
    options: IngestOptions,
    stop: StopSignal,
    today: Day,
) -> Result<Rebuilt, NightError> {
    let (path, timezone) = (settings.store_path(), &settings.config.site.timezone);
    Store::open_or_create(&path, timezone)?.take_over_lists(old)?;
    let ingested = ingest_logs(settings, logs, options, stop, today).await?;
    if ingested.summary.interrupted {
        return Ok(Rebuilt { ingested, kept: None });
    }
    let mut store = Store::open_or_create(&path, timezone)?;
    if store.coverage()?.is_empty() {
        return Err(NightError::NothingToRebuild);
    }
    let kept = store.take_over_days(old)?;
    store.write_agent_of(&settings.rules.namer, &settings.catalogue_id())?;
    store.replace(old)?;
    Ok(Rebuilt { ingested, kept: Some(kept) })
}

/// Removes a store with SQLite's files beside it, as far as they are there.
fn remove_store(path: &Path) {
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(name);
    }
}
