//! Parses JSON objects without building them, and tolerates what servers' templates write.

mod objects;
mod scan;

pub use objects::{indented_end, indented_objects, objects};
pub use scan::{Path, PathVisitor, Value, Visitor, quoted_end, scan, walk};
