//! Splits a line of columns into values.

use memchr::memchr;

use crate::byte_mask::{BLOCK_BYTES, mask_either};

/// The separator between values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Separator {
    /// Runs of spaces or tabs.
    Spaces,
    /// Exactly one of this byte, so that values may be empty.
    Byte(u8),
}

/// Iterates over the values of a line, which may be quoted.
pub(crate) struct Values<'a> {
    line: &'a [u8],
    separator: Separator,
    /// The offset of the next value.
    start: usize,
    /// The offset of the block that was searched for separators.
    block: usize,
    /// The separators of the block that were not consumed yet, one bit each.
    separators: u64,
}

impl<'a> Values<'a> {
    pub(crate) fn of(line: &'a [u8], separator: Separator) -> Values<'a> {
        let mut values = Values { line, separator, start: 0, block: 0, separators: 0 };
        values.search_block(0);
        values
    }

    /// Returns whether there are no more values.
    #[inline]
    pub(crate) fn is_at_end(&self) -> bool {
        self.start >= self.line.len()
    }

    /// Finds the separators of the block at an offset.
    #[inline]
    fn search_block(&mut self, block: usize) {
        let rest = &self.line[block..];
        self.block = block;
        self.separators = match rest.first_chunk() {
            Some(block) => self.separator_mask(block),
            None => {
                let mut block = [0; BLOCK_BYTES];
                block[..rest.len()].copy_from_slice(rest);
                self.separator_mask(&block) & ((1 << rest.len()) - 1)
            }
        };
    }

    /// Returns a mask with a bit for each byte of a block, set if it is a separator. The first byte has the lowest bit.
    #[inline]
    fn separator_mask(&self, block: &[u8; BLOCK_BYTES]) -> u64 {
        let (one, other) = match self.separator {
            Separator::Spaces => (b' ', b'\t'),
            Separator::Byte(byte) => (byte, byte),
        };
        mask_either(block, one, other)
    }

    /// Returns the offset of the next separator, or the length of the line.
    #[inline(always)]
    fn next_separator(&mut self) -> usize {
        while self.separators == 0 {
            let next = self.block + BLOCK_BYTES;
            if next >= self.line.len() {
                return self.line.len();
            }
            self.search_block(next);
        }
        let at = self.block + self.separators.trailing_zeros() as usize;
        self.separators &= self.separators - 1;
        at
    }

    /// Returns the quoted value at `start` and the offset behind its separator. Quotes within a value are doubled.
    /// Returns `None` if the value is not quoted or anything but a separator follows its closing quote.
    fn quoted(&self, start: usize) -> Option<(&'a [u8], usize)> {
        let inner = self.line[start..].strip_prefix(b"\"")?;
        let is_separator = |byte: u8| match self.separator {
            Separator::Byte(separator) => byte == separator,
            Separator::Spaces => matches!(byte, b' ' | b'\t'),
        };
        let mut from = 0;
        loop {
            let end = from + memchr(b'"', &inner[from..])?;
            match inner.get(end + 1) {
                Some(b'"') => from = end + 2,
                Some(byte) if !is_separator(*byte) => return None,
                _ => return Some((&inner[..end], start + end + 3)),
            }
        }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    #[inline(always)]
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let start = self.start;
            if *self.line.get(start)? == b'"'
                && let Some((value, behind)) = self.quoted(start)
            {
                self.start = behind.min(self.line.len());
                self.search_block(self.start);
                return Some(value);
            }
            let end = self.next_separator();
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
    fn values_may_be_quoted_or_empty() {
        let comma = Separator::Byte(b',');
        assert_eq!(values("a,,\"b,\"\"c\"\"\",d,", comma), ["a", "", "b,\"\"c\"\"", "d"]);
        assert_eq!(values("\"a\"b,\"c", comma), ["\"a\"b", "\"c"]);
        assert_eq!(values("  a \t \"b c\"  d ", Separator::Spaces), ["a", "b c", "d"]);
        assert_eq!(values("", comma), [""; 0]);
        assert_eq!(values("\"\"", Separator::Spaces), [""]);
    }

    proptest! {
        #[test]
        fn values_are_what_a_plain_split_returns(line in "[a ,\t]{0,200}") {
            let spaces: Vec<&str> =
                line.split([' ', '\t']).filter(|value| !value.is_empty()).collect();
            prop_assert_eq!(values(&line, Separator::Spaces), spaces);
            let mut commas: Vec<&str> = line.split(',').collect();
            commas.pop_if(|last| last.is_empty());
            prop_assert_eq!(values(&line, Separator::Byte(b',')), commas);
        }
    }
}
