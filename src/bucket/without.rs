//! Says that this program can't read buckets.

use std::io::{self, Read};

use super::object::Object;

/// The advice for a program without the feature.
const ADVICE: &str = "this guestbook can't read buckets: install a package of it, or build it with `--features cloud`";

/// A reader that no object has.
pub struct UnreadableObject(std::convert::Infallible);

/// Fails, since buckets can't be listed.
pub fn find_objects(_pattern: &str) -> Result<Vec<Object>, String> {
    Err(ADVICE.to_owned())
}

impl UnreadableObject {
    /// Fails, since objects can't be read.
    pub fn open(_object: &Object) -> io::Result<UnreadableObject> {
        Err(io::Error::other(ADVICE))
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> u64 {
        match self.0 {}
    }

    /// Returns the position of all handles.
    pub fn offset(&self) -> u64 {
        match self.0 {}
    }

    /// Returns another handle with the same position.
    pub fn handle(&self) -> UnreadableObject {
        match self.0 {}
    }

    /// Moves all handles to an offset.
    pub fn seek_to(&mut self, _offset: u64) {
        match self.0 {}
    }
}

impl Read for UnreadableObject {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }
}
