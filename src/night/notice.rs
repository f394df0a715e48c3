//! Notices about a run for the user.

use std::fmt;

use crate::day::Day;
use crate::pipeline::Summary;
use crate::render::{count, counted};

use super::source_notice::SourceNotice;

/// A warning or note about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A path or pattern matches nothing.
    Unmatched { pattern: String, reason: String },
    /// A format string of the user's own may be misread.
    Format(String),
    /// The resolver could not be started.
    Resolver(String),
    /// A log has a problem.
    OfSource(SourceNotice),
    /// All requests of agents with published addresses came from other addresses.
    OnlyImpostors(u64),
    /// So many requests are unchecked, since no list of addresses was ever fetched.
    NoLists(u64),
    /// The DNS gave no answer for this many requests.
    Unanswered(u64),
    /// The published lists of addresses could not be fetched.
    NotRefreshed,
    /// The run was asked to stop.
    Interrupted,
    /// No request was for a term.
    NoTerms { has_pattern: bool },
    /// These rules of the config have changed since lines were counted.
    RulesChanged(Vec<String>),
    /// A log that had no new line since this day.
    Silent { name: String, last: Day },
    /// Yesterday has far fewer lines than the same weekday had before.
    FewLines { day: Day, lines: u64, usual: u64 },
    /// The logs have no line that could be read.
    NothingToPublish,
    /// The config fixes today, and there are logs of later days.
    FixedDay { today: Day, last: Day },
}

/// The fewest requests of impostors, with none verified, from which it follows that the log has a proxy's addresses.
const IMPOSTORS_MIN: u64 = 20;

impl Notice {
    /// Returns whether the notice is of something that a person has to look after, though all logs were read.
    pub fn is_problem(&self) -> bool {
        matches!(self, Notice::Silent { .. } | Notice::FewLines { .. })
    }

    /// Returns whether the notice is shown even with `--quiet`.
    pub fn is_warning(&self) -> bool {
        match self {
            Notice::OfSource(notice) => notice.is_warning(),
            notice => !matches!(notice, Notice::NothingToPublish | Notice::NoLists(_)),
        }
    }

    /// Returns the notices about a run's sources and requests.
    pub(super) fn of_summary(summary: &Summary) -> Vec<Notice> {
        let of_sources = SourceNotice::of_sources(&summary.sources);
        let mut notices: Vec<Notice> = of_sources.into_iter().map(Notice::OfSource).collect();
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
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Unmatched { pattern, reason } => write!(f, "{pattern} {reason}"),
            Notice::Format(warning) => write!(f, "[[logs]] format: {warning}"),
            Notice::Resolver(error) => write!(f, "[trust] resolver: {error}"),
            Notice::OfSource(notice) => notice.fmt(f),
            Notice::OnlyImpostors(requests) => write!(
                f,
                "all {} of agents with published addresses came from other addresses, so they count as impostors: if the \
                 server is behind a proxy, log the visitor's own address, or name the proxy under [trust] proxies",
                counted(*requests, "request")
            ),
            Notice::NoLists(requests) => write!(
                f,
                "{} of agents can't be checked, since no list of addresses was fetched: run `guestbook agents refresh`, which asks the \
                 operators' servers for theirs, and then `guestbook rebuild`, which checks the logs that are still there",
                counted(*requests, "request")
            ),
            Notice::Unanswered(requests) => write!(
                f,
                "the DNS gave no answer for the addresses of {}: those whose address is in no published list stay \
                 unchecked",
                counted(*requests, "request")
            ),
            Notice::NotRefreshed => f.write_str("the published lists could not be fetched"),
            Notice::Interrupted => f.write_str(
                "interrupted: what was read is stored, and the next run continues from there",
            ),
            Notice::NoTerms { has_pattern } => {
                let reason = no_terms_reason(*has_pattern);
                write!(f, "{reason}. `guestbook rebuild` then reads the same logs again")
            }
            Notice::Silent { name, last } => write!(
                f,
                "{name} had no new line since {last}: does the server still write to it? Otherwise set stale_after under \
                 [[logs]], where 0 is never"
            ),
            Notice::FewLines { day, lines, usual } => write!(
                f,
                "{day} has {}, where a {} usually has {}: is a log missing?",
                counted(*lines, "line"),
                day.weekday(),
                count(*usual)
            ),
            Notice::RulesChanged(names) => write!(
                f,
                "{} changed since lines were counted, which keep the old rules: `guestbook rebuild` reads the logs that \
                 are still there again, and keeps the other days as they are",
                names.join(", ")
            ),
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
            "none of the new requests was for a term: check [terms] pattern, which is matched with paths only and not \
             with queries, and hosts under [[logs]]"
        }
        false => "there is no [terms] pattern, so nothing can be a ping or a view: set one",
    }
}
