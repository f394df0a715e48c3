//! Fuzzes the decoders and the cutting into chunks: reads any bytes as a file.
#![no_main]

use guestbook::source::{Chunk, Chunks, Cut, decoded};
use libfuzzer_sys::fuzz_target;

/// The limit of decoded bytes, since a few compressed bytes may decode to many.
const DECODED_MAX: u64 = 8 << 20;

fuzz_target!(|data: &[u8]| {
    let Some((size, bytes)) = data.split_first() else { return };
    if let Ok(stream) = decoded(std::io::Cursor::new(bytes.to_vec())) {
        check(stream.chunks);
    }
    for finished in [false, true] {
        let input = Box::new(std::io::Cursor::new(bytes.to_vec()));
        let chunk_bytes = 16 + usize::from(*size);
        if let Ok(mut chunks) = Chunks::with_chunk_bytes(input, finished, chunk_bytes) {
            chunks.set_cut(Cut::Object);
            let read = check(chunks);
            assert!(!finished || read == bytes.len() as u64, "{read} of {}", bytes.len());
        }
    }
});

/// Reads all chunks, checks that the offset equals the number of bytes returned so far, and returns that number.
fn check(mut chunks: Chunks) -> u64 {
    let (mut chunk, mut bytes) = (Chunk::default(), 0);
    while bytes < DECODED_MAX && chunks.next(&mut chunk).unwrap_or(false) {
        assert!(chunk.bytes() > 0);
        bytes += chunk.bytes();
        assert_eq!(chunks.offset(), bytes);
    }
    let _ = chunks.cursor();
    bytes
}
