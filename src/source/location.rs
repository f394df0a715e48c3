//! Finds the files that paths and patterns name.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use walkdir::{DirEntry, WalkDir};

use crate::bucket::{Object, find_objects, is_url, pattern_start, without_user};

/// The name of standard input in messages.
pub const STDIN_NAME: &str = "standard input";

/// A file or stream of log lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Location {
    /// A file, compressed or not.
    File(PathBuf),
    /// An object of a bucket, compressed or not.
    Object(Object),
    /// Standard input, which `-` stands for.
    Stdin,
}

impl Location {
    /// Returns the location that a log was found at, by its name in the store.
    pub fn named(name: &str) -> Location {
        match is_url(name) {
            true => Location::Object(Object::named(name)),
            false => Location::File(name.into()),
        }
    }

    /// Returns the size of the file, 0 if it is unknown.
    pub fn bytes(&self) -> u64 {
        match self {
            Location::File(path) => path.metadata().map_or(0, |meta| meta.len()),
            Location::Object(object) => object.size.unwrap_or(0),
            Location::Stdin => 0,
        }
    }

    /// Returns whether a compressed file is probably still being written: the file that it is made from is beside it.
    pub fn is_being_compressed(&self) -> bool {
        const EXTENSIONS: [&str; 5] = ["gz", "zst", "bz2", "xz", "Z"];
        let Location::File(path) = self else { return false };
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
            && path.with_extension("").is_file()
    }
}

/// Returns whether an error while reading shows that the data is damaged, so that lines before it may be wrong too. A
/// stream that only ends early is not damaged.
pub fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::File(path) => printable_path(path).fmt(f),
            Location::Object(object) => f.write_str(&object.url),
            Location::Stdin => f.write_str(STDIN_NAME),
        }
    }
}

/// Returns a path as text. Bytes that are not UTF-8 are escaped, so that two names never look the same.
fn printable_path(path: &Path) -> String {
    let name = path.as_os_str().as_encoded_bytes();
    name.utf8_chunks()
        .flat_map(|chunk| {
            let escaped = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
            [chunk.valid().to_owned()].into_iter().chain(escaped)
        })
        .collect()
}

/// A location that a path or pattern names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub location: Location,
    /// True if a pattern has found it, so that it may be renamed or removed at any time.
    pub is_from_pattern: bool,
}

/// Finds the locations that `patterns` name: `-`, a path, or a glob such as `/var/log/nginx/access.log*`.
///
/// Relative patterns are resolved against `folder`. Returns the locations in order without duplicates, and the patterns
/// that matched nothing, or have folders that can't be read, with the reason. A plain path is returned whether the file
/// exists or not, so that opening it reports the error.
pub fn find_locations(patterns: &[String], folder: &Path) -> (Vec<Found>, Vec<(String, String)>) {
    let mut locations = Vec::new();
    let mut unmatched = Vec::new();
    for pattern in patterns {
        if let Some(url) = Some(pattern).filter(|it| is_url(it)).and_then(|it| without_user(it)) {
            let reason =
                "has a user or a password, which would be stored and printed: leave them out";
            unmatched.push((url, reason.to_owned()));
            continue;
        }
        let (found, reason) = find_one(pattern, folder);
        locations.extend(found);
        unmatched.extend(reason.map(|reason| (pattern.clone(), reason)));
    }
    locations.sort();
    locations.dedup_by(|next, found| next.location == found.location);
    (locations, unmatched)
}

fn find_one(pattern: &str, folder: &Path) -> (Vec<Found>, Option<String>) {
    if is_url(pattern) {
        return find_urls(pattern);
    }
    let path = folder.join(pattern);
    let plain = match pattern {
        "-" => Some(Location::Stdin),
        _ if path.exists() || !is_glob(pattern) => Some(Location::File(path.clone())),
        _ => None,
    };
    if let Some(location) = plain {
        return (vec![Found { location, is_from_pattern: false }], None);
    }
    match find_files(pattern, folder) {
        Err(error) => (Vec::new(), Some(format!("is not a valid pattern: {error}"))),
        Ok((files, denied)) => {
            let nothing = files.is_empty().then(|| "matches no file".to_owned());
            let reason = denied.map(|folder| denied_words(&folder)).or(nothing);
            let found = files
                .into_iter()
                .map(|path| Found { location: Location::File(path), is_from_pattern: true });
            (found.collect(), reason)
        }
    }
}

