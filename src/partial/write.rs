//! Writes the counts of a scan as a partial.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use polars::io::parquet::write::{BatchedWriter, KeyValueMetadata};
use polars::prelude::{Column, DataFrame, ParquetWriter, PolarsError, Schema, StatisticsOptions};

use crate::day::Day;
use crate::interner::Map;
use crate::pipeline::Summary;
use crate::store::{
    CoverageRow, FailureRow, HourRow, PingRow, SourceLines, Store, TOGETHER, ViewRow,
    bounded_failures,
};

use super::about::About;
use super::error::PartialError;
use super::scanned::{PartialSource, anchor_bytes};
use super::schema::{RowKind, columns, frame};

/// The rows of one kind that are read together.
const ROWS: usize = 100_000;

/// The size up to which frames are joined into a group of rows, in bytes. Each group takes a fixed time.
const GROUP_BYTES: usize = 8 << 20;

/// The sources that are read together. Each has up to some thousand anchors.
const SOURCES: usize = 500;

/// The name of the metadata that has the [`About`].
pub(super) const METADATA: &str = "guestbook";

/// The days of which requests by hour are kept, for each source: no store keeps more.
const HOUR_DAYS: usize = 30;

/// Writes the counts of a scan, ordered by the names of the sources and by texts, so that the bytes do not depend on threads.
/// Sources that were not read to their end are left out. Returns the sum of the others.
pub fn write_partial(
    store: &Store,
    summary: &Summary,
    about: &About,
    path: &Path,
) -> Result<SourceLines, PartialError> {
    let polars = PartialError::parquet(path);
    let file = File::create(path).map_err(|error| PartialError::Io { path: path.into(), error })?;
    let json = serde_json::to_string(about).expect("texts and numbers");
    let metadata = KeyValueMetadata::from_static(vec![(METADATA.to_owned(), json)]);
    let schema: Schema = columns().map(|(name, dtype)| (name.into(), dtype)).collect();
    let writer = ParquetWriter::new(BufWriter::new(file))
        .with_key_value_metadata(Some(metadata))
        .set_parallel(false)
        .with_statistics(StatisticsOptions::empty())
        .batched(&schema)
        .map_err(&polars)?;
    let names = Names::read(store)?;
    let mut partial = Writer { store, writer, unwritten: None, polars: &polars, names: &names };
    let sources = sources_read(store, summary)?;
    let mut sum = SourceLines::default();
    for (_, figures) in &sources {
        sum += figures;
    }
    partial.write_sources(&sources)?;
    let of_facts: Vec<(Option<u32>, i64)> = match store.counts_together() {
        // If no log was read to its end, what was read of some counts for none.
        true if sources.is_empty() => Vec::new(),
        true => vec![(None, TOGETHER)],
        false => numbered(&sources).map(|(number, (id, _))| (number, *id)).collect(),
    };
    partial.write_facts(&of_facts)?;
    partial.write_unwritten()?;
    partial.writer.finish().map_err(&polars)?;
    Ok(sum)
}

/// Returns things with their numbers in the file.
fn numbered<T>(things: &[T]) -> impl Iterator<Item = (Option<u32>, &T)> {
    (0..).map(Some).zip(things)
}

/// Returns the sources that were read to their end, by name: their ids with their lines.
fn sources_read(store: &Store, summary: &Summary) -> Result<Vec<(i64, SourceLines)>, PartialError> {
    let whole = summary.sources.iter().filter(|source| source.outcome.is_whole());
    let whole: HashSet<&str> = whole.map(|source| &*source.name).collect();
    let sources = store.sources()?.into_iter().filter(|source| whole.contains(&*source.name));
    Ok(sources.map(|source| (source.id, store.lines_of_source(source.id))).collect())
}

/// The texts behind the ids of a scan.
struct Names {
    terms: Table,
    user_agents: Table,
    request_types: Table,
    came_from: Table,
}

