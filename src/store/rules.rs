//! Remembers the rules by which lines were counted.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use super::connection::Store;
use super::error::StoreError;

/// The rules by which lines are counted: the text of each by the name of its section in the config.
pub type CountingRules = BTreeMap<String, String>;

impl Store {
    /// Returns the rules under which the store's lines were counted. `None` if none are remembered.
    pub fn counting_rules(&self) -> Result<Option<CountingRules>, StoreError> {
        let query = "SELECT value FROM meta WHERE name = 'rules'";
        let found = self.connection.query_row(query, [], |row| row.get::<_, String>(0)).optional();
        let text = found.map_err(|error| self.error(error))?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Remembers rules.
    pub fn set_counting_rules(&mut self, rules: &CountingRules) -> Result<(), StoreError> {
        put_rules(&self.connection, rules).map_err(|error| self.error(error))
    }
}

pub(super) fn put_rules(connection: &Connection, rules: &CountingRules) -> rusqlite::Result<()> {
    let text = serde_json::to_string(rules).expect("a map of texts");
    let put = "INSERT OR REPLACE INTO meta VALUES ('rules', ?1)";
    connection.execute(put, [text]).map(drop)
}
