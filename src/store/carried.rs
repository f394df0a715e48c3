//! Stores counts that were carried over from before there were logs.

use rusqlite::{Row, TransactionBehavior};

use super::connection::Store;
use super::error::StoreError;
use super::integers::{signed, unsigned};
use super::schema::NEW_STATE;

/// A count from before there were logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The term's id.
    pub term: i64,
    pub family: String,
    pub pings: u64,
}

impl Store {
    /// Returns the carried counts of one term.
    pub fn carried_of(&self, term: i64) -> Result<Vec<Carried>, StoreError> {
        self.rows("SELECT term, family, pings FROM carried WHERE term = ?1", [term], carried_row)
    }

    /// Returns all carried counts.
    pub fn carried(&self) -> Result<Vec<Carried>, StoreError> {
        self.rows("SELECT term, family, pings FROM carried", [], carried_row)
    }

    /// Stores carried counts: term, family, pings. A number replaces an earlier one of the same term and family. Either
    /// all are stored or none.
    pub fn carry(&mut self, rows: &[(String, String, u64)]) -> Result<(), StoreError> {
        let result = self.write_carried(rows);
        if result.is_err() {
            self.ids = Default::default();
        }
        result.map_err(|error| self.error(error))
    }

    fn write_carried(&mut self, rows: &[(String, String, u64)]) -> rusqlite::Result<()> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut changed = 0;
        for (term, family, pings) in rows {
            let term = self.ids.terms.id(&transaction, term)?;
            let mut put = transaction.prepare_cached(
                "INSERT INTO carried VALUES (?1, ?2, ?3)
                 ON CONFLICT DO UPDATE SET pings = excluded.pings WHERE pings != excluded.pings",
            )?;
            changed += put.execute((term, family, signed(*pings)))?;
        }
        if changed > 0 {
            transaction.execute_batch(NEW_STATE)?;
        }
        transaction.commit()
    }
}

fn carried_row(row: &Row<'_>) -> rusqlite::Result<Carried> {
    Ok(Carried { term: row.get(0)?, family: row.get(1)?, pings: unsigned(row.get(2)?) })
}
