//! Where the lines of sources went.

use crate::store::SourceLines;

/// Returns how many lines are records.
pub(super) fn records(lines: &SourceLines) -> u64 {
    lines.pings.saturating_add(lines.views).saturating_add(lines.other)
}

/// Returns whether every line was counted exactly once.
pub(super) fn is_balanced(lines: &SourceLines) -> bool {
    let counted = records(lines).saturating_add(lines.blank).saturating_add(lines.malformed);
    lines.lines == counted
}

/// Adds the lines of another source.
pub(super) fn add(sum: &mut SourceLines, other: &SourceLines) {
    sum.lines = sum.lines.saturating_add(other.lines);
    sum.bytes = sum.bytes.saturating_add(other.bytes);
    sum.pings = sum.pings.saturating_add(other.pings);
    sum.views = sum.views.saturating_add(other.views);
    sum.other = sum.other.saturating_add(other.other);
    sum.blank = sum.blank.saturating_add(other.blank);
    sum.malformed = sum.malformed.saturating_add(other.malformed);
}
