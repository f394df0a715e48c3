//! Publishes the guestbooks of all terms and of the site as files that a web server can serve.

mod error;
mod folder_lock;
mod publication;
mod stamp;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use crate::meter::WorkStep;
use crate::parallel::map_chunks;
use crate::render::{self, OutputFormat};
use crate::report::{Guestbooks, ReportError, SiteReport, TermRow};

pub use error::PublishError;
use folder_lock::FolderLock;
pub use publication::Publication;
use stamp::Stamp;

/// The folder of the terms' files, below the reports' folder.
const TERMS_FOLDER: &str = "terms";

/// The extension of a file that is being written.
const UNFINISHED: &str = "new";

/// The longest file name that is made from a term alone. File systems allow 255 bytes.
const NAME_BYTES_MAX: usize = 120;

/// The result of publishing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Files that are new or have changed.
    pub written: usize,
    /// Files that were up to date.
    pub unchanged: usize,
    /// Files that an earlier run has written for terms or formats that are gone. They were deleted.
    pub removed: usize,
    /// Files in the terms' folder that belong to no current term or format. They are not deleted.
    pub stale: usize,
}

impl Published {
    fn add(&mut self, other: &Published) {
        self.written += other.written;
        self.unchanged += other.unchanged;
        self.removed += other.removed;
        self.stale += other.stale;
    }
}

/// Writes `terms/<term>.<format>` for every term and format, and `index.html` and `site.<format>` for the site.
///
/// Each file is replaced as a whole, and only if it changes. If neither the input nor any file has changed since the
/// last run, nothing is rendered and no report is returned.
pub fn publish(
    publication: &Publication<'_>,
) -> Result<(Option<SiteReport>, Published), PublishError> {
    let &Publication { store, rules, query, formats, folder, .. } = publication;
    let _lock = FolderLock::acquire(folder)?;
    let stamp = Stamp::new(publication).map_err(ReportError::from)?;
    let mut published = Published::default();
    if let Some(unchanged) = stamp.unchanged_files() {
        published.unchanged = unchanged;
        published.stale = count_stale(folder, unchanged.saturating_sub(1 + formats.len()));
        return Ok((None, published));
    }
    remove_unfinished(folder);
    let books = Guestbooks::read(store, rules, query)?;
    let site = books.site(usize::MAX);
    let linked =
        formats.iter().find(|(_, format)| *format == OutputFormat::Html).or(formats.first());
    let link = |term: &str| match linked {
        Some((extension, _)) => {
            format!("{TERMS_FOLDER}/{}.{extension}", percent_encoded(&file_name(term)))
        }
        None => String::new(),
    };
    let index = PathBuf::from("index.html");
    if fs::read(folder.join(&index)).is_ok_and(|old| !is_own_page(&old)) {
        return Err(PublishError::Foreign(folder.join(index)));
    }
    write(&folder.join(&index), render::site_page(&site, link).as_bytes(), &mut published)?;
    let mut files = vec![index];
    for (extension, format) in formats {
        let name = PathBuf::from(format!("site.{extension}"));
        write(&folder.join(&name), &render::site(&site, *format)?, &mut published)?;
        files.push(name);
    }
    publication.meter.begin(WorkStep::Publish, site.terms.len() as u64);
    published.add(&write_terms(&books, &site.terms, publication)?);
    files.extend(site.terms.iter().flat_map(|row| term_files(&row.term, formats)));
    published.removed = remove_gone(folder, &stamp.own_files(), &files);
    published.stale = count_stale(folder, site.terms.len() * formats.len());
    stamp.save(&files);
    Ok((Some(site), published))
}

