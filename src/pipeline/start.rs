//! Starts a source: opens it, finds where it was left, and finds out its format.

use std::io;

use crate::format::{Columns, Detection, Format, SURE_LINES, detect, fit, whole_lines};
use crate::source::{Chunk, Start, Stream, resume};
use crate::store::KnownCursor;
use crate::tally::Lines;

use super::Work;
use super::job::{Job, Lane};
use super::refusal::{no_format, wrong_format};
use super::summary::{Outcome, SourceSummary};

/// What there is to do at a place.
pub(super) enum Started {
    /// Lines to read.
    Job(Box<Job>),
    /// Nothing.
    Finished(Box<SourceSummary>),
}

/// Finds the first new line of an opened stream, given all cursors of the store.
pub(super) fn start(work: Work, stream: Stream, known: &[KnownCursor]) -> Started {
    let name = work.place.to_string();
    match try_start(work, stream, known) {
        Ok(started) => started,
        Err(error) => finished(name, Outcome::Failed(error.to_string()), 0),
    }
}

fn try_start(work: Work, stream: Stream, known: &[KnownCursor]) -> io::Result<Started> {
    let cursors: Vec<_> = known.iter().map(|known| &known.cursor).collect();
    if stream.chunks.head().is_empty() {
        // What is written into it from now on belongs to the next run: only a head makes a stream known.
        return Ok(finished(work.place.to_string(), Outcome::NothingNew, 0));
    }
    let (stream, start) = resume(stream, &work.place, &cursors)?;
    let previous = match start {
        Start::New => None,
        Start::At(at) => Some(&known[at]),
        Start::Behind(at) => {
            let outcome = Outcome::Behind(known[at].name.clone());
            return Ok(finished(work.place.to_string(), outcome, 0));
        }
        Start::Unclear => {
            let text =
                "starts like a log that was read before but goes on differently: give it as a file";
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
    };
    let mut chunks = stream.chunks;
    chunks.cut_by(whole_lines);
    let step_start = chunks.cursor_offset();
    let mut first = Chunk::default();
    if !chunks.next(&mut first)? {
        let left_bytes = chunks.left_bytes();
        return Ok(finished(work.place.to_string(), Outcome::NothingNew, left_bytes));
    }
    let Some((format, mut columns)) = format_of(&work, previous, first.text())? else {
        return Ok(finished(work.place.to_string(), Outcome::NotYet, 0));
    };
    if let Some(header) = &work.header {
        columns = columns.with_header(header);
    }
    let format = work.with_header(format);
    let cursor = previous.map(|known| (known.id, known.cursor.offset));
    let mut lane = Lane::new(chunks, step_start);
    lane.first = Some(first);
    lane.columns = columns;
    Ok(Started::Job(Box::new(Job::new(work, format, lane, cursor))))
}

/// The format of a source, and the columns in force where reading goes on; `None` where its few lines don't
/// tell yet. Fails with what a person can do about a log that is none, or is of another format than was said:
/// it is not read at all, so that nothing is lost.
fn format_of(
    work: &Work,
    previous: Option<&KnownCursor>,
    text: &[u8],
) -> io::Result<Option<(Format, Columns)>> {
    let invalid = |words: String| io::Error::new(io::ErrorKind::InvalidData, words);
    let remembered =
        previous.and_then(|known| Format::recalled(known.format.as_deref()?, &work.zone));
    if let Some(format) = work.format.clone() {
        let columns = remembered.map(|(_, columns)| columns).unwrap_or_default();
        let misfit = fits_nothing(&format, text).filter(|_| previous.is_none());
        return match misfit {
            None => Ok(Some((format, columns))),
            Some(Misfit::Unsure) => Ok(None),
            Some(Misfit::Sure(line)) => Err(invalid(wrong_format(&format.name(), text, &line))),
        };
    }
    if remembered.is_some() {
        return Ok(remembered);
    }
    match detect(text, &work.zone) {
        Detection::Yes(format) => Ok(Some((format, Columns::default()))),
        Detection::NeedMore => Ok(None),
        Detection::No(line) => Err(invalid(no_format(text, &line))),
    }
}

/// A log of which no first line fits the format that it is said to have.
enum Misfit {
    /// There are few lines yet.
    Unsure,
    /// There are many. Holds the first.
    Sure(Vec<u8>),
}

fn fits_nothing(format: &Format, text: &[u8]) -> Option<Misfit> {
    let fit = fit(format, text);
    let first = fit.first_misfit.filter(|_| fit.fitting == 0)?;
    Some(if fit.misfits < SURE_LINES { Misfit::Unsure } else { Misfit::Sure(first) })
}

/// A place of which no line is read now; `left_bytes` of an unfinished one are left for the next run.
pub(super) fn finished(name: String, outcome: Outcome, left_bytes: u64) -> Started {
    let (format, silent, lacks_header, lines) = (None, None, None, Lines::default());
    let summary = SourceSummary { name, outcome, format, silent, lacks_header, lines, left_bytes };
    Started::Finished(Box::new(summary))
}
