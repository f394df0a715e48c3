//! Makes frames of the rows of a partial.

use polars::prelude::{Column, DataFrame, PolarsError};

use crate::day::Day;
use crate::store::{CoverageRow, FailureRow, HourRow, PingRow, Store, ViewRow};

use super::error::PartialError;
use super::scanned::{PartialSource, anchor_bytes};
use super::schema::{RowKind, frame};

/// The texts behind the ids of a scan.
pub(super) struct Names {
    pub(super) terms: Table,
    pub(super) user_agents: Table,
    pub(super) request_types: Table,
    pub(super) came_from: Table,
}

impl Names {
    pub(super) fn read(store: &Store) -> Result<Names, PartialError> {
        Ok(Names {
            terms: Table::new(store.terms()?),
            user_agents: Table::new(store.user_agents()?),
            request_types: Table::new(store.request_types()?),
            came_from: Table::new(store.came_from()?),
        })
    }
}

/// Texts by their ids, which are dense, each with its place in their order. Places are compared faster than texts.
pub(super) struct Table(Vec<(u32, String)>);

impl Table {
    fn new(mut texts: Vec<(i64, String)>) -> Table {
        texts.sort_unstable_by(|(_, one), (_, other)| one.cmp(other));
        let largest = texts.iter().map(|(id, _)| index(*id)).max().unwrap_or_default();
        let mut table = vec![(0, String::new()); largest + 1];
        for (place, (id, text)) in (1..).zip(texts) {
            table[index(id)] = (place, text);
        }
        Table(table)
    }

    /// Returns the text of an id, which is empty for those that stand for none.
    pub(super) fn text(&self, id: i64) -> &str {
        self.0.get(index(id)).map_or("", |(_, text)| text)
    }

    pub(super) fn place(&self, id: i64) -> u32 {
        self.0.get(index(id)).map_or(0, |(place, _)| *place)
    }
}

fn index(id: i64) -> usize {
    usize::try_from(id).unwrap_or_default()
}

/// The number of a source in the file, if it is of one, with one of its rows.
pub(super) type Of<R> = (Option<u32>, R);

/// A row of facts.
pub(super) trait FactRow: Sized {
    /// Sorts rows by source, day and texts.
    fn sort(rows: &mut [Of<Self>], names: &Names);

    /// Returns rows as a frame.
    fn frame(rows: &[Of<Self>], names: &Names) -> Result<DataFrame, PolarsError>;
}

/// Returns a column of integers.
fn integers<R>(name: &str, rows: &[Of<R>], value: impl Fn(&R) -> i64) -> Column {
    Column::new(name.into(), rows.iter().map(|(_, row)| value(row)).collect::<Vec<i64>>())
}

/// Returns a column of texts.
fn texts<'r, R>(name: &str, rows: &'r [Of<R>], value: impl Fn(&'r R) -> &'r str) -> Column {
    Column::new(name.into(), rows.iter().map(|(_, row)| value(row)).collect::<Vec<&str>>())
}

fn source_numbers<R>(rows: &[Of<R>]) -> Column {
    Column::new(
        "source".into(),
        rows.iter().map(|(number, _)| *number).collect::<Vec<Option<u32>>>(),
    )
}

