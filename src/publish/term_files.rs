//! The files of terms.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use crate::interner::Map;
use crate::render::OutputFormat;

/// The folder of the terms' guestbooks, below the reports' folder.
pub(super) const TERMS_FOLDER: &str = "terms";

/// The longest file name that is made from a term alone. File systems allow 255 bytes.
const NAME_BYTES_MAX: usize = 120;

/// The file names of the terms that differ only in case from another one's. Some file systems take both for one.
#[derive(Debug, Default)]
pub(super) struct TermNames {
    hashed: Map<String, String>,
}

impl TermNames {
    /// Returns the names of the files of some terms.
    pub(super) fn new<'t>(terms: impl Iterator<Item = &'t str> + Clone) -> TermNames {
        let mut by_folded: Map<String, u32> = Map::default();
        for term in terms.clone() {
            *by_folded.entry(file_name(term).to_ascii_lowercase()).or_default() += 1;
        }
        let mut hashed = Map::default();
        for term in terms {
            let name = file_name(term);
            let folded = name.to_ascii_lowercase();
            if by_folded.get(&folded).is_some_and(|count| *count > 1) && folded != name {
                hashed.insert(term.to_owned(), with_hash(name, term));
            }
        }
        TermNames { hashed }
    }

    pub(super) fn file_name(&self, term: &str) -> Cow<'_, str> {
        self.hashed.get(term).map_or_else(|| file_name(term).into(), |name| name.as_str().into())
    }

    /// Returns the paths of a term's files, relative to the reports' folder.
    pub(super) fn files<'f>(
        &self,
        term: &str,
        formats: &'f [OutputFormat],
    ) -> impl Iterator<Item = PathBuf> + use<'f> {
        let name = self.file_name(term).into_owned();
        formats.iter().map(move |format| {
            Path::new(TERMS_FOLDER).join(format!("{name}.{}", format.extension()))
        })
    }
}

/// Returns the file name of a term: letters, digits, `-`, `_`, `~` and dots stay, and every other byte becomes `%XX`. So do dots
/// at the start, and those that would make it the name of another term in another format. A long name is truncated and ends
/// with a hash of the term, so that it stays unique, and so does a name that looks like one with a hash.
fn file_name(term: &str) -> String {
    let mut name = String::new();
    for (at, byte) in term.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => name.push(byte as char),
            b'.' if at > 0 && !is_format(&term[at + 1..]) => name.push('.'),
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    if name.len() > NAME_BYTES_MAX {
        name.truncate(NAME_BYTES_MAX);
        return with_hash(name, term);
    }
    if has_hash(&name) { with_hash(name, term) } else { name }
}

/// Returns whether a part of a name is that of an extension, such as `badge` of `badge.svg`.
fn is_format(part: &str) -> bool {
    let extensions =
        OutputFormat::NAMES.iter().filter_map(|(_, format)| format.extension().split_once('.'));
    extensions.into_iter().any(|(first, _)| first == part)
}

/// Returns whether a name ends like those of [`with_hash`].
fn has_hash(name: &str) -> bool {
    name.rsplit_once('~').is_some_and(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn with_hash(name: String, term: &str) -> String {
    format!("{name}~{:016x}", xxh3_64(term.as_bytes()))
}

/// Percent-encodes a file name for a link. Only `%` needs it, since no other such character is left in it.
pub(super) fn percent_encoded(name: &str) -> String {
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
            ("a.badge", "a%2Ebadge"),
            ("a.badge.b", "a.badge.b"),
        ] {
            assert_eq!(file_name(term), name);
        }
        let (one, other) = (file_name(&"x".repeat(250)), file_name(&("x".repeat(250) + "y")));
        assert!(one.len() < 150 && one != other);
    }

    #[test]
    fn terms_that_differ_in_case_have_different_files_everywhere() {
        let hashed = file_name("asyncio") + "~0123456789abcdef";
        let terms = ["Asyncio", "asyncio", "ASYNCIO", "Main_Page", &hashed];
        let names = TermNames::new(terms.into_iter());
        let mut folded: Vec<String> =
            terms.iter().map(|term| names.file_name(term).to_ascii_lowercase()).collect();
        folded.sort();
        folded.dedup();
        assert_eq!(folded.len(), terms.len());
        assert_eq!(names.file_name("asyncio"), "asyncio");
        assert_eq!(names.file_name("Main_Page"), "Main_Page");
    }
}
