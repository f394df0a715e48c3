//! The wrappers: any text as a wrapped log, which is read the same however it is cut into whole lines.
#![no_main]

use std::sync::LazyLock;

use guestbook_fuzz::format::{Format, whole_lines};
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
    let memos = WRAPPERS.iter().flat_map(|name| [format!("{name}>ncsa"), format!("{name}>caddy")]);
    memos.filter_map(|memo| Some(Format::recalled(&memo, &TimeZone::UTC)?.0)).collect()
});

fuzz_target!(|data: &[u8]| {
    let [choice, cut, text @ ..] = data else { return };
    let format = &FORMATS[usize::from(*choice) % FORMATS.len()];
    read(format, text);
    let cut = &text[..text.len() * usize::from(*cut) / 256];
    let Some(whole) = whole_lines(cut) else { return };
    assert!(whole <= cut.len() && cut[whole - 1] == b'\n');
    read(format, &text[..whole]);
    read(format, &text[whole..]);
});
