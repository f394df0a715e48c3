//! Writes a table as Parquet.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{
    Column as PolarsColumn, DataFrame, DataType, ParquetWriter, PolarsError, TimeUnit,
};

use crate::report::{BreakdownRow, BreakdownTable};

use super::columns::{Column, ColumnData, column};
use super::error::ExportError;
use super::facts::Facts;

/// A writer that remembers its error, since polars hides what kind it is.
struct ErrorKeeper<W> {
    out: W,
    error: Arc<Mutex<Option<io::Error>>>,
}

impl<W: Write> ErrorKeeper<W> {
    fn keep<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| {
            let copy = io::Error::new(error.kind(), error.to_string());
            *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(copy);
        })
    }
}

impl<W: Write> Write for ErrorKeeper<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.keep(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.keep(flushed)
    }
}

/// Writes the table, with a row group for each day that has rows.
pub(super) fn write(facts: &Facts<'_>, out: &mut impl Write) -> Result<(), ExportError> {
    keeping_errors(out, |out| write_row_groups(facts, out))
}

/// Writes the answer to a question.
pub fn write_answer(answer: &BreakdownTable, out: &mut impl Write) -> Result<(), ExportError> {
    let mut columns: Vec<Column<'_>> = Vec::new();
    for (at, name) in answer.by.iter().enumerate() {
        columns.push(column(name, &answer.rows, |row| &*row.values[at].1, ColumnData::Text));
    }
    for name in answer.measures {
        let value = |row: &BreakdownRow| row.measures.value(name);
        columns.push(column(name, &answer.rows, value, ColumnData::Count));
    }
    if answer.previous.is_some() {
        for name in answer.measures {
            let value = |row: &BreakdownRow| row.previous.unwrap_or_default().value(name);
            columns.push(column(previous_name(name), &answer.rows, value, ColumnData::Count));
        }
    }
    columns.push(column("first_day", &answer.rows, |row| row.first_day, ColumnData::Day));
    columns.push(column("last_day", &answer.rows, |row| row.last_day, ColumnData::Day));
    let mut rows = frame(&columns)?;
    keeping_errors(out, |out| Ok(ParquetWriter::new(out).finish(&mut rows).map(drop)?))
}

/// Returns the name of a measure of the time that is compared.
fn previous_name(name: &str) -> &'static str {
    match name {
        "pings" => "previous_pings",
        "requests" => "previous_requests",
        "bytes" => "previous_bytes",
        "views" => "previous_views",
        "terms" => "previous_terms",
        _ => "previous_agents",
    }
}

/// Calls `write`, and returns the error of the output if that has failed.
fn keeping_errors<W: Write>(
    out: W,
    write: impl FnOnce(ErrorKeeper<W>) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let error = Arc::new(Mutex::new(None));
    let written = write(ErrorKeeper { out, error: Arc::clone(&error) });
    match error.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(error) => Err(error.into()),
        None => written,
    }
}

fn write_row_groups(facts: &Facts<'_>, out: impl Write) -> Result<(), ExportError> {
    let mut out = Some(out);
    let mut writer = None;
    facts.each_part(|columns| {
        let rows = frame(columns)?;
        if let Some(out) = out.take() {
            writer = Some(ParquetWriter::new(out).batched(rows.schema())?);
        }
        if let Some(writer) = writer.as_mut().filter(|_| rows.height() > 0) {
            writer.write_batch(&rows)?;
        }
        Ok::<_, ExportError>(())
    })?;
    if let Some(writer) = writer {
        writer.finish()?;
    }
    Ok(())
}

fn frame(columns: &[Column<'_>]) -> Result<DataFrame, PolarsError> {
    let columns: Result<Vec<_>, PolarsError> = columns.iter().map(polars_column).collect();
    DataFrame::new_infer_height(columns?)
}

fn polars_column(column: &Column<'_>) -> Result<PolarsColumn, PolarsError> {
    let name = column.name.into();
    match &column.values {
        ColumnData::Day(days) => {
            let numbers: Vec<i32> = days.iter().map(|day| day.number()).collect();
            PolarsColumn::new(name, numbers).cast(&DataType::Date)
        }
        ColumnData::Time(seconds) => {
            let millis: Vec<i64> = seconds.iter().map(|seconds| seconds * 1000).collect();
            PolarsColumn::new(name, millis).cast(&DataType::Datetime(TimeUnit::Milliseconds, None))
        }
        ColumnData::Count(counts) => Ok(PolarsColumn::new(name, counts)),
        ColumnData::Text(texts) => {
            let present = |text: &&str| !text.is_empty();
            let texts: Vec<Option<&str>> =
                texts.iter().map(|text| Some(*text).filter(present)).collect();
            Ok(PolarsColumn::new(name, texts))
        }
    }
}
