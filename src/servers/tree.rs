//! Reads files below a root, which stands for `/`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{Location, find_locations, permission_words};

/// The largest config file that is read.
const CONFIG_BYTES_MAX: u64 = 4 << 20;

/// The most config files of one server that are read, each as often as it is included.
const CONFIG_FILES_MAX: usize = 5000;

/// The files of a machine: this one's, or those of another one whose `/` is a folder here.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    pub fn new(root: &Path) -> Tree {
        Tree { root: std::path::absolute(root).unwrap_or_else(|_| root.to_owned()) }
    }

    /// Returns whether the tree is this machine's.
    pub fn is_this_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Returns where an absolute path of the machine is found from here.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Returns whether a file is below the root, where no link leads out of it.
    pub fn contains(&self, path: &Path) -> bool {
        let root = fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        self.is_this_machine() || fs::canonicalize(path).is_ok_and(|path| path.starts_with(root))
    }

    /// Returns the files that an absolute path or pattern of the machine names, in order.
    pub fn files(&self, pattern: &str) -> Vec<PathBuf> {
        let pattern = self.path(pattern).to_string_lossy().into_owned();
        let (found, _) = find_locations(&[pattern], Path::new("/"));
        let path = |location| match location {
            Location::File(path) => Some(path).filter(|path| path.is_file() && self.contains(path)),
            Location::Object(_) | Location::Stdin => None,
        };
        found.into_iter().filter_map(|found| path(found.location)).collect()
    }

    /// Returns the links beside a pattern of a foreign machine that lead out of its tree, so that they can't be followed.
    fn outward_links(&self, pattern: &str) -> Vec<PathBuf> {
        let path = self.path(pattern);
        let entries = path.parent().filter(|_| !self.is_this_machine()).map(fs::read_dir);
        let entries = entries.into_iter().flatten().flatten().flatten().map(|entry| entry.path());
        entries.filter(|path| path.is_symlink() && !self.contains(path)).collect()
    }
}

/// Returns a path of a config, which belongs to the folder if it is relative.
pub(super) fn in_folder(folder: &str, path: &str) -> String {
    Path::new(folder).join(path).to_string_lossy().into_owned()
}

/// Reads the config files of one server. What can't be read is added to the remarks.
pub(super) struct ConfigFiles<'t> {
    pub(super) tree: &'t Tree,
    remarks: &'t mut Vec<String>,
    /// The files that include each other at the moment, so that a circle ends.
    open: Vec<PathBuf>,
    left: usize,
}

impl<'t> ConfigFiles<'t> {
    pub(super) fn new(tree: &'t Tree, remarks: &'t mut Vec<String>) -> ConfigFiles<'t> {
        ConfigFiles { tree, remarks, open: Vec::new(), left: CONFIG_FILES_MAX }
    }

    /// Returns the files that an included path, pattern or folder names.
    pub(super) fn included(&mut self, pattern: &str) -> Vec<PathBuf> {
        let is_folder = self.tree.path(pattern).is_dir();
        let in_folder = format!("{}/*", pattern.trim_end_matches('/'));
        let pattern = if is_folder { &in_folder } else { pattern };
        for link in self.tree.outward_links(pattern) {
            self.remarks
                .push(format!("{} is a link that leads elsewhere: it is not read", link.display()));
        }
        self.tree.files(pattern)
    }

    /// Returns the text of a file, which stays open until [`ConfigFiles::close`]. `None` if it can't be read, or is open already.
    pub(super) fn open(&mut self, path: &Path) -> Option<String> {
        if self.open.iter().any(|open| open == path) || self.left == 0 {
            return None;
        }
        self.left -= 1;
        if self.left == 0 {
            self.remarks.push(format!("only the first {CONFIG_FILES_MAX} config files were read"));
        }
        let is_large = fs::metadata(path).is_ok_and(|meta| meta.len() > CONFIG_BYTES_MAX);
        let too_large = || Err(std::io::Error::other("it is too large for a config"));
        let reason = match if is_large { too_large() } else { fs::read(path) } {
            Ok(bytes) => {
                self.open.push(path.to_owned());
                return Some(String::from_utf8_lossy(&bytes).into_owned());
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                permission_words(path)
            }
            Err(error) => error.to_string(),
        };
        self.remarks.push(format!("{} can't be read: {reason}", path.display()));
        None
    }

    /// Closes the file that was opened last.
    pub(super) fn close(&mut self) {
        self.open.pop();
    }
}
