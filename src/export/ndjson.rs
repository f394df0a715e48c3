//! Writes a table as NDJSON: one JSON object per row and line.

use std::io::Write;

use serde::{Serialize, Serializer};

use crate::render::json_line;

use super::columns::{Column, ColumnData, row_count, utc_time};
use super::error::ExportError;
use super::facts::Facts;

/// Writes the rows. Keys are the columns' names in their order, and a text that is missing is `null`.
pub(super) fn write(facts: &Facts<'_>, out: &mut impl Write) -> Result<(), ExportError> {
    facts.each_part(|columns| {
        for at in 0..row_count(columns) {
            out.write_all(&json_line(&Row { columns, at }))?;
        }
        Ok(())
    })
}

/// A row of some columns.
struct Row<'r, 'f> {
    columns: &'r [Column<'f>],
    at: usize,
}

impl Serialize for Row<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells =
            self.columns.iter().map(|column| (column.name, JsonCell(&column.values, self.at)));
        serializer.collect_map(cells)
    }
}

/// A value of a column, by its row.
struct JsonCell<'r, 'f>(&'r ColumnData<'f>, usize);

impl Serialize for JsonCell<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = self.1;
        match self.0 {
            ColumnData::Day(values) => serializer.collect_str(&values[at]),
            ColumnData::Time(values) => serializer.serialize_str(&utc_time(values[at])),
            ColumnData::Count(values) => serializer.serialize_u64(values[at]),
            ColumnData::Text(values) if values[at].is_empty() => serializer.serialize_none(),
            ColumnData::Text(values) => serializer.serialize_str(values[at]),
        }
    }
}
