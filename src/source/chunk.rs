//! A chunk of whole lines.

/// The longest line that is read, in bytes with its line end. Real attack lines reach 64 KiB. Longer ones are skipped
/// and counted, and reading continues after the next line end.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Whole lines of a stream. The buffer is reused for the next chunk.
#[derive(Debug, Default)]
pub struct Chunk {
    pub(super) buffer: Vec<u8>,
    pub(super) len: usize,
    /// The decoded offset at which the chunk starts, including lines that were skipped before its text.
    pub start: u64,
    /// The number of lines longer than [`LINE_BYTES_MAX`] that were skipped before this text.
    pub skipped_lines: u64,
    /// The size of those lines and of holes of NUL bytes, in bytes.
    pub skipped_bytes: u64,
}

impl Chunk {
    /// Returns the lines, each with its line end, except for the last one of a stream that ended without one.
    pub fn text(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// Returns the number of decoded bytes that this chunk covers, including those of skipped lines.
    pub fn bytes(&self) -> u64 {
        self.len as u64 + self.skipped_bytes
    }
}
