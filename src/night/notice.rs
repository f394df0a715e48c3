//! Notices about a run for the user.

use std::fmt;
use std::path::PathBuf;

use crate::day::Day;
use crate::pipeline::{Outcome, SourceSummary, Summary};
use crate::render::counted;

/// A warning or note about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A path or pattern matches nothing.
    Unmatched { pattern: String, reason: String },
    /// A format string of the user's own may be misread.
    Format(String),
    /// The resolver could not be started.
    Resolver(String),
    /// A log has no user agent.
    NoUserAgent { name: String, advice: &'static str },
    /// A log does not have the header of `[trust]`.
    NoHeader { name: String, header: String },
    /// A source could not be read.
    Failed { name: String, reason: String, lines: u64 },
    /// A source has too few lines to detect its format.
    TooFewLines(String),
    /// A source is an older copy of another.
    OlderCopy { name: String, of: String },
    /// All requests of agents with published addresses came from other addresses.
    OnlyImpostors(u64),
    /// The DNS gave no answer for this many requests.
    Unanswered(u64),
    /// The run was asked to stop.
    Interrupted,
    /// No request was for a term.
    NoTerms { has_pattern: bool, store: PathBuf },
    /// The logs have no line that could be read.
    NothingToPublish,
    /// The config fixes today, and there are logs of later days.
    FixedDay { today: Day, last: Day },
}

/// The fewest requests of impostors, with none verified, from which it follows that the log has a proxy's addresses.
const IMPOSTORS_MIN: u64 = 20;

impl Notice {
    /// Returns whether the notice is shown even with `--quiet`.
    pub fn is_warning(&self) -> bool {
        let is_note = matches!(
            self,
            Notice::TooFewLines(_) | Notice::OlderCopy { .. } | Notice::NothingToPublish
        );
        !is_note
    }

    /// Returns the notices about a run's sources and requests.
    pub(super) fn of_summary(summary: &Summary) -> Vec<Notice> {
        let mut notices: Vec<Notice> = summary.sources.iter().flat_map(Notice::of_source).collect();
        let trust = &summary.trust;
        if trust.verified == 0 && trust.impostors >= IMPOSTORS_MIN {
            notices.push(Notice::OnlyImpostors(trust.impostors));
        }
        if trust.unanswered > 0 {
            notices.push(Notice::Unanswered(trust.unanswered));
        }
        if summary.interrupted {
            notices.push(Notice::Interrupted);
        }
        notices
    }

    fn of_source(source: &SourceSummary) -> Vec<Notice> {
        let name = || source.name.clone();
        let mut notices = Vec::new();
        if let Some(advice) = source.no_user_agent {
            notices.push(Notice::NoUserAgent { name: name(), advice });
        }
        if let Some(header) = &source.no_header {
            notices.push(Notice::NoHeader { name: name(), header: header.clone() });
        }
        match &source.outcome {
            Outcome::Failed(reason) => notices.push(Notice::Failed {
                name: name(),
                reason: reason.clone(),
                lines: source.lines.lines,
            }),
            Outcome::TooFewLines => notices.push(Notice::TooFewLines(name())),
            Outcome::OlderCopy(of) => {
                notices.push(Notice::OlderCopy { name: name(), of: of.clone() });
            }
            Outcome::Read | Outcome::NothingNew => {}
        }
        notices
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Unmatched { pattern, reason } => write!(f, "{pattern} {reason}"),
            Notice::Format(warning) => write!(f, "[[logs]] format: {warning}"),
            Notice::Resolver(error) => write!(f, "[trust] resolver: {error}"),
            Notice::NoUserAgent { name, advice } => {
                write!(f, "{name} has no user agent, so no crawler can be named: add {advice}")
            }
            Notice::NoHeader { name, header } => write!(
                f,
                "{name} has no {header} that can be trusted, so visitors behind a proxy can't be distinguished: give \
                 your server's own directive under [[logs]] format, with that header in quotes"
            ),
            Notice::Failed { name, reason, lines: 0 } => write!(f, "{name}: {reason}"),
            Notice::Failed { name, reason, lines } => write!(
                f,
                "{name}: {reason}; its first {} are stored, and the next run continues after them once the file is \
                 complete",
                counted(*lines, "line")
            ),
            Notice::TooFewLines(name) => write!(
                f,
                "{name}: too few lines to detect a format; they are left for the next run"
            ),
            Notice::OlderCopy { name, of } => {
                write!(
                    f,
                    "{name}: an older copy of {of}, which was already read further; it has nothing new"
                )
            }
            Notice::OnlyImpostors(requests) => write!(
                f,
                "all {} of agents with published addresses came from other addresses, so they count as impostors: if the \
                 server is behind a proxy, log the visitor's own address, or name the proxy under [trust] proxies",
                counted(*requests, "request")
            ),
            Notice::Unanswered(requests) => write!(
                f,
                "the DNS gave no answer for the addresses of {}: those whose address is in no published list stay \
                 unchecked",
                counted(*requests, "request")
            ),
            Notice::Interrupted => f.write_str(
                "interrupted: what was read is stored, and the next run continues from there",
            ),
            Notice::NoTerms { has_pattern, store } => {
                let reason = no_terms_reason(*has_pattern);
                write!(f, "{reason}. To read the same logs again, remove {} first", store.display())
            }
            Notice::NothingToPublish => {
                f.write_str("there is nothing to publish yet: no line of the logs could be read")
            }
            Notice::FixedDay { today, last } => write!(
                f,
                "[site] as_of fixes today at {today}, but there are logs up to {last}: remove that line from the \
                 config to see them"
            ),
        }
    }
}

fn no_terms_reason(has_pattern: bool) -> &'static str {
    match has_pattern {
        true => {
            "none of the new requests was for a term: check [terms] pattern, and hosts under [[logs]]"
        }
        false => "there is no [terms] pattern, so nothing can be a ping or a view: set one",
    }
}
