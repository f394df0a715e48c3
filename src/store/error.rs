//! Errors of the store, with what to do about each.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

/// An error of the store.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("there is no store at {}: run `guestbook ingest` first", .0.display())]
    Missing(PathBuf),
    #[error(
        "the store {} has schema {found}, which a newer guestbook wrote (this one knows {known}): \
         update guestbook, or name another file under [store] path",
        .path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error(
        "the store {} has schema {found} of an older guestbook (this one writes {known}): name a new file under \
         [store] path and read the logs again with `guestbook ingest`, which also imports the counts of \
         [terms] pre_tracking",
        .path.display()
    )]
    Older { path: PathBuf, found: i64, known: i64 },
    #[error("{} is not a guestbook store: name another file under [store] path", .0.display())]
    Foreign(PathBuf),
    #[error(
        "the store {} uses the time zone {stored}, but the config says {asked}: set [site] timezone = {stored:?}, or \
         read the logs again in the new one with `guestbook rebuild`",
        .path.display()
    )]
    Timezone { path: PathBuf, stored: String, asked: String },
    #[error("another guestbook is writing to {} ({holder}){}", .store.display(), wait_advice(*.wait))]
    Busy {
        store: PathBuf,
        /// The process that has the lock, and since when.
        holder: String,
        /// The time that was waited.
        wait: Duration,
    },
    #[error("can't write {}: {error}", .path.display())]
    Backup { path: PathBuf, error: io::Error },
    #[error("can't create {}: {error}", .path.display())]
    Lock { path: PathBuf, error: io::Error },
    #[error("the store {}: {error}{}", .path.display(), advice(.error))]
    Sqlite { path: PathBuf, error: rusqlite::Error },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { path: PathBuf::new(), error }
    }
}

impl StoreError {
    /// Sets the path of the store.
    pub(super) fn at(self, path: &Path) -> StoreError {
        let path = path.to_owned();
        match self {
            StoreError::Sqlite { error, .. }
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) =>
            {
                StoreError::Foreign(path)
            }
            StoreError::Sqlite { error, .. } => StoreError::Sqlite { path, error },
            StoreError::Newer { found, known, .. } => StoreError::Newer { path, found, known },
            StoreError::Older { found, known, .. } => StoreError::Older { path, found, known },
            StoreError::Foreign(_) => StoreError::Foreign(path),
            StoreError::Timezone { stored, asked, .. } => {
                StoreError::Timezone { path, stored, asked }
            }
            other => other,
        }
    }
}

/// Returns what to do about a store that another process has locked.
fn wait_advice(waited: Duration) -> String {
    match waited.as_secs() {
        0 => ": wait until it is done, or use --wait SECONDS".into(),
        seconds => format!(", still after {seconds} s"),
    }
}

/// Returns what to do about the errors that a user can fix.
fn advice(error: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly};
    match error.sqlite_error_code() {
        Some(CannotOpen | ReadOnly) => {
            "; the file and its folder must be writable by this user, or name another under [store] path"
        }
        Some(DiskFull) => "; free some disk space",
        _ => "",
    }
}
