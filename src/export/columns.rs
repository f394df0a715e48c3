//! Holds the rows of a table as columns.

use crate::day::Day;

/// A column with its name.
#[derive(Debug)]
pub(super) struct Column<'f> {
    pub(super) name: &'static str,
    pub(super) values: ColumnData<'f>,
}

/// The values of a column.
#[derive(Debug)]
pub(super) enum ColumnData<'f> {
    Day(Vec<Day>),
    /// Seconds since the Unix epoch.
    Time(Vec<i64>),
    Count(Vec<u64>),
    /// Empty if there is no value.
    Text(Vec<&'f str>),
}

impl ColumnData<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            ColumnData::Day(values) => values.len(),
            ColumnData::Time(values) => values.len(),
            ColumnData::Count(values) => values.len(),
            ColumnData::Text(values) => values.len(),
        }
    }
}

/// Returns one column of some rows.
pub(super) fn column<'f, 'r, R, V>(
    name: &'static str,
    rows: &'r [R],
    value: impl FnMut(&'r R) -> V,
    values: impl FnOnce(Vec<V>) -> ColumnData<'f>,
) -> Column<'f> {
    Column { name, values: values(rows.iter().map(value).collect()) }
}

/// Returns a time in UTC, such as `2026-05-20T08:01:02Z`.
pub(super) fn utc_time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default()
}

/// Returns the number of rows of a table's columns.
pub(super) fn row_count(columns: &[Column<'_>]) -> usize {
    columns.first().map_or(0, |column| column.values.len())
}
