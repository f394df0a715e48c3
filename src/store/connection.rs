//! Opens the store, for writing by one process and for reading by any number.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Params, Row, Transaction};

use super::error::StoreError;
use super::schema;
use super::source_counts::SourceCounts;
use super::text_ids::StoreIds;
use super::write_lock::{self, WriteLock};

/// The longest wait for another process that is committing.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The size of SQLite's page cache while a store is written to. Rows are written in the order of their key, so few
/// pages are in use.
const CACHE_KIB: i64 = 4000;

/// The most attempts to open all readers without a commit in between.
const READER_TRIES_MAX: usize = 20;

/// The store.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    path: PathBuf,
    timezone: String,
    pub(super) ids: StoreIds,
    /// The counts of each source, if they are kept apart.
    pub(super) sources: Option<SourceCounts>,
}

/// A read transaction: while it is held, other connections' commits are not visible.
#[derive(Debug)]
pub struct Snapshot<'s> {
    _transaction: Transaction<'s>,
}

impl Store {
    /// Opens the store at `path` for writing, and creates it if there is none.
    ///
    /// `timezone` is the site's. A store never changes its time zone.
    pub fn open_or_create(path: &Path, timezone: &str) -> Result<Store, StoreError> {
        let open = || -> Result<Connection, StoreError> {
            let connection = Connection::open(path)?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
            // Ids are looked up before they are written. Checking them again takes a quarter of the time of a commit.
            connection.pragma_update(None, "foreign_keys", false)?;
            schema::create(&connection, timezone)?;
            // With a write-ahead log, a power failure loses the last batches with their cursors, and they are read
            // again. Without one the store could be damaged.
            let mode = |row: &Row<'_>| row.get::<_, String>(0);
            if connection.pragma_query_value(None, "journal_mode", mode)? == "wal" {
                connection.pragma_update(None, "synchronous", "NORMAL")?;
            }
            Ok(connection)
        };
        let connection = open().map_err(|error| error.at(path))?;
        Ok(Store::new(connection, path, timezone))
    }

    /// Opens the store at `path` for writing. Fails if there is none.
    pub fn open_existing(path: &Path, timezone: &str) -> Result<Store, StoreError> {
        Store::open_read_only(path, timezone)?; // Creates none.
        Store::open_or_create(path, timezone)
    }

    /// Opens the store at `path` for reading. Neither the store nor its folder need to be writable.
    pub fn open_read_only(path: &Path, timezone: &str) -> Result<Store, StoreError> {
        Store::open_for_reading(path, Some(timezone))
    }

    /// Opens the store at `path` for reading, whatever its time zone is.
    pub fn open_in_any_zone(path: &Path) -> Result<Store, StoreError> {
        Store::open_for_reading(path, None)
    }

    fn open_for_reading(path: &Path, timezone: Option<&str>) -> Result<Store, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing(path.into()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = |connection: rusqlite::Result<Connection>| -> Result<Store, StoreError> {
            let connection = connection?;
            connection.busy_timeout(BUSY_TIMEOUT)?;
            let stored = schema::check(&connection, timezone)?;
            Ok(Store::new(connection, path, &stored))
        };
        match open(Connection::open_with_flags(path, flags)) {
            Err(StoreError::Sqlite { error, .. }) if needs_writing(&error) && is_idle(path) => {
                // If SQLite can't create its shared-memory file, a store that nobody writes to can be read without it.
                let uri = format!("file:{}?immutable=1", uri_path(path));
                open(Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI))
            }
            result => result,
        }
        .map_err(|error| error.at(path))
    }

    /// Removes the store at `path` with all files beside it, as far as they are there.
    pub fn remove(path: &Path) {
        let lock = path.with_added_extension(write_lock::EXTENSION);
        let files = [path.to_owned(), sqlite_file(path, "-wal"), sqlite_file(path, "-shm"), lock];
        files.iter().for_each(|file| drop(std::fs::remove_file(file)));
    }

    fn new(connection: Connection, path: &Path, timezone: &str) -> Store {
        let (path, timezone) = (path.to_owned(), timezone.to_owned());
        Store { connection, path, timezone, ids: StoreIds::default(), sources: None }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the time zone of the store's days.
    pub fn timezone(&self) -> &str {
        &self.timezone
    }

    /// Acquires the lock of the store at `path`, which may be in another time zone or of another version. See
    /// [`Store::lock`].
    pub fn lock_path(path: &Path, wait: Duration) -> Result<WriteLock, StoreError> {
        WriteLock::acquire(path, wait)
    }

    /// Acquires the lock for writing to the store. Waits up to `wait` while another process has it, and then fails.
    pub fn lock(&self, wait: Duration) -> Result<WriteLock, StoreError> {
        WriteLock::acquire(&self.path, wait)
    }

    /// Begins a read transaction.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        let transaction = self.connection.unchecked_transaction();
        Ok(Snapshot { _transaction: transaction.map_err(|error| self.error(error))? })
    }

    /// Opens up to `count` readers that all see the same state of the store, one for each thread.
    pub fn readers(&self, count: usize) -> Result<Vec<Store>, StoreError> {
        let reader = || -> Result<(Store, String), StoreError> {
            let reader = Store::open_read_only(&self.path, &self.timezone)?;
            let result = reader.connection.execute_batch("BEGIN");
            result.map_err(|error| reader.error(error))?;
            let state = reader.state()?;
            Ok((reader, state))
        };
        for _ in 0..READER_TRIES_MAX {
            let readers = (0..count.max(1)).map(|_| reader()).collect::<Result<Vec<_>, _>>()?;
            if readers.windows(2).all(|two| two[0].1 == two[1].1) {
                return Ok(readers.into_iter().map(|(reader, _)| reader).collect());
            }
        }
        Ok(vec![reader()?.0])
    }

    /// Returns a text that differs after each change to the store.
    pub fn state(&self) -> Result<String, StoreError> {
        let query = "SELECT value FROM meta WHERE name = 'state'";
        self.connection.query_row(query, [], |row| row.get(0)).map_err(|error| self.error(error))
    }

    /// Returns whether reverse DNS was ever used for this store.
    pub fn has_asked_dns(&self) -> Result<bool, StoreError> {
        let query = "SELECT EXISTS (SELECT 1 FROM meta WHERE name = 'dns_asked')";
        self.connection.query_row(query, [], |row| row.get(0)).map_err(|error| self.error(error))
    }

    /// Records that reverse DNS is used.
    pub fn set_dns_asked(&mut self) -> Result<(), StoreError> {
        let insert = "INSERT OR IGNORE INTO meta VALUES ('dns_asked', 'yes')";
        self.connection.execute(insert, []).map(drop).map_err(|error| self.error(error))
    }

    /// Runs a query and collects its rows.
    pub(super) fn rows<T>(
        &self,
        query: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let run = || -> rusqlite::Result<Vec<T>> {
            self.connection.prepare_cached(query)?.query_map(params, read)?.collect()
        };
        run().map_err(|error| self.error(error))
    }

    pub(super) fn error(&self, error: rusqlite::Error) -> StoreError {
        StoreError::from(error).at(&self.path)
    }
}

fn needs_writing(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied))
}

/// Returns whether no process has the store open or left anything in its write-ahead log.
fn is_idle(path: &Path) -> bool {
    std::fs::metadata(sqlite_file(path, "-wal")).map_or(true, |meta| meta.len() == 0)
}

/// Returns the path of a file that SQLite has beside a database.
fn sqlite_file(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Returns the path as part of a URI (https://sqlite.org/uri.html).
fn uri_path(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let text = absolute.to_string_lossy();
    text.replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}
