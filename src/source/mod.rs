//! Finds, opens, decompresses and cuts byte streams of log lines, and identifies them by content.

mod chunk;
mod chunks;
mod cursor;
mod cut;
mod decode;
mod hole;
mod location;
mod open;

pub use chunk::{Chunk, LINE_BYTES_MAX};
pub use chunks::Chunks;
pub use cursor::{Checkpoint, Cursor};
pub use cut::{Cut, DOCKER_PART_BYTES, Part, Runtime};
pub use location::{Found, Location, STDIN_NAME, find_locations, is_damage, permission_words};
pub use open::{Resumed, Start, Stream, decoded, is_start_of, open, read_decoded, resume};
