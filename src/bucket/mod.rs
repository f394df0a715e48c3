//! Lists and reads the objects of buckets, by URL.

#[cfg(feature = "cloud")]
mod client;
#[cfg(feature = "cloud")]
mod error;
#[cfg(feature = "cloud")]
mod list;
mod object;
#[cfg(feature = "cloud")]
mod reader;
#[cfg(not(feature = "cloud"))]
mod without;

#[cfg(feature = "cloud")]
pub use list::find_objects;
pub use object::{Object, is_url, pattern_start, without_user};
#[cfg(feature = "cloud")]
pub use reader::ObjectReader;
#[cfg(not(feature = "cloud"))]
pub use without::{UnreadableObject as ObjectReader, find_objects};
