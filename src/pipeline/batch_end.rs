//! Decides from the marks of a batch how much of it is committed, and collects its anchors.

use crate::overlap::{Candidate, LineAnchor};
use crate::store::Progress;
use crate::tally::Lines;

use super::marks::{ChunkMarks, Mark, Misfit};
use super::summary::Outcome;

/// The fewest malformed lines that show that a log has changed suddenly.
const CHANGED_LINES_MIN: u64 = 20;

/// An offset at which reading a log ends before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EarlyEnd {
    /// The decoded offset of the first line that is left.
    pub(super) offset: u64,
    /// The outcome, which says why the lines from there on are not read.
    pub(super) outcome: Outcome,
}

/// The marks of a batch, in the order of its chunks.
pub(super) struct MarkedBatch {
    chunks: Vec<ChunkMarks>,
}

impl MarkedBatch {
    pub(super) fn new(mut chunks: Vec<ChunkMarks>) -> MarkedBatch {
        chunks.sort_unstable_by_key(|chunk| chunk.start);
        MarkedBatch { chunks }
    }

    pub(super) fn lines(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.lines).sum()
    }

    pub(super) fn first_malformed(&self) -> Option<&Misfit> {
        self.chunks.iter().find_map(|chunk| chunk.first_malformed.as_ref())
    }

    /// Returns where the log changes its format: its last lines do not fit, and nearly all before did. `before` are the
    /// lines of earlier batches.
    pub(super) fn format_change(&self, before: &Progress) -> Option<EarlyEnd> {
        let records: u64 = self.chunks.iter().map(|chunk| chunk.records).sum();
        let malformed: u64 = self.chunks.iter().map(|chunk| chunk.malformed).sum();
        let was_clean = before.lines > 0 && before.malformed * 10 <= before.lines;
        let (mut first, mut last) = (None, 0);
        for chunk in self.chunks.iter().rev() {
            if let Some((misfit, lines)) = &chunk.last_malformed {
                (first, last) = (Some(misfit), last + lines);
            }
            if chunk.records > 0 {
                break;
            }
        }
        let is_clean = (before.malformed + malformed - last) * 10 <= before.lines + records
            && (records > 0 || was_clean);
        let changed = if last >= CHANGED_LINES_MIN && is_clean {
            first
        } else if was_clean && malformed >= CHANGED_LINES_MIN && records * 20 < malformed {
            self.first_malformed()
        } else {
            None
        };
        changed.map(|misfit| EarlyEnd {
            offset: misfit.offset,
            outcome: Outcome::Refused(change_words(misfit)),
        })
    }

    /// Returns the lines that may have been counted before. `first_line` is the number of lines before the batch.
    pub(super) fn candidates(&self, first_line: u64) -> Vec<Candidate> {
        self.with_lines(first_line).map(|(_, candidate, _)| candidate).collect()
    }

    /// Returns the anchors of the batch without those of its last lines, and those of its last lines.
    pub(super) fn anchors(&self, first_line: u64) -> (Vec<LineAnchor>, Vec<LineAnchor>) {
        let (mut anchors, mut tail) = (Vec::new(), Vec::new());
        for (mark, Candidate { anchor, rarity }, is_last) in self.with_lines(first_line) {
            if rarity.is_anchor(anchor.line) || mark.is_head {
                anchors.push(anchor);
            } else if mark.is_tail && is_last {
                tail.push(anchor);
            }
        }
        (anchors, tail)
    }

    /// Returns each mark, the same with its line number in the log, and whether its chunk is the last with any record.
    fn with_lines(&self, first_line: u64) -> impl Iterator<Item = (&Mark, Candidate, bool)> {
        let last = self.chunks.iter().rposition(|chunk| chunk.records > 0);
        let starts = self.chunks.iter().scan(first_line, |line, chunk| {
            let start = *line;
            *line += chunk.lines;
            Some(start)
        });
        self.chunks.iter().zip(starts).enumerate().flat_map(move |(at, (chunk, start))| {
            let is_last = Some(at) == last;
            chunk.anchors.iter().map(move |mark| {
                let Candidate { anchor, rarity } = mark.candidate;
                let anchor = LineAnchor { line: start + anchor.line, ..anchor };
                (mark, Candidate { anchor, rarity }, is_last)
            })
        })
    }
}

/// Returns whether a good part of the new lines of a log is malformed, and was not in earlier runs. `progress` is that
/// after the new lines.
pub(super) fn is_suddenly_malformed(progress: &Progress, lines: &Lines) -> bool {
    let malformed = lines.malformed_total();
    let before_lines = progress.lines.saturating_sub(lines.lines);
    let before_malformed = progress.malformed.saturating_sub(malformed);
    malformed >= CHANGED_LINES_MIN
        && malformed * 10 >= lines.lines
        && before_malformed * 20 < before_lines.max(1)
}

fn change_words(misfit: &Misfit) -> String {
    format!(
        "its lines do not fit its format any more, so they were not read from this one on: \"{}\" ({}); give the new \
         format under [[logs]] format",
        misfit.text, misfit.reason
    )
}