impl Names {
    fn read(store: &Store) -> Result<Names, PartialError> {
        Ok(Names {
            terms: Table::new(store.terms()?),
            user_agents: Table::new(store.user_agents()?),
            request_types: Table::new(store.request_types()?),
            came_from: Table::new(store.came_from()?),
        })
    }
}

/// Texts by their ids, which are dense, each with its place in their order. Places are compared faster than texts.
struct Table(Vec<(u32, String)>);

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
    fn text(&self, id: i64) -> &str {
        self.0.get(index(id)).map_or("", |(_, text)| text)
    }

    fn place(&self, id: i64) -> u32 {
        self.0.get(index(id)).map_or(0, |(place, _)| *place)
    }
}

fn index(id: i64) -> usize {
    usize::try_from(id).unwrap_or_default()
}

/// A partial that is being written.
struct Writer<'w, E: Fn(PolarsError) -> PartialError> {
    store: &'w Store,
    writer: BatchedWriter<BufWriter<File>>,
    /// The frames that make up the next group.
    unwritten: Option<DataFrame>,
    polars: &'w E,
    names: &'w Names,
}

/// The number of a source in the file, if it is of one, with one of its rows.
type Of<R> = (Option<u32>, R);

impl<E: Fn(PolarsError) -> PartialError> Writer<'_, E> {
    fn write(&mut self, frame: Result<DataFrame, PolarsError>) -> Result<(), PartialError> {
        let frame = frame.map_err(self.polars)?;
        let bytes = |frame: &DataFrame| frame.estimated_size();
        if self.unwritten.as_ref().map_or(0, bytes) + bytes(&frame) >= GROUP_BYTES {
            self.write_unwritten()?;
        }
        self.unwritten = Some(match self.unwritten.take() {
            Some(group) => group.vstack(&frame).map_err(self.polars)?,
            None => frame,
        });
        Ok(())
    }

    fn write_unwritten(&mut self) -> Result<(), PartialError> {
        let Some(mut group) = self.unwritten.take().filter(|group| group.height() > 0) else {
            return Ok(());
        };
        group.rechunk_mut();
        self.writer.write_batch(&group).map_err(self.polars)
    }

    fn write_sources(&mut self, sources: &[(i64, SourceLines)]) -> Result<(), PartialError> {
        let cursors: Map<i64, _> =
            self.store.sources()?.into_iter().map(|cursor| (cursor.id, cursor)).collect();
        let numbered: Vec<_> = numbered(sources).collect();
        for part in numbered.chunks(SOURCES) {
            let mut rows: Vec<Of<PartialSource>> = Vec::new();
            for (number, (id, figures)) in part {
                let Some(cursor) = cursors.get(id).cloned() else { continue };
                let anchors = self.store.anchors_of(*id)?;
                rows.push((*number, PartialSource { cursor, anchors, figures: *figures }));
            }
            self.write(source_frame(&rows))?;
        }
        Ok(())
    }

    /// Writes the facts of sources, one kind after the other. They are given with their numbers and ids.
    fn write_facts(&mut self, sources: &[(Option<u32>, i64)]) -> Result<(), PartialError> {
        let of =
            |(number, id): &(Option<u32>, i64)| (*number, *id, self.store.coverage_of_source(*id));
        let days: Vec<(Option<u32>, i64, Vec<CoverageRow>)> = sources.iter().map(of).collect();
        let coverage: Vec<Of<CoverageRow>> = days
            .iter()
            .flat_map(|(number, _, rows)| rows.iter().map(|row| (*number, *row)))
            .collect();
        for rows in coverage.chunks(ROWS) {
            self.write(coverage_frame(rows))?;
        }
        let (store, names) = (self.store, self.names);
        let all = usize::MAX;
        self.write_kind(&days, all, &|id, day| store.pings_of_source(id, day), &ping_frame)?;
        self.write_kind(&days, all, &|id, day| store.views_of_source(id, day), &view_frame)?;
        let failures = |id, day| {
            let rows = store.failures_of_source(id, day)?;
            Ok(bounded_failures(rows, |user_agent| names.user_agents.place(user_agent)))
        };
        self.write_kind(&days, all, &failures, &failure_frame)?;
        self.write_kind(&days, HOUR_DAYS, &|id, day| store.hours_of_source(id, day), &hour_frame)
    }

    /// Writes the rows of one kind, of the last `count` days of each source.
    fn write_kind<R>(
        &mut self,
        sources: &[(Option<u32>, i64, Vec<CoverageRow>)],
        count: usize,
        read: &impl Fn(i64, Day) -> Result<Vec<R>, crate::store::StoreError>,
        frame: &impl Fn(&mut [Of<R>], &Names) -> Result<DataFrame, PolarsError>,
    ) -> Result<(), PartialError> {
        let mut rows: Vec<Of<R>> = Vec::new();
        for (number, id, days) in sources {
            for CoverageRow { day, .. } in &days[days.len().saturating_sub(count)..] {
                rows.extend(read(*id, *day)?.into_iter().map(|row| (*number, row)));
                if rows.len() >= ROWS {
                    let full = frame(&mut rows, self.names);
                    self.write(full)?;
                    rows.clear();
                }
            }
        }
        let rest = frame(&mut rows, self.names);
        self.write(rest)
    }
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

