//! The results of a run, by source.

use std::io;
use std::ops::AddAssign;

use crate::day::Day;
use crate::source::{Location, permission_words};
use crate::tally::{Lines, Tally};

use super::input::LogInput;

/// The outcome of reading a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its new lines were read.
    Read,
    /// There were no new lines.
    NothingNew,
    /// It is an older copy of a log that was read further under this name.
    OlderCopy(String),
    /// It has too few lines to detect its format. They are left for the next run.
    TooFewLines,
    /// All of its lines were counted before as part of the log with this name, of which it is a copy.
    Copy(String),
    /// It was renamed or removed after it was found. The next run finds it again.
    Vanished,
    /// It is still being compressed. The next run reads the rest.
    BeingWritten,
    /// Its lines, or its last ones, are not counted, since they were counted before or are of another format.
    Refused(String),
    /// It could not be read, or not to its end. Lines that were read before the error are stored.
    Failed(String),
}

/// The result of reading a source.
#[derive(Clone, Debug)]
pub struct SourceSummary {
    pub name: String,
    pub outcome: Outcome,
    /// The format, if it is known.
    pub format: Option<String>,
    /// The setting that adds the user agent to the log, if no request has one.
    pub no_user_agent: Option<&'static str>,
    /// True if no request has a visitor's address.
    pub has_no_address: bool,
    /// The header in which proxies pass on the visitor's address, if the log does not have it.
    pub no_header: Option<String>,
    /// The site's zone, if times without one are read in another for the first time.
    pub guessed_zone: Option<String>,
    /// The first line that is not a record, with the reason, if suddenly a good part of the lines is malformed.
    pub sudden_malformed: Option<String>,
    pub future: FutureRecords,
    pub lines: Lines,
    /// Bytes of an unfinished last line, left for the next run.
    pub unfinished_bytes: u64,
}

impl Outcome {
    /// Returns whether all lines that the source has were counted, by this run or before.
    pub fn is_whole(&self) -> bool {
        self.reason().is_none()
    }

    /// Returns why lines of the source are not counted. `None` if they all are.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Outcome::Read | Outcome::NothingNew | Outcome::OlderCopy(_) | Outcome::Copy(_) => None,
            Outcome::TooFewLines => Some("has too few lines to detect its format"),
            Outcome::Vanished => Some("was renamed or removed after it was found"),
            Outcome::BeingWritten => Some("is still being compressed"),
            Outcome::Refused(reason) | Outcome::Failed(reason) => Some(reason),
        }
    }

    /// Returns the outcome of an error while a log was opened or read. Rotation and compression may go on during a run,
    /// which is no failure.
    pub(super) fn of_error(input: &LogInput, error: &io::Error) -> Outcome {
        match error.kind() {
            io::ErrorKind::NotFound if input.is_from_pattern => Outcome::Vanished,
            io::ErrorKind::UnexpectedEof if input.location.is_being_compressed() => {
                Outcome::BeingWritten
            }
            io::ErrorKind::PermissionDenied => match &input.location {
                Location::File(path) => Outcome::Failed(permission_words(path)),
                Location::Object(_) | Location::Stdin => Outcome::Failed(error.to_string()),
            },
            _ => Outcome::Failed(error.to_string()),
        }
    }
}

impl SourceSummary {
    /// Returns the summary of a source of which no line was read.
    pub(super) fn unread(name: String, outcome: Outcome, unfinished_bytes: u64) -> SourceSummary {
        SourceSummary {
            name,
            outcome,
            format: None,
            no_user_agent: None,
            has_no_address: false,
            no_header: None,
            guessed_zone: None,
            sudden_malformed: None,
            future: FutureRecords::default(),
            lines: Lines::default(),
            unfinished_bytes,
        }
    }
}

/// The records of days after today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FutureRecords {
    pub count: u64,
    /// The last of their days.
    pub last: Option<Day>,
}

impl FutureRecords {
    pub(super) fn of(tallies: &[Tally], today: Day) -> FutureRecords {
        let days = tallies.iter().flat_map(|tally| &tally.counts.coverage);
        let mut future = FutureRecords::default();
        for (day, coverage) in days.filter(|(day, _)| **day > today) {
            future += FutureRecords { count: coverage.lines, last: Some(*day) };
        }
        future
    }
}

impl AddAssign for FutureRecords {
    fn add_assign(&mut self, other: FutureRecords) {
        self.count += other.count;
        self.last = self.last.max(other.last);
    }
}

/// The number of agents' requests, by trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrustSummary {
    pub verified: u64,
    pub impostors: u64,
    /// Requests whose address could be checked, but no list or DNS answer was at hand.
    pub unchecked: u64,
    /// Requests whose query to the DNS got no answer.
    pub unanswered: u64,
}

/// The result of a run.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The sources, sorted by name.
    pub sources: Vec<SourceSummary>,
    /// The sum of all sources.
    pub lines: Lines,
    pub trust: TrustSummary,
    /// True if the run was asked to stop before its end.
    pub interrupted: bool,
}

impl Summary {
    /// Returns whether any source was read, to its end or not.
    pub fn has_read(&self) -> bool {
        let read = |source: &SourceSummary| {
            source.lines.lines > 0 || !matches!(source.outcome, Outcome::Failed(_))
        };
        self.sources.iter().any(read)
    }

    /// Returns how many sources failed or were refused.
    pub fn failures(&self) -> usize {
        let failed = |source: &&SourceSummary| {
            matches!(source.outcome, Outcome::Failed(_) | Outcome::Refused(_))
        };
        self.sources.iter().filter(failed).count()
    }

    pub(super) fn add(&mut self, source: SourceSummary) {
        self.lines += &source.lines;
        self.sources.push(source);
    }
}
