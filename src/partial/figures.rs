//! Where the lines of a source went.

use std::ops::AddAssign;

use crate::tally::Lines;

/// The lines of a source: lines = pings + views + other + blank + malformed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceFigures {
    pub lines: u64,
    /// The decoded bytes of the lines.
    pub bytes: u64,
    pub pings: u64,
    pub views: u64,
    pub other: u64,
    pub blank: u64,
    pub malformed: u64,
}

impl SourceFigures {
    pub(super) fn of(lines: &Lines) -> SourceFigures {
        SourceFigures {
            lines: lines.lines,
            bytes: lines.bytes,
            pings: lines.pings,
            views: lines.views,
            other: lines.other,
            blank: lines.blank,
            malformed: lines.malformed_total(),
        }
    }

    /// Returns how many lines are records.
    pub(super) fn records(&self) -> u64 {
        self.pings + self.views + self.other
    }

    /// Returns whether every line was counted exactly once.
    pub(super) fn is_balanced(&self) -> bool {
        self.lines == self.records() + self.blank + self.malformed
    }
}

impl AddAssign<&SourceFigures> for SourceFigures {
    fn add_assign(&mut self, other: &SourceFigures) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.pings += other.pings;
        self.views += other.views;
        self.other += other.other;
        self.blank += other.blank;
        self.malformed += other.malformed;
    }
}
