//! Finds where reading a log starts, by comparing it with the logs that were read before.

use std::io;

use crate::format::has_local_times;
use crate::source::{Location, STDIN_NAME, Stream, is_start_of};
use crate::store::{KnownCursor, Progress, StoreError};
use crate::tally::Lines;

use super::batch_end::EarlyEnd;
use super::input::LogInput;
use super::known_lines::{KnownLines, first_record_second, skip_known_lines};
use super::open_log::{LogFormat, LogStart, continue_log};
use super::run_context::{FinishedBatch, RunContext};
use super::source::Source;
use super::source_start::{RelatedLogs, SourceStart};
use super::summary::{Outcome, SourceSummary};

/// A log to open.
pub(super) struct QueuedLog {
    pub(super) input: LogInput,
    /// The cursors of longer logs that start like it, but from which it differs.
    pub(super) others: Vec<i64>,
    /// Why it can't be told from an older copy of another log, unless all of its lines are known.
    pub(super) undecided: Option<String>,
    /// The number of lines at its start that may have been counted before.
    pub(super) known_lines_max: u64,
    /// The offset at which it has to end, if its end must not be read.
    pub(super) early_end: Option<EarlyEnd>,
    /// The lines that were counted when it was read before in this run.
    pub(super) lines: Lines,
}

/// The outcome of opening a log.
pub(super) enum OpenOutcome {
    /// Lines to read.
    Source(Box<Source>),
    /// Nothing to read.
    Finished(Box<SourceSummary>),
    /// To be compared with the logs of these cursors.
    Undecided(QueuedLog, Vec<KnownCursor>),
    /// To be opened again.
    Again(QueuedLog),
}

impl QueuedLog {
    pub(super) fn new(input: LogInput) -> QueuedLog {
        let lines = Lines::default();
        QueuedLog {
            input,
            others: Vec::new(),
            undecided: None,
            known_lines_max: u64::MAX,
            early_end: None,
            lines,
        }
    }

    /// Returns the outcome of a log of which no line was read.
    pub(super) fn finished(&self, outcome: Outcome, unfinished_bytes: u64) -> OpenOutcome {
        let name = self.input.location.to_string();
        OpenOutcome::Finished(Box::new(SourceSummary::unread(name, outcome, unfinished_bytes)))
    }
}

/// Finds the start and the format of an opened log.
pub(super) fn start(
    log: QueuedLog,
    mut stream: Stream,
    context: &RunContext,
    batch_bytes: usize,
) -> Result<OpenOutcome, StoreError> {
    if stream.chunks.head().is_empty() {
        // Lines that are written from now on are left for the next run, since only its head identifies a log.
        let error = stream.chunks.peek().err();
        let failed = error.map(|error| Outcome::of_error(&log.input, &error));
        return Ok(log.finished(failed.unwrap_or(Outcome::NothingNew), 0));
    }
    let known = context.cursors_of(stream.chunks.head())?;
    let is_own = !log.others.is_empty() || log.undecided.is_some();
    let opened = match continue_log(&log.input, stream, &known, is_own) {
        Ok(opened) => opened,
        Err(error) => return Ok(log.finished(Outcome::of_error(&log.input, &error), 0)),
    };
    let (format, columns) = match opened.format {
        LogFormat::Known { format, columns } => (format, columns),
        LogFormat::TooFewLines => return Ok(log.finished(Outcome::TooFewLines, 0)),
        LogFormat::Refused(reason) => return Ok(log.finished(Outcome::Failed(reason), 0)),
        LogFormat::NoLine => {
            let unfinished = opened.chunks.unfinished_bytes();
            return Ok(without_line(log, opened.start, unfinished, context));
        }
    };
    let equal_start = [opened.others, log.others.clone()].concat();
    let mut related = RelatedLogs { continued: None, equal_start };
    let (cursor, progress) = match opened.start {
        LogStart::Continued { id, offset, progress } => {
            context.set_location(id, &log.input.location);
            related.continued = Some(id);
            // A file is not moved on by a stream that has its lines and more.
            let is_other_copy = log.input.location == Location::Stdin
                && known.iter().any(|known| known.id == id && known.name != STDIN_NAME);
            let first_line = if is_other_copy { progress.lines } else { progress.first_line };
            ((!is_other_copy).then_some((id, offset)), Progress { first_line, ..progress })
        }
        _ => (None, Progress::default()),
    };
    let QueuedLog { input, early_end, .. } = log;
    let start = SourceStart {
        input,
        chunks: opened.chunks,
        format,
        columns,
        cursor,
        progress,
        filter: None,
        related,
        early_end,
        guessed_zone: None,
        lines: log.lines,
    };
    if start.input.counts_copies {
        return Ok(OpenOutcome::Source(Box::new(Source::new(start, batch_bytes))));
    }
    start_compared(start, log.others, log.undecided, log.known_lines_max, context, batch_bytes)
}

