//! Decides from the anchors of a new log whether its lines were counted before.

use std::collections::HashMap;

use super::anchor::LineAnchor;

/// The fewest anchors in the same alignment that show that a stretch was counted before. That many requests of other
/// logs, with as many lines between each two of them, do not occur by chance.
const ALIGNED_MIN: usize = 8;

/// The same for a log whose anchors make up a good part of its lines.
const ALIGNED_SHARE_MIN: usize = 4;

/// The fewest sampled anchors that show that a log is a selection or a mixture of other logs' lines, if at least half
/// of its anchors are known.
const KNOWN_MIN: usize = 16;

/// A line of a new log that may have been counted before.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub anchor: LineAnchor,
    /// True if it is an anchor by its content, and not only because another log has an anchor like it.
    pub is_sampled: bool,
}

/// A stored anchor that equals one of a new log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The index of the candidate.
    pub candidate: usize,
    /// The id of the log's cursor in the store.
    pub cursor: i64,
    /// The number of lines before it in that log.
    pub line: u64,
}

/// A log whose line `offset` equals the first line of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alignment {
    /// The id of the log's cursor in the store.
    pub cursor: i64,
    pub offset: i64,
}

/// Lines that were counted before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The id of the cursor of the log with which most anchors are shared.
    pub cursor: i64,
    /// How many anchors are known, of how many.
    pub known: usize,
    pub anchors: usize,
}

/// Returns the alignment that most hits have, among those that `is_possible` accepts, and its number of hits.
pub fn best_alignment(
    candidates: &[Candidate],
    hits: &[Hit],
    is_possible: impl Fn(Alignment) -> bool,
) -> Option<(Alignment, usize)> {
    let mut counts: HashMap<Alignment, usize> = HashMap::new();
    for hit in hits {
        let line = candidates[hit.candidate].anchor.line;
        let offset = hit.line.cast_signed() - line.cast_signed();
        *counts.entry(Alignment { cursor: hit.cursor, offset }).or_default() += 1;
    }
    let possible = counts.into_iter().filter(|(alignment, _)| is_possible(*alignment));
    possible.max_by_key(|(alignment, count)| (*count, std::cmp::Reverse(*alignment)))
}

/// Returns the log with which a new log of `lines` lines shares a good part of its anchors, if there is one.
pub fn find_overlap(candidates: &[Candidate], hits: &[Hit], lines: u64) -> Option<Overlap> {
    let (alignment, aligned) = best_alignment(candidates, hits, |_| true)?;
    let mut is_known = vec![false; candidates.len()];
    hits.iter().for_each(|hit| is_known[hit.candidate] = true);
    let sampled = candidates.iter().zip(&is_known).filter(|(candidate, _)| candidate.is_sampled);
    let (sampled, known_sampled) = sampled
        .fold((0, 0), |(all, known), (_, is_known)| (all + 1, known + usize::from(*is_known)));
    let known = is_known.iter().filter(|is_known| **is_known).count();
    let is_short = aligned as u64 * 2 >= lines;
    let is_aligned = aligned >= ALIGNED_MIN || aligned >= ALIGNED_SHARE_MIN && is_short;
    let is_selection = known_sampled >= KNOWN_MIN && known_sampled * 2 >= sampled;
    (is_aligned || is_selection).then(|| Overlap {
        cursor: alignment.cursor,
        known,
        anchors: candidates.len(),
    })
}
