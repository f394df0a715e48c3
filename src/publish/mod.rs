//! Writes every term's guestbook, and the site's, as files that a web server can serve.

mod stamp;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::classify::Rules;
use crate::cores::in_parts;
use crate::render::{self, Form, RenderError};
use crate::report::{Guestbooks, Question, ReportError, SiteReport, TermRow};
use crate::store::Store;

use stamp::Stamp;

/// The folder of the terms' files, below the reports'.
const TERMS: &str = "terms";

/// The longest file name that is made from a term alone; file systems end at 255 bytes.
const NAME_BYTES_MAX: usize = 120;

/// What publishing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Files that are new or have changed.
    pub written: usize,
    /// Files that were as they should be.
    pub unchanged: usize,
    /// Files in the terms' folder that belong to no term or form any more. They are left alone.
    pub stale: usize,
}

impl Published {
    fn add(&mut self, other: &Published) {
        self.written += other.written;
        self.unchanged += other.unchanged;
        self.stale += other.stale;
    }
}

/// Why publishing stopped.
#[derive(Debug, Error)]
pub enum PublishError {
    /// A report could not be made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A report could not be drawn.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The site's page would replace one that somebody else wrote.
    #[error(
        "{} was not written by guestbook, which would replace it: choose another folder under \
         [reports] out",
        .0.display()
    )]
    Foreign(PathBuf),
    /// A file could not be written.
    #[error("can't write {}: {error}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// What is to be published, and where to.
#[derive(Clone, Copy)]
pub struct Publication<'p> {
    /// What the reports are made from.
    pub store: &'p Store,
    /// How agents and terms are named.
    pub rules: &'p Rules,
    /// What is asked.
    pub question: &'p Question,
    /// The forms, with the endings of their files' names.
    pub forms: &'p [(&'static str, Form)],
    /// The folder.
    pub folder: &'p Path,
    /// Stands for all that the rules were made from: where it differs, they may.
    pub basis: u64,
}

/// Writes `terms/<term>.<form>` for every term and form, and `index.html` and `site.<form>` for the
/// site. Each file is replaced as a whole, and only if it changes; where nothing that they are made from has
/// changed since the last time, and neither has any file, none is made again, and there is no report.
pub fn publish(
    publication: &Publication<'_>,
) -> Result<(Option<SiteReport>, Published), PublishError> {
    let &Publication { store, rules, question, forms, folder, .. } = publication;
    let stamp = Stamp::of(publication).map_err(ReportError::from)?;
    let mut published = Published::default();
    if let Some(unchanged) = stamp.unchanged() {
        published.unchanged = unchanged;
        published.stale = stale(folder, unchanged.saturating_sub(1 + forms.len()));
        return Ok((None, published));
    }
    let books = Guestbooks::read(store, rules, question)?;
    let site = books.site(usize::MAX);
    let ending = forms.iter().find(|(_, form)| *form == Form::Html).or(forms.first());
    let link = |term: &str| match ending {
        Some((ending, _)) => format!("{TERMS}/{}.{ending}", percent_encoded(&file_name(term))),
        None => String::new(),
    };
    let index = PathBuf::from("index.html");
    if fs::read(folder.join(&index)).is_ok_and(|old| !is_ours(&old)) {
        return Err(PublishError::Foreign(folder.join(index)));
    }
    write(&folder.join(&index), render::site_page(&site, link).as_bytes(), &mut published)?;
    let mut files = vec![index];
    for (ending, form) in forms {
        let name = PathBuf::from(format!("site.{ending}"));
        write(&folder.join(&name), &render::site(&site, *form)?, &mut published)?;
        files.push(name);
    }
    published.add(&write_terms(&books, &site.terms, forms, folder)?);
    files.extend(site.terms.iter().flat_map(|row| term_files(&row.term, forms)));
    published.stale = stale(folder, site.terms.len() * forms.len());
    stamp.keep(&files);
    Ok((Some(site), published))
}

/// Writes the terms' files: half of the time is the file system's, and the other half is drawing, so each
/// core takes its share of the terms.
fn write_terms(
    books: &Guestbooks<'_>,
    terms: &[TermRow],
    forms: &[(&'static str, Form)],
    folder: &Path,
) -> Result<Published, PublishError> {
    let write_some = |terms: &[TermRow]| -> Result<Published, PublishError> {
        let mut published = Published::default();
        for row in terms {
            let report = books.term(&row.term);
            for (name, (_, form)) in term_files(&row.term, forms).zip(forms) {
                write(&folder.join(name), &render::term(&report, *form)?, &mut published)?;
            }
        }
        Ok(published)
    };
    let mut published = Published::default();
    for some in in_parts(terms, 1, write_some) {
        published.add(&some?);
    }
    Ok(published)
}

/// The files of a term, below the reports' folder.
fn term_files<'f>(
    term: &str,
    forms: &'f [(&'static str, Form)],
) -> impl Iterator<Item = PathBuf> + use<'f> {
    let name = file_name(term);
    forms.iter().map(move |(ending, _)| Path::new(TERMS).join(format!("{name}.{ending}")))
}

/// How many files in the terms' folder are none of `count` that were written.
fn stale(folder: &Path, count: usize) -> usize {
    let files = fs::read_dir(folder.join(TERMS)).map(Iterator::count).unwrap_or(0);
    files.saturating_sub(count)
}

fn is_ours(page: &[u8]) -> bool {
    memchr::memmem::find(page, render::GENERATOR.as_bytes()).is_some()
}

/// Writes a file, unless it has these bytes already.
fn write(path: &Path, bytes: &[u8], published: &mut Published) -> Result<(), PublishError> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        published.unchanged += 1;
        return Ok(());
    }
    replace(path, bytes).map_err(|error| PublishError::Write { path: path.into(), error })?;
    published.written += 1;
    Ok(())
}

/// Writes a file by way of a neighbour, so that who reads it meanwhile sees the old one or the new. Its folder is
/// made where there is none.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut neighbour = path.as_os_str().to_owned();
    neighbour.push(".new");
    fs::write(&neighbour, bytes)?;
    fs::rename(&neighbour, path)
}

/// A term as a file's name: letters, digits, `-`, `_`, `~` and inner dots stay; everything else is
/// written `%XX`. A long name is cut, and its hash keeps it apart from others.
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

/// A file name in a link: the `%` in it is a character of its own.
fn percent_encoded(name: &str) -> String {
    name.replace('%', "%25")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_term_leaves_its_folder() {
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
