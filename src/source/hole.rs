//! Skips the NUL bytes before the first line of a log.

use std::io::{self, Read};

use super::cursor::HEAD_BYTES;

/// The number of bytes that are read at once within a hole, which may have gigabytes.
const BUFFER_BYTES: usize = 64 << 10;

/// Reads the NUL bytes at a stream's start. Returns their number, and the bytes after them that were read too.
pub(super) fn skip_hole(input: &mut impl Read) -> io::Result<(u64, Vec<u8>)> {
    let (mut hole, mut buffer) = (0, vec![0; HEAD_BYTES]);
    loop {
        let count = read_some(input, &mut buffer)?;
        let nuls = buffer[..count].iter().take_while(|byte| **byte == 0).count();
        hole += nuls as u64;
        if nuls < count || count == 0 {
            return Ok((hole, buffer[nuls..count].to_vec()));
        }
        buffer.resize(BUFFER_BYTES, 0);
    }
}

/// Reads some bytes, again if a signal has interrupted it.
pub(super) fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
