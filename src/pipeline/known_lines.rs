//! Skips the first lines of a log if they were counted before as part of another.

use std::io;
use std::ops::ControlFlow;

use crate::format::{Columns, Content, Format, LineReader, Record};
use crate::overlap::{
    ALIGNED_MIN, ALIGNED_WHOLE_MIN, Alignment, Candidate, EDGE_LINES, LineAnchor, Matches, Rarity,
};
use crate::source::{Chunk, Chunks};
use crate::store::{KnownCursor, StoreError};

use super::run_context::{RunContext, refusal};
use super::source_start::RelatedLogs;

/// If so many lines at the start of a log are known, it is a copy, however short. A single equal request may occur twice.
const FIRST_KNOWN_MIN: u64 = 2;

/// The result of comparing the first lines of a log with those of others.
pub(super) enum KnownLines {
    /// So many lines were skipped: each was counted before. Has the columns in force after them, and the name of the
    /// last of the other logs.
    Skipped {
        lines: u64,
        columns: Columns,
        of: Option<String>,
    },
    /// The lines look like another log's first, but then differ. Reading has to start again, and only the first `lines`
    /// lines were counted before.
    Differs {
        lines: u64,
        reason: String,
    },
    Failed(io::Error),
}

/// Skips lines as long as they continue a stretch of another log up to the end of what was read of that.
///
/// `lines_max` is the number of lines after which no other stretch is looked for. It is no copy of the
/// `related` logs.
pub(super) fn skip_known_lines(
    chunks: &mut Chunks,
    format: &Format,
    mut columns: Columns,
    lines_max: u64,
    related: &RelatedLogs,
    context: &RunContext,
) -> Result<KnownLines, StoreError> {
    let (mut lines, mut of) = (0, None);
    while lines < lines_max {
        let text = match chunks.peek() {
            Ok(Some(text)) => text,
            Ok(None) => break,
            Err(error) => return Ok(KnownLines::Failed(error)),
        };
        let candidates = candidates(text, format, &columns, context)?;
        let Some((known, offset, count)) = stretch(&candidates, related, lines > 0, context)?
        else {
            break;
        };
        let wanted = known.progress.lines - offset;
        let compared = match skip(chunks, format, &mut columns, wanted) {
            Ok(compared) => compared,
            Err(error) => return Ok(KnownLines::Failed(error)),
        };
        if !compared.is_proven(known.id, offset, wanted, context)? {
            let reason = refusal(&known.name, count, candidates.len());
            return Ok(KnownLines::Differs { lines, reason });
        }
        lines += wanted;
        of = Some(known.name);
    }
    Ok(KnownLines::Skipped { lines, columns, of })
}

/// Returns the lines of a text that may be known.
fn candidates(
    text: &[u8],
    format: &Format,
    columns: &Columns,
    context: &RunContext,
) -> Result<Vec<Candidate>, StoreError> {
    let Some(first) = first_record_second(text, format, columns) else { return Ok(Vec::new()) };
    let filter = context.filter(first)?;
    let mut candidates = Vec::new();
    each_record(text, format, columns.clone(), |second, line, record| {
        if filter.may_have_second(second) {
            let anchor = LineAnchor::new(record, line);
            if filter.may_have(second, anchor.hash) {
                candidates.push(Candidate { anchor, rarity: Rarity::of(second, record) });
            }
        }
    });
    Ok(candidates)
}

/// Returns the log of which the first line is one, the number of lines before it there, and how many lines are equal.
/// `is_within_copy` means that the lines before were skipped.
fn stretch(
    candidates: &[Candidate],
    related: &RelatedLogs,
    is_within_copy: bool,
    context: &RunContext,
) -> Result<Option<(KnownCursor, u64, usize)>, StoreError> {
    let mut hits = context.anchor_hits(candidates)?;
    hits.retain(|hit| !related.contains(hit.cursor));
    // If the first lines are known one by one, stretches of a few lines count too.
    let matches = Matches::new(candidates, &hits);
    let is_first_known = |line: &u64| matches.has_line(*line);
    let first_known = (0..FIRST_KNOWN_MIN).take_while(is_first_known).count() as u64;
    let has_short = first_known == FIRST_KNOWN_MIN || is_within_copy && first_known > 0;
    for (Alignment { cursor, offset }, same) in matches.alignments() {
        let Ok(offset) = u64::try_from(offset) else { continue };
        let known = context.cursor(cursor)?;
        let has_line = |known: &KnownCursor| {
            let is_counted = (known.progress.first_line..known.progress.lines).contains(&offset);
            let is_whole = has_short && known.progress.lines - offset <= same.len() as u64;
            let lines_min = match is_whole {
                true if is_within_copy => 1,
                true => ALIGNED_WHOLE_MIN,
                false => ALIGNED_MIN,
            };
            is_counted && matches.are_enough(same, lines_min)
        };
        if let Some(known) = known.filter(has_line) {
            return Ok(Some((known, offset, same.len())));
        }
    }
    Ok(None)
}

