//! Writes and reads the requests of agents by hour of the day.

use rusqlite::Connection;

use crate::day::Day;

use super::connection::Store;
use super::error::StoreError;
use super::rows::HourRow;
use super::source_rows::SourceRow;
use super::upsert::upsert;

/// The number of covered days, the last ones, of which hours are kept. One line with a wrong date takes the place of one day.
const DAYS_KEPT: i64 = 30;

/// Adds rows. The store drops the days that are too old.
pub(super) fn write_hours(connection: &Connection, mut rows: Vec<HourRow>) -> rusqlite::Result<()> {
    let Some(first) = first_kept(connection)? else { return Ok(()) };
    rows.retain(|row| row.day >= first);
    rows.sort_unstable_by_key(|row| (row.day, row.hour, row.user_agent));
    upsert(connection, "hour", HourRow::COLUMNS, HourRow::ADD, &rows, HourRow::values)?;
    drop_old_hours(connection)
}

/// Deletes the hours of days that are too old.
pub(super) fn drop_old_hours(connection: &Connection) -> rusqlite::Result<()> {
    if let Some(first) = first_kept(connection)? {
        connection.execute("DELETE FROM hour WHERE day < ?1", [first.number()])?;
    }
    Ok(())
}

/// Returns the first day whose hours are kept. `None` if no day is covered.
fn first_kept(connection: &Connection) -> rusqlite::Result<Option<Day>> {
    let query = "SELECT min(day) FROM (SELECT day FROM coverage ORDER BY day DESC LIMIT ?1)";
    let first: Option<i32> = connection.query_row(query, [DAYS_KEPT], |row| row.get(0))?;
    Ok(first.map(Day::from_number))
}

impl Store {
    /// Returns the first day whose hours are kept.
    pub fn first_day_of_hours(&self) -> Result<Option<Day>, StoreError> {
        first_kept(&self.connection).map_err(|error| self.error(error))
    }

    /// Returns the requests of agents by hour between two days, in the order of time.
    pub fn hours(&self, first: Day, last: Day) -> Result<Vec<HourRow>, StoreError> {
        let query = "SELECT day, hour, user_agent, requests FROM hour
                     WHERE day >= ?1 AND day <= ?2 ORDER BY day, hour, user_agent";
        self.rows(query, [first.number(), last.number()], HourRow::from_row)
    }
}
