//! Ingests the new lines of logs into the store.

use std::time::Duration;

use tokio::runtime::Handle;

use crate::config::{LogConfig, Settings};
use crate::day::Day;
use crate::import::{carry, read_carried};
use crate::meter::{Meter, WorkStep};
use crate::parallel::cores;
use crate::pipeline::{BATCH_BYTES, Ingest, StopSignal, Summary, ingest};
use crate::store::Store;
use crate::trust::Resolver;

use super::error::NightError;
use super::inputs::inputs_to_read;
use super::notice::Notice;
use super::objects::ListedObjects;
use super::silence::{WatchedLogs, unusual_day};

/// The result of ingesting logs.
#[derive(Clone, Debug)]
pub struct Ingested {
    pub summary: Summary,
    /// The number of patterns that match nothing.
    pub unmatched: usize,
    /// The number of objects that were listed, and not downloaded, since they have not changed since they were read.
    pub unchanged: usize,
    pub notices: Vec<Notice>,
}

/// The options of an ingest.
#[derive(Clone, Debug, Default)]
pub struct IngestOptions {
    /// The number of threads. `None` for one per core.
    pub threads: Option<usize>,
    /// The longest wait while another process writes to the store.
    pub wait: Duration,
    /// True if the logs are all of the config's, so that those that fell silent are told.
    pub tells_silence: bool,
    /// Counts what was read.
    pub meter: Meter,
}

/// Ingests the new lines of some logs, and imports the counts of `[terms] pre_tracking`.
///
/// Must be called within a tokio runtime, which also runs the DNS queries.
pub async fn ingest_logs(
    settings: &Settings,
    logs: &[LogConfig],
    options: IngestOptions,
    stop: StopSignal,
    today: Day,
) -> Result<Ingested, NightError> {
    let (mut inputs, mut notices, unmatched) = inputs_to_read(logs, settings);
    let watched = WatchedLogs::of(&inputs);
    let path = settings.store_path();
    let timezone = &settings.config.site.timezone;
    let mut store = Store::open_or_create(&path, timezone)?;
    let _lock = store.lock(options.wait)?;
    notices.extend(remember_rules(settings, &mut store)?);
    let objects = ListedObjects::divide(&mut inputs, &store)?;
    if let Some(file) = &settings.config.terms.pre_tracking {
        let path = settings.folder.join(file);
        let mut import = || {
            carry(
                &mut store,
                settings.rules.terms.catalogue(),
                read_carried(&path, &settings.rules.terms)?,
            )
        };
        import().map_err(|source| NightError::Import { path: path.clone(), source })?;
    }
    let resolver = start_resolver(settings, &mut store, &mut notices)?;
    let (rules, zone) = (settings.rules.clone(), settings.zone.clone());
    let threads = options.threads.unwrap_or_else(cores);
    let batch_bytes = BATCH_BYTES;
    let meter = options.meter;
    meter.begin(WorkStep::Read, inputs.iter().map(|input| input.location.bytes()).sum());
    let job = Ingest { inputs, rules, zone, threads, batch_bytes, resolver, stop, meter, today };
    let (summary, mut store) = ingest(job, store).await?;
    // The table of names is only for SQL users, so it is written after the counts are committed.
    store.write_agent_of(&settings.rules.namer, &settings.catalogue_id())?;
    objects.remember(&summary, &mut store, today)?;
    notices.extend(Notice::of_summary(&summary));
    if summary.trust.unchecked > 0
        && settings.resolver.is_none()
        && store.ip_list_days()?.is_empty()
    {
        notices.push(Notice::NoLists(summary.trust.unchecked));
    }
    if options.tells_silence && !summary.interrupted {
        notices.extend(watched.silent(settings, &summary, today));
        notices.extend(unusual_day(&store.coverage()?, today));
    }
    if summary.lines.other > 0 && store.terms()?.is_empty() {
        let has_pattern = settings.rules.terms.has_pattern();
        notices.push(Notice::NoTerms { has_pattern });
    }
    Ok(Ingested { summary, unmatched, unchanged: objects.unchanged.len(), notices })
}

/// Starts asking the DNS if the config wants that. Adds a notice if that fails.
fn start_resolver(
    settings: &Settings,
    store: &mut Store,
    notices: &mut Vec<Notice>,
) -> Result<Option<Resolver>, NightError> {
    let Some(server) = settings.resolver else { return Ok(None) };
    match Resolver::start(server, &Handle::current()) {
        Ok(resolver) => {
            store.set_dns_asked()?;
            Ok(Some(resolver))
        }
        Err(error) => {
            notices.push(Notice::Resolver(error.to_string()));
            Ok(None)
        }
    }
}

/// Remembers the rules by which the store's lines are counted. Returns a notice if they have changed since.
fn remember_rules(settings: &Settings, store: &mut Store) -> Result<Option<Notice>, NightError> {
    let rules = settings.counting_rules();
    let Some(stored) = store.counting_rules()? else {
        store.set_counting_rules(&rules)?;
        return Ok(None);
    };
    // A rule that an older version did not have is no change.
    let is_changed = |name, text| stored.get(name).is_some_and(|old| old != text);
    let changed = rules.iter().filter(|(name, text)| is_changed(*name, *text));
    let names: Vec<String> = changed.map(|(name, _)| name.clone()).collect();
    Ok((!names.is_empty()).then_some(Notice::RulesChanged(names)))
}
