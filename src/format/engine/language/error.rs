//! The errors in format strings.

use thiserror::Error;

/// An error in a format string.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TemplateError {
    /// A syntax error.
    #[error("can't read the format at {at:?}: {wrong}")]
    Syntax {
        /// The part that could not be parsed.
        at: String,
        wrong: &'static str,
    },
    /// Two items without a separator.
    #[error("there is no separator between {first} and {second}: put a space between them")]
    NoSeparator { first: String, second: String },
    /// An unknown field name in a key map.
    #[error("there is no field {name:?}: the fields are {known}")]
    NoField {
        name: String,
        /// All field names.
        known: String,
    },
    /// A format without a time.
    #[error("the format has no time: add {0}")]
    NoTime(&'static str),
    /// A format without a request.
    #[error("the format has no request: add {0}")]
    NoRequest(&'static str),
}
