//! What a line may be that does not fit its log's format.

use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;
use memchr::{memchr_iter, memmem};

use super::detect::sureness;
use super::record::{Malformed, Record};
use super::w3c::Columns;
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
        let families = self.0.families.get_or_init(|| preset::families(&self.0.zone)).iter();
        // What the log's own format knows to be something else is not taken by its mere names.
        let tried =
            families.filter(|family| reason != Malformed::NoRequest || !family.takes_any_names());
        let fitting = tried.filter_map(|family| {
            let (record, name) = family.read_bare(line, &Columns::default()).ok()?;
            record.status.is_some().then(|| (sureness(&record), record, name))
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

/// nginx: `2026/05/20 14:03:09 [error] 12#12: …`; Apache: `[Wed May 20 14:03:09.123456 2026] [core:error] …`.
fn is_error_log(line: &[u8]) -> bool {
    let like = |pattern: &[u8]| {
        line.len() > pattern.len()
            && pattern.iter().zip(line).all(|(wanted, byte)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'A' => byte.is_ascii_alphabetic(),
                _ => wanted == byte,
            })
    };
    let nginx = like(b"0000/00/00 00:00:00 [AA");
    let apache = like(b"[AAA AAA 00 00:00:00") && memmem::find(line, b"] [").is_some();
    nginx || apache
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_access_line_is_told_apart() {
        for (line, expected) in [
            ("2026/05/20 14:03:09 [error] 12#12: *1 open() failed", Malformed::ErrorLog),
            ("[Wed May 20 14:03:09.12 2026] [core:error] [pid 1] x", Malformed::ErrorLog),
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
