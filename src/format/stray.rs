//! What a line may be that does not fit its log's format.

use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;
use memchr::{memchr, memchr_iter, memmem};

use super::columns::Columns;
use super::record::{Malformed, Record};
use super::sureness::sureness;
use super::wrapper::{Inner, Wrapper};
use super::{Format, preset};

/// The formats that are tried on a line which does not fit its log's own: a log may change its format
/// where the server's configuration did, or hold the lines of two servers.
///
/// Which of them a line fits depends on that line alone, so that neither the place where a log is cut
/// nor the number of workers changes what it says.
#[derive(Clone, Debug)]
pub(super) struct Others(Arc<Known>);

#[derive(Debug)]
struct Known {
    zone: TimeZone,
    families: OnceLock<Vec<Format>>,
}

impl Others {
    /// All presets; `zone` is for times that carry none.
    pub(super) fn new(zone: &TimeZone) -> Others {
        Others(Arc::new(Known { zone: zone.clone(), families: OnceLock::new() }))
    }

    /// The record in the format that fits the line best; a line that has no status is left alone, since
    /// programs tell each other of requests in many ways.
    pub(super) fn read<'a>(
        &self,
        line: &'a [u8],
        reason: Malformed,
    ) -> Option<(Record<'a>, &'static str)> {
        let families = self.0.families.get_or_init(|| preset::families(&self.0.zone));
        // What the log's own format knows to be something else is not taken by its mere names.
        let tried = |family: &&Format| reason != Malformed::NoRequest || !family.takes_any_names();
        let unwrapped =
            Wrapper::NAMES.iter().filter_map(|(_, wrapper)| match wrapper.strip(line)? {
                Inner::Part(part) => Some(part),
                Inner::Text(_) => None,
            });
        let texts = [line].into_iter().chain(unwrapped);
        let fitting = texts.flat_map(|text| {
            families.iter().filter(tried).filter_map(move |family| {
                let read = |record: &mut _| family.read_bare(text, &Columns::default(), record);
                let (record, name) = Record::filled(read).ok()?;
                record.status.is_some().then(|| (sureness(&record, name), record, name))
            })
        });
        let surer = |best: (u32, _, _), other: (u32, _, _)| {
            if other.0 > best.0 { other } else { best }
        };
        fitting.reduce(surer).map(|(_, record, name)| (record, name))
    }
}

/// Why a line that fits no format is no record, told more exactly than by the format that was tried.
pub(super) fn what_else(line: &[u8], reason: Malformed) -> Malformed {
    if reason != Malformed::Shape {
        return reason;
    }
    if is_error_log(line) {
        return Malformed::ErrorLog;
    }
    let markers = [&b"logfile turned over"[..], b"log file turned over", b"Log rotated"];
    if markers.iter().any(|marker| memmem::find(line, marker).is_some()) {
        return Malformed::Marker;
    }
    // In every server's notation a quote within a text is escaped or doubled.
    let escaped = memmem::find_iter(line, b"\\\"").count();
    match (memchr_iter(b'"', line).count() - escaped) % 2 {
        1 => Malformed::Cut,
        _ => Malformed::Shape,
    }
}

/// Whether a line is one of a server's error log.
///
/// nginx: `2026/05/20 14:03:09 [error] 12#12: …`; Apache: `[Wed May 20 14:03:09.123456 2026] [core:error] …`;
/// LiteSpeed: `2026-05-20 14:03:09.123456 [NOTICE] …`: a level in brackets, behind a time.
pub fn is_error_log(line: &[u8]) -> bool {
    const LOOKED_AT_BYTES: usize = 80;
    const LEVELS: [&str; 9] =
        ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", "trace"];
    let start = &line[..line.len().min(LOOKED_AT_BYTES)];
    let is_level = |word: &[u8]| {
        let word = word.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level.as_bytes()))
    };
    let mut brackets = memchr_iter(b'[', start).filter(|at| {
        let end = memchr(b']', &start[*at..]).map_or(start.len(), |end| at + end);
        is_level(&start[at + 1..end])
    });
    let digits = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_digit()).count();
    brackets.next().is_some_and(|at| digits(&start[..at]) >= 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_access_line_is_told_apart() {
        for (line, expected) in [
            ("2026/05/20 14:03:09 [error] 12#12: *1 open() failed", Malformed::ErrorLog),
            ("[Wed May 20 14:03:09.12 2026] [core:error] [pid 1] x", Malformed::ErrorLog),
            ("[01/Mar/2021:12:00:19 +0000] [ab:alert] [pid 4803] x", Malformed::ErrorLog),
            ("2026-05-20 14:03:09.774649 [NOTICE] [1226033] x", Malformed::ErrorLog),
            ("2026-05-20T00:00:01Z host newsyslog[5]: logfile turned over", Malformed::Marker),
            ("203.0.113.9 - - [20/May/2026:14:03:09 +0200] \"GET /a", Malformed::Cut),
            ("a \\\"word\\\" is \"quoted\"", Malformed::Shape),
            ("prose", Malformed::Shape),
        ] {
            assert_eq!(what_else(line.as_bytes(), Malformed::Shape), expected, "{line}");
        }
        assert_eq!(what_else(b"x \"", Malformed::Time), Malformed::Time);
    }
}
