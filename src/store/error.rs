//! What can go wrong with the store, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why the store can't be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Nothing has been read in yet.
    #[error("there is no store at {}: run `guestbook ingest` first", .0.display())]
    Missing(PathBuf),
    /// A newer program wrote it.
    #[error(
        "the store {} has schema {found}, which a newer guestbook wrote (this one knows {known}): \
         update guestbook, or name another file under [store] path",
        .path.display()
    )]
    Newer {
        /// The store.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// An older program wrote it, and only who writes to it can change that.
    #[error(
        "the store {} was written by an older guestbook: run `guestbook ingest` once, which brings it up to \
         date",
        .0.display()
    )]
    Older(PathBuf),
    /// Some other program's file.
    #[error("{} is no guestbook store: name another file under [store] path", .0.display())]
    Foreign(PathBuf),
    /// Days of two time zones can't be mixed.
    #[error(
        "the store {} keeps days of {kept}, but config says {asked}: set [site] timezone = {kept:?}, or \
         start a new store under [store] path",
        .path.display()
    )]
    Timezone {
        /// The store.
        path: PathBuf,
        /// The zone it was begun with.
        kept: String,
        /// The zone that config names.
        asked: String,
    },
    /// Another process reads logs into it.
    #[error("another guestbook is reading logs into {}: wait until it is done", .0.display())]
    Busy(PathBuf),
    /// The lock file can't be made.
    #[error("can't make {}: {error}", .path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// SQLite could not do what was asked.
    #[error("the store {}: {error}{}", .path.display(), advice(.error))]
    Sqlite {
        /// The store.
        path: PathBuf,
        /// What SQLite says.
        error: rusqlite::Error,
    },
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { path: PathBuf::new(), error }
    }
}

impl StoreError {
    /// The same error, naming the store it came from.
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            StoreError::Sqlite { error, .. }
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) =>
            {
                StoreError::Foreign(path.into())
            }
            StoreError::Sqlite { error, .. } => StoreError::Sqlite { path: path.into(), error },
            StoreError::Newer { found, known, .. } => {
                StoreError::Newer { path: path.into(), found, known }
            }
            StoreError::Foreign(_) => StoreError::Foreign(path.into()),
            StoreError::Older(_) => StoreError::Older(path.into()),
            StoreError::Timezone { kept, asked, .. } => {
                StoreError::Timezone { path: path.into(), kept, asked }
            }
            other => other,
        }
    }
}

/// What to do about the errors that a user can mend.
fn advice(error: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, ReadOnly};
    match error.sqlite_error_code() {
        Some(CannotOpen | ReadOnly) => {
            "; the file and its folder must be writable by this user, or name another under [store] path"
        }
        Some(DiskFull) => "; make room on the disk",
        _ => "",
    }
}
