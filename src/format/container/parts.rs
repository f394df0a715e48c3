//! Joins the parts of lines that a container runtime has split.

use crate::source::{DOCKER_PART_BYTES, Part};

/// A line that was joined from its parts.
#[derive(Debug, Default)]
pub(crate) struct JoinedLine {
    pub(crate) text: Vec<u8>,
    /// The bytes of all parts in the log, line ends included.
    pub(crate) bytes: u64,
    /// The number of the first part's line.
    pub(crate) number: u64,
}

/// The lines that are not complete yet, by stream.
#[derive(Debug, Default)]
pub(crate) struct OpenLines([Option<JoinedLine>; 2]);

impl OpenLines {
    pub(crate) fn is_any_open(&self) -> bool {
        self.0.iter().any(Option::is_some)
    }

    pub(crate) fn is_open(&self, stream: usize) -> bool {
        self.0[stream].is_some()
    }

    /// Adds a part. Returns the line if this was its last one.
    pub(crate) fn join(
        &mut self,
        part: Part,
        text: &[u8],
        bytes: u64,
        number: u64,
    ) -> Option<JoinedLine> {
        let open = &mut self.0[part.stream];
        let line = open.get_or_insert_with(|| JoinedLine { number, ..JoinedLine::default() });
        line.text.extend_from_slice(text);
        line.bytes += bytes;
        if part.continues { None } else { open.take() }
    }

    /// Removes and returns the lines whose last part is missing.
    pub(crate) fn take_open(&mut self) -> impl Iterator<Item = JoinedLine> + use<> {
        std::mem::take(&mut self.0).into_iter().flatten()
    }
}

/// Returns whether a line may be a part that is not the last, by its length or CRI's tag. This is a cheap check before
/// [`Runtime::part`](crate::source::Runtime::part).
pub(crate) fn may_continue(line: &[u8]) -> bool {
    const TAG_WITHIN_BYTES: usize = 120;
    let start = &line[..line.len().min(TAG_WITHIN_BYTES)];
    line.len() > DOCKER_PART_BYTES || start.windows(3).any(|window| window == b" P ")
}
