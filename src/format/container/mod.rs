//! Removes the wrappers that containers, system logs and tools add to a server's lines.

mod parts;
mod unwrap;
mod wrapper;

pub(crate) use parts::{JoinedLine, OpenLines};
pub(crate) use unwrap::{Unwrapped, repeated, unwrap_joining};
pub(crate) use wrapper::{Inner, Wrapper, unwrap};