/// Finds the objects that a URL names. One that no pattern has found is returned whether it is there or not.
fn find_urls(pattern: &str) -> (Vec<Found>, Option<String>) {
    let is_from_pattern = pattern_start(pattern).is_some();
    match find_objects(pattern) {
        Err(reason) => (Vec::new(), Some(reason)),
        Ok(objects) => {
            let reason = objects.is_empty().then(|| "matches no object".to_owned());
            let found = objects
                .into_iter()
                .map(|object| Found { location: Location::Object(object), is_from_pattern });
            (found.collect(), reason)
        }
    }
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// Returns the files that match a glob, and a folder that can't be read, if there is one.
///
/// Folders that match (`log*` and `logs/`) are left out, and so are pipes, which would block.
fn find_files(
    pattern: &str,
    folder: &Path,
) -> Result<(Vec<PathBuf>, Option<PathBuf>), globset::Error> {
    let parts: Vec<&str> = pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let plain = parts.iter().take_while(|part| !is_glob(part)).count();
    let root = if pattern.starts_with('/') { Path::new("/") } else { folder };
    let root = root.join(parts[..plain].iter().collect::<PathBuf>());
    let (root, parts) =
        (if root == Path::new("") { Path::new(".") } else { &root }, &parts[plain..]);
    // Each folder is matched before it is entered. Below `**`, any may match.
    let matcher = |count: usize| -> Result<globset::GlobMatcher, globset::Error> {
        let glob = GlobBuilder::new(&parts[..count].join("/")).literal_separator(true).build()?;
        Ok(glob.compile_matcher())
    };
    let fixed = parts.iter().take_while(|part| !part.contains("**")).count();
    let folders = (1..=fixed).map(matcher).collect::<Result<Vec<_>, _>>()?;
    let whole = matcher(parts.len())?;
    let depth_max = if fixed == parts.len() { fixed } else { usize::MAX };
    let relative = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_owned();
    let walk = WalkDir::new(root).follow_links(true).min_depth(1).max_depth(depth_max);
    let may_match = |entry: &DirEntry| {
        let folder = entry.depth().checked_sub(1).and_then(|at| folders.get(at));
        folder.is_none_or(|folder| folder.is_match(relative(entry.path())))
    };
    let (mut files, mut denied) = (Vec::new(), None);
    for entry in walk.sort_by_file_name().into_iter().filter_entry(may_match) {
        match entry {
            // A file without readable metadata is included, so that opening it reports the error.
            Ok(entry) => {
                let is_file = entry.metadata().map_or(true, |meta| meta.is_file());
                if is_file && whole.is_match(relative(entry.path())) {
                    let path = entry.into_path();
                    files.push(path.strip_prefix("./").map(Path::to_owned).unwrap_or(path));
                }
            }
            Err(error) => {
                let is_denied =
                    error.io_error().map(io::Error::kind) == Some(io::ErrorKind::PermissionDenied);
                if is_denied && denied.is_none() {
                    denied = error.path().map(Path::to_owned);
                }
            }
        }
    }
    Ok((files, denied))
}

fn denied_words(folder: &Path) -> String {
    format!("can't be searched: {}: {}", folder.display(), permission_words(folder))
}

/// Returns the words for a file or folder that this user may not read, with the way to allow it.
pub fn permission_words(path: &Path) -> String {
    let group = group_of(path);
    let group = group.as_deref().unwrap_or("adm");
    format!(
        "permission denied: run as a user that may read it, or add this user to its group: usermod -aG {group} USER"
    )
}

/// Returns the name of the group that owns a file. `None` for root's.
fn group_of(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let id = path.metadata().ok()?.gid().to_string();
    let groups = std::fs::read_to_string("/etc/group").ok()?;
    let mut fields = groups.lines().map(|line| line.split(':'));
    fields.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)? == id && id != "0").then(|| name.to_owned())
    })
}
