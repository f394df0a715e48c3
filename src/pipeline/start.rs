//! Starts a source: opens it, finds where it was left, and finds out its format.

use std::io;

use crate::format::{Columns, Detection, Format, detect, whole_lines};
use crate::source::{Chunk, Start, Stream, resume};
use crate::store::KnownCursor;
use crate::tally::Lines;

use super::Work;
use super::job::{Job, Lane};
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
    let remembered =
        previous.and_then(|known| Format::recalled(known.format.as_deref()?, &work.zone));
    let configured = work.format.clone().map(|format| {
        let columns = remembered.as_ref().map(|(_, columns)| columns.clone());
        (format, columns.unwrap_or_default())
    });
    let (format, columns) = match configured.or(remembered) {
        Some(known) => known,
        None => match detect(first.text(), &work.zone) {
            Detection::Yes(format) => (format, Columns::default()),
            Detection::NeedMore => {
                return Ok(finished(work.place.to_string(), Outcome::NotYet, 0));
            }
            Detection::No(line) => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    no_format(first.text(), &line),
                ));
            }
        },
    };
    let cursor = previous.map(|known| (known.id, known.cursor.offset));
    let mut lane = Lane::new(chunks, step_start);
    lane.first = Some(first);
    lane.columns = columns;
    Ok(Started::Job(Box::new(Job::new(work, format, lane, cursor))))
}

/// What to do about a log whose first lines fit nothing; shows one of them.
fn no_format(text: &[u8], line: &[u8]) -> String {
    const SHOWN_CHARS: usize = 80;
    const LOOKED_AT_BYTES: usize = 1000;
    let start = &text[..text.len().min(LOOKED_AT_BYTES)];
    let printable = |byte: &&u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    if start.iter().filter(printable).count() * 2 < start.len() {
        return "is binary, not a log: nothing was read".into();
    }
    let text = String::from_utf8_lossy(line);
    let shown: String = text.chars().take(SHOWN_CHARS).flat_map(char::escape_debug).collect();
    format!(
        "no known format fits its first lines, such as \"{shown}\": nothing was read; paste your \
         server's log format under [[logs]] format"
    )
}

/// A place of which no line is read now; `left_bytes` of an unfinished one are left for the next run.
pub(super) fn finished(name: String, outcome: Outcome, left_bytes: u64) -> Started {
    let (format, silent, lines) = (None, None, Lines::default());
    let summary = SourceSummary { name, outcome, format, silent, lines, left_bytes };
    Started::Finished(Box::new(summary))
}
