//! Copies a store, and checks that it is whole.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rusqlite::Connection;

use super::connection::Store;
use super::error::StoreError;

/// The most problems of a damaged file that are named.
const PROBLEMS_MAX: usize = 10;

impl Store {
    /// Writes a copy of the store to `path`, in the place of an older copy. It has one moment's state, even if a run writes
    /// to the store meanwhile, and no unused pages. Fails if the file at `path` is no guestbook store.
    pub fn back_up(&self, path: &Path) -> Result<(), StoreError> {
        let failed = |error| StoreError::Backup { path: path.to_owned(), error };
        if path.exists() {
            if fs::canonicalize(path).ok() == fs::canonicalize(self.path()).ok() {
                let error = io::Error::other("that is the store itself");
                return Err(failed(error));
            }
            if path.is_dir() {
                return Err(failed(io::Error::other("that is a folder: name a file")));
            }
            close_store(path).map_err(failed)?;
        }
        let new = path.with_added_extension("new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let copy = || -> rusqlite::Result<()> {
            self.connection.execute("VACUUM INTO ?1", [new.to_string_lossy()])?;
            let copy = Connection::open(&new)?;
            copy.pragma_update(None, "journal_mode", "WAL")
        };
        copy().map_err(|error| self.error(error).at(&new))?;
        let finish = || -> io::Result<()> {
            File::open(&new)?.sync_all()?;
            fs::rename(&new, path)
        };
        finish().map_err(failed)
    }

    /// Returns what is wrong with the store: damage of the file, numbers without a text, and days whose requests are not as
    /// many as were counted. Empty if all is well.
    pub fn problems(&self) -> Result<Vec<String>, StoreError> {
        let mut problems: Vec<String> =
            self.rows(&format!("PRAGMA integrity_check({PROBLEMS_MAX})"), [], |row| row.get(0))?;
        problems.retain(|problem| problem != "ok");
        if !problems.is_empty() {
            return Ok(problems); // Of a damaged file, nothing else is certain.
        }
        let query =
            "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2";
        problems.extend(self.rows(query, [], |row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(format!("{} rows of {table} have no {parent}", row.get::<_, i64>(2)?))
        })?);
        // Requests without a user agent (0) are in the table too, and are no agent's.
        let query = "SELECT date(coverage.day * 86400, 'unixepoch'), agents, coalesce(sum(requests), 0) AS stored
             FROM coverage LEFT JOIN pings ON pings.day = coverage.day AND user_agent != 0
             GROUP BY coverage.day HAVING agents != stored OR people + stored > lines LIMIT ?1";
        problems.extend(self.rows(query, [PROBLEMS_MAX as i64], |row| {
            let (agents, stored): (i64, i64) = (row.get(1)?, row.get(2)?);
            let day: String = row.get(0)?;
            Ok(format!("{day} has {stored} requests of agents in pings, but {agents} in coverage"))
        })?);
        Ok(problems)
    }
}

/// Writes what is beside an older copy into it, so that nothing of it is left once it is replaced. Fails if the file is no
/// store, or if another process uses it.
fn close_store(path: &Path) -> io::Result<()> {
    Store::open_in_any_zone(path).map_err(|_| {
        io::Error::other("there is a file that is no guestbook store: name another")
    })?;
    let close = || -> rusqlite::Result<String> {
        let connection = Connection::open(path)?;
        connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))
    };
    match close() {
        Ok(mode) if mode == "delete" => Ok(()),
        Ok(_) => Err(io::Error::other("another process uses the store there")),
        Err(error) => Err(io::Error::other(error)),
    }
}
