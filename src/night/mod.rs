//! Runs the nightly work: ingests new lines, publishes, and collects notices for the user.

mod error;
mod ingest;
mod inputs;
mod notice;
mod objects;
mod publish;
mod rebuild;
#[cfg(feature = "parquet")]
mod scan;
mod silence;
mod source_notice;

pub use error::NightError;
pub use ingest::{IngestOptions, Ingested, ingest_logs};
pub use inputs::{find_inputs, named_logs};
pub use notice::Notice;
pub use publish::{PublishedSite, fixed_day, output_formats, publish_site};
pub use rebuild::{RebuildOutcome, Rebuilt, rebuild};
#[cfg(feature = "parquet")]
pub use scan::{ScanOptions, Scanned, scan_logs};
pub use source_notice::SourceNotice;
