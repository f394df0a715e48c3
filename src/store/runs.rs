//! Remembers what earlier runs did.

use rusqlite::Row;

use super::connection::Store;
use super::error::StoreError;
use super::integers::{signed, unsigned};

/// The most runs that are remembered: nearly three years of nights.
const RUNS_MAX: i64 = 1000;

/// A record of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunRow {
    /// The start, in seconds since the Unix epoch.
    pub started: i64,
    pub milliseconds: u64,
    /// `nightly`, `ingest` or `rebuild`.
    pub command: String,
    /// The program's version.
    pub version: String,
    pub exit_code: u8,
    /// The new lines that were read, and their bytes.
    pub lines: u64,
    pub bytes: u64,
    pub pings: u64,
    pub views: u64,
    pub other: u64,
    pub blank: u64,
    pub malformed: u64,
    /// The sources, as a JSON list.
    pub sources: String,
    /// The warnings, as a JSON list of texts.
    pub warnings: String,
}

impl Store {
    /// Adds a run, and forgets the oldest one if there are too many.
    pub fn add_run(&mut self, run: &RunRow) -> Result<(), StoreError> {
        let mut add = || -> rusqlite::Result<()> {
            let transaction = self.connection.transaction()?;
            transaction.execute(
                "INSERT INTO run (started, milliseconds, command, version, exit_code, lines, bytes, pings, views, other,
                                  blank, malformed, sources, warnings)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                (
                    run.started,
                    signed(run.milliseconds),
                    &run.command,
                    &run.version,
                    run.exit_code,
                    signed(run.lines),
                    signed(run.bytes),
                    signed(run.pings),
                    signed(run.views),
                    signed(run.other),
                    signed(run.blank),
                    signed(run.malformed),
                    &run.sources,
                    &run.warnings,
                ),
            )?;
            let oldest = "DELETE FROM run WHERE id <= (SELECT max(id) FROM run) - ?1";
            transaction.execute(oldest, [RUNS_MAX])?;
            transaction.commit()
        };
        add().map_err(|error| self.error(error))
    }

    /// Returns the last runs, the newest first.
    pub fn runs(&self, count: u32) -> Result<Vec<RunRow>, StoreError> {
        let query = "SELECT started, milliseconds, command, version, exit_code, lines, bytes, pings, views, other, blank,
                            malformed, sources, warnings
                     FROM run ORDER BY id DESC LIMIT ?1";
        self.rows(query, [count], run_row)
    }

    /// Returns when the last run without a problem started, in seconds since the Unix epoch.
    pub fn last_success(&self) -> Result<Option<i64>, StoreError> {
        let query = "SELECT max(started) FROM run WHERE exit_code = 0";
        Ok(self.rows(query, [], |row| row.get(0))?.into_iter().next().flatten())
    }
}

fn run_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let number = |at: usize| -> rusqlite::Result<u64> { Ok(unsigned(row.get(at)?)) };
    Ok(RunRow {
        started: row.get(0)?,
        milliseconds: number(1)?,
        command: row.get(2)?,
        version: row.get(3)?,
        exit_code: row.get(4)?,
        lines: number(5)?,
        bytes: number(6)?,
        pings: number(7)?,
        views: number(8)?,
        other: number(9)?,
        blank: number(10)?,
        malformed: number(11)?,
        sources: row.get(12)?,
        warnings: row.get(13)?,
    })
}
