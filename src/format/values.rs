//! The values of a line of columns, one after the other.

use memchr::memchr;

use crate::find::{BLOCK_BYTES, either_in};

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
    line: &'a [u8],
    separator: Separator,
    /// Where the next value begins.
    start: usize,
    /// Where the block begins in which separators are known.
    block: usize,
    /// A bit for each of its separators that are still to come.
    marks: u64,
}

impl<'a> Values<'a> {
    pub(super) fn of(line: &'a [u8], separator: Separator) -> Values<'a> {
        let mut values = Values { line, separator, start: 0, block: 0, marks: 0 };
        values.look_at(0);
        values
    }

    /// Finds the separators from a place on.
    #[inline]
    fn look_at(&mut self, block: usize) {
        let rest = &self.line[block..];
        self.block = block;
        self.marks = match rest.first_chunk() {
            Some(block) => self.marked(block),
            None => {
                let mut block = [0; BLOCK_BYTES];
                block[..rest.len()].copy_from_slice(rest);
                self.marked(&block) & ((1 << rest.len()) - 1)
            }
        };
    }

    /// A bit for each byte of a block, the first the lowest: whether it is a separator.
    #[inline]
    fn marked(&self, block: &[u8; BLOCK_BYTES]) -> u64 {
        let (one, other) = match self.separator {
            Separator::Spaces => (b' ', b'\t'),
            Separator::Byte(byte) => (byte, byte),
        };
        either_in(block, one, other)
    }

    /// Where the next separator stands, or the line ends.
    #[inline]
    fn separator(&mut self) -> usize {
        while self.marks == 0 {
            let next = self.block + BLOCK_BYTES;
            if next >= self.line.len() {
                return self.line.len();
            }
            self.look_at(next);
        }
        let at = self.block + self.marks.trailing_zeros() as usize;
        self.marks &= self.marks - 1;
        at
    }

    /// A value in quotes, which ends at one that a separator follows, and what is behind it; those within it are
    /// doubled.
    fn quoted(&self, start: usize) -> Option<(&'a [u8], usize)> {
        let inner = self.line[start..].strip_prefix(b"\"")?;
        let parts = |byte: u8| match self.separator {
            Separator::Byte(separator) => byte == separator,
            Separator::Spaces => matches!(byte, b' ' | b'\t'),
        };
        let mut from = 0;
        loop {
            let end = from + memchr(b'"', &inner[from..])?;
            match inner.get(end + 1) {
                Some(b'"') => from = end + 2,
                Some(byte) if !parts(*byte) => return None,
                _ => return Some((&inner[..end], start + end + 3)),
            }
        }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let start = self.start;
            if *self.line.get(start)? == b'"'
                && let Some((value, behind)) = self.quoted(start)
            {
                self.start = behind.min(self.line.len());
                self.look_at(self.start);
                return Some(value);
            }
            let end = self.separator();
            self.start = end + 1;
            if end > start || self.separator != Separator::Spaces {
                return Some(&self.line[start..end]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(line: &str, separator: Separator) -> Vec<&str> {
        Values::of(line.as_bytes(), separator)
            .map(|value| std::str::from_utf8(value).unwrap())
            .collect()
    }

    #[test]
    fn quoted_ones_and_empty_ones() {
        let comma = Separator::Byte(b',');
        assert_eq!(values("a,,\"b,\"\"c\"\"\",d,", comma), ["a", "", "b,\"\"c\"\"", "d"]);
        assert_eq!(values("\"a\"b,\"c", comma), ["\"a\"b", "\"c"]);
        assert_eq!(values("  a \t \"b c\"  d ", Separator::Spaces), ["a", "b c", "d"]);
        assert_eq!(values("", comma), [""; 0]);
        assert_eq!(values("\"\"", Separator::Spaces), [""]);
    }

    proptest! {
        #[test]
        fn what_is_parted_is_what_stands_between(line in "[a ,\t]{0,200}") {
            let spaces: Vec<&str> =
                line.split([' ', '\t']).filter(|value| !value.is_empty()).collect();
            prop_assert_eq!(values(&line, Separator::Spaces), spaces);
            let mut commas: Vec<&str> = line.split(',').collect();
            commas.pop_if(|last| last.is_empty());
            prop_assert_eq!(values(&line, Separator::Byte(b',')), commas);
        }
    }
}
