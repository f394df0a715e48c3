//! Byte streams of log lines: found, opened, decompressed, cut at line ends, remembered by content.

mod chunk;
mod cursor;
mod open;
mod place;

pub use chunk::{Chunk, Chunks, LINE_BYTES_MAX, WholeLines};
pub use cursor::{Cursor, Mark};
pub use open::{Start, Stream, decoded, open, resume};
pub use place::{Place, find};
