//! What reports were made from, and how their files were left: by it the next run tells that nothing changed.

use std::fmt::{Debug, Write};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use xxhash_rust::xxh3::xxh3_64;

use super::Publication;
use crate::store::StoreError;

/// A file beside the store, so that no web server serves it and no report's folder changes with it.
const ENDING: &str = ".published";

/// What the reports of one publication are made from.
pub(super) struct Stamp<'p> {
    path: PathBuf,
    folder: &'p Path,
    made_from: u64,
}

impl<'p> Stamp<'p> {
    pub(super) fn of(publication: &Publication<'p>) -> Result<Stamp<'p>, StoreError> {
        let Publication { store, question, forms, folder, basis, .. } = publication;
        let mut path = store.path().as_os_str().to_owned();
        path.push(ENDING);
        let folder: &'p Path = folder;
        let all: [&dyn Debug; 6] = [&store.state()?, question, forms, &folder, basis, &program()];
        let made_from = xxh3_64(format!("{all:?}").as_bytes());
        Ok(Stamp { path: path.into(), folder, made_from })
    }

    /// How many files there are, if all were made from the same and are as they were left.
    pub(super) fn unchanged(&self) -> Option<usize> {
        let text = fs::read_to_string(&self.path).ok()?;
        let mut lines = text.lines();
        let count: usize = lines.next()?.strip_prefix(&self.made_from())?.parse().ok()?;
        let mut files = 0;
        for line in lines {
            let (name, left) = line.split_once('\t')?;
            if as_left(&self.folder.join(name)).as_deref() != Some(left) {
                return None;
            }
            files += 1;
        }
        (files == count).then_some(files) // Else the file was not written to its end.
    }

    /// What the file begins with, before the number of files.
    fn made_from(&self) -> String {
        format!("{}\t", self.made_from)
    }

    /// Notes how the files were left. Where that can't be written, the next run makes them again.
    pub(super) fn keep(&self, files: &[PathBuf]) {
        let mut text = format!("{}{}\n", self.made_from(), files.len());
        for name in files {
            let Some(left) = as_left(&self.folder.join(name)) else { return };
            let _ = writeln!(text, "{}\t{left}", name.display());
        }
        let _ = fs::write(&self.path, text);
    }
}

/// The size of a file, and when it was last written to.
fn as_left(path: &Path) -> Option<String> {
    let meta = fs::metadata(path).ok()?;
    let modified = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {}", meta.len(), modified.as_nanos()))
}

/// This very program: another one may draw other pictures.
fn program() -> impl Debug {
    let file = std::env::current_exe().ok().and_then(|path| as_left(&path));
    (env!("CARGO_PKG_VERSION"), file)
}
