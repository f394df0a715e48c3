//! Remembers the objects of buckets that were read, so that those without changes are not downloaded again.

use rusqlite::params;

use crate::bucket::Object;
use crate::day::Day;
use crate::interner::Map;

use super::connection::Store;
use super::error::StoreError;
use super::integers::{signed, unsigned};

/// An object that was not listed for this many days is forgotten.
const UNSEEN_DAYS_MAX: i32 = 366;

/// The size and the entity tag that objects had when they were read, by their URLs.
pub type ReadObjects = Map<String, (u64, String)>;

impl Store {
    /// Returns the objects that were read to their end.
    pub fn read_objects(&self) -> Result<ReadObjects, StoreError> {
        let query = "SELECT url, size, etag FROM object";
        let rows =
            self.rows(query, [], |row| Ok((row.get(0)?, (unsigned(row.get(1)?), row.get(2)?))))?;
        Ok(rows.into_iter().collect())
    }

    /// Remembers objects that were read to their end, and those that were listed and have not changed since.
    pub fn remember_objects<'o>(
        &mut self,
        objects: impl Iterator<Item = &'o Object>,
        today: Day,
    ) -> Result<(), StoreError> {
        let write = || -> rusqlite::Result<()> {
            let transaction = self.connection.unchecked_transaction()?;
            let mut put = transaction
                .prepare_cached("INSERT OR REPLACE INTO object VALUES (?1, ?2, ?3, ?4)")?;
            for Object { url, size, etag } in objects {
                if let (Some(size), Some(etag)) = (size, etag) {
                    put.execute(params![url, signed(*size), etag, today.number()])?;
                }
            }
            drop(put);
            let first = today.number() - UNSEEN_DAYS_MAX;
            transaction.execute("DELETE FROM object WHERE seen < ?1", [first])?;
            transaction.commit()
        };
        write().map_err(|error| self.error(error))
    }
}
