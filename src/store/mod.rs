//! Keeps tallies and cursors in one SQLite file, in one transaction.

mod error;
mod read;
mod schema;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

pub use error::StoreError;
pub use read::{Carried, CoverageRow, KnownCursor, PingRow, Span, Stored, ViewRow};
pub use schema::SCHEMA_VERSION;
pub use write::{Commit, Labels};

/// The store: all that the guestbook remembers.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

/// Held by the one process that reads logs into a store. The system lets go of it when the process
/// ends, however it ends.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
}

impl Store {
    /// Opens the store at `path`, and makes a new one where there is none.
    ///
    /// `timezone` is the site's: a store's days are civil days of one zone, for ever.
    pub fn create(path: &Path, timezone: &str) -> Result<Store, StoreError> {
        let store = Store::connect(path)?;
        schema::create(&store.connection, timezone).map_err(|error| error.at(path))?;
        Ok(store)
    }

    /// Opens the store at `path`, which must be there.
    pub fn open(path: &Path, timezone: &str) -> Result<Store, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing(path.into()));
        }
        Store::create(path, timezone)
    }

    fn connect(path: &Path) -> Result<Store, StoreError> {
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(path)?;
            connection.busy_timeout(std::time::Duration::from_secs(10))?;
            Ok(connection)
        };
        let connection = open().map_err(|error| StoreError::from(error).at(path))?;
        Ok(Store { connection, path: path.into() })
    }

    /// Where the store is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the right to read logs into the store. Fails while another process has it.
    pub fn lock(&self) -> Result<WriteLock, StoreError> {
        let mut name = self.path.clone().into_os_string();
        name.push(".lock");
        let path = PathBuf::from(name);
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|error| StoreError::Lock { path: path.clone(), error })?;
        match file.try_lock() {
            Ok(()) => Ok(WriteLock { _file: file }),
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Busy(self.path.clone())),
            Err(std::fs::TryLockError::Error(error)) => Err(StoreError::Lock { path, error }),
        }
    }
}
