//! Writes and reads the requests of agents by hour of the day.

use rusqlite::{Connection, Row};

use crate::day::Day;
use crate::tally::Hours;

use super::connection::{Store, signed, unsigned};
use super::error::StoreError;
use super::upsert::Tables;

/// The number of covered days, the last ones, of which hours are kept. One line with a wrong date takes the place of one day.
const DAYS_KEPT: i64 = 30;

/// A row of the table `hour`: requests of one user agent in one hour of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourRow {
    pub day: Day,
    /// 0 to 23, in the site's time zone.
    pub hour: u8,
    /// The user agent's id, or 0 for the missing one.
    pub user_agent: i64,
    pub requests: u64,
}

impl HourRow {
    pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<HourRow> {
        let (day, requests) = (Day::from_number(row.get(0)?), unsigned(row.get(3)?));
        Ok(HourRow { day, hour: row.get(1)?, user_agent: row.get(2)?, requests })
    }
}

/// Adds requests by day and user agent. The store drops the days that are too old.
pub(super) fn write_hours(
    connection: &Connection,
    tables: Tables,
    hours: &[(Day, i64, Hours)],
) -> rusqlite::Result<()> {
    let rows = hours.iter().flat_map(|(day, user_agent, by_hour)| {
        let used = (0..).zip(by_hour).filter(|(_, requests)| **requests > 0);
        used.map(|(hour, requests)| HourRow {
            day: *day,
            hour,
            user_agent: *user_agent,
            requests: u64::from(*requests),
        })
    });
    write_hour_rows(connection, tables, rows.collect())
}

/// Adds rows. The store drops the days that are too old.
pub(super) fn write_hour_rows(
    connection: &Connection,
    tables: Tables,
    mut rows: Vec<HourRow>,
) -> rusqlite::Result<()> {
    if tables.source.is_none() {
        let Some(first) = first_kept(connection)? else { return Ok(()) };
        rows.retain(|row| row.day >= first);
    }
    rows.sort_unstable_by_key(|row| (row.day, row.hour, row.user_agent));
    let add = "requests = requests + excluded.requests";
    let columns = "day, hour, user_agent, requests";
    tables.upsert::<_, 4, 5>(connection, "hour", columns, add, &rows, |row| {
        [row.day.number().into(), row.hour.into(), row.user_agent, signed(row.requests)]
    })?;
    if tables.source.is_none() { drop_old_hours(connection) } else { Ok(()) }
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
