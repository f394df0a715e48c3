//! Forgets and renames terms.

use rusqlite::{Connection, TransactionBehavior, params};

use crate::pages::OTHER_PAGE;

use super::connection::Store;
use super::error::StoreError;
use super::integers::unsigned;
use super::schema::NEW_STATE;

/// The counts that a change to a term has moved or deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangedTerm {
    /// Requests of agents, whatever their status.
    pub requests: u64,
    pub views: u64,
    /// Pings from before there were logs.
    pub carried: u64,
}

impl Store {
    /// Forgets a term, in one transaction. The requests of agents are kept as those for other pages; views and carried
    /// counts are deleted, since only terms have them. Returns `None` if there is no such term.
    pub fn forget_term(&mut self, term: &str) -> Result<Option<ChangedTerm>, StoreError> {
        self.change_term(term, |connection, id| {
            let find = "INSERT OR IGNORE INTO request_type (name) VALUES (?1)";
            connection.execute(find, [OTHER_PAGE])?;
            let query = "SELECT id FROM request_type WHERE name = ?1";
            let other_page: i64 = connection.query_row(query, [OTHER_PAGE], |row| row.get(0))?;
            move_pings(connection, id, 0, Some(other_page))?;
            delete_term(connection, id)
        })
    }

    /// Renames a term, in one transaction. If there is a term with the new name, the counts are added to it. Returns `None`
    /// if there is no such term.
    pub fn rename_term(
        &mut self,
        term: &str,
        name: &str,
    ) -> Result<Option<ChangedTerm>, StoreError> {
        let other = self.term_id(name)?;
        self.change_term(term, |connection, id| {
            let Some(other) = other.filter(|other| *other != id) else {
                let update = "UPDATE term SET name = ?2 WHERE id = ?1";
                return connection.execute(update, params![id, name]).map(drop);
            };
            move_pings(connection, id, other, None)?;
            connection.execute(
                "INSERT INTO views (day, term, came_from, views)
                 SELECT day, ?2, came_from, views FROM views WHERE term = ?1
                 ON CONFLICT DO UPDATE SET views = views + excluded.views",
                params![id, other],
            )?;
            connection.execute(
                "INSERT INTO carried (term, family, pings)
                 SELECT ?2, family, pings FROM carried WHERE term = ?1
                 ON CONFLICT DO UPDATE SET pings = pings + excluded.pings",
                params![id, other],
            )?;
            delete_term(connection, id)
        })
    }

    /// Changes a term in a transaction, and returns its counts before.
    fn change_term(
        &mut self,
        term: &str,
        change: impl FnOnce(&Connection, i64) -> rusqlite::Result<()>,
    ) -> Result<Option<ChangedTerm>, StoreError> {
        let Some(id) = self.term_id(term)? else { return Ok(None) };
        let changed = || -> rusqlite::Result<ChangedTerm> {
            let transaction =
                self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let sum = |query: &str| -> rusqlite::Result<u64> {
                transaction.query_row(query, [id], |row| row.get(0).map(unsigned))
            };
            let counts = ChangedTerm {
                requests: sum("SELECT coalesce(sum(requests), 0) FROM pings WHERE term = ?1")?,
                views: sum("SELECT coalesce(sum(views), 0) FROM views WHERE term = ?1")?,
                carried: sum("SELECT coalesce(sum(pings), 0) FROM carried WHERE term = ?1")?,
            };
            change(&transaction, id)?;
            transaction.execute_batch(NEW_STATE)?;
            transaction.commit()?;
            Ok(counts)
        };
        let result = changed();
        self.ids = Default::default(); // The ids of terms have changed.
        result.map(Some).map_err(|error| self.error(error))
    }
}

/// Deletes a term with all that is counted for it.
fn delete_term(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    for table in ["pings", "views", "carried"] {
        connection.execute(&format!("DELETE FROM {table} WHERE term = ?1"), [id])?;
    }
    connection.execute("DELETE FROM term WHERE id = ?1", [id]).map(drop)
}

/// Adds the pings of a term to those of another one, with another request type if one is given.
fn move_pings(
    connection: &Connection,
    from: i64,
    to: i64,
    request: Option<i64>,
) -> rusqlite::Result<()> {
    let insert = "INSERT INTO pings (day, term, user_agent, request, trust, status, requests, bytes, first_seen)
         SELECT day, ?2, user_agent, coalesce(?3, request), trust, status, requests, bytes, first_seen
         FROM pings WHERE term = ?1
         ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, bytes = bytes + excluded.bytes,
             first_seen = min(first_seen, excluded.first_seen)";
    connection.execute(insert, params![from, to, request]).map(drop)
}
