//! Writes one stream's tally and its cursor, both or neither.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::names::Names;
use crate::source::Cursor;
use crate::tally::{Coverage, Tally};

use super::Store;
use super::error::StoreError;

/// The texts behind the small numbers that a tally uses.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// Request types, by number.
    pub request_types: &'a [String],
    /// Where people come from, by number.
    pub came_from: &'a [String],
}

/// One step of reading a stream.
#[derive(Debug)]
pub struct Commit<'a> {
    /// What was counted.
    pub tally: &'a Tally,
    /// The texts behind its numbers.
    pub labels: Labels<'a>,
    /// The stored cursor that the step went on from; `None` for a new stream.
    pub previous: Option<i64>,
    /// Where the step stopped.
    pub cursor: &'a Cursor,
    /// The format that was found.
    pub format: Option<&'a str>,
    /// Where the stream was met.
    pub name: &'a str,
}

impl Store {
    /// Adds a tally and moves its stream's cursor, in one transaction. Returns the cursor's id.
    pub fn commit(&mut self, commit: &Commit<'_>) -> Result<i64, StoreError> {
        let path = self.path.clone();
        write(&mut self.connection, commit).map_err(|error| StoreError::from(error).at(&path))
    }

    /// Sets counts carried over from before there were logs: (term, family, pings), where a number
    /// replaces an earlier one for the same term and family. All or none are taken.
    pub fn carry(&mut self, rows: &[(String, String, u64)]) -> Result<(), StoreError> {
        let path = self.path.clone();
        carry(&mut self.connection, rows).map_err(|error| StoreError::from(error).at(&path))
    }
}

fn write(connection: &mut Connection, commit: &Commit<'_>) -> rusqlite::Result<i64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tally = commit.tally;
    let terms = ids(&transaction, "term", "name", tally.terms.iter())?;
    let user_agents = ids(&transaction, "user_agent", "text", tally.user_agents.iter())?;
    let labels = commit.labels;
    let requests =
        ids(&transaction, "request_type", "name", labels.request_types.iter().map(|s| &**s))?;
    let came_from = ids(&transaction, "came_from", "name", labels.came_from.iter().map(|s| &**s))?;
    write_pings(&transaction, tally, &terms, &user_agents, &requests)?;
    write_views(&transaction, tally, &terms, &came_from)?;
    write_coverage(&transaction, tally)?;
    let id = write_cursor(&transaction, commit)?;
    transaction.commit()?;
    Ok(id)
}

/// The ids of texts, by number; new texts get new ids.
fn ids<'t>(
    transaction: &Transaction<'_>,
    table: &str,
    column: &str,
    texts: impl Iterator<Item = &'t str>,
) -> rusqlite::Result<Vec<i64>> {
    let mut find =
        transaction.prepare_cached(&format!("SELECT id FROM {table} WHERE {column} = ?1"))?;
    let mut add =
        transaction.prepare_cached(&format!("INSERT INTO {table} ({column}) VALUES (?1)"))?;
    texts
        .map(|text| match find.query_row([text], |row| row.get(0)) {
            Err(rusqlite::Error::QueryReturnedNoRows) => add.insert([text]),
            found => found,
        })
        .collect()
}

fn write_pings(
    transaction: &Transaction<'_>,
    tally: &Tally,
    terms: &[i64],
    user_agents: &[i64],
    requests: &[i64],
) -> rusqlite::Result<()> {
    let mut rows: Vec<([i64; 6], [i64; 3])> = tally
        .counts
        .pings
        .iter()
        .map(|(key, sum)| {
            let key = [
                terms[key.term as usize],
                i64::from(key.day.number()),
                user_agents[key.user_agent as usize],
                requests[usize::from(key.request)],
                key.trust as i64,
                key.status as i64,
            ];
            (key, [integer(sum.count), integer(sum.bytes), sum.first])
        })
        .collect();
    rows.sort_unstable(); // In the order of the key, a page is written once.
    let mut add = transaction.prepare_cached(
        "INSERT INTO pings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,
             bytes = bytes + excluded.bytes, first = min(first, excluded.first)",
    )?;
    for ([term, day, user_agent, request, trust, status], [count, bytes, first]) in rows {
        add.execute(params![term, day, user_agent, request, trust, status, count, bytes, first])?;
    }
    Ok(())
}

fn write_views(
    transaction: &Transaction<'_>,
    tally: &Tally,
    terms: &[i64],
    came_from: &[i64],
) -> rusqlite::Result<()> {
    let mut add = transaction.prepare_cached(
        "INSERT INTO views VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET views = views + excluded.views",
    )?;
    let mut rows: Vec<_> = tally.counts.views.iter().collect();
    rows.sort_unstable();
    for (key, count) in rows {
        let (term, from) = (terms[key.term as usize], came_from[usize::from(key.came_from)]);
        add.execute(params![term, key.day.number(), from, integer(*count)])?;
    }
    Ok(())
}

fn write_coverage(transaction: &Transaction<'_>, tally: &Tally) -> rusqlite::Result<()> {
    let mut add = transaction.prepare_cached(
        "INSERT INTO coverage VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET lines = lines + excluded.lines, people = people + excluded.people,
             agents = agents + excluded.agents",
    )?;
    for (day, &Coverage { lines, people, agents }) in &tally.counts.coverage {
        add.execute(params![day.number(), integer(lines), integer(people), integer(agents)])?;
    }
    Ok(())
}

/// Hashes are stored as the same 64 bits, signed.
fn write_cursor(transaction: &Transaction<'_>, commit: &Commit<'_>) -> rusqlite::Result<i64> {
    let Commit { previous, format, name, .. } = commit;
    let Cursor { head_len, head_hash, offset, tail_hash, line_hashes, marks } = commit.cursor;
    let marks = marks.iter().flat_map(|mark| [mark.offset, mark.tail_hash]);
    let marks: Vec<u8> = marks.flat_map(u64::to_le_bytes).collect();
    let lines: Vec<u8> = line_hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    let (head, tail) = (head_hash.cast_signed(), tail_hash.cast_signed());
    let mut put = transaction.prepare_cached(
        "INSERT OR REPLACE INTO cursor VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let offset = integer(*offset);
    put.insert(params![
        previous,
        integer(*head_len),
        head,
        offset,
        tail,
        lines,
        marks,
        format,
        name
    ])
}

fn carry(connection: &mut Connection, rows: &[(String, String, u64)]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut names = Names::default();
    let numbers: Vec<u32> = rows.iter().map(|(term, ..)| names.number(term)).collect();
    let terms = ids(&transaction, "term", "name", names.iter())?;
    for (number, (_, family, pings)) in numbers.iter().zip(rows) {
        let mut put =
            transaction.prepare_cached("INSERT OR REPLACE INTO carried VALUES (?1, ?2, ?3)")?;
        put.execute(params![terms[*number as usize], family, integer(*pings)])?;
    }
    transaction.commit()
}

/// SQLite's integers are signed. No count comes near the limit.
fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
