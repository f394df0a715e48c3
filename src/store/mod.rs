//! Stores counts and cursors in one SQLite file with ordinary tables.

mod agent_of;
mod anchors;
mod backup;
mod carried;
mod commit;
mod connection;
mod cursors;
mod edit_terms;
mod error;
mod ip_lists;
mod prune;
mod rebuild;
mod rows;
mod rules;
mod runs;
mod schema;
mod text_ids;
mod texts;
mod upsert;
mod write_lock;

pub use carried::Carried;
pub use commit::{Batch, Labels};
pub use connection::{Snapshot, Store};
pub use cursors::{KnownCursor, NewCursor, Progress};
pub use edit_terms::ChangedTerm;
pub use error::StoreError;
pub use prune::Pruned;
pub use rebuild::KeptDays;
pub use rows::{CoverageRow, PingRow, ViewRow};
pub use rules::CountingRules;
pub use runs::RunRow;
pub use schema::{SCHEMA, SCHEMA_VERSION};
pub use write_lock::WriteLock;
