//! Shows what the last runs did.

use std::io::Write;

use jiff::Timestamp;

use crate::config::Settings;
use crate::render::{Align, count, json_line, printable, table};
use crate::store::{RunRow, Store};

use super::args::{ListFormat, RunsArgs};
use super::exit::ExitStatus;
use super::run_log::RunJson;

/// Writes the last runs, the newest first.
pub(super) fn runs(
    settings: &Settings,
    args: &RunsArgs,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let store = Store::open_in_any_zone(&settings.store_path())?;
    let runs = store.runs(args.last)?;
    if args.format == ListFormat::Json {
        for run in &runs {
            out.write_all(&json_line(&RunJson::of(run)))?;
        }
        return Ok(ExitStatus::Success);
    }
    let header = [
        "STARTED",
        "COMMAND",
        "SECONDS",
        "LINES",
        "PINGS",
        "VIEWS",
        "MALFORMED",
        "EXIT",
        "WARNINGS",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(runs.iter().map(|run| row(settings, run)));
    let mut columns = [Align::Right; 9];
    (columns[0], columns[1], columns[8]) = (Align::Left, Align::Left, Align::Left);
    out.write_all(table(&columns, &rows).as_bytes())?;
    Ok(ExitStatus::Success)
}

fn row(settings: &Settings, run: &RunRow) -> Vec<String> {
    let started = Timestamp::from_second(run.started).unwrap_or_default();
    let started = settings.zone.to_datetime(started).strftime("%Y-%m-%d %H:%M").to_string();
    let warnings: Vec<String> = serde_json::from_str(&run.warnings).unwrap_or_default();
    // A line each: the first warning, and how many more there are.
    let warning = match warnings.as_slice() {
        [] => String::new(),
        [one] => printable(one).into_owned(),
        [first, others @ ..] => format!("{} and {} more", printable(first), others.len()),
    };
    vec![
        started,
        run.command.clone(),
        format!("{:.1}", run.milliseconds as f64 / 1000.0),
        count(run.lines),
        count(run.pings),
        count(run.views),
        count(run.malformed),
        run.exit_code.to_string(),
        warning,
    ]
}
