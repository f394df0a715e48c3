//! Decides from the anchors of a log whether its lines were counted before.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::anchor::{LineAnchor, Rarity};

/// The fewest equal lines in the same alignment that show that a stretch was counted before.
pub const ALIGNED_MIN: usize = 4;

/// The same for a stretch of which they are at least a quarter, and for one of which they are all lines.
const ALIGNED_SHORT_MIN: usize = 3;
pub const ALIGNED_WHOLE_MIN: usize = 2;

/// The most alignments that are looked at. In a flood of equal requests, each line may equal many.
const ALIGNMENTS_MAX: usize = 100;

/// If equal lines are at least so many different requests, they are no health checks, and the logs need not be equal
/// elsewhere. Of many lines, one of `REPEATED_MAX` must be different.
const REQUESTS_MIN: usize = 3;
const REPEATED_MAX: usize = 8;

/// One of this many anchors of a stretch may differ: a flood of equal requests hides some.
const DIFFERING_SHARE: usize = 8;

/// The fewest anchors by which a log is recognized as a selection or mixture of other logs' lines, if nine of ten are
/// known, and the most lines that may equal each of them on average, here and there.
const KNOWN_MIN: usize = 8;
const EQUAL_MEAN_MAX: f64 = 1.25;

/// A line that may have been counted before.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub anchor: LineAnchor,
    pub rarity: Rarity,
}

/// A stored anchor that equals a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The index of the candidate.
    pub candidate: usize,
    /// The id of the other log's cursor in the store.
    pub cursor: i64,
    /// The number of lines before it in that log.
    pub line: u64,
}

impl Hit {
    fn alignment(&self, candidates: &[Candidate]) -> Alignment {
        let line = candidates[self.candidate].anchor.line;
        Alignment { cursor: self.cursor, offset: self.line.cast_signed() - line.cast_signed() }
    }
}

/// Another log, so placed beside a log that its line `offset` is beside the first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alignment {
    /// The id of the other log's cursor in the store.
    pub cursor: i64,
    pub offset: i64,
}

/// A log that has had some of the lines.
#[derive(Clone, Debug, Default)]
pub struct OtherLog {
    /// The lines that were counted.
    pub lines: Range<u64>,
    /// True if it starts with the same bytes but continues differently. Two logs of health checks may.
    pub has_equal_start: bool,
}

/// Lines that were counted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The id of the cursor of the log with which most lines are shared.
    pub cursor: i64,
    /// The number of compared lines that are known.
    pub known: usize,
    pub compared: usize,
}

/// Lines of a log that equal lines of other logs.
pub struct Matches<'c> {
    candidates: &'c [Candidate],
    /// The number of equal lines by candidate.
    equal_lines: Vec<u32>,
    /// The alignments with the candidates that have an equal line there, in order. Those with the most come first.
    alignments: Vec<(Alignment, Vec<usize>)>,
}

