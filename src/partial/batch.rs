//! Finds the partials, batches and stores to merge.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::PartialError;

/// The mark of a batch that was written to its end, as Hadoop and Spark write it.
const SUCCESS: &str = "_SUCCESS";

/// The start of the names of a batch's files.
const PART: &str = "part-";

/// Something to merge, all of it or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeInput {
    /// The Parquet files of a partial or of a batch, and its name.
    Files { name: String, files: Vec<PathBuf> },
    /// A store.
    Store(PathBuf),
}

impl MergeInput {
    pub fn name(&self) -> String {
        match self {
            MergeInput::Files { name, .. } => name.clone(),
            MergeInput::Store(path) => path.display().to_string(),
        }
    }
}

/// Returns what a path has to merge: a partial, a store, a batch, or a folder of those, in the order of their names.
/// A path that can't be merged is an error in its place.
pub fn find_inputs(path: &Path) -> Vec<Result<MergeInput, PartialError>> {
    let inputs =
        if path.is_dir() { in_folder(path) } else { one_file(path).map(|one| vec![Ok(one)]) };
    match inputs {
        Ok(inputs) if inputs.is_empty() => vec![Err(PartialError::NothingThere(path.into()))],
        Ok(inputs) => inputs,
        Err(error) => vec![Err(error)],
    }
}

fn one_file(path: &Path) -> Result<MergeInput, PartialError> {
    match is_store(path)? {
        true => Ok(MergeInput::Store(path.into())),
        false => {
            Ok(MergeInput::Files { name: path.display().to_string(), files: vec![path.into()] })
        }
    }
}

fn in_folder(folder: &Path) -> Result<Vec<Result<MergeInput, PartialError>>, PartialError> {
    let name = folder.display().to_string();
    let error = |error| PartialError::Io { path: folder.into(), error };
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(error)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(error)?;
    paths.sort();
    let has_extension = |path: &Path, known: &str| path.extension().is_some_and(|it| it == known);
    let partials: Vec<PathBuf> =
        paths.iter().filter(|path| has_extension(path, "parquet")).cloned().collect();
    let is_part = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PART))
    };
    let mut inputs = Vec::new();
    if folder.join(SUCCESS).exists() {
        inputs.push(Ok(MergeInput::Files { name, files: partials }));
    } else if partials.iter().any(is_part) || folder.join("_temporary").exists() {
        return Ok(vec![Err(PartialError::Unfinished(folder.into()))]);
    } else {
        inputs.extend(partials.iter().map(|path| one_file(path)));
    }
    for path in paths {
        if path.is_dir() && !is_hidden(&path) {
            inputs.extend(in_folder(&path)?);
        } else if has_extension(&path, "db") {
            inputs.push(one_file(&path));
        }
    }
    Ok(inputs)
}

/// Returns whether a folder's name starts with a dot or an underscore. Other engines keep unfinished work in such folders.
fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']))
}

/// Returns whether a file is an SQLite database.
fn is_store(path: &Path) -> Result<bool, PartialError> {
    const START: &[u8] = b"SQLite format 3\0";
    let read = || {
        let mut start = Vec::new();
        File::open(path)?.take(START.len() as u64).read_to_end(&mut start)?;
        Ok(start)
    };
    let start = read().map_err(|error| PartialError::Io { path: path.into(), error })?;
    Ok(start == START)
}
