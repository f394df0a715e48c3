//! Imports counts from before there were logs.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use crate::config::Settings;
use crate::import::{carry, read_carried};
use crate::render::counted;
use crate::store::Store;

use super::args::ImportArgs;
use super::exit::ExitStatus;
use super::messages::Messages;

/// Imports the counts of a CSV file, or those of a report of GoAccess.
pub(super) fn import(
    settings: &Settings,
    args: &ImportArgs,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let mut store = Store::open_or_create(&settings.store_path(), &settings.config.site.timezone)?;
    let _lock = store.lock(args.wait.duration())?;
    let catalogue = settings.rules.terms.catalogue();
    let rows = read_carried(Path::new(&args.file), &settings.rules.terms)
        .and_then(|rows| carry(&mut store, catalogue, rows))
        .with_context(|| format!("can't import {}", args.file))?;
    let is_empty = rows.is_empty();
    if !messages.is_quiet() {
        let pings = rows.iter().map(|(_, _, pings)| pings).sum();
        let (rows, pings) = (counted(rows.len() as u64, "row"), counted(pings, "ping"));
        writeln!(out, "Imported {rows}: {pings} from before there were logs")?;
    }
    if is_empty {
        messages.warn("nothing was imported: the file has no count of a page that is a term");
        return Ok(ExitStatus::Partial);
    }
    Ok(ExitStatus::Success)
}
