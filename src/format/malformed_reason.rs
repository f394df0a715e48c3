//! Finds the reason why a line that fits no format is not a record.

use memchr::{memchr, memchr_iter, memmem};

use super::record::Malformed;

/// Returns a more specific reason if the line does not have the shape of its format.
pub(crate) fn refine(line: &[u8], reason: Malformed) -> Malformed {
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
    // All servers escape or double a quote within a value, so an odd number of them shows that the line was cut.
    let escaped = memmem::find_iter(line, b"\\\"").count();
    match (memchr_iter(b'"', line).count() - escaped) % 2 {
        1 => Malformed::Cut,
        _ => Malformed::Shape,
    }
}

/// Returns whether a line is from a server's error log, with a level in brackets after a time.
///
/// nginx: `2026/05/20 14:03:09 [error] 12#12: …`; Apache: `[Wed May 20 14:03:09.123456 2026] [core:error] …`;
/// LiteSpeed: `2026-05-20 14:03:09.123456 [NOTICE] …`.
pub fn is_error_log(line: &[u8]) -> bool {
    const EXAMINED_BYTES: usize = 80;
    const LEVELS: [&str; 9] =
        ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", "trace"];
    let start = &line[..line.len().min(EXAMINED_BYTES)];
    let is_level = |word: &[u8]| {
        let word = word.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level.as_bytes()))
    };
    let mut levels = memchr_iter(b'[', start).filter(|at| {
        let end = memchr(b']', &start[*at..]).map_or(start.len(), |end| at + end);
        is_level(&start[at + 1..end])
    });
    let digits = |text: &[u8]| text.iter().filter(|byte| byte.is_ascii_digit()).count();
    levels.next().is_some_and(|at| digits(&start[..at]) >= 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_not_of_an_access_log_are_recognized() {
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
            assert_eq!(refine(line.as_bytes(), Malformed::Shape), expected, "{line}");
        }
        assert_eq!(refine(b"x \"", Malformed::Time), Malformed::Time);
    }
}
