//! What a run did, source by source.

use crate::tally::Lines;

/// What became of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its new lines were read.
    Read,
    /// There were no new lines.
    NothingNew,
    /// It is an older copy of a stream that was read further under the given name.
    Behind(String),
    /// Its few lines do not tell its format yet; they are left for the next run.
    NotYet,
    /// It could not be read, or not to its end; what was read before that was kept.
    Failed(String),
}

/// One source.
#[derive(Clone, Debug)]
pub struct SourceSummary {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Its format, where that was found.
    pub format: Option<String>,
    /// What would add the user agent, where none of its requests has one.
    pub silent: Option<&'static str>,
    /// The header in which proxies pass on who asked, where it has nothing of that.
    pub lacks_header: Option<String>,
    /// Where its lines went.
    pub lines: Lines,
    /// Bytes of an unfinished last line, left for the next run.
    pub left_bytes: u64,
}

/// Of requests of agents, how many are of whom they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trusted {
    /// Those from an address that their operator publishes.
    pub verified: u64,
    /// Those from another.
    pub impostors: u64,
    /// Those of whose address the DNS was asked, and gave no answer.
    pub unanswered: u64,
}

/// A whole run.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The sources, by name.
    pub sources: Vec<SourceSummary>,
    /// Where all lines went.
    pub lines: Lines,
    /// How many of the agents' requests are of whom they say.
    pub trusted: Trusted,
    /// Whether the run was told to stop before its end.
    pub interrupted: bool,
}

impl Summary {
    /// Whether any source was read, to its end or not.
    pub fn has_read(&self) -> bool {
        let read = |source: &SourceSummary| {
            source.lines.lines > 0 || !matches!(source.outcome, Outcome::Failed(_))
        };
        self.sources.iter().any(read)
    }

    /// The sources that failed, with the reason.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sources.iter().filter_map(|source| match &source.outcome {
            Outcome::Failed(reason) => Some((&*source.name, &**reason)),
            _ => None,
        })
    }

    pub(super) fn add(&mut self, source: SourceSummary) {
        self.lines.add(&source.lines);
        let at = self.sources.partition_point(|other| other.name <= source.name);
        self.sources.insert(at, source);
    }
}
