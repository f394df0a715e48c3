//! The ids under which the store keeps texts.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use rusqlite::{CachedStatement, Transaction};

use crate::names::{Map, Names};

/// A table that gives texts ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    name: &'static str,
    column: &'static str,
    /// Ids have no more bits than this.
    pub(super) id_bits: u32,
}

pub(super) const TERM: Table = Table { name: "term", column: "name", id_bits: 38 };
pub(super) const USER_AGENT: Table = Table { name: "user_agent", column: "text", id_bits: 40 };
pub(super) const REQUEST_TYPE: Table = Table { name: "request_type", column: "name", id_bits: 16 };
pub(super) const CAME_FROM: Table = Table { name: "came_from", column: "name", id_bits: 62 };

/// So many ids are remembered of a table: some 3 MB.
const KNOWN_MAX: usize = 50_000;

/// The ids of a table's texts, of which those that were looked up lately are remembered: to ask SQLite for a text that
/// nearly every step has takes twenty times as long.
///
/// A text is known by two hashes of 64 bits, keyed anew in every process.
#[derive(Debug)]
pub(super) struct Ids {
    table: Table,
    known: Map<[u64; 2], i64>,
    hashers: [RandomState; 2],
}

impl Ids {
    pub(super) fn new(table: Table) -> Ids {
        Ids {
            table,
            known: Map::default(),
            hashers: [RandomState::default(), RandomState::default()],
        }
    }

    /// The ids of texts, by number; new texts get new ids. There is no id -1, which stands for no text.
    pub(super) fn of<'t>(
        &mut self,
        transaction: &Transaction<'_>,
        texts: impl Iterator<Item = Option<&'t str>>,
    ) -> rusqlite::Result<Vec<i64>> {
        let Table { name, column, id_bits } = self.table;
        let mut find =
            transaction.prepare_cached(&format!("SELECT id FROM {name} WHERE {column} = ?1"))?;
        let mut add =
            transaction.prepare_cached(&format!("INSERT INTO {name} ({column}) VALUES (?1)"))?;
        let mut id = |text| {
            let hashes = self.hashers.each_ref().map(|hasher| hasher.hash_one(text));
            if let Some(id) = self.known.get(&hashes) {
                return Ok(*id);
            }
            let id = find_or_add(&mut find, &mut add, text)?;
            if id >> id_bits != 0 {
                // Only a store that another program has changed has such.
                return Err(rusqlite::Error::IntegralValueOutOfRange(0, id));
            }
            if self.known.len() >= KNOWN_MAX {
                self.known.clear();
            }
            self.known.insert(hashes, id);
            Ok(id)
        };
        texts.map(|text| text.map_or(Ok(-1), &mut id)).collect()
    }
}

fn find_or_add(
    find: &mut CachedStatement<'_>,
    add: &mut CachedStatement<'_>,
    text: &str,
) -> rusqlite::Result<i64> {
    match find.query_row([text], |row| row.get(0)) {
        Err(rusqlite::Error::QueryReturnedNoRows) => add.insert([text]),
        found => found,
    }
}

/// The texts by number; `None` for those that none of the `numbers` stands for: a worker's tables hold what
/// it met in the steps before, too.
pub(super) fn used(
    names: &Names,
    numbers: impl Iterator<Item = u32>,
) -> impl Iterator<Item = Option<&str>> {
    let mut is_used = vec![false; names.len()];
    numbers.for_each(|number| is_used[number as usize] = true);
    names.iter().zip(is_used).map(|(text, is_used)| is_used.then_some(text))
}
