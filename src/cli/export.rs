//! Exports the facts of the store.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};

use anyhow::{Context, bail};

use crate::config::Settings;
use crate::export::{ExportFormat, export as export_table};
use crate::meter::{Meter, WorkStep};
use crate::store::Store;

use super::args::ExportArgs;
use super::exit::ExitStatus;
use super::messages::Messages;
use super::progress::with_progress;

/// Writes one table of the store, with names in place of numbers.
pub(super) fn export(
    settings: &Settings,
    args: &ExportArgs,
    messages: Messages,
    out: &mut impl Write,
) -> anyhow::Result<ExitStatus> {
    let file = args.output.as_ref().filter(|path| path.as_os_str() != "-");
    let is_text = matches!(args.format, ExportFormat::Csv | ExportFormat::Ndjson);
    if !is_text && file.is_none() && std::io::stdout().is_terminal() {
        bail!("a terminal can't show Parquet: name a file with -o");
    }
    let store = Store::open_read_only(&settings.store_path(), &settings.config.site.timezone)?;
    let namer = &settings.rules.namer;
    match file {
        Some(path) => {
            let failed = || format!("can't write {}", path.display());
            let file = File::create(path).with_context(failed)?;
            with_progress(messages, |meter| {
                meter.begin(WorkStep::Export, 0);
                let mut out = BufWriter::new(Metered { file, meter });
                export_table(&store, namer, args.table, args.format, &mut out)?;
                anyhow::Ok(out.flush()?)
            })
            .with_context(failed)?;
        }
        None => export_table(&store, namer, args.table, args.format, out)?,
    }
    Ok(ExitStatus::Success)
}

/// A file that counts what is written to it.
struct Metered<'m> {
    file: File,
    meter: &'m Meter,
}

impl Write for Metered<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.meter.add_done(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
