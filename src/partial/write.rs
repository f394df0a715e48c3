//! Writes the counts of a scan as a partial.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use polars::io::parquet::write::{BatchedWriter, KeyValueMetadata};
use polars::prelude::{DataFrame, ParquetWriter, PolarsError, Schema, StatisticsOptions};

use crate::day::Day;
use crate::pipeline::Summary;
use crate::store::{
    CoverageRow, KnownCursor, SourceLines, Store, StoreError, TOGETHER, bounded_failures,
};

use super::about::About;
use super::error::PartialError;
use super::frames::{FactRow, Names, Of, coverage_frame, source_frame};
use super::scanned::PartialSource;
use super::schema::columns;

/// The rows of one kind that are written together, or up to twice as many.
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
        false => numbered(&sources).map(|(number, (source, _))| (number, source.id)).collect(),
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

/// A source and its lines.
type ReadSource = (KnownCursor, SourceLines);

/// Returns the sources that were read to their end, by name.
fn sources_read(store: &Store, summary: &Summary) -> Result<Vec<ReadSource>, PartialError> {
    let whole = summary.sources.iter().filter(|source| source.outcome.is_whole());
    let whole: HashSet<&str> = whole.map(|source| &*source.name).collect();
    let sources = store.sources()?.into_iter().filter(|source| whole.contains(&*source.name));
    let with_lines = |source: KnownCursor| {
        let lines = store.lines_of_source(source.id);
        (source, lines)
    };
    Ok(sources.map(with_lines).collect())
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

    fn write_sources(&mut self, sources: &[ReadSource]) -> Result<(), PartialError> {
        let numbered: Vec<_> = numbered(sources).collect();
        for part in numbered.chunks(SOURCES) {
            let mut rows: Vec<Of<PartialSource>> = Vec::new();
            for (number, (cursor, figures)) in part {
                let anchors = self.store.anchors_of(cursor.id)?;
                let (cursor, figures) = (cursor.clone(), *figures);
                rows.push((*number, PartialSource { cursor, anchors, figures }));
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
        self.write_kind(&days, all, &|id, day| store.pings_of_source(id, day))?;
        self.write_kind(&days, all, &|id, day| store.views_of_source(id, day))?;
        let failures = |id, day| {
            let rows = store.failures_of_source(id, day)?;
            Ok(bounded_failures(rows, |user_agent| names.user_agents.place(user_agent)))
        };
        self.write_kind(&days, all, &failures)?;
        self.write_kind(&days, HOUR_DAYS, &|id, day| store.hours_of_source(id, day))
    }

    /// Writes the rows of one kind, of the last `count` days of each source.
    fn write_kind<R: FactRow>(
        &mut self,
        sources: &[(Option<u32>, i64, Vec<CoverageRow>)],
        count: usize,
        read: &impl Fn(i64, Day) -> Result<Vec<R>, StoreError>,
    ) -> Result<(), PartialError> {
        let mut rows: Vec<Of<R>> = Vec::new();
        for (number, id, days) in sources {
            for CoverageRow { day, .. } in &days[days.len().saturating_sub(count)..] {
                rows.extend(read(*id, *day)?.into_iter().map(|row| (*number, row)));
                if rows.len() >= ROWS {
                    self.write_rows(&mut rows)?;
                }
            }
        }
        self.write_rows(&mut rows)
    }

    /// Writes rows of whole days, and removes them.
    fn write_rows<R: FactRow>(&mut self, rows: &mut Vec<Of<R>>) -> Result<(), PartialError> {
        R::sort(rows, self.names);
        let parts = (rows.len() / ROWS).max(1);
        for part in rows.chunks(rows.len().div_ceil(parts).max(1)) {
            self.write(R::frame(part, self.names))?;
        }
        rows.clear();
        Ok(())
    }
}
