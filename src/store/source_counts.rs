//! Keeps the counts of each source apart.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use rusqlite::Connection;

use crate::day::Day;
use crate::interner::Map;
use crate::tally::{DayCoverage, Lines};

use super::rows::{CoverageRow, FailureRow, HourRow, PingRow, ViewRow};
use super::source_rows::SourceRows;

/// The statements that create the tables, if they are not there.
const TABLES: &str = include_str!("by_source.sql");

/// The memory that rows may take before they are moved to tables, in bytes.
const BYTES_MAX: usize = 64 << 20;

/// The lines of a source: lines = pings + views + other + blank + malformed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceLines {
    pub lines: u64,
    /// The decoded bytes of the lines.
    pub bytes: u64,
    pub pings: u64,
    pub views: u64,
    pub other: u64,
    pub blank: u64,
    pub malformed: u64,
}

impl SourceLines {
    /// Returns how many lines are records.
    pub fn records(&self) -> u64 {
        self.pings.saturating_add(self.views).saturating_add(self.other)
    }

    /// Returns whether every line was counted exactly once.
    pub fn is_balanced(&self) -> bool {
        let counted = self.records().saturating_add(self.blank).saturating_add(self.malformed);
        self.lines == counted
    }
}

impl From<&Lines> for SourceLines {
    fn from(lines: &Lines) -> SourceLines {
        let malformed = lines.malformed_total();
        let &Lines { lines, bytes, pings, views, other, blank, .. } = lines;
        SourceLines { lines, bytes, pings, views, other, blank, malformed }
    }
}

impl AddAssign<&SourceLines> for SourceLines {
    /// Adds the lines of another source. A file may claim any number, so sums stop at the largest integer.
    fn add_assign(&mut self, other: &SourceLines) {
        self.lines = self.lines.saturating_add(other.lines);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.pings = self.pings.saturating_add(other.pings);
        self.views = self.views.saturating_add(other.views);
        self.other = self.other.saturating_add(other.other);
        self.blank = self.blank.saturating_add(other.blank);
        self.malformed = self.malformed.saturating_add(other.malformed);
    }
}

/// The number in place of a source's id if all sources are counted together. No cursor has it.
pub const TOGETHER: i64 = 0;

/// The counts of each source, by its cursor's id.
#[derive(Debug, Default)]
pub(super) struct SourceCounts {
    /// True if all but the lines are counted for all sources together.
    is_together: bool,
    lines: Map<i64, SourceLines>,
    coverage: BTreeMap<(i64, Day), DayCoverage>,
    pub(super) pings: SourceRows<PingRow>,
    pub(super) views: SourceRows<ViewRow>,
    pub(super) failures: SourceRows<FailureRow>,
    pub(super) hours: SourceRows<HourRow>,
}

impl SourceCounts {
    pub(super) fn new(is_together: bool) -> SourceCounts {
        SourceCounts { is_together, ..SourceCounts::default() }
    }

    pub(super) fn is_together(&self) -> bool {
        self.is_together
    }

    /// Returns the number by which the rows of a source are kept.
    pub(super) fn number_of(&self, source: i64) -> i64 {
        if self.is_together { TOGETHER } else { source }
    }

    /// Adds lines of a source, and the records of its days.
    pub(super) fn add_lines(
        &mut self,
        source: i64,
        lines: &Lines,
        coverage: Vec<(Day, DayCoverage)>,
    ) {
        *self.lines.entry(source).or_default() += &SourceLines::from(lines);
        let number = self.number_of(source);
        for (day, coverage) in coverage {
            *self.coverage.entry((number, day)).or_default() += coverage;
        }
    }

    pub(super) fn lines_of(&self, source: i64) -> SourceLines {
        self.lines.get(&source).copied().unwrap_or_default()
    }

    /// Returns the covered days of a source, in order.
    pub(super) fn coverage_of(&self, source: i64) -> Vec<CoverageRow> {
        let days = self.coverage.range((source, Day::MIN)..=(source, Day::MAX));
        let row = |(&(_, day), &DayCoverage { lines, people, agents })| CoverageRow {
            day,
            lines,
            people,
            agents,
        };
        days.map(row).collect()
    }

    fn bytes(&self) -> usize {
        let SourceCounts { pings, views, failures, hours, .. } = self;
        pings.bytes() + views.bytes() + failures.bytes() + hours.bytes()
    }

    /// Sums the rows if they take too much memory, and moves them to the tables if they still take half of it.
    pub(super) fn bound(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if self.bytes() <= BYTES_MAX {
            return Ok(());
        }
        self.pings.sum();
        self.views.sum();
        self.failures.sum();
        self.hours.sum();
        if self.bytes() <= BYTES_MAX / 2 {
            return Ok(());
        }
        let SourceCounts { pings, views, failures, hours, .. } = self;
        let transaction = connection.unchecked_transaction()?;
        transaction.execute_batch(TABLES)?;
        pings.spill(&transaction)?;
        views.spill(&transaction)?;
        failures.spill(&transaction)?;
        hours.spill(&transaction)?;
        transaction.commit()
    }
}