fn source_frame(rows: &[Of<PartialSource>]) -> Result<DataFrame, PolarsError> {
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

fn coverage_frame(rows: &[Of<CoverageRow>]) -> Result<DataFrame, PolarsError> {
    let columns = vec![
        source_numbers(rows),
        days(rows, |row| row.day),
        integers("lines", rows, |row| count(row.lines)),
        integers("people", rows, |row| count(row.people)),
        integers("agents", rows, |row| count(row.agents)),
    ];
    frame(RowKind::Coverage, rows.len(), columns)
}

fn ping_frame(rows: &mut [Of<PingRow>], names: &Names) -> Result<DataFrame, PolarsError> {
    rows.sort_by_cached_key(|(number, row)| {
        let term = names.terms.place(row.term);
        let user_agent = names.user_agents.place(row.user_agent);
        let request = names.request_types.place(row.request);
        (*number, row.day, term, user_agent, request, row.trust, row.status)
    });
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

fn view_frame(rows: &mut [Of<ViewRow>], names: &Names) -> Result<DataFrame, PolarsError> {
    rows.sort_by_cached_key(|(number, row)| {
        let (term, came_from) = (names.terms.place(row.term), names.came_from.place(row.came_from));
        (*number, row.day, term, came_from)
    });
    let columns = vec![
        source_numbers(rows),
        days(rows, |row| row.day),
        texts("term", rows, |row| names.terms.text(row.term)),
        texts("came_from", rows, |row| names.came_from.text(row.came_from)),
        integers("requests", rows, |row| count(row.views)),
    ];
    frame(RowKind::View, rows.len(), columns)
}

fn failure_frame(rows: &mut [Of<FailureRow>], names: &Names) -> Result<DataFrame, PolarsError> {
    rows.sort_unstable_by(|(number, row), (other_number, other)| {
        let place = |row: &FailureRow| (row.code, names.user_agents.place(row.user_agent));
        let of = (*number, row.day).cmp(&(*other_number, other.day));
        of.then_with(|| row.path.cmp(&other.path)).then_with(|| place(row).cmp(&place(other)))
    });
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

fn hour_frame(rows: &mut [Of<HourRow>], names: &Names) -> Result<DataFrame, PolarsError> {
    rows.sort_by_cached_key(|(number, row)| {
        (*number, row.day, row.hour, names.user_agents.place(row.user_agent))
    });
    let columns = vec![
        source_numbers(rows),
        days(rows, |row| row.day),
        integers("hour", rows, |row| row.hour.into()),
        texts("user_agent", rows, |row| names.user_agents.text(row.user_agent)),
        integers("requests", rows, |row| count(row.requests)),
    ];
    frame(RowKind::Hour, rows.len(), columns)
}
