//! Errors of exporting tables.

use std::io;

#[cfg(feature = "parquet")]
use polars::prelude::PolarsError;
use thiserror::Error;

use crate::store::StoreError;

/// An error while exporting a table.
#[derive(Debug, Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("can't write the table")]
    Io(#[from] io::Error),
    #[cfg(feature = "parquet")]
    #[error("can't write Parquet: {0}")]
    Parquet(String),
}

#[cfg(feature = "parquet")]
impl From<PolarsError> for ExportError {
    fn from(error: PolarsError) -> ExportError {
        ExportError::Parquet(error.to_string())
    }
}