fn days<R>(rows: &[Of<R>], day: impl Fn(&R) -> Day) -> Column {
    let numbers: Vec<i32> = rows.iter().map(|(_, row)| day(row).number()).collect();
    Column::new("day".into(), numbers)
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn source_frame(rows: &[Of<PartialSource>]) -> Result<DataFrame, PolarsError> {
    let bytes = |name: &str, value: &dyn Fn(&PartialSource) -> Vec<u8>| {
        let values: Vec<Vec<u8>> = rows.iter().map(|(_, row)| value(row)).collect();
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        Column::new(name.into(), values)
    };
    let columns = vec![
        source_numbers(rows),
        texts("name", rows, |row| &row.cursor.name),
        texts("format", rows, |row| row.cursor.format.as_deref().unwrap_or_default()),
        integers("head_len", rows, |row| count(row.cursor.cursor.head_len)),
        integers("head_hash", rows, |row| row.cursor.cursor.head_hash.cast_signed()),
        integers("offset", rows, |row| count(row.cursor.cursor.offset)),
        integers("tail_hash", rows, |row| row.cursor.cursor.tail_hash.cast_signed()),
        bytes("line_hashes", &|row| row.cursor.cursor.line_hash_bytes()),
        bytes("checkpoints", &|row| row.cursor.cursor.checkpoint_bytes()),
        bytes("anchors", &|row| anchor_bytes(&row.anchors)),
        integers("log_lines", rows, |row| count(row.cursor.progress.lines)),
        integers("known_lines", rows, |row| count(row.cursor.progress.first_line)),
        integers("log_malformed", rows, |row| count(row.cursor.progress.malformed)),
        integers("lines", rows, |row| count(row.figures.lines)),
        integers("bytes", rows, |row| count(row.figures.bytes)),
        integers("pings", rows, |row| count(row.figures.pings)),
        integers("views", rows, |row| count(row.figures.views)),
        integers("other", rows, |row| count(row.figures.other)),
        integers("blank", rows, |row| count(row.figures.blank)),
        integers("malformed", rows, |row| count(row.figures.malformed)),
    ];
    frame(RowKind::Source, rows.len(), columns)
}

pub(super) fn coverage_frame(rows: &[Of<CoverageRow>]) -> Result<DataFrame, PolarsError> {
    let columns = vec![
        source_numbers(rows),
        days(rows, |row| row.day),
        integers("lines", rows, |row| count(row.lines)),
        integers("people", rows, |row| count(row.people)),
        integers("agents", rows, |row| count(row.agents)),
    ];
    frame(RowKind::Coverage, rows.len(), columns)
}

impl FactRow for PingRow {
    fn sort(rows: &mut [Of<PingRow>], names: &Names) {
        rows.sort_by_cached_key(|(number, row)| {
            let term = names.terms.place(row.term);
            let user_agent = names.user_agents.place(row.user_agent);
            let request = names.request_types.place(row.request);
            (*number, row.day, term, user_agent, request, row.trust, row.status)
        });
    }

    fn frame(rows: &[Of<PingRow>], names: &Names) -> Result<DataFrame, PolarsError> {
        let columns = vec![
            source_numbers(rows),
            days(rows, |row| row.day),
            texts("term", rows, |row| names.terms.text(row.term)),
            texts("user_agent", rows, |row| names.user_agents.text(row.user_agent)),
            texts("request", rows, |row| names.request_types.text(row.request)),
            texts("trust", rows, |row| row.trust.name()),
            texts("status", rows, |row| row.status.name()),
            integers("requests", rows, |row| count(row.requests)),
            integers("bytes", rows, |row| count(row.bytes)),
            integers("first_seen", rows, |row| row.first_seen),
        ];
        frame(RowKind::Ping, rows.len(), columns)
    }
}

impl FactRow for ViewRow {
    fn sort(rows: &mut [Of<ViewRow>], names: &Names) {
        rows.sort_by_cached_key(|(number, row)| {
            let (term, came_from) =
                (names.terms.place(row.term), names.came_from.place(row.came_from));
            (*number, row.day, term, came_from)
        });
    }

    fn frame(rows: &[Of<ViewRow>], names: &Names) -> Result<DataFrame, PolarsError> {
        let columns = vec![
            source_numbers(rows),
            days(rows, |row| row.day),
            texts("term", rows, |row| names.terms.text(row.term)),
            texts("came_from", rows, |row| names.came_from.text(row.came_from)),
            integers("requests", rows, |row| count(row.views)),
        ];
        frame(RowKind::View, rows.len(), columns)
    }
}

impl FactRow for FailureRow {
    fn sort(rows: &mut [Of<FailureRow>], names: &Names) {
        rows.sort_unstable_by(|(number, row), (other_number, other)| {
            let place = |row: &FailureRow| (row.code, names.user_agents.place(row.user_agent));
            let of = (*number, row.day).cmp(&(*other_number, other.day));
            of.then_with(|| row.path.cmp(&other.path)).then_with(|| place(row).cmp(&place(other)))
        });
    }

    fn frame(rows: &[Of<FailureRow>], names: &Names) -> Result<DataFrame, PolarsError> {
        let columns = vec![
            source_numbers(rows),
            days(rows, |row| row.day),
            texts("path", rows, |row| &row.path),
            texts("user_agent", rows, |row| names.user_agents.text(row.user_agent)),
            integers("code", rows, |row| row.code.into()),
            integers("requests", rows, |row| count(row.requests)),
        ];
        frame(RowKind::Failure, rows.len(), columns)
    }
}

impl FactRow for HourRow {
    fn sort(rows: &mut [Of<HourRow>], names: &Names) {
        rows.sort_by_cached_key(|(number, row)| {
            (*number, row.day, row.hour, names.user_agents.place(row.user_agent))
        });
    }

    fn frame(rows: &[Of<HourRow>], names: &Names) -> Result<DataFrame, PolarsError> {
        let columns = vec![
            source_numbers(rows),
            days(rows, |row| row.day),
            integers("hour", rows, |row| row.hour.into()),
            texts("user_agent", rows, |row| names.user_agents.text(row.user_agent)),
            integers("requests", rows, |row| count(row.requests)),
        ];
        frame(RowKind::Hour, rows.len(), columns)
    }
}
