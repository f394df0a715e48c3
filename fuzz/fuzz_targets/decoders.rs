//! The decoders and the cutting into chunks: any bytes as a file.
#![no_main]

use guestbook_fuzz::format::whole_lines;
use guestbook_fuzz::source::{Chunk, Chunks, decoded};
use libfuzzer_sys::fuzz_target;

/// Few bytes may stand for many: what is decoded of one input is bounded here.
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
            chunks.cut_by(whole_lines);
            let read = check(chunks);
            assert!(!finished || read == bytes.len() as u64, "{read} of {}", bytes.len());
        }
    }
});

/// Reads all chunks, and checks that the cursor stands behind the bytes that were handed out.
fn check(mut chunks: Chunks) -> u64 {
    let (mut chunk, mut bytes) = (Chunk::default(), 0);
    while bytes < DECODED_MAX && chunks.next(&mut chunk).unwrap_or(false) {
        assert!(chunk.bytes() > 0);
        bytes += chunk.bytes();
        assert_eq!(chunks.cursor_offset(), bytes);
    }
    let _ = chunks.cursor();
    bytes
}
