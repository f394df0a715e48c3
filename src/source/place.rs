//! Where log lines come from: what was asked for → files and standard input.

use std::fmt;
use std::path::{Path, PathBuf};

/// One place that log lines can be read from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A file, compressed or not.
    File(PathBuf),
    /// Standard input, asked for as `-`.
    Stdin,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => path.display().fmt(f),
            Place::Stdin => f.write_str("standard input"),
        }
    }
}

/// Finds the places that `patterns` name: `-`, a path, or a glob such as `/var/log/nginx/access.log*`.
///
/// Relative patterns belong to `folder`. Returns the places in order, each once, and the patterns
/// that named nothing with the reason. A plain path is returned whether the file exists or not, so
/// that opening it can say what is wrong.
pub fn find(patterns: &[String], folder: &Path) -> (Vec<Place>, Vec<(String, String)>) {
    let mut places = Vec::new();
    let mut nothing = Vec::new();
    for pattern in patterns {
        match find_one(pattern, folder) {
            Ok(found) => places.extend(found),
            Err(reason) => nothing.push((pattern.clone(), reason)),
        }
    }
    places.sort();
    places.dedup();
    (places, nothing)
}

fn find_one(pattern: &str, folder: &Path) -> Result<Vec<Place>, String> {
    if pattern == "-" {
        return Ok(vec![Place::Stdin]);
    }
    let path = folder.join(pattern);
    if path.exists() || !pattern.contains(['*', '?', '[']) {
        return Ok(vec![Place::File(path)]);
    }
    // The folder is a path and no pattern, whatever characters it has.
    let folder =
        glob::Pattern::escape(folder.to_str().ok_or("stands in a folder that is not UTF-8")?);
    let text = Path::new(&folder).join(pattern);
    let found =
        glob::glob(&text.to_string_lossy()).map_err(|error| format!("is no pattern: {error}"))?;
    // A file that can't be looked at is kept, so that opening it says why. Folders that merely match
    // (`log*` beside `logs/`) are not meant, and pipes would be waited for.
    let files: Vec<Place> = found
        .map(|entry| entry.unwrap_or_else(|error| error.path().to_path_buf()))
        .filter(|path| path.metadata().map_or(true, |meta| meta.is_file()))
        .map(Place::File)
        .collect();
    if files.is_empty() { Err("matches no file".into()) } else { Ok(files) }
}
