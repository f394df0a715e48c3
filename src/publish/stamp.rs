//! Detects that nothing has changed since the reports were last published.

use std::collections::HashSet;
use std::fmt::{Debug, Write};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use xxhash_rust::xxh3::xxh3_64;

use crate::store::StoreError;

use super::publication::{Publication, PublishOptions};

/// The extension of the stamp's file. It is beside the store, so that no web server serves it and no reports' folder
/// changes with it.
const EXTENSION: &str = "published";

/// A fingerprint of the input of a publication, to compare with that of the last one.
pub(super) struct Stamp<'p> {
    path: PathBuf,
    folder: &'p Path,
    input_hash: u64,
}

impl<'p> Stamp<'p> {
    pub(super) fn new(publication: &Publication<'p>) -> Result<Stamp<'p>, StoreError> {
        let Publication { store, basis, options, .. } = publication;
        let PublishOptions { query, formats, folder, periods, pages, url, .. } = options;
        let path = store.path().with_added_extension(EXTENSION);
        let folder: &'p Path = folder;
        let input: [&dyn Debug; 9] =
            [&store.state()?, query, formats, &folder, basis, periods, pages, url, &program()];
        let input_hash = xxh3_64(format!("{input:?}").as_bytes());
        Ok(Stamp { path, folder, input_hash })
    }

    /// Returns the number of published files and that of stale ones, if their input is the same and none was changed since.
    pub(super) fn unchanged_files(&self) -> Option<(usize, usize)> {
        let text = fs::read_to_string(&self.path).ok()?;
        let mut lines = text.lines();
        let (count, stale) = lines.next()?.strip_prefix(&self.prefix())?.split_once('\t')?;
        let (count, stale): (usize, usize) = (count.parse().ok()?, stale.parse().ok()?);
        let mut files = 0;
        for line in lines {
            let (name, version) = line.split_once('\t')?;
            if file_version(&self.folder.join(name)).as_deref() != Some(version) {
                return None;
            }
            files += 1;
        }
        (files == count).then_some((files, stale)) // Otherwise the stamp was not written completely.
    }

    /// Returns the files that the last run has published, changed or not.
    pub(super) fn listed_files(&self) -> HashSet<PathBuf> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        text.lines()
            .skip(1)
            .filter_map(|line| line.split_once('\t'))
            .map(|(name, _)| name.into())
            .collect()
    }

    /// Returns the files that the last run has published into this folder and that were not changed since, whatever its
    /// input was.
    pub(super) fn own_files(&self) -> Vec<PathBuf> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        let files = text.lines().skip(1).filter_map(|line| line.split_once('\t'));
        let unchanged = files.filter(|(name, version)| {
            file_version(&self.folder.join(name)).as_deref() == Some(version)
        });
        unchanged.map(|(name, _)| name.into()).collect()
    }

    /// Returns the start of the file, before the number of files.
    fn prefix(&self) -> String {
        format!("{}\t", self.input_hash)
    }

    /// Saves the versions of the published files. If that fails, the next run makes them again.
    pub(super) fn save(&self, files: &[PathBuf], stale: usize) {
        let mut text = format!("{}{}\t{stale}\n", self.prefix(), files.len());
        for name in files {
            let Some(version) = file_version(&self.folder.join(name)) else { return };
            let _ = writeln!(text, "{}\t{version}", name.display());
        }
        let _ = fs::write(&self.path, text);
    }
}

/// Returns the size of a file and the time of its last change.
fn file_version(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    let modified = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {}", meta.len(), modified.as_nanos()))
}

/// Identifies this build of the program. Another one may render differently.
fn program() -> impl Debug {
    let file = std::env::current_exe().ok().and_then(|path| file_version(&path));
    (env!("CARGO_PKG_VERSION"), file)
}
