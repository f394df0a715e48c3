//! Keeps the lists of addresses that operators publish, each with its days.

use rusqlite::{Row, params};

use crate::classify::{ListVersion, Lists, Networks};
use crate::day::Day;

use super::Store;
use super::error::StoreError;
use super::schema::NEW_STATE;

/// A list as it was on some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptList {
    /// Where it is published.
    pub url: String,
    /// The day on which it was first seen so.
    pub first_day: Day,
    /// The day on which it was last seen so.
    pub last_day: Day,
    /// The server's tag of it, by which it tells that nothing changed (RFC 9110, 8.8.3).
    pub etag: Option<String>,
    /// When it was changed, as the server wrote it.
    pub last_modified: Option<String>,
    /// Its networks, one a line.
    pub networks: String,
}

impl Store {
    /// Every version of every list, in the order of URLs and days.
    pub fn ip_lists(&self) -> Result<Vec<KeptList>, StoreError> {
        let query = "SELECT url, first_day, last_day, etag, last_modified, networks FROM ip_list
                     ORDER BY url, first_day";
        self.rows(query, [], kept_list)
    }

    /// Adds every version of every list to those by which addresses are judged.
    pub fn add_ip_lists_to(&self, lists: &mut Lists) -> Result<(), StoreError> {
        for KeptList { url, first_day, networks, .. } in self.ip_lists()? {
            // What is kept could be read once; what another program wrote there may be anything.
            if let Ok(networks) = Networks::read(&networks) {
                lists.add(&url, ListVersion { from: first_day, networks });
            }
        }
        Ok(())
    }

    /// The day on which each list was last seen.
    pub fn ip_lists_seen(&self) -> Result<Vec<Day>, StoreError> {
        let query = "SELECT max(last_day) FROM ip_list GROUP BY url";
        self.rows(query, [], |row| Ok(Day::from_number(row.get(0)?)))
    }

    /// Keeps a version of a list, in the place of one of the same day.
    pub fn keep_ip_list(&mut self, list: &KeptList) -> Result<(), StoreError> {
        let KeptList { url, first_day, last_day, etag, last_modified, networks } = list;
        let (first_day, last_day) = (first_day.number(), last_day.number());
        let write = || -> rusqlite::Result<()> {
            let transaction = self.connection.unchecked_transaction()?;
            transaction.execute(
                "INSERT OR REPLACE INTO ip_list VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![url, first_day, last_day, etag, last_modified, networks],
            )?;
            transaction.execute_batch(NEW_STATE)?;
            transaction.commit()
        };
        write().map_err(|error| StoreError::from(error).at(self.path()))
    }
}

fn kept_list(row: &Row<'_>) -> rusqlite::Result<KeptList> {
    Ok(KeptList {
        url: row.get(0)?,
        first_day: Day::from_number(row.get(1)?),
        last_day: Day::from_number(row.get(2)?),
        etag: row.get(3)?,
        last_modified: row.get(4)?,
        networks: row.get(5)?,
    })
}
