//! The pieces of a format string.

use crate::format::engine::template::Item;

/// A piece of a format string.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Literal(String),
    /// An item, with its name in the format's own language.
    Item(Item, String),
}
