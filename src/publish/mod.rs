//! Publishes the guestbooks of all terms and the site's pages as files that a web server can serve.

mod embed;
mod error;
mod feed;
mod folder_lock;
mod index;
mod links;
mod pages;
mod publication;
mod stamp;
mod term_files;
mod writer;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::meter::WorkStep;
use crate::parallel::map_chunks;
use crate::render::{self, EMBED_SCRIPT};
use crate::report::{Dimension, ReportError, SiteReport, TermHistory};
use crate::site::SiteData;

use embed::Embed;
pub use error::PublishError;
use folder_lock::FolderLock;
use links::SiteLinks;
use pages::{OWN_FOLDERS, SitePages};
pub use publication::{Publication, PublishOptions};
use stamp::Stamp;
use term_files::{TERMS_FOLDER, TermNames};
use writer::{FileWriter, UNFINISHED};
pub use writer::{Published, replace};

/// The URL of the reports if the config has none: the folder at the root of the same site.
const DEFAULT_URL: &str = "/reports/";

/// Writes each term's guestbook in each format, the site's, and the site's pages.
///
/// Each file is replaced as a whole, and only if it changes. If neither the input nor any file has changed since the
/// last run, nothing is rendered and no report is returned.
pub fn publish(
    publication: &Publication<'_>,
) -> Result<(Option<SiteReport>, Published), PublishError> {
    let &Publication { store, rules, options, .. } = publication;
    let PublishOptions { query, formats, folder, .. } = options;
    let _lock = FolderLock::acquire(folder)?;
    let stamp = Stamp::new(publication).map_err(ReportError::from)?;
    if let Some((files, stale)) = stamp.unchanged_files() {
        let published = Published { unchanged: files, stale, ..Published::default() };
        return Ok((None, published));
    }
    remove_unfinished(folder);
    let own = stamp.listed_files();
    let data = SiteData::read(store, rules, query)?;
    let site = data.books.site(usize::MAX);
    let histories = data.books.histories();
    let names = TermNames::new(histories.iter().map(|history| history.term));
    let mut writer = FileWriter::new(folder, &own);
    for format in formats {
        let name = PathBuf::from(format!("site.{}", format.extension()));
        writer.write(name, &render::site(&site, *format)?)?;
    }
    writer.write("guestbook.js".into(), EMBED_SCRIPT.as_bytes())?;
    let view = data.view();
    let named = |column| view.names(column);
    let (families, agents) = (named(Dimension::Family), named(Dimension::Agent));
    let links = SiteLinks::new(
        families.iter().map(String::as_str),
        agents.iter().map(String::as_str),
        &names,
    );
    let pages = SitePages { view, options, links, names: &names, own: &own };
    options.meter.begin(WorkStep::Publish, histories.len() as u64);
    if options.pages {
        pages.write(&mut writer)?;
    }
    write_terms(&histories, &pages, &mut writer)?;
    let mut published = writer.published;
    let current: HashSet<&PathBuf> = writer.files.iter().collect();
    published.removed = remove_gone(folder, &stamp.own_files(), &current);
    let gone = own.iter().filter(|name| !current.contains(name));
    published.left = gone.filter(|name| folder.join(name).exists()).count();
    published.stale = count_stale(folder, histories.len() * formats.len());
    stamp.save(&writer.files, published.stale);
    Ok((Some(site), published))
}

/// Writes the terms' files on all cores: rendering and the file system take half of the time each.
fn write_terms(
    histories: &[TermHistory<'_>],
    pages: &SitePages<'_>,
    writer: &mut FileWriter<'_>,
) -> Result<(), PublishError> {
    let PublishOptions { formats, folder, meter, .. } = pages.options;
    let url = pages.options.url.unwrap_or(DEFAULT_URL);
    let write_chunk = |histories: &[TermHistory<'_>]| -> Result<_, PublishError> {
        let mut writer = FileWriter::new(folder, pages.own);
        for history in histories {
            let report = pages.view.books.term(history.term);
            for (name, format) in pages.names.files(history.term, formats).zip(formats) {
                writer.write(name, &render::term(&report, *format)?)?;
            }
            if pages.options.pages {
                let embed = Embed { url, formats, report: &report };
                pages.write_term(&mut writer, history, &embed)?;
            }
            meter.add_done(1);
        }
        Ok(writer)
    };
    for chunk in map_chunks(histories, 1, write_chunk) {
        writer.append(chunk?);
    }
    Ok(())
}

/// Deletes the files among `old` that are not published any more. Returns their number.
fn remove_gone(folder: &Path, old: &[PathBuf], current: &HashSet<&PathBuf>) -> usize {
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
    let folders = OWN_FOLDERS.into_iter().map(|name| folder.join(name));
    for entry in folders.chain([folder.to_owned()]).flat_map(fs::read_dir).flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == UNFINISHED) {
            let _ = fs::remove_file(path);
        }
    }
}
