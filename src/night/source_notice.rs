//! Notices about a single log, or about several with the same problem.

use std::fmt;

use crate::day::Day;
use crate::pipeline::{FutureRecords, Outcome, SourceSummary};
use crate::render::{count, counted};

/// Up to this many logs with the same problem are told one by one.
const TOLD_ONE_BY_ONE_MAX: usize = 3;

/// A problem of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceNotice {
    name: String,
    /// The number of other logs with the same problem.
    others: usize,
    problem: SourceProblem,
}

/// The kind of a problem, with what a message says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SourceProblem {
    /// It has no user agent. Has the setting that adds it.
    NoUserAgent(&'static str),
    /// It has no address of a visitor.
    NoAddress,
    /// It does not have this header, which `[trust]` names.
    NoHeader(String),
    /// Its times have no zone, and are not read in this one, which is the site's.
    GuessedZone(String),
    /// It could not be read, or only its first lines.
    Failed { reason: String, lines: u64 },
    /// It has too few lines to detect its format.
    TooFewLines,
    /// Suddenly a good part of it is malformed. Has the first line that is, with the reason.
    Malformed { first: String, malformed: u64, lines: u64 },
    /// It has so many lines of days after today, up to this one.
    Future { lines: u64, last: Day },
    /// It is an older copy of the log with this name.
    OlderCopy(String),
}

impl SourceNotice {
    /// Returns the notices about the sources of a run. Logs with the same problem share one if there are many.
    pub(super) fn of_sources(sources: &[SourceSummary]) -> Vec<SourceNotice> {
        let mut notices: Vec<SourceNotice> = Vec::new();
        for notice in sources.iter().flat_map(SourceNotice::of_source) {
            let same = notices.iter().filter(|other| other.problem == notice.problem).count();
            match notices.iter_mut().rfind(|other| other.problem == notice.problem) {
                Some(last) if same >= TOLD_ONE_BY_ONE_MAX => last.others += 1,
                _ => notices.push(notice),
            }
        }
        notices
    }

    fn of_source(source: &SourceSummary) -> Vec<SourceNotice> {
        let lines = source.lines.lines;
        let malformed = source.sudden_malformed.clone().map(|first| SourceProblem::Malformed {
            first,
            malformed: source.lines.malformed_total(),
            lines,
        });
        let outcome = match &source.outcome {
            Outcome::Failed(reason) | Outcome::Refused(reason) => {
                Some(SourceProblem::Failed { reason: reason.clone(), lines })
            }
            Outcome::TooFewLines => Some(SourceProblem::TooFewLines),
            Outcome::OlderCopy(of) => Some(SourceProblem::OlderCopy(of.clone())),
            Outcome::Read
            | Outcome::NothingNew
            | Outcome::Copy(_)
            | Outcome::Vanished
            | Outcome::BeingWritten => None,
        };
        let FutureRecords { count, last } = source.future;
        let future = last.map(|last| SourceProblem::Future { lines: count, last });
        let problems = [
            source.no_user_agent.map(SourceProblem::NoUserAgent),
            source.has_no_address.then_some(SourceProblem::NoAddress),
            source.no_header.clone().map(SourceProblem::NoHeader),
            source.guessed_zone.clone().map(SourceProblem::GuessedZone),
            malformed,
            future,
            outcome,
        ];
        let problems = problems.into_iter().flatten();
        problems.map(|problem| SourceNotice::new(&source.name, problem)).collect()
    }

    fn new(name: &str, problem: SourceProblem) -> SourceNotice {
        SourceNotice { name: name.to_owned(), others: 0, problem }
    }

    /// Returns the notice that a log has no user agent.
    pub fn no_user_agent(name: &str, advice: &'static str) -> SourceNotice {
        SourceNotice::new(name, SourceProblem::NoUserAgent(advice))
    }

    /// Returns the notice that a log does not have a header.
    pub fn no_header(name: &str, header: String) -> SourceNotice {
        SourceNotice::new(name, SourceProblem::NoHeader(header))
    }

    /// Returns the notice that the zone of a log's times is guessed.
    pub fn guessed_zone(name: &str, zone: String) -> SourceNotice {
        SourceNotice::new(name, SourceProblem::GuessedZone(zone))
    }

    /// Returns whether the notice is shown even with `--quiet`.
    pub(super) fn is_warning(&self) -> bool {
        !matches!(self.problem, SourceProblem::TooFewLines | SourceProblem::OlderCopy(_))
    }
}

impl fmt::Display for SourceNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.others > 0 {
            write!(f, " and {}", counted(self.others as u64, "other log"))?;
        }
        let has = if self.others > 0 { "have" } else { "has" };
        match &self.problem {
            SourceProblem::NoUserAgent(advice) => {
                write!(f, " {has} no user agent, so no crawler can be named: add {advice}")
            }
            SourceProblem::NoAddress => {
                write!(f, " {has} no address of a visitor, so no crawler can be verified: log it")
            }
            SourceProblem::NoHeader(header) => write!(
                f,
                " {has} no {header} that can be trusted, so visitors behind a proxy can't be distinguished: give your \
                 server's own directive under [[logs]] format, with that header in quotes"
            ),
            SourceProblem::GuessedZone(zone) => write!(
                f,
                ": its times have no zone and are read as UTC, but the site's days are those of {zone}: set \
                 input_timezone = \"{zone}\" under [[logs]], or \"UTC\" if that is right"
            ),
            SourceProblem::Failed { reason, lines: 0 } => write!(f, ": {reason}"),
            SourceProblem::Failed { reason, lines } => write!(
                f,
                ": {reason}; the {} before are stored, and the next run continues after them",
                counted(*lines, "line")
            ),
            SourceProblem::TooFewLines => {
                f.write_str(": too few lines to detect a format; they are left for the next run")
            }
            SourceProblem::Malformed { first, malformed, lines } => write!(
                f,
                ": {} of its {} are malformed; the first: {first}",
                count(*malformed),
                counted(*lines, "new line")
            ),
            SourceProblem::Future { lines, last } => write!(
                f,
                " {has} {} of days after today, up to {last}, which reports show once these days have come: check the \
                 server's clock, and input_timezone under [[logs]]",
                counted(*lines, "line")
            ),
            SourceProblem::OlderCopy(of) => {
                write!(
                    f,
                    ": an older copy of {of}, which was already read further; it has nothing new"
                )
            }
        }
    }
}
