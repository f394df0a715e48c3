//! A word of a config.

/// A word of a directive.
pub(super) struct Word {
    /// The word without its quotes.
    pub(super) text: String,
    /// The word as it is written.
    pub(super) raw: String,
}
