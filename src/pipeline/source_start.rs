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
    pub(super) related: RelatedLogs,
    /// The site's zone, if times without one are read in another for the first time.
    pub(super) guessed_zone: Option<String>,
    /// Why the log is read to an earlier offset only, if it is.
    pub(super) early_end: Option<EarlyEnd>,
    /// The lines that were counted when it was read before in this run.
    pub(super) lines: Lines,
}

/// The cursors of logs that start with the same bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct RelatedLogs {
    /// The log that is continued.
    pub(super) continued: Option<i64>,
    /// Logs that continue differently.
    pub(super) equal_start: Vec<i64>,
}

impl RelatedLogs {
    pub(super) fn contains(&self, cursor: i64) -> bool {
        self.continued == Some(cursor) || self.equal_start.contains(&cursor)
    }
}
