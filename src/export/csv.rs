//! Writes a table as CSV (RFC 4180).

use std::io::{self, Write};

use crate::render::CsvWriter;

use super::columns::{Column, ColumnData, row_count, utc_time};
use super::error::ExportError;
use super::facts::Facts;

pub(super) fn write(facts: &Facts<'_>, out: &mut impl Write) -> Result<(), ExportError> {
    let mut csv = CsvWriter::new(out);
    let mut is_first = true;
    facts.each_part(|columns| {
        if is_first {
            csv.row(columns.iter().map(|column| column.name))?;
            is_first = false;
        }
        write_rows(columns, &mut csv)?;
        Ok::<_, ExportError>(())
    })?;
    Ok(csv.finish()?)
}

fn write_rows(columns: &[Column<'_>], csv: &mut CsvWriter<impl Write>) -> io::Result<()> {
    for at in 0..row_count(columns) {
        csv.row(columns.iter().map(|column| cell(&column.values, at)))?;
    }
    Ok(())
}

fn cell(values: &ColumnData<'_>, at: usize) -> String {
    match values {
        ColumnData::Day(values) => values[at].to_string(),
        ColumnData::Time(values) => utc_time(values[at]),
        ColumnData::Count(values) => values[at].to_string(),
        ColumnData::Text(values) => values[at].to_owned(),
    }
}
