//! Keeps what a run did: in the store, and as figures for Prometheus.

use std::fmt::Write;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::config::Settings;
use crate::night::{Ingested, Notice};
use crate::pipeline::{Outcome, SourceSummary};
use crate::publish::replace;
use crate::store::{RunRow, Store};

use super::clock::Clock;
use super::exit::ExitStatus;
use super::messages::Messages;

/// The most sources of a run that are remembered.
const SOURCES_MAX: usize = 1000;

/// The version of the JSON of a run.
const RUN_SCHEMA: u32 = 1;

/// A run that has begun.
#[derive(Clone, Copy)]
pub(super) struct RunLog<'c> {
    clock: Clock<'c>,
    command: &'static str,
    started: Timestamp,
}

impl<'c> RunLog<'c> {
    pub(super) fn start(clock: Clock<'c>, command: &'static str) -> RunLog<'c> {
        RunLog { clock, command, started: clock.now() }
    }

    /// Writes what the run did to the store and to the file of `[metrics]`, and returns it. A run without `ingested` has failed
    /// before it read anything. What can't be written is a warning.
    pub(super) fn finish(
        self,
        settings: &Settings,
        ingested: Option<&Ingested>,
        status: ExitStatus,
        messages: Messages,
    ) -> RunRow {
        let row = self.row(ingested, status);
        let path = settings.store_path();
        let mut last_success = None;
        if path.exists() {
            let remember = || {
                let mut store = Store::open_or_create(&path, &settings.config.site.timezone)?;
                store.add_run(&row)?;
                store.last_success()
            };
            match remember() {
                Ok(last) => last_success = last,
                // A run that could not begin has told why.
                Err(_) if ingested.is_none() => {}
                Err(error) => messages.warn(&format!("this run is not remembered: {error}")),
            }
        }
        if let Some(file) = &settings.config.metrics.file {
            let path = settings.folder.join(file);
            let text = metrics(&row, last_success, ingested);
            if let Err(error) = replace(&path, text.as_bytes()) {
                messages.warn(&format!("[metrics] file: can't write {}: {error}", path.display()));
            }
        }
        row
    }

    fn row(&self, ingested: Option<&Ingested>, status: ExitStatus) -> RunRow {
        let took = self.clock.now().duration_since(self.started);
        let mut row = RunRow {
            started: self.started.as_second(),
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(0),
            command: self.command.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            exit_code: status.code(),
            sources: "[]".into(),
            warnings: "[]".into(),
            ..RunRow::default()
        };
        if let Some(Ingested { summary, notices, .. }) = ingested {
            let lines = &summary.lines;
            (row.lines, row.bytes) = (lines.lines, lines.bytes);
            (row.pings, row.views, row.other) = (lines.pings, lines.views, lines.other);
            (row.blank, row.malformed) = (lines.blank, lines.malformed_total());
            let changed = summary.sources.iter().filter(|source| {
                source.lines.lines > 0 || !matches!(source.outcome, Outcome::NothingNew)
            });
            let sources = changed.take(SOURCES_MAX).map(source_value).collect();
            row.sources = Value::Array(sources).to_string();
            let warnings = notices.iter().filter(|notice| notice.is_warning());
            let warnings: Vec<String> = warnings.map(Notice::to_string).collect();
            row.warnings = json!(warnings).to_string();
        }
        row
    }
}

fn source_value(source: &SourceSummary) -> Value {
    let outcome = match &source.outcome {
        Outcome::Read => "read",
        Outcome::NothingNew => "nothing_new",
        Outcome::OlderCopy(_) => "older_copy",
        Outcome::TooFewLines => "too_few_lines",
        Outcome::Copy(_) => "copy",
        Outcome::Vanished => "vanished",
        Outcome::BeingWritten => "being_written",
        Outcome::Refused(_) => "refused",
        Outcome::Failed(_) => "failed",
    };
    let lines = &source.lines;
    json!({
        "name": source.name, "outcome": outcome, "format": source.format, "lines": lines.lines,
        "pings": lines.pings, "views": lines.views, "malformed": lines.malformed_total(),
    })
}

/// A run as `nightly --format json` and `runs --format json` write it.
#[derive(Serialize)]
pub(super) struct RunJson<'r> {
    schema: u32,
    command: &'r str,
    version: &'r str,
    /// The start in UTC, as in `2026-05-20T01:17:00Z`.
    started: String,
    seconds: f64,
    exit_code: u8,
    lines: u64,
    bytes: u64,
    pings: u64,
    views: u64,
    other: u64,
    blank: u64,
    malformed: u64,
    sources: Value,
    warnings: Value,
}

impl<'r> RunJson<'r> {
    pub(super) fn of(run: &'r RunRow) -> RunJson<'r> {
        let parsed = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        RunJson {
            schema: RUN_SCHEMA,
            command: &run.command,
            version: &run.version,
            started: Timestamp::from_second(run.started).unwrap_or_default().to_string(),
            seconds: run.milliseconds as f64 / 1000.0,
            exit_code: run.exit_code,
            lines: run.lines,
            bytes: run.bytes,
            pings: run.pings,
            views: run.views,
            other: run.other,
            blank: run.blank,
            malformed: run.malformed,
            sources: parsed(&run.sources),
            warnings: parsed(&run.warnings),
        }
    }
}

/// Returns the figures of a run in Prometheus' text format.
fn metrics(run: &RunRow, last_success: Option<i64>, ingested: Option<&Ingested>) -> String {
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, values: &[(&str, f64)]| {
        let _ = writeln!(text, "# HELP guestbook_{name} {help}\n# TYPE guestbook_{name} gauge");
        for (labels, value) in values {
            let _ = writeln!(text, "guestbook_{name}{labels} {value}");
        }
    };
    let (started, seconds) = (run.started as f64, run.milliseconds as f64 / 1000.0);
    gauge("last_run_timestamp_seconds", "When the last run started.", &[("", started)]);
    if let Some(last) = last_success {
        let help = "When the last run with exit code 0 started.";
        gauge("last_success_timestamp_seconds", help, &[("", last as f64)]);
    }
    gauge("last_run_duration_seconds", "How long the last run took.", &[("", seconds)]);
    let help = "The exit code of the last run: 0 done, 1 failed, 2 done in part or with a problem.";
    gauge("last_run_exit_code", help, &[("", f64::from(run.exit_code))]);
    gauge("last_run_read_bytes", "Bytes of new lines.", &[("", run.bytes as f64)]);
    let lines = [
        (r#"{kind="ping"}"#, run.pings as f64),
        (r#"{kind="view"}"#, run.views as f64),
        (r#"{kind="other"}"#, run.other as f64),
        (r#"{kind="blank"}"#, run.blank as f64),
        (r#"{kind="malformed"}"#, run.malformed as f64),
    ];
    gauge("last_run_lines", "New lines that were read, by kind.", &lines);
    if let Some(Ingested { summary, unmatched, notices, .. }) = ingested {
        let failed = (summary.failures() + unmatched) as f64;
        let all = summary.sources.len() as f64;
        let help = "Sources that were found, and those that failed or match nothing.";
        gauge(
            "last_run_sources",
            help,
            &[(r#"{state="found"}"#, all), (r#"{state="failed"}"#, failed)],
        );
        let warnings = notices.iter().filter(|notice| notice.is_warning()).count() as f64;
        gauge("last_run_warnings", "Warnings of the last run.", &[("", warnings)]);
    }
    text
}
