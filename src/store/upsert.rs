//! Inserts rows, and adds them to those with the same key.

use rusqlite::{Connection, params_from_iter};

/// The number of rows that one statement inserts.
const STATEMENT_ROWS: usize = 32;

/// Inserts rows. `add` is the SET clause that adds a row to the one with the same key.
///
/// With several rows per statement, a commit takes a third less time.
pub(super) fn upsert<R, const COLUMNS: usize>(
    connection: &Connection,
    table: &str,
    columns: &str,
    add: &str,
    rows: &[R],
    values: impl Fn(&R) -> [i64; COLUMNS],
) -> rusqlite::Result<()> {
    let row = format!("({})", ["?"; COLUMNS].join(","));
    let statement = |rows: usize| {
        let rows = vec![&*row; rows].join(",");
        format!("INSERT INTO {table} ({columns}) VALUES {rows} ON CONFLICT DO UPDATE SET {add}")
    };
    let mut many = connection.prepare_cached(&statement(STATEMENT_ROWS))?;
    let mut one = connection.prepare_cached(&statement(1))?;
    for rows in rows.chunks(STATEMENT_ROWS) {
        if rows.len() == STATEMENT_ROWS {
            many.execute(params_from_iter(rows.iter().flat_map(&values)))?;
        } else {
            rows.iter().try_for_each(|row| one.execute(params_from_iter(values(row))).map(drop))?;
        }
    }
    Ok(())
}
