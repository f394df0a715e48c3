//! Keeps tallies and cursors in one SQLite file, in one transaction.

mod error;
mod ids;
mod ip_list;
mod read;
mod rows;
mod schema;
mod sort;
mod span;
mod write;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

pub use error::StoreError;
pub use ip_list::KeptList;
pub use read::{Carried, CoverageRow, KnownCursor, PingRow, Share, Snapshot, ViewRow};
pub use schema::SCHEMA_VERSION;
pub use write::{Commit, Labels};

/// How long to wait for another process that is just committing.
const BUSY: Duration = Duration::from_secs(10);

/// What SQLite may keep in memory of a store that is written to: spans come in order, and none comes twice.
const CACHE_KIB: i64 = 1000;

/// The store: all that the guestbook remembers.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    known: write::Known,
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
        store.wait_less().map_err(|error| StoreError::from(error).at(path))?;
        Ok(store)
    }

    /// With a write-ahead log, what is lost where the power fails is a step with its cursor, which is read
    /// again, so that no commit need wait for the disk. Without one, the store might be broken.
    fn wait_less(&self) -> rusqlite::Result<()> {
        let journal = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        match &*self.connection.pragma_query_value(None, "journal_mode", journal)? {
            "wal" => self.connection.pragma_update(None, "synchronous", "NORMAL"),
            _ => Ok(()),
        }
    }

    /// Opens the store at `path`, which must be there, to read from it: nothing is written, and neither
    /// the store nor its folder need be writable.
    pub fn open(path: &Path, timezone: &str) -> Result<Store, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing(path.into()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let shared = Connection::open_with_flags(path, flags);
        match shared.map_err(StoreError::from).and_then(|c| Store::checked(c, path, timezone)) {
            Err(StoreError::Sqlite { error, .. }) if needs_writing(&error) && is_quiet(path) => {
                // Where SQLite may not keep the file by which its users share a store, a store that
                // nobody writes to can be read as it stands.
                let uri = format!("file:{}?immutable=1", uri_path(path));
                let flags = flags | OpenFlags::SQLITE_OPEN_URI;
                let alone = Connection::open_with_flags(uri, flags).map_err(StoreError::from);
                alone.and_then(|connection| Store::checked(connection, path, timezone))
            }
            result => result,
        }
        .map_err(|error| error.at(path))
    }

    fn checked(connection: Connection, path: &Path, timezone: &str) -> Result<Store, StoreError> {
        connection.busy_timeout(BUSY)?;
        schema::check(&connection, timezone)?;
        Ok(Store { connection, path: path.into(), known: write::Known::default() })
    }

    fn connect(path: &Path) -> Result<Store, StoreError> {
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
            Ok(connection)
        };
        let connection = open().map_err(|error| StoreError::from(error).at(path))?;
        Ok(Store { connection, path: path.into(), known: write::Known::default() })
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

fn needs_writing(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied))
}

/// Whether no process has the store open, or left something in its write-ahead log.
fn is_quiet(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    std::fs::metadata(wal).map_or(true, |meta| meta.len() == 0)
}

/// The path as it stands in a URI (sqlite.org, uri.html).
fn uri_path(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let text = absolute.to_string_lossy();
    text.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}
