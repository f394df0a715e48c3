//! Errors of ingesting and publishing.

use std::path::PathBuf;

use thiserror::Error;

use crate::config::ConfigError;
use crate::import::ImportError;
#[cfg(feature = "parquet")]
use crate::partial::PartialError;
use crate::pipeline::IngestError;
use crate::publish::PublishError;
use crate::store::StoreError;

/// An error while ingesting or publishing.
#[derive(Debug, Error)]
pub enum NightError {
    #[error("no line of the logs could be read, so the store stays as it is")]
    NothingToRebuild,
    #[error(
        "{0} could not be read to its end, so the others have to be read again without it, which standard input can't be: leave \
         it out, or scan standard input alone"
    )]
    StreamBesideFailed(String),
    #[error("there is no log to read: name one, or add [[logs]] paths to the config")]
    NoLogs,
    #[error("[reports] formats has {name:?}: the formats are {known}")]
    OutputFormat { name: String, known: String },
    #[error("can't import {}", .path.display())]
    Import { path: PathBuf, source: ImportError },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[cfg(feature = "parquet")]
    #[error(transparent)]
    Partial(#[from] PartialError),
}
