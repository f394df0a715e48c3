//! Decides from the anchors of a log whether its lines were counted before.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::anchor::{DENSE_LINES, LineAnchor, Rarity};

/// The fewest equal lines in the same alignment that show that a stretch was counted before.
pub const ALIGNED_MIN: usize = 4;

/// The same for a stretch of which they are at least a quarter, and for one of which they are all lines.
const ALIGNED_SHORT_MIN: usize = 3;
const ALIGNED_WHOLE_MIN: usize = 2;

/// If equal lines are so many different requests, they are no health checks, and the logs need not be equal elsewhere.
const REQUESTS_MIN: usize = 3;

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
/// night on two servers are neither. `lines` are the lines of the log that are compared, and
/// `lines_of` returns those of another log that were counted.
pub fn find_overlap(
    candidates: &[Candidate],
    hits: &[Hit],
    lines: Range<u64>,
    lines_of: impl Fn(i64) -> Range<u64>,
) -> Option<Overlap> {
    let alignments = alignments(candidates, hits);
    let likely = alignments.iter().take_while(|(_, count)| *count >= ALIGNED_WHOLE_MIN);
    for (alignment, count) in likely {
        let other = lines_of(alignment.cursor);
        let stretch = alignment.stretch(&lines, &other);
        let is_long = *count >= ALIGNED_MIN;
        let len = stretch.end.saturating_sub(stretch.start);
        let is_most = *count >= ALIGNED_SHORT_MIN && *count as u64 * 4 >= len;
        let is_whole = *count as u64 >= len;
        let (same, all) = alignment.compare(candidates, hits, &stretch);
        let is_varied = is_long && alignment.requests(candidates, hits) >= REQUESTS_MIN;
        if is_varied || (is_long || is_most || is_whole) && (all - same) * DIFFERING_SHARE <= all {
            return Some(Overlap {
                cursor: alignment.cursor,
                known: *count,
                compared: *count + all - same,
            });
        }
    }
    find_selection(candidates, hits, &lines, alignments.first()?.0.cursor)
}

/// Returns the overlap of a log whose lines are nearly all known, in whatever order: a selection or mixture of others.
fn find_selection(
    candidates: &[Candidate],
    hits: &[Hit],
    lines: &Range<u64>,
    cursor: i64,
) -> Option<Overlap> {
    let rarity = if lines.end <= DENSE_LINES { Rarity::DENSE } else { Rarity::SPARSE };
    let mut is_known = vec![false; candidates.len()];
    hits.iter().for_each(|hit| is_known[hit.candidate] = true);
    let anchors = candidates.iter().zip(is_known);
    let anchors: Vec<(&Candidate, bool)> =
        anchors.filter(|(candidate, _)| candidate.rarity >= rarity).collect();
    let known = anchors.iter().filter(|(_, is_known)| *is_known);
    let requests: HashSet<u32> =
        known.clone().map(|(candidate, _)| candidate.anchor.hash).collect();
    let known = known.count();
    let is_selection =
        known >= KNOWN_MIN && known * 10 >= anchors.len() * 9 && requests.len() >= REQUESTS_MIN;
    is_selection.then_some(Overlap { cursor, known, compared: anchors.len() })
}

impl Alignment {
    /// Returns which of `lines` are beside lines of the other log.
    fn stretch(&self, lines: &Range<u64>, other: &Range<u64>) -> Range<u64> {
        let place = |line: u64| u64::try_from(line.cast_signed() - self.offset).unwrap_or(0);
        lines.start.max(place(other.start))..lines.end.min(place(other.end))
    }

    /// Returns how many different requests the equal lines are, whenever they were made and by whom.
    fn requests(&self, candidates: &[Candidate], hits: &[Hit]) -> usize {
        let equal = hits.iter().filter(|hit| hit.alignment(candidates) == *self);
        let requests: HashSet<u32> =
            equal.map(|hit| candidates[hit.candidate].anchor.hash).collect();
        requests.len()
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
