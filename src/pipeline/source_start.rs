//! The position and state in which reading a log starts.

use std::sync::Arc;

use crate::format::{Columns, Format};
use crate::overlap::AnchorFilter;
use crate::source::Chunks;
use crate::store::Progress;
use crate::tally::Lines;

use super::batch_end::EarlyEnd;
use super::input::LogInput;

/// A log that was opened, with the position and state in which reading it starts.
pub(super) struct SourceStart {
    pub(super) input: LogInput,
    pub(super) chunks: Chunks,
    pub(super) format: Format,
    pub(super) columns: Columns,
    /// The id and offset of the stored cursor that is continued.
    pub(super) cursor: Option<(i64, u64)>,
    pub(super) progress: Progress,
    /// The anchors of other logs, if this one is compared with them.
    pub(super) filter: Option<Arc<AnchorFilter>>,
    /// The cursors of logs that start with the same bytes but are others. Their lines do not count as copies.
    pub(super) exempt: Vec<i64>,
    /// The site's zone, if times without one are read in another for the first time.
    pub(super) guessed_zone: Option<String>,
    /// Why the log is read to an earlier offset only, if it is.
    pub(super) early_end: Option<EarlyEnd>,
    /// The lines that were counted when it was read before in this run.
    pub(super) lines: Lines,
}
