//! Writes files into the reports' folder, only if they change.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use rustix::fs::{CWD, RenameFlags};

use crate::render::GENERATOR;

use super::error::PublishError;
use super::term_files::TERMS_FOLDER;

/// The extension of a file that is being written.
pub(super) const UNFINISHED: &str = "guestbook-new";

/// The result of publishing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Files that are new or have changed.
    pub written: usize,
    /// Files that were up to date.
    pub unchanged: usize,
    /// Files that an earlier run has written and that are not published any more. They were deleted.
    pub removed: usize,
    /// Files in the terms' folder that belong to no current term or format. They are not deleted.
    pub stale: usize,
    /// Files that an earlier run has written, which are not published any more, and were changed since. They are not deleted.
    pub left: usize,
}

/// Writes the files of one thread, and remembers their names.
pub(super) struct FileWriter<'f> {
    folder: &'f Path,
    /// The files that an earlier run has written.
    own: &'f HashSet<PathBuf>,
    pub(super) published: Published,
    pub(super) files: Vec<PathBuf>,
}

impl<'f> FileWriter<'f> {
    pub(super) fn new(folder: &'f Path, own: &'f HashSet<PathBuf>) -> FileWriter<'f> {
        FileWriter { folder, own, published: Published::default(), files: Vec::new() }
    }

    /// Writes a file, whose name is relative to the folder, unless it already has these bytes. Fails if there is one that this
    /// program did not write.
    pub(super) fn write(&mut self, name: PathBuf, bytes: &[u8]) -> Result<(), PublishError> {
        let path = self.folder.join(&name);
        if has_content(&path, bytes) {
            self.published.unchanged += 1;
        } else if self.is_foreign(&name) {
            return Err(PublishError::Foreign(path));
        } else {
            replace(&path, bytes).map_err(|error| PublishError::Write { path, error })?;
            self.published.written += 1;
        }
        self.files.push(name);
        Ok(())
    }

    /// Returns whether somebody else wrote the file. The program's own have a mark, but for the guestbooks of terms and the data of
    /// tables, whose folders are its own.
    fn is_foreign(&self, name: &Path) -> bool {
        let folder = name.parent().and_then(Path::to_str).unwrap_or_default();
        let is_html = name.extension().is_some_and(|extension| extension == "html");
        let mark = if is_html { GENERATOR } else { "guestbook" };
        let has_mark = if is_html { folder != TERMS_FOLDER } else { folder.is_empty() };
        let is_site = name.file_stem().is_some_and(|stem| stem == "site" || stem == "site.badge");
        has_mark
            && !is_site
            && !self.own.contains(name)
            && fs::read(self.folder.join(name))
                .is_ok_and(|old| memchr::memmem::find(&old, mark.as_bytes()).is_none())
    }

    /// Adds what another thread has written.
    pub(super) fn append(&mut self, mut other: FileWriter<'_>) {
        self.published.written += other.published.written;
        self.published.unchanged += other.published.unchanged;
        self.files.append(&mut other.files);
    }
}

/// Returns whether a file has these bytes.
fn has_content(path: &Path, bytes: &[u8]) -> bool {
    let is_as_long = fs::metadata(path).is_ok_and(|meta| meta.len() == bytes.len() as u64);
    is_as_long && fs::read(path).is_ok_and(|old| old == bytes)
}

/// Replaces a file atomically, so that readers see either the old content or the new: writes a temporary file beside it
/// and renames that. Creates the folder if there is none.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let neighbour = path.with_added_extension(UNFINISHED);
    if let Err(error) = fs::write(&neighbour, bytes) {
        let Some(folder) = path.parent().filter(|_| error.kind() == io::ErrorKind::NotFound) else {
            return Err(error);
        };
        fs::create_dir_all(folder)?;
        fs::write(&neighbour, bytes)?;
    }
    take_place(&neighbour, path)
}

/// Moves a file to a path, where there may be another.
fn take_place(from: &Path, path: &Path) -> io::Result<()> {
    // ext4 writes a file's data to the disk when it is renamed over another one. To exchange the two and delete the old one
    // takes half of the time.
    #[cfg(target_os = "linux")]
    if rustix::fs::renameat_with(CWD, from, CWD, path, RenameFlags::EXCHANGE).is_ok() {
        return fs::remove_file(from);
    }
    fs::rename(from, path)
}