/// Writes the terms' files on all cores: rendering and the file system take half of the time each.
fn write_terms(
    books: &Guestbooks<'_>,
    terms: &[TermRow],
    publication: &Publication<'_>,
) -> Result<Published, PublishError> {
    let &Publication { formats, folder, meter, .. } = publication;
    let write_chunk = |terms: &[TermRow]| -> Result<Published, PublishError> {
        let mut published = Published::default();
        for row in terms {
            let report = books.term(&row.term);
            for (name, (_, format)) in term_files(&row.term, formats).zip(formats) {
                write(&folder.join(name), &render::term(&report, *format)?, &mut published)?;
            }
            meter.add_done(1);
        }
        Ok(published)
    };
    let mut published = Published::default();
    for chunk in map_chunks(terms, 1, write_chunk) {
        published.add(&chunk?);
    }
    Ok(published)
}

/// Returns the paths of a term's files, relative to the reports' folder.
fn term_files<'f>(
    term: &str,
    formats: &'f [(&'static str, OutputFormat)],
) -> impl Iterator<Item = PathBuf> + use<'f> {
    let name = file_name(term);
    let path = move |extension: &str| Path::new(TERMS_FOLDER).join(format!("{name}.{extension}"));
    formats.iter().map(move |(extension, _)| path(extension))
}

/// Deletes the files among `old` that are not published any more. Returns their number.
fn remove_gone(folder: &Path, old: &[PathBuf], current: &[PathBuf]) -> usize {
    let current: HashSet<&PathBuf> = current.iter().collect();
    let gone = old.iter().filter(|name| !current.contains(name));
    gone.filter(|name| fs::remove_file(folder.join(name)).is_ok()).count()
}

/// Returns how many files the terms' folder has in addition to the `count` current ones.
fn count_stale(folder: &Path, count: usize) -> usize {
    let files = fs::read_dir(folder.join(TERMS_FOLDER)).map(Iterator::count).unwrap_or(0);
    files.saturating_sub(count)
}

/// Removes the files that a run has not finished, since it was killed.
fn remove_unfinished(folder: &Path) {
    let entries = [folder.to_owned(), folder.join(TERMS_FOLDER)].into_iter().flat_map(fs::read_dir);
    for entry in entries.flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == UNFINISHED) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Returns whether guestbook wrote the page.
fn is_own_page(page: &[u8]) -> bool {
    memchr::memmem::find(page, render::GENERATOR.as_bytes()).is_some()
}

/// Writes a file unless it already has these bytes.
fn write(path: &Path, bytes: &[u8], published: &mut Published) -> Result<(), PublishError> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        published.unchanged += 1;
        return Ok(());
    }
    replace(path, bytes).map_err(|error| PublishError::Write { path: path.into(), error })?;
    published.written += 1;
    Ok(())
}

/// Replaces a file atomically, so that readers see either the old content or the new: writes a temporary file beside it
/// and renames that. Creates the folder if there is none.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let neighbour = path.with_added_extension(UNFINISHED);
    fs::write(&neighbour, bytes)?;
    fs::rename(&neighbour, path)
}

/// Returns the file name of a term: letters, digits, `-`, `_`, `~` and dots after the start stay, and every other byte
/// becomes `%XX`. A long name is truncated and ends with a hash of the term, so that it stays unique.
pub fn file_name(term: &str) -> String {
    let mut name = String::new();
    for (at, byte) in term.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => name.push(byte as char),
            b'.' if at > 0 => name.push('.'),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    if name.len() > NAME_BYTES_MAX {
        name.truncate(NAME_BYTES_MAX);
        name.push_str(&format!("~{:016x}", xxh3_64(term.as_bytes())));
    }
    name
}

/// Percent-encodes a file name for a link. Only `%` needs it, since [`file_name`] leaves no other such character.
fn percent_encoded(name: &str) -> String {
    name.replace('%', "%25")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_stay_within_the_folder() {
        for (term, name) in [
            ("asyncio", "asyncio"),
            ("node.js", "node.js"),
            ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
            ("..", "%2E."),
            ("a/b", "a%2Fb"),
            ("ü", "%C3%BC"),
            ("a\0b", "a%00b"),
        ] {
            assert_eq!(file_name(term), name);
        }
        let (one, other) = (file_name(&"x".repeat(250)), file_name(&("x".repeat(250) + "y")));
        assert!(one.len() < 150 && one != other);
    }
}
