//! Reads partials, one group of rows after the other.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::{
    ChunkedArray, DataFrame, DataType, Int64Type, ParquetReader, SerReader, StringChunked,
};

use crate::source::Cursor;
use crate::store::{KnownCursor, Progress, SourceLines};

use super::about::{About, PARTIAL_SCHEMA};
use super::error::PartialError;
use super::scanned::{PartialSource, anchors_of};
use super::schema::{RowKind, columns};
use super::write::METADATA;

/// The file that has what a batch was counted under. Other engines write Parquet without metadata of guestbook's.
const ABOUT_FILE: &str = "_about.json";

/// The most rows that are read at once. Other engines write groups of a million.
const ROWS_MAX: usize = 100_000;

/// A partial, or a file of a batch.
pub(super) struct PartialFile {
    pub(super) path: PathBuf,
    pub(super) about: About,
    /// True if one scan has made it, which has compared its sources with each other.
    pub(super) is_scan: bool,
    /// The first row and the number of rows of each part that is read at once.
    groups: Vec<(usize, usize)>,
}

impl PartialFile {
    /// Reads what the file was counted under.
    pub(super) fn open(path: &Path) -> Result<PartialFile, PartialError> {
        let polars = PartialError::parquet(path);
        let mut reader = ParquetReader::new(open(path)?);
        let metadata = reader.get_metadata().map_err(&polars)?.clone();
        let schema = reader.schema().map_err(&polars)?;
        let foreign = || PartialError::Foreign(path.into());
        if columns().any(|(name, _)| !schema.contains(name)) {
            return Err(foreign());
        }
        let pairs = metadata.key_value_metadata.iter().flatten();
        let own = pairs.filter(|pair| pair.key == METADATA).find_map(|pair| pair.value.clone());
        let is_scan = own.is_some();
        let beside = || std::fs::read_to_string(path.with_file_name(ABOUT_FILE)).ok();
        let json = own.or_else(beside).ok_or_else(foreign)?;
        let about = parse(&json, path)?;
        let mut groups = Vec::new();
        let mut first = 0;
        for group in &metadata.row_groups {
            let end = first + group.num_rows();
            while first < end {
                let count = ROWS_MAX.min(end - first);
                groups.push((first, count));
                first += count;
            }
        }
        Ok(PartialFile { path: path.into(), about, is_scan, groups })
    }

    /// Calls `each` with the rows of some kinds, one group after the other.
    pub(super) fn each_group(
        &self,
        kinds: &[RowKind],
        mut each: impl FnMut(RowKind, &RowGroup<'_>) -> Result<(), PartialError>,
    ) -> Result<(), PartialError> {
        let polars = PartialError::parquet(&self.path);
        for group in &self.groups {
            let read = |columns: Option<Vec<String>>| {
                let reader = ParquetReader::new(open(&self.path)?).with_columns(columns);
                reader.with_slice(Some(*group)).finish().map_err(&polars)
            };
            let of_kinds = read(Some(vec!["kind".to_owned()]))?;
            let found = texts(&of_kinds, "kind").map_err(&polars)?;
            let mut numbers: Vec<(RowKind, Vec<usize>)> = Vec::new();
            for (at, name) in found.iter().enumerate() {
                let kind = name.and_then(RowKind::named);
                let kind = kind.ok_or_else(|| self.value_error("kind", name.unwrap_or("")))?;
                match numbers.iter_mut().find(|(known, _)| *known == kind) {
                    Some((_, rows)) => rows.push(at),
                    None => numbers.push((kind, vec![at])),
                }
            }
            if !numbers.iter().any(|(kind, _)| kinds.contains(kind)) {
                continue;
            }
            let frame = read(None)?;
            for kind in kinds {
                if let Some((_, numbers)) = numbers.iter().find(|(known, _)| known == kind) {
                    each(*kind, &RowGroup { file: self, frame: &frame, numbers })?;
                }
            }
        }
        Ok(())
    }

    /// Calls `each` with every source and its number in the file.
    pub(super) fn each_source(
        &self,
        mut each: impl FnMut(i64, PartialSource) -> Result<(), PartialError>,
    ) -> Result<(), PartialError> {
        self.each_group(&[RowKind::Source], |_, rows| {
            rows.sources()?.into_iter().try_for_each(|(number, source)| each(number, source))
        })
    }

    pub(super) fn value_error(&self, column: &str, value: &str) -> PartialError {
        PartialError::Value {
            name: self.path.display().to_string(),
            column: column.to_owned(),
            value: value.to_owned(),
        }
    }
}

fn open(path: &Path) -> Result<File, PartialError> {
    File::open(path).map_err(|error| PartialError::Io { path: path.into(), error })
}

fn parse(json: &str, path: &Path) -> Result<About, PartialError> {
    let value: serde_json::Value =
        serde_json::from_str(json).map_err(|_| PartialError::Foreign(path.into()))?;
    let schema = value["schema"].as_u64().and_then(|schema| u32::try_from(schema).ok());
    match schema {
        Some(found) if found > PARTIAL_SCHEMA => {
            Err(PartialError::Newer { path: path.into(), found })
        }
        _ => serde_json::from_value(value).map_err(|_| PartialError::Foreign(path.into())),
    }
}

fn texts(frame: &DataFrame, name: &str) -> polars::prelude::PolarsResult<StringChunked> {
    frame.column(name)?.cast(&DataType::String)?.str().cloned()
}

/// The largest count: an integer that every program can read, more than any log has.
const COUNT_MAX: u64 = 1 << 53;

/// The rows of one kind in a group.
pub(super) struct RowGroup<'r> {
    pub(super) file: &'r PartialFile,
    frame: &'r DataFrame,
    numbers: &'r [usize],
}

