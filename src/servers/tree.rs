//! Reads files below a root, which stands for `/`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{Location, find_locations, permission_words};

/// The largest config file that is read.
const CONFIG_BYTES_MAX: u64 = 4 << 20;

/// The files of a machine: this one's, or those of another one whose `/` is a folder here.
#[derive(Clone, Debug)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    pub fn new(root: PathBuf) -> Tree {
        Tree { root }
    }

    /// Returns whether the tree is this machine's.
    pub fn is_this_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Returns where an absolute path of the machine is found from here.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Returns the files that an absolute path or pattern of the machine names, in order.
    pub fn files(&self, pattern: &str) -> Vec<PathBuf> {
        let pattern = self.path(pattern).to_string_lossy().into_owned();
        let (found, _) = find_locations(&[pattern], Path::new("/"));
        let path = |location| match location {
            Location::File(path) => Some(path).filter(|path| path.is_file()),
            Location::Stdin => None,
        };
        found.into_iter().filter_map(|found| path(found.location)).collect()
    }

    /// Returns the text of a config file. What can't be read is added to the remarks.
    pub(super) fn read(&self, path: &Path, remarks: &mut Vec<String>) -> Option<String> {
        let is_small = fs::metadata(path).is_ok_and(|meta| meta.len() <= CONFIG_BYTES_MAX);
        match fs::read(path) {
            Ok(bytes) if is_small => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Ok(_) => None,
            Err(error) => {
                let reason = match error.kind() {
                    std::io::ErrorKind::PermissionDenied => permission_words(path),
                    _ => error.to_string(),
                };
                remarks.push(format!("{} can't be read: {reason}", path.display()));
                None
            }
        }
    }
}
