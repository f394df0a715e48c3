//! Skips the NUL bytes before the first line of a log.

use std::io::{self, Read};

/// The number of bytes that are read at once. A hole may have gigabytes.
const BUFFER_BYTES: usize = 64 << 10;

/// Reads the NUL bytes at a stream's start. Returns their number, and the bytes after them that were read too.
pub(super) fn skip_hole(input: &mut impl Read) -> io::Result<(u64, Vec<u8>)> {
    let (mut hole, mut buffer) = (0, vec![0; BUFFER_BYTES]);
    loop {
        let count = match input.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            count => count?,
        };
        let nuls = buffer[..count].iter().take_while(|byte| **byte == 0).count();
        hole += nuls as u64;
        if nuls < count || count == 0 {
            return Ok((hole, buffer[nuls..count].to_vec()));
        }
    }
}
