//! Finds the files that paths and patterns name.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file or stream of log lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A file, compressed or not.
    File(PathBuf),
    /// Standard input, which `-` stands for.
    Stdin,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::File(path) => path.display().fmt(f),
            Location::Stdin => f.write_str("standard input"),
        }
    }
}

/// Finds the locations that `patterns` name: `-`, a path, or a glob such as `/var/log/nginx/access.log*`.
///
/// Relative patterns are resolved against `folder`. Returns the locations in order without duplicates, and the patterns
/// that matched nothing with the reason. A plain path is returned whether the file exists or not, so that opening it
/// reports the error.
pub fn find_locations(
    patterns: &[String],
    folder: &Path,
) -> (Vec<Location>, Vec<(String, String)>) {
    let mut locations = Vec::new();
    let mut unmatched = Vec::new();
    for pattern in patterns {
        match find_one(pattern, folder) {
            Ok(found) => locations.extend(found),
            Err(reason) => unmatched.push((pattern.clone(), reason)),
        }
    }
    locations.sort();
    locations.dedup();
    (locations, unmatched)
}

fn find_one(pattern: &str, folder: &Path) -> Result<Vec<Location>, String> {
    if pattern == "-" {
        return Ok(vec![Location::Stdin]);
    }
    let path = folder.join(pattern);
    if path.exists() || !pattern.contains(['*', '?', '[']) {
        return Ok(vec![Location::File(path)]);
    }
    // The folder is not part of the pattern, whatever characters it has.
    let folder =
        glob::Pattern::escape(folder.to_str().ok_or("is in a folder whose name is not UTF-8")?);
    let text = Path::new(&folder).join(pattern);
    let found = glob::glob(&text.to_string_lossy())
        .map_err(|error| format!("is not a valid pattern: {error}"))?;
    // A file without readable metadata is included, so that opening it reports the error. Folders that match (`log*`
    // and `logs/`) are skipped, and so are pipes, which would block.
    let files: Vec<Location> = found
        .map(|entry| entry.unwrap_or_else(|error| error.path().to_path_buf()))
        .filter(|path| path.metadata().map_or(true, |meta| meta.is_file()))
        .map(Location::File)
        .collect();
    if files.is_empty() { Err("matches no file".into()) } else { Ok(files) }
}
