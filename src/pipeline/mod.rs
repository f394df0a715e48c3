//! Reads logs into the store: opens sources, distributes them among workers, and commits batches.

mod batch_end;
mod error;
mod ingest;
mod input;
mod job;
mod known_lines;
mod marks;
mod open_log;
mod run_context;
mod scheduler;
mod source;
mod source_start;
mod start;
mod stop;
mod summary;
mod unreadable_log;
mod worker;

pub use error::IngestError;
pub use ingest::ingest;
pub use input::LogInput;
pub use job::{BATCH_BYTES, Ingest};
pub use open_log::{LogFormat, LogStart, OpenedLog, open_log};
pub use stop::StopSignal;
pub use summary::{FutureRecords, Outcome, SourceSummary, Summary, TrustSummary};
pub use worker::Worker;