/// A column of integers, by the numbers of rows.
pub(super) struct IntegerColumn {
    /// The file and the column, for errors.
    file: String,
    name: String,
    values: ChunkedArray<Int64Type>,
}

/// A column of texts.
pub(super) struct TextColumn(StringChunked);

impl IntegerColumn {
    pub(super) fn get(&self, at: usize) -> Option<i64> {
        self.values.get(at)
    }

    /// Returns a count. Fails if there is none, or one that no log has.
    pub(super) fn count(&self, at: usize) -> Result<u64, PartialError> {
        let count = self.get(at).and_then(|count| u64::try_from(count).ok());
        count.filter(|count| *count <= COUNT_MAX).ok_or_else(|| self.value_error(at))
    }

    /// Returns a size in bytes, which a log may claim to be of any height.
    pub(super) fn size(&self, at: usize) -> Result<u64, PartialError> {
        let size = self.get(at).and_then(|size| u64::try_from(size).ok());
        size.ok_or_else(|| self.value_error(at))
    }

    /// Returns a number of a smaller type.
    pub(super) fn small<T: TryFrom<i64>>(&self, at: usize) -> Result<T, PartialError> {
        let small = self.get(at).and_then(|number| T::try_from(number).ok());
        small.ok_or_else(|| self.value_error(at))
    }

    fn value_error(&self, at: usize) -> PartialError {
        let value = self.get(at).map(|value| value.to_string()).unwrap_or_default();
        PartialError::Value { name: self.file.clone(), column: self.name.clone(), value }
    }
}

impl TextColumn {
    pub(super) fn get(&self, at: usize) -> &str {
        self.0.get(at).unwrap_or_default()
    }
}

impl RowGroup<'_> {
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.numbers.iter().copied()
    }

    pub(super) fn integers(&self, name: &str) -> Result<IntegerColumn, PartialError> {
        let read = || self.frame.column(name)?.cast(&DataType::Int64)?.i64().cloned();
        self.column(name, read().map_err(PartialError::parquet(&self.file.path))?)
    }

    fn column(
        &self,
        name: &str,
        values: ChunkedArray<Int64Type>,
    ) -> Result<IntegerColumn, PartialError> {
        let (file, name) = (self.file.path.display().to_string(), name.to_owned());
        Ok(IntegerColumn { file, name, values })
    }

    pub(super) fn texts(&self, name: &str) -> Result<TextColumn, PartialError> {
        texts(self.frame, name).map(TextColumn).map_err(PartialError::parquet(&self.file.path))
    }

    /// Returns the days as numbers.
    pub(super) fn days(&self) -> Result<IntegerColumn, PartialError> {
        let read = || {
            let days = self.frame.column("day")?.cast(&DataType::Int32)?;
            days.cast(&DataType::Int64)?.i64().cloned()
        };
        self.column("day", read().map_err(PartialError::parquet(&self.file.path))?)
    }

    fn bytes(&self, name: &str) -> Result<polars::prelude::BinaryChunked, PartialError> {
        let read = || self.frame.column(name)?.binary().cloned();
        read().map_err(PartialError::parquet(&self.file.path))
    }

    fn sources(&self) -> Result<Vec<(i64, PartialSource)>, PartialError> {
        let integers = |name| self.integers(name);
        let (number, head_len, head_hash) =
            (integers("source")?, integers("head_len")?, integers("head_hash")?);
        let (offset, tail_hash) = (integers("offset")?, integers("tail_hash")?);
        let (log_lines, known_lines, log_malformed) =
            (integers("log_lines")?, integers("known_lines")?, integers("log_malformed")?);
        let (lines, bytes, pings, views) =
            (integers("lines")?, integers("bytes")?, integers("pings")?, integers("views")?);
        let (other, blank, malformed) =
            (integers("other")?, integers("blank")?, integers("malformed")?);
        let (name, format) = (self.texts("name")?, self.texts("format")?);
        let line_hashes = self.bytes("line_hashes")?;
        let (checkpoints, anchors) = (self.bytes("checkpoints")?, self.bytes("anchors")?);
        let mut sources = Vec::with_capacity(self.numbers.len());
        for at in self.numbers() {
            let hash = |column: &IntegerColumn| column.get(at).unwrap_or(0).cast_unsigned();
            let cursor = Cursor {
                head_len: head_len.count(at)?,
                head_hash: hash(&head_hash),
                offset: offset.size(at)?,
                tail_hash: hash(&tail_hash),
                line_hashes: Cursor::line_hashes_of(line_hashes.get(at).unwrap_or_default()),
                checkpoints: Cursor::checkpoints_of(checkpoints.get(at).unwrap_or_default()),
            };
            let progress = Progress {
                lines: log_lines.count(at)?,
                first_line: known_lines.count(at)?,
                malformed: log_malformed.count(at)?,
            };
            let figures = SourceLines {
                lines: lines.count(at)?,
                bytes: bytes.size(at)?,
                pings: pings.count(at)?,
                views: views.count(at)?,
                other: other.count(at)?,
                blank: blank.count(at)?,
                malformed: malformed.count(at)?,
            };
            let format = Some(format.get(at).to_owned()).filter(|format| !format.is_empty());
            let name = name.get(at).to_owned();
            let number = number.get(at).unwrap_or(-1);
            let known = KnownCursor { id: number, cursor, progress, format, name };
            let anchors = anchors_of(anchors.get(at).unwrap_or_default());
            sources.push((number, PartialSource { cursor: known, anchors, figures }));
        }
        Ok(sources)
    }
}
