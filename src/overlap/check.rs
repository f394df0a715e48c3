//! Decides from the anchors of a log whether its lines were counted before.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::anchor::{LineAnchor, Rarity};

/// The fewest equal lines in the same alignment that show that a stretch was counted before.
pub const ALIGNED_MIN: usize = 4;

/// The same for a stretch of which they are at least a quarter, and for one of which they are all lines.
const ALIGNED_SHORT_MIN: usize = 3;
const ALIGNED_WHOLE_MIN: usize = 2;

/// If equal lines are at least so many different requests, they are no health checks, and the logs need not be equal
/// elsewhere. Of many lines, one of `REPEATED_MAX` must be different.
const REQUESTS_MIN: usize = 3;
const REPEATED_MAX: usize = 8;

/// One of this many anchors of a stretch may differ: a flood of equal requests hides some.
const DIFFERING_SHARE: usize = 8;

/// The fewest anchors by which a log is recognized as a selection or mixture of other logs' lines, if nine of ten are
/// known.
const KNOWN_MIN: usize = 8;

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

/// Returns each alignment with its number of equal lines, the most first.
pub fn alignments(candidates: &[Candidate], hits: &[Hit]) -> Vec<(Alignment, usize)> {
    let mut counts: HashMap<Alignment, usize> = HashMap::new();
    for hit in hits {
        *counts.entry(hit.alignment(candidates)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|(alignment, count)| (std::cmp::Reverse(*count), *alignment));
    counts
}

/// Returns the other log that has had a good part of these lines, if there is one.
///
/// Copies are equal as far as both logs go, or share a stretch of several different requests. The health checks of a quiet
/// night on two servers are neither. `lines` are the lines of the log that are compared.
pub fn find_overlap(
    candidates: &[Candidate],
    hits: &[Hit],
    lines: Range<u64>,
    other_log: impl Fn(i64) -> OtherLog,
) -> Option<Overlap> {
    let alignments = alignments(candidates, hits);
    let likely = alignments.iter().take_while(|(_, count)| *count >= ALIGNED_WHOLE_MIN);
    for (alignment, count) in likely {
        let other = other_log(alignment.cursor);
        let stretch = alignment.stretch(&lines, &other.lines);
        let is_long = *count >= ALIGNED_MIN;
        let len = stretch.end.saturating_sub(stretch.start);
        let is_most = *count >= ALIGNED_SHORT_MIN && *count as u64 * 4 >= len;
        let is_whole = *count as u64 >= len;
        let (same, all) = alignment.compare(candidates, hits, &stretch);
        let is_equal = (is_long || is_most || is_whole) && (all - same) * DIFFERING_SHARE <= all;
        let is_copy = is_equal && !other.has_equal_start;
        if is_copy || is_long && is_varied(alignment.requests(candidates, hits), *count) {
            return Some(Overlap {
                cursor: alignment.cursor,
                known: *count,
                compared: *count + all - same,
            });
        }
    }
    find_selection(candidates, hits, &lines, alignments.first()?.0.cursor)
}

/// Returns the number of different requests by different visitors.
fn count_requests<'c>(lines: impl Iterator<Item = &'c Candidate>) -> usize {
    lines.map(|line| (line.anchor.hash, line.anchor.visitor)).collect::<HashSet<_>>().len()
}

/// Returns whether equal lines are so many different requests that they are no health checks.
fn is_varied(requests: usize, lines: usize) -> bool {
    requests >= REQUESTS_MIN + lines / REPEATED_MAX
}

/// Returns the overlap of a log whose lines are nearly all known, in whatever order: a selection or mixture of others.
fn find_selection(
    candidates: &[Candidate],
    hits: &[Hit],
    lines: &Range<u64>,
    cursor: i64,
) -> Option<Overlap> {
    let mut is_known = vec![false; candidates.len()];
    hits.iter().for_each(|hit| is_known[hit.candidate] = true);
    // A long log has few of its lines as anchors, so the rare lines are looked at alone too. Lines that are less rare
    // than the anchors of this log are candidates only if they are known.
    let rarest = Rarity::of_anchors(lines.end.saturating_sub(1));
    let rarities = [Rarity::DENSE, Rarity::MEDIUM, Rarity::SPARSE];
    rarities.into_iter().filter(|rarity| *rarity >= rarest).find_map(|rarity| {
        let anchors = candidates.iter().zip(&is_known);
        let anchors = anchors.filter(|(candidate, _)| candidate.rarity >= rarity);
        let known = anchors.clone().filter(|(_, is_known)| **is_known);
        let requests = count_requests(known.clone().map(|(candidate, _)| candidate));
        let (known, compared) = (known.count(), anchors.count());
        let is_selection =
            known >= KNOWN_MIN && known * 10 >= compared * 9 && is_varied(requests, known);
        is_selection.then_some(Overlap { cursor, known, compared })
    })
}

impl Alignment {
    /// Returns which of `lines` are beside lines of the other log.
    fn stretch(&self, lines: &Range<u64>, other: &Range<u64>) -> Range<u64> {
        let place = |line: u64| u64::try_from(line.cast_signed() - self.offset).unwrap_or(0);
        lines.start.max(place(other.start))..lines.end.min(place(other.end))
    }

    /// Returns how many different requests the equal lines are, whenever they were made.
    fn requests(&self, candidates: &[Candidate], hits: &[Hit]) -> usize {
        let equal = hits.iter().filter(|hit| hit.alignment(candidates) == *self);
        count_requests(equal.map(|hit| &candidates[hit.candidate]))
    }

    /// Returns how many of the lines of a stretch that the other log must have as anchors it has, and how many there are.
    fn compare(
        &self,
        candidates: &[Candidate],
        hits: &[Hit],
        stretch: &Range<u64>,
    ) -> (usize, usize) {
        let mut is_same = vec![false; candidates.len()];
        for hit in hits.iter().filter(|hit| hit.alignment(candidates) == *self) {
            is_same[hit.candidate] = true;
        }
        let expected =
            candidates.iter().zip(is_same).filter(|(Candidate { anchor, rarity }, _)| {
                let beside = u64::try_from(anchor.line.cast_signed() + self.offset);
                stretch.contains(&anchor.line) && beside.is_ok_and(|line| rarity.is_anchor(line))
            });
        expected.fold((0, 0), |(same, all), (_, is_same)| (same + usize::from(is_same), all + 1))
    }
}
