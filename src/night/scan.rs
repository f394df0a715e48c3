//! Counts logs into a partial, apart from any store.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::{LogConfig, Settings};
use crate::day::Day;
use crate::meter::{Meter, WorkStep};
use crate::parallel::cores;
use crate::partial::{About, PartialError, write_partial};
use crate::pipeline::{
    BATCH_BYTES, Ingest, LogInput, Outcome, SourceSummary, StopSignal, Summary, ingest,
};
use crate::source::Location;
use crate::store::{SourceLines, Store};
use crate::tally::Lines;

use super::error::NightError;
use super::ingest::Ingested;
use super::inputs::inputs_to_read;
use super::notice::Notice;

/// The extension of the store that has the counts while logs are read.
const EXTENSION: &str = "scan";

/// The extension of a partial that is being written.
const UNFINISHED: &str = "guestbook-new";

/// The result of a scan.
#[derive(Clone, Debug)]
pub struct Scanned {
    pub ingested: Ingested,
    /// The lines of the sources in the partial. Sources that were not read to their end are left out.
    pub figures: SourceLines,
}

/// The options of a scan.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// The number of threads. `None` for one per core.
    pub threads: Option<usize>,
    /// A store whose lists of addresses decide the trust.
    pub lists: Option<PathBuf>,
    /// True if the counts of all logs are added up.
    pub is_together: bool,
    /// Counts what was read.
    pub meter: Meter,
}

/// Counts some logs and writes the counts to `out`, a partial. What it writes depends on the logs and the settings alone: on no
/// store, no clock and no DNS.
///
/// Must be called within a tokio runtime.
pub async fn scan_logs(
    settings: &Settings,
    logs: &[LogConfig],
    options: &ScanOptions,
    stop: StopSignal,
    out: &Path,
) -> Result<Scanned, NightError> {
    let scratch = out.with_added_extension(EXTENSION);
    let unfinished = out.with_added_extension(UNFINISHED);
    let scan = scan_whole(settings, logs, options, stop, &scratch);
    let result = scan.await.and_then(|(ingested, store)| {
        if ingested.summary.interrupted {
            return Ok(Scanned { ingested, figures: SourceLines::default() });
        }
        let about = About::new(&settings.config.site.timezone, settings.counting_rules());
        let figures = write_partial(&store, &ingested.summary, &about, &unfinished)?;
        let moved = fs::rename(&unfinished, out);
        moved.map_err(|error| PartialError::Io { path: out.into(), error })?;
        Ok(Scanned { ingested, figures })
    });
    if result.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    Store::remove(&scratch);
    result
}

/// Reads logs until all that are left can be read to their ends: a log whose lines are also part of one that is left out must have
/// them counted.
async fn scan_whole(
    settings: &Settings,
    logs: &[LogConfig],
    options: &ScanOptions,
    stop: StopSignal,
    scratch: &Path,
) -> Result<(Ingested, Store), NightError> {
    let (mut inputs, mut notices, unmatched) = inputs_to_read(logs, settings);
    let mut left_out: Vec<SourceSummary> = Vec::new();
    loop {
        let has_stream = inputs.iter().any(|input| input.location == Location::Stdin);
        let count = inputs.len();
        let (read, stop) = (inputs.clone(), stop.clone());
        let scan = scan_into(settings, read, options, stop, scratch);
        let (mut summary, store) = scan.await?;
        let sources = std::mem::take(&mut summary.sources);
        let (whole, failed): (Vec<_>, Vec<_>) =
            sources.into_iter().partition(|source| source.outcome.is_whole());
        let is_last = failed.is_empty() || count == failed.len() || summary.interrupted;
        if !is_last && has_stream {
            return Err(NightError::StreamBesideFailed(failed[0].name.clone()));
        }
        inputs.retain(|input| {
            let name = input.location.to_string();
            failed.iter().all(|source| source.name != name)
        });
        left_out.extend(failed);
        if is_last {
            // A log that could not be read has no lines in the partial. An ingest would read some of these in the next night.
            for source in &mut left_out {
                source.lines = Lines::default();
                if let Outcome::TooFewLines | Outcome::Vanished | Outcome::BeingWritten =
                    source.outcome
                {
                    let reason = source.outcome.reason().unwrap_or_default();
                    source.outcome = Outcome::Failed(reason.to_owned());
                }
            }
            summary.sources = whole;
            summary.sources.extend(left_out);
            summary.lines = Lines::default();
            for source in &summary.sources {
                summary.lines += &source.lines;
            }
            notices.extend(Notice::of_summary(&summary));
            let ingested = Ingested { summary, unmatched, unchanged: 0, notices };
            return Ok((ingested, store));
        }
    }
}

/// Reads logs into a new store that keeps the counts of each source apart.
async fn scan_into(
    settings: &Settings,
    inputs: Vec<LogInput>,
    options: &ScanOptions,
    stop: StopSignal,
    scratch: &Path,
) -> Result<(Summary, Store), NightError> {
    let timezone = &settings.config.site.timezone;
    let mut store = Store::create_by_source(scratch, timezone, options.is_together)?;
    if let Some(lists) = &options.lists {
        Store::open_in_any_zone(lists)?;
        store.take_over_lists(lists)?;
    }
    let (rules, zone) = (settings.rules.clone(), settings.zone.clone());
    let meter = options.meter.clone();
    let threads = options.threads.unwrap_or_else(cores);
    meter.begin(WorkStep::Read, inputs.iter().map(|input| input.location.bytes()).sum());
    let job = Ingest {
        inputs,
        rules,
        zone,
        threads,
        batch_bytes: BATCH_BYTES,
        resolver: None,
        stop,
        meter,
        today: Day::MAX,
    };
    Ok(ingest(job, store).await?)
}
