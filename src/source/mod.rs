//! Finds, opens, decompresses and cuts byte streams of log lines, and identifies them by content.

mod chunk;
mod cursor;
mod cut;
mod location;
mod open;

pub use chunk::{Chunk, Chunks, LINE_BYTES_MAX};
pub use cursor::{Checkpoint, Cursor};
pub use cut::{Cut, DOCKER_PART_BYTES, Part, Runtime};
pub use location::{Location, find_locations};
pub use open::{Start, Stream, decoded, open, resume};