/// Returns the outcome of a log that has no new line.
fn without_line(
    log: QueuedLog,
    start: LogStart,
    unfinished_bytes: u64,
    context: &RunContext,
) -> OpenOutcome {
    let outcome = match start {
        LogStart::Undecided(longer) => return OpenOutcome::Undecided(log, longer),
        LogStart::OlderCopy(name) => Outcome::OlderCopy(name),
        LogStart::Continued { id, .. } => {
            context.set_location(id, &log.input.location);
            Outcome::NothingNew
        }
        LogStart::New => Outcome::NothingNew,
    };
    log.finished(outcome, unfinished_bytes)
}

/// Compares the first new lines of a log with those of others.
fn start_compared(
    mut start: SourceStart,
    others: Vec<i64>,
    undecided: Option<String>,
    known_lines_max: u64,
    context: &RunContext,
    batch_bytes: usize,
) -> Result<OpenOutcome, StoreError> {
    let SourceStart { chunks, format, columns, related, .. } = &mut start;
    let columns = columns.clone();
    match skip_known_lines(chunks, format, columns, known_lines_max, related, context)? {
        KnownLines::Skipped { lines: 0, .. } => {}
        KnownLines::Skipped { lines, columns, of } => {
            start.columns = columns;
            start.progress.lines += lines;
            start.progress.first_line = start.progress.lines;
            // The log that it continued stays as it is, since this one is longer than that.
            start.cursor = None;
            match start.chunks.peek() {
                Ok(Some(_)) => {}
                Ok(None) => return finish_copy(start, of, context),
                Err(error) => return Ok(failed(start, &error)),
            }
        }
        KnownLines::Differs { lines, reason } => {
            let SourceStart { input, early_end, lines: counted, .. } = start;
            if let Some(undecided) = undecided {
                return Ok(QueuedLog::new(input).finished(Outcome::Refused(undecided), 0));
            }
            let log = QueuedLog {
                others,
                known_lines_max: lines,
                early_end,
                lines: counted,
                ..QueuedLog::new(input)
            };
            return Ok(match log.input.location {
                Location::Stdin => log.finished(Outcome::Refused(reason), 0),
                Location::File(_) | Location::Object(_) => OpenOutcome::Again(log),
            });
        }
        KnownLines::Failed(error) => {
            return Ok(failed(start, &error));
        }
    }
    if let Some(undecided) = undecided {
        return Ok(QueuedLog::new(start.input).finished(Outcome::Refused(undecided), 0));
    }
    let text = match start.chunks.peek() {
        Ok(text) => text.unwrap_or_default(),
        Err(error) => return Ok(failed(start, &error)),
    };
    if start.cursor.is_none() && start.input.site_zone.is_some() {
        let is_guessed = has_local_times(&start.format, text);
        start.guessed_zone = start.input.site_zone.clone().filter(|_| is_guessed);
    }
    let first = first_record_second(text, &start.format, &start.columns);
    start.filter = first.map(|second| context.filter(second)).transpose()?;
    Ok(OpenOutcome::Source(Box::new(Source::new(start, batch_bytes))))
}

/// Stores the cursor of a log whose lines were all counted before, so that the next run need not compare them again.
fn finish_copy(
    start: SourceStart,
    of: Option<String>,
    context: &RunContext,
) -> Result<OpenOutcome, StoreError> {
    let log = QueuedLog::new(start.input);
    let format = start.format.save(&start.columns);
    let (cursor, location) = (start.chunks.cursor(), &log.input.location);
    let batch = FinishedBatch::empty(cursor, start.progress, format);
    context.commit(batch, start.cursor, location, &RelatedLogs::default())?;
    Ok(log.finished(Outcome::Copy(of.unwrap_or_default()), start.chunks.unfinished_bytes()))
}

/// Returns the outcome of a log that could not be read at its start.
fn failed(start: SourceStart, error: &io::Error) -> OpenOutcome {
    let log = QueuedLog::new(start.input);
    log.finished(Outcome::of_error(&log.input, error), 0)
}

/// Compares a log with the longer logs that start like it: it is an older copy of one of them, or a log of its own.
pub(super) fn compare(log: QueuedLog, longer: &[KnownCursor], context: &RunContext) -> OpenOutcome {
    let (mut missing, mut others) = (None, Vec::new());
    for known in longer {
        // A stream can't be compared, since it can't be read again.
        if log.input.location == Location::Stdin {
            return log.finished(Outcome::Refused(undecided_words(known)), 0);
        }
        let stored = || Location::named(&known.name);
        let other = context.location(known.id).unwrap_or_else(stored);
        match is_start_of(&log.input.location, &other, &known.cursor) {
            Ok(Some(true)) => return log.finished(Outcome::OlderCopy(known.name.clone()), 0),
            Ok(Some(false)) => others.push(known.id),
            Ok(None) | Err(_) => missing = Some(known),
        }
    }
    match missing {
        None => OpenOutcome::Again(QueuedLog { others, ..log }),
        Some(known) => {
            let undecided = Some(undecided_words(known));
            // The lines may still be known one by one.
            OpenOutcome::Again(QueuedLog { others, undecided, ..log })
        }
    }
}

fn undecided_words(longer: &KnownCursor) -> String {
    format!(
        "it starts like {}, which was read further but is not there any more, so it can't be told from an older copy of \
         that log: leave it out, or put the other log beside it",
        longer.name
    )
}
