//! Reads the terms, user agents and other texts of the store.

use rusqlite::OptionalExtension;

use super::connection::Store;
use super::error::StoreError;

impl Store {
    /// Returns all terms with their ids, by name.
    pub fn terms(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.texts("SELECT id, name FROM term WHERE id != 0 ORDER BY name")
    }

    /// Returns the id of a term.
    pub fn term_id(&self, term: &str) -> Result<Option<i64>, StoreError> {
        let query = "SELECT id FROM term WHERE name = ?1 AND id != 0";
        let found = self.connection.query_row(query, [term], |row| row.get(0)).optional();
        found.map_err(|error| self.error(error))
    }

    /// Returns all user agents with their ids.
    pub fn user_agents(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.texts("SELECT id, text FROM user_agent")
    }

    /// Returns the user agents with the given ids.
    pub fn user_agents_of(
        &self,
        ids: impl Iterator<Item = i64>,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let mut ids: Vec<i64> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        let query = "SELECT id, text FROM user_agent WHERE id IN (SELECT value FROM json_each(?1))";
        let ids = serde_json::to_string(&ids).expect("numbers");
        self.rows(query, [ids], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// Returns all request types with their ids.
    pub fn request_types(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.texts("SELECT id, name FROM request_type")
    }

    /// Returns the sources that people come from, with their ids.
    pub fn came_from(&self) -> Result<Vec<(i64, String)>, StoreError> {
        self.texts("SELECT id, name FROM came_from")
    }

    fn texts(&self, query: &str) -> Result<Vec<(i64, String)>, StoreError> {
        self.rows(query, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}