/// The anchors of skipped lines.
struct Compared {
    /// Anchors by content.
    sampled: Vec<Candidate>,
    /// The last lines.
    tail: Vec<Candidate>,
    lines: u64,
}

impl Compared {
    /// Returns whether the lines are those of another log from `offset` on, up to its end: they are as many, all of
    /// their anchors are stored for it, and so are its last lines.
    fn is_proven(
        &self,
        cursor: i64,
        offset: u64,
        wanted: u64,
        context: &RunContext,
    ) -> Result<bool, StoreError> {
        let candidates = [self.sampled.as_slice(), &self.tail].concat();
        let mut is_known = vec![false; candidates.len()];
        for hit in context.anchor_hits(&candidates)? {
            let line = candidates[hit.candidate].anchor.line;
            is_known[hit.candidate] |= hit.cursor == cursor && hit.line == line + offset;
        }
        Ok(self.lines == wanted && !self.tail.is_empty() && is_known.into_iter().all(|known| known))
    }
}

/// Reads `wanted` lines without counting them, or all if there are fewer.
fn skip(
    chunks: &mut Chunks,
    format: &Format,
    columns: &mut Columns,
    wanted: u64,
) -> io::Result<Compared> {
    let mut compared = Compared { sampled: Vec::new(), tail: Vec::new(), lines: 0 };
    let mut chunk = Chunk::default();
    let tail_from = wanted.saturating_sub(EDGE_LINES);
    while compared.lines < wanted {
        let before = chunks.tail().to_vec();
        if !chunks.next(&mut chunk)? {
            break;
        }
        let (mut line, mut end) = (compared.lines + chunk.skipped_lines, 0);
        let _ = LineReader::new(format, columns.clone()).each(chunk.text(), |read| {
            if let Content::Record { record, .. } = &read.content {
                let second = record.time.as_second();
                let rarity = Rarity::of(second, record);
                if rarity >= Rarity::SPARSE || line >= tail_from {
                    let anchor = LineAnchor::new(record, line);
                    let to =
                        if line >= tail_from { &mut compared.tail } else { &mut compared.sampled };
                    to.push(Candidate { anchor, rarity });
                }
            }
            (line, end) = (line + 1, end + read.bytes);
            if line < wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        compared.lines = line;
        let end = usize::try_from(end).unwrap_or(usize::MAX).min(chunk.text().len());
        if let Some(next) = format.columns(&chunk.text()[..end]) {
            *columns = next;
        }
        chunks.give_back(&chunk, end, &before);
    }
    Ok(compared)
}

/// Returns the earliest time of the records of a text, in seconds since the Unix epoch.
pub(super) fn first_record_second(text: &[u8], format: &Format, columns: &Columns) -> Option<i64> {
    let mut first = None;
    each_record(text, format, columns.clone(), |second, _, _| {
        first = Some(first.map_or(second, |first: i64| first.min(second)));
    });
    first
}

/// Calls `take` with the second, the line number and the record of each record of a text.
fn each_record(
    text: &[u8],
    format: &Format,
    columns: Columns,
    mut take: impl FnMut(i64, u64, &Record<'_>),
) {
    let mut line = 0;
    let _ = LineReader::new(format, columns).each(text, |read| {
        if let Content::Record { record, .. } = &read.content {
            take(record.time.as_second(), line, record);
        }
        line += 1;
        ControlFlow::Continue(())
    });
}
