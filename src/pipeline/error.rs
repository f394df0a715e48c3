//! The errors that end an ingest.

use thiserror::Error;

use crate::store::StoreError;

/// An error that ends the run. Batches that were committed before stay in the store.
#[derive(Debug, Error)]
pub enum IngestError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The counts of a batch do not cover all of its lines.
    #[error(
        "the line counts of {0} do not add up, so this batch was not stored. This is a bug in guestbook: \
         please report it"
    )]
    Unbalanced(String),
    #[error("reading {0} failed unexpectedly. This is a bug in guestbook: please report it")]
    Panicked(String),
}