impl<'c> Matches<'c> {
    pub fn new(candidates: &'c [Candidate], hits: &[Hit]) -> Matches<'c> {
        let mut equal_lines = vec![0; candidates.len()];
        let mut by_alignment: HashMap<Alignment, Vec<usize>> = HashMap::new();
        for hit in hits {
            equal_lines[hit.candidate] += 1;
            by_alignment.entry(hit.alignment(candidates)).or_default().push(hit.candidate);
        }
        let mut alignments: Vec<_> = by_alignment.into_iter().collect();
        alignments.sort_unstable_by_key(|(alignment, same)| (Reverse(same.len()), *alignment));
        alignments.truncate(ALIGNMENTS_MAX);
        Matches { candidates, equal_lines, alignments }
    }

    /// Returns each alignment with the candidates that have an equal line there, the most first.
    pub fn alignments(&self) -> impl Iterator<Item = (Alignment, &[usize])> {
        self.alignments.iter().map(|(alignment, same)| (*alignment, same.as_slice()))
    }

    /// Returns whether any line equals that with `line` lines before it.
    pub fn has_line(&self, line: u64) -> bool {
        let mut lines = self.candidates.iter().zip(&self.equal_lines);
        lines.any(|(candidate, equal)| candidate.anchor.line == line && *equal > 0)
    }

    /// Returns whether equal lines are too many to be equal by chance.
    ///
    /// In a second with many requests of a few kinds, lines of two logs are often equal. The same request in the same
    /// second counts once, and `lines_min`, which is enough for lines that are unique, doubles with two equal lines for
    /// each, trebles with four, and so on.
    pub fn are_enough(&self, lines: &[usize], lines_min: usize) -> bool {
        let doublings = self.mean_equal(lines).log2().max(0.0);
        self.count_distinct(lines) as f64 >= lines_min as f64 * (1.0 + doublings)
    }

    /// Returns how many of some lines are different, or at other times.
    fn count_distinct(&self, lines: &[usize]) -> usize {
        let key = |line: &usize| LineAnchor { line: 0, ..self.candidates[*line].anchor };
        lines.iter().map(key).collect::<HashSet<_>>().len()
    }

    /// Returns how many lines of other logs equal each of some lines, on average.
    fn mean_equal(&self, lines: &[usize]) -> f64 {
        let equal: u32 = lines.iter().map(|line| self.equal_lines[*line]).sum();
        f64::from(equal) / lines.len().max(1) as f64
    }

    /// Returns whether equal lines are so many different requests, by different visitors, that they are no health checks.
    fn are_varied(&self, lines: &[usize]) -> bool {
        let anchors = lines.iter().map(|line| self.candidates[*line].anchor);
        let requests: HashSet<_> = anchors.map(|anchor| (anchor.hash, anchor.visitor)).collect();
        requests.len() >= REQUESTS_MIN + lines.len() / REPEATED_MAX
    }

    /// Returns the other log that has had a good part of these lines, if there is one.
    ///
    /// Copies are equal as far as both logs go, or share a stretch of several different requests. The health checks of a
    /// quiet night on two servers are neither. `lines` are the lines of the log that are compared.
    pub fn find_overlap(
        &self,
        lines: &Range<u64>,
        other_log: impl Fn(i64) -> OtherLog,
    ) -> Option<Overlap> {
        for (alignment, same) in &self.alignments {
            let other = other_log(alignment.cursor);
            let stretch = alignment.stretch(lines, &other.lines);
            let compared = self.compared(*alignment, same, &stretch);
            let len = stretch.end.saturating_sub(stretch.start);
            let lines_min = match same.len() as u64 {
                count if count >= len => ALIGNED_WHOLE_MIN,
                count if count * 4 >= len => ALIGNED_SHORT_MIN,
                _ => ALIGNED_MIN,
            };
            let differing = compared.iter().filter(|(_, is_same)| !is_same).count();
            let is_copy = !other.has_equal_start
                && differing * DIFFERING_SHARE <= compared.len()
                && self.are_enough(same, lines_min);
            let part = densest(&compared);
            let has_part = || self.are_enough(&part, ALIGNED_MIN) && self.are_varied(&part);
            if is_copy || has_part() {
                let known = if is_copy { same.len() } else { part.len() };
                let compared = known + if is_copy { differing } else { 0 };
                return Some(Overlap { cursor: alignment.cursor, known, compared });
            }
        }
        self.find_selection(lines)
    }

    /// Returns the lines of a stretch that are equal in an alignment, and those that would be if the other log had them,
    /// in order. The flag says which are equal.
    fn compared(
        &self,
        alignment: Alignment,
        same: &[usize],
        stretch: &Range<u64>,
    ) -> Vec<(usize, bool)> {
        let mut is_same = vec![false; self.candidates.len()];
        same.iter().for_each(|line| is_same[*line] = true);
        let is_compared = |(at, Candidate { anchor, rarity }): &(usize, &Candidate)| {
            let beside = u64::try_from(anchor.line.cast_signed() + alignment.offset);
            let is_anchor = beside.is_ok_and(|line| rarity.is_anchor(line));
            is_same[*at] || stretch.contains(&anchor.line) && is_anchor
        };
        let compared = self.candidates.iter().enumerate().filter(is_compared);
        compared.map(|(at, _)| (at, is_same[at])).collect()
    }

    /// Returns the overlap of a log whose lines are nearly all known, in whatever order: a selection or mixture of
    /// others.
    fn find_selection(&self, lines: &Range<u64>) -> Option<Overlap> {
        let cursor = self.alignments.first()?.0.cursor;
        // A long log has few of its lines as anchors, so the rare lines are looked at alone too. Lines that are less rare
        // than the anchors of this log are candidates only if they are known.
        let rarest = Rarity::of_anchors(lines.end.saturating_sub(1));
        let rarities = [Rarity::DENSE, Rarity::MEDIUM, Rarity::SPARSE];
        rarities.into_iter().filter(|rarity| *rarity >= rarest).find_map(|rarity| {
            let anchors =
                (0..self.candidates.len()).filter(|line| self.candidates[*line].rarity >= rarity);
            let (known, unknown): (Vec<usize>, Vec<usize>) =
                anchors.partition(|line| self.equal_lines[*line] > 0);
            let compared = known.len() + unknown.len();
            // In any order, only lines that are unique tell a copy from other requests of the same seconds.
            let is_unique = self.mean_equal(&known) <= EQUAL_MEAN_MAX
                && self.count_distinct(&known) as f64 * EQUAL_MEAN_MAX >= known.len() as f64;
            let is_selection = known.len() >= KNOWN_MIN
                && known.len() * 10 >= compared * 9
                && is_unique
                && self.are_varied(&known);
            is_selection.then_some(Overlap { cursor, known: known.len(), compared })
        })
    }
}

/// Returns the equal lines of the part in which nearly all lines are equal: of which fewer than one in `DIFFERING_SHARE`
/// differ.
fn densest(compared: &[(usize, bool)]) -> Vec<usize> {
    let (mut sum, mut start) = (0_i64, 0);
    let (mut best_sum, mut best) = (0, 0..0);
    for (at, (_, is_same)) in compared.iter().enumerate() {
        if sum <= 0 {
            (sum, start) = (0, at);
        }
        sum += if *is_same { 1 } else { 1 - DIFFERING_SHARE as i64 };
        if sum > best_sum {
            (best_sum, best) = (sum, start..at + 1);
        }
    }
    compared[best].iter().filter(|(_, is_same)| *is_same).map(|(line, _)| *line).collect()
}

impl Alignment {
    /// Returns which of `lines` are beside lines of the other log.
    fn stretch(&self, lines: &Range<u64>, other: &Range<u64>) -> Range<u64> {
        let place = |line: u64| u64::try_from(line.cast_signed() - self.offset).unwrap_or(0);
        lines.start.max(place(other.start))..lines.end.min(place(other.end))
    }
}
