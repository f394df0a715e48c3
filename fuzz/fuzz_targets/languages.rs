//! Fuzzes the format languages: compiles any text as a directive, and reads any text as a log of it.
#![no_main]

use guestbook::format::Format;
use guestbook_fuzz::read;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (directive, lines) = text.split_once('\0').unwrap_or((&text, ""));
    let zone = &TimeZone::UTC;
    let (date, time) = ("%d/%b/%Y", "%T");
    let formats = [
        Format::nginx(directive, zone),
        Format::apache(directive, zone),
        Format::goaccess(directive, date, time, zone),
        Format::goaccess("%h [%d:%t] %r %s", directive, directive, zone),
    ];
    for format in formats.into_iter().flatten() {
        format.warnings();
        read(&format, lines.as_bytes());
    }
});
