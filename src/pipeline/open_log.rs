//! Opens a log, and finds its format and the offset at which an earlier run stopped.

use std::io;

use crate::format::{Columns, DECISIVE_LINES_MIN, Detection, Format, detect, fit, missing_field};
use crate::source::{Chunks, Resumed, Start, Stream, open, resume};
use crate::store::{KnownCursor, Progress};

use super::input::LogInput;
use super::unreadable_log::{no_field, no_format, wrong_format};

/// An opened log, with its format and start.
pub struct OpenedLog {
    pub chunks: Chunks,
    pub start: LogStart,
    pub format: LogFormat,
    /// The ids of the cursors of logs that start like it, but are others.
    pub others: Vec<i64>,
}

/// The position at which reading starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogStart {
    /// At the first byte. The log was never read.
    New,
    /// At the stored cursor with this id and offset.
    Continued { id: i64, offset: u64, progress: Progress },
    /// Nowhere: it is an older copy of the log that was last found under this name.
    OlderCopy(String),
    /// Undecided between an older copy of one of the logs with these cursors, and a log of its own.
    Undecided(Vec<KnownCursor>),
}

/// The format of a log's lines, if it can be read.
pub enum LogFormat {
    /// The format, and the columns in force at the start.
    Known { format: Format, columns: Columns },
    /// There is no line to read.
    NoLine,
    /// There are too few lines to detect the format.
    TooFewLines,
    /// The log is not read. Holds the reason and what to do about it.
    Refused(String),
}

/// Opens a log at its start, as if it was never read.
pub fn open_log(input: &LogInput) -> io::Result<OpenedLog> {
    continue_log(input, open(&input.location)?, &[], false)
}

/// Finds the first new line of an opened stream, and the format of the log. `known` are the cursors of logs that start
/// like it. `is_own` means that it was compared with those that were read further, and differs.
pub(super) fn continue_log(
    input: &LogInput,
    stream: Stream,
    known: &[KnownCursor],
    is_own: bool,
) -> io::Result<OpenedLog> {
    let cursors: Vec<_> = known.iter().map(|known| &known.cursor).collect();
    let Resumed { stream, start, others } = resume(stream, &input.location, &cursors)?;
    let mut chunks = stream.chunks;
    let others: Vec<i64> = others.into_iter().map(|at| known[at].id).collect();
    let previous = match start {
        Start::New => None,
        Start::Undecided(_) if is_own => None,
        Start::At(at) => Some(&known[at]),
        Start::OlderCopy(at) => {
            let start = LogStart::OlderCopy(known[at].name.clone());
            return Ok(OpenedLog { chunks, start, format: LogFormat::NoLine, others });
        }
        Start::Undecided(at) => {
            let start = LogStart::Undecided(at.into_iter().map(|at| known[at].clone()).collect());
            return Ok(OpenedLog { chunks, start, format: LogFormat::NoLine, others });
        }
        Start::Ambiguous => {
            let text = "starts like a log that was read before but continues differently: pass it as a file";
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
    };
    let start = previous.map_or(LogStart::New, |known| LogStart::Continued {
        id: known.id,
        offset: known.cursor.offset,
        progress: known.progress,
    });
    let found = match chunks.peek()? {
        Some(text) => find_format(input, previous, text),
        None => LogFormat::NoLine,
    };
    let format = found.prepare(input, &mut chunks);
    Ok(OpenedLog { chunks, start, format, others })
}

impl OpenedLog {
    /// Returns the format and columns to read the log with, and whether that format is the log's own rather than
    /// `default`. Detects it from an unfinished last line if there is no whole one. For commands that show how a log is
    /// read.
    pub fn format_or(&mut self, input: &LogInput, default: &str) -> (Format, Columns, bool) {
        if matches!(self.format, LogFormat::NoLine) {
            let found = find_format(input, None, self.chunks.unfinished());
            self.format = found.prepare(input, &mut self.chunks);
        }
        match &self.format {
            LogFormat::Known { format, columns } => (format.clone(), columns.clone(), true),
            _ => {
                let preset = || Format::named(default, &input.zone).expect("a preset");
                let format = input.format.clone().unwrap_or_else(preset);
                (with_header(format, input), Columns::default(), input.format.is_some())
            }
        }
    }
}

impl LogFormat {
    /// Applies the header of the input, and sets where chunks of this format may end.
    fn prepare(self, input: &LogInput, chunks: &mut Chunks) -> LogFormat {
        let LogFormat::Known { format, columns } = self else { return self };
        let format = with_header(format, input);
        let columns = match &input.header {
            Some(header) => columns.with_header(header),
            None => columns,
        };
        chunks.set_cut(format.cut());
        LogFormat::Known { format, columns }
    }
}

fn with_header(format: Format, input: &LogInput) -> Format {
    let format = if input.has_given_zone { format.with_given_zone() } else { format };
    match &input.header {
        Some(header) => format.with_header(header),
        None => format,
    }
}

/// Returns the format of a log. A log that fits no format, or not the given one, is refused before any line is read, so
/// that no line is lost.
fn find_format(input: &LogInput, previous: Option<&KnownCursor>, text: &[u8]) -> LogFormat {
    let saved = previous.and_then(|known| Format::restore(known.format.as_deref()?, &input.zone));
    if let Some(format) = input.format.clone() {
        let found = match previous {
            None => given_format(format, input, text),
            Some(_) => {
                // The keys of a log are learned once.
                let columns = saved.as_ref().map(|(_, columns)| columns.clone());
                let same = saved.filter(|(saved, _)| saved.name() == format.name());
                let format = same.map_or(format, |(saved, _)| saved.without_fallback());
                LogFormat::Known { format, columns: columns.unwrap_or_default() }
            }
        };
        return found;
    }
    if let Some((format, columns)) = saved {
        return LogFormat::Known { format, columns };
    }
    if !has_content(text) {
        return LogFormat::NoLine; // Blank lines and comments are read with the first request.
    }
    match detect(text, &input.zone) {
        Detection::Yes(format) => checked(format, input, text),
        Detection::NeedMore => LogFormat::TooFewLines,
        Detection::No(line) => LogFormat::Refused(no_format(text, &line)),
    }
}

/// Returns the format that the user has given, for a log that was never read.
fn given_format(format: Format, input: &LogInput, text: &[u8]) -> LogFormat {
    if !has_content(text) {
        return LogFormat::NoLine;
    }
    let format = format.learned_from(text);
    let fit = fit(&format, text);
    match fit.first_misfit.filter(|_| fit.fitting == 0) {
        Some(_) if fit.misfits < DECISIVE_LINES_MIN => LogFormat::TooFewLines,
        Some((line, reason)) => {
            LogFormat::Refused(wrong_format(&format.name(), text, &line, &reason))
        }
        None => checked(format, input, text),
    }
}

/// Returns whether any line is neither blank nor a comment.
fn has_content(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.any(|line| !matches!(line.first(), None | Some(b'#')))
}

/// Returns the format of a log, unless it lacks a field without which nothing can be counted.
fn checked(format: Format, input: &LogInput, text: &[u8]) -> LogFormat {
    match missing_field(&format, text, input.needs_status) {
        None => LogFormat::Known { format, columns: Columns::default() },
        Some(_) if fit(&format, text).fitting < DECISIVE_LINES_MIN => LogFormat::TooFewLines,
        Some(field) => LogFormat::Refused(no_field(&format.name(), text, field)),
    }
}
