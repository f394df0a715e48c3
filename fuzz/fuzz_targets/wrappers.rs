//! Fuzzes the wrappers: reads any text as a wrapped log, as a whole and in two parts that are cut at a line end.
#![no_main]

use std::sync::LazyLock;

use guestbook::format::Format;
use guestbook_fuzz::read;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

const WRAPPERS: [&str; 14] = [
    "docker",
    "cri",
    "journald",
    "envelope",
    "syslog_5424",
    "rsyslog",
    "syslog",
    "timestamp",
    "tag",
    "compose",
    "kubectl",
    "grep",
    "grep>cri",
    "cri>docker",
];

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let names = WRAPPERS.iter().flat_map(|name| [format!("{name}>ncsa"), format!("{name}>caddy")]);
    names.filter_map(|name| Some(Format::restore(&name, &TimeZone::UTC)?.0)).collect()
});

fuzz_target!(|data: &[u8]| {
    let [choice, cut, text @ ..] = data else { return };
    let format = &FORMATS[usize::from(*choice) % FORMATS.len()];
    read(format, text);
    let cut = text.len() * usize::from(*cut) / 256;
    let Some(end) = text[..cut].iter().rposition(|byte| *byte == b'\n').map(|at| at + 1) else {
        return;
    };
    read(format, &text[..end]);
    read(format, &text[end..]);
});
