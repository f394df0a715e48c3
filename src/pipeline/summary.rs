//! The results of a run, by source.

use crate::tally::Lines;

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
    /// The header in which proxies pass on the visitor's address, if the log does not have it.
    pub no_header: Option<String>,
    pub lines: Lines,
    /// Bytes of an unfinished last line, left for the next run.
    pub unfinished_bytes: u64,
}

impl SourceSummary {
    /// Returns the summary of a source of which no line was read.
    pub(super) fn unread(name: String, outcome: Outcome, unfinished_bytes: u64) -> SourceSummary {
        SourceSummary {
            name,
            outcome,
            format: None,
            no_user_agent: None,
            no_header: None,
            lines: Lines::default(),
            unfinished_bytes,
        }
    }
}

/// The number of agents' requests, by trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrustSummary {
    pub verified: u64,
    pub impostors: u64,
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

    /// Returns how many sources failed.
    pub fn failures(&self) -> usize {
        let failed = |source: &&SourceSummary| matches!(source.outcome, Outcome::Failed(_));
        self.sources.iter().filter(failed).count()
    }

    pub(super) fn add(&mut self, source: SourceSummary) {
        self.lines += &source.lines;
        let at = self.sources.partition_point(|other| other.name <= source.name);
        self.sources.insert(at, source);
    }
}
