//! The values of a line of columns, one after the other.

use memchr::memchr;

use super::find::{find, find_space};

/// What parts a line's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    /// Tabs where the line has any, else runs of spaces.
    Spaces,
    /// This byte, once.
    Byte(u8),
}

/// The values of a line; perhaps quoted.
pub(super) struct Values<'a> {
    pub(super) rest: &'a [u8],
    pub(super) separator: Separator,
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.separator == Separator::Spaces
            && self.rest.first().is_some_and(u8::is_ascii_whitespace)
        {
            self.rest = self.rest.trim_ascii_start();
        }
        if self.rest.is_empty() {
            return None;
        }
        let (value, rest) = self.quoted().unwrap_or_else(|| {
            let end = match self.separator {
                Separator::Byte(byte) => find(byte, self.rest),
                Separator::Spaces => find_space(self.rest),
            };
            self.rest.split_at(end.unwrap_or(self.rest.len()))
        });
        self.rest = rest.get(1..).unwrap_or_default();
        Some(value)
    }
}

impl<'a> Values<'a> {
    /// A value in quotes, which ends at one that a separator follows; those within it are doubled.
    fn quoted(&self) -> Option<(&'a [u8], &'a [u8])> {
        let inner = self.rest.strip_prefix(b"\"")?;
        let parts = |byte: u8| match self.separator {
            Separator::Byte(separator) => byte == separator,
            Separator::Spaces => matches!(byte, b' ' | b'\t'),
        };
        let mut from = 0;
        loop {
            let end = from + memchr(b'"', &inner[from..])?;
            match inner.get(end + 1) {
                None => return Some((&inner[..end], &[])),
                Some(b'"') => from = end + 2,
                Some(byte) if parts(*byte) => return Some((&inner[..end], &inner[end + 1..])),
                Some(_) => return None,
            }
        }
    }
}
