//! Writes which agent each user agent belongs to, for people who query the store with SQL.

use rusqlite::{OptionalExtension, TransactionBehavior, params};

use crate::agents::{Kind, Namer};
use crate::parallel::map_chunks;

use super::connection::Store;
use super::error::StoreError;

/// Naming fewer user agents does not pay for a thread.
const NAMED_PER_THREAD_MIN: usize = 200;

impl Store {
    /// Updates the table `agent_of`. `catalogue` identifies the catalogue in force: if it differs from the last one,
    /// all user agents are named again, otherwise only the new ones.
    pub fn write_agent_of(&mut self, namer: &Namer, catalogue: &str) -> Result<(), StoreError> {
        let written = self.try_write_agent_of(namer, catalogue);
        written.map_err(|error| self.error(error))
    }

    fn try_write_agent_of(&mut self, namer: &Namer, catalogue: &str) -> rusqlite::Result<()> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let query = "SELECT value FROM meta WHERE name = 'agent_of'";
        let last: Option<String> = transaction.query_row(query, [], |row| row.get(0)).optional()?;
        if last.as_deref() != Some(catalogue) {
            transaction.execute("DELETE FROM agent_of", [])?;
            let put = "INSERT OR REPLACE INTO meta VALUES ('agent_of', ?1)";
            transaction.execute(put, [catalogue])?;
        }
        // Ids only grow, so new user agents have ids above the last one's.
        let new: Vec<(i64, String)> = transaction
            .prepare(
                "SELECT id, text FROM user_agent
                 WHERE id > (SELECT coalesce(max(user_agent), -1) FROM agent_of)",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let named = map_chunks(&new, NAMED_PER_THREAD_MIN, |chunk| {
            chunk.iter().map(|(id, text)| (id, namer.name(text))).collect::<Vec<_>>()
        });
        {
            let mut add =
                transaction.prepare("INSERT INTO agent_of VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for (id, verdict) in named.into_iter().flatten() {
                let agent = verdict.agent.filter(|_| verdict.kind == Kind::Agent);
                let purpose = verdict.purpose.map(|purpose| purpose.to_string());
                add.execute(params![id, agent, verdict.family, verdict.operator, purpose])?;
            }
        }
        transaction.commit()
    }
}
