//! Stores the lists of addresses that operators publish, each with its days.

use rusqlite::{Connection, params};

use crate::day::Day;
use crate::trust::PublishedList;

use super::connection::Store;
use super::error::StoreError;
use super::schema::NEW_STATE;

impl Store {
    /// Returns every version of every list, in the order of URLs and days.
    pub fn ip_lists(&self) -> Result<Vec<PublishedList>, StoreError> {
        let query = "SELECT url, first_day, last_day, etag, last_modified, networks FROM ip_list
                     ORDER BY url, first_day";
        self.rows(query, [], |row| {
            Ok(PublishedList {
                url: row.get(0)?,
                first_day: Day::from_number(row.get(1)?),
                last_day: Day::from_number(row.get(2)?),
                etag: row.get(3)?,
                last_modified: row.get(4)?,
                networks: row.get(5)?,
            })
        })
    }

    /// Returns the day on which each list was last fetched.
    pub fn ip_list_days(&self) -> Result<Vec<Day>, StoreError> {
        let query = "SELECT max(last_day) FROM ip_list GROUP BY url";
        self.rows(query, [], |row| Ok(Day::from_number(row.get(0)?)))
    }

    /// Stores a version of a list. Replaces a version of the same day.
    pub fn put_ip_list(&mut self, list: &PublishedList) -> Result<(), StoreError> {
        let write = || -> rusqlite::Result<()> {
            let transaction = self.connection.unchecked_transaction()?;
            put_list(&transaction, "INSERT OR REPLACE", list)?;
            transaction.execute_batch(NEW_STATE)?;
            transaction.commit()
        };
        write().map_err(|error| self.error(error))
    }
}

/// Writes a version of a list, by a statement that inserts.
pub(super) fn put_list(
    connection: &Connection,
    insert: &str,
    list: &PublishedList,
) -> rusqlite::Result<()> {
    let PublishedList { url, first_day, last_day, etag, last_modified, networks } = list;
    let (first_day, last_day) = (first_day.number(), last_day.number());
    connection.execute(
        &format!("{insert} INTO ip_list VALUES (?1, ?2, ?3, ?4, ?5, ?6)"),
        params![url, first_day, last_day, etag, last_modified, networks],
    )?;
    Ok(())
}
