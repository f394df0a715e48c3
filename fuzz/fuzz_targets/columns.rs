//! The engine of columns: any text as a W3C or CSV log, and any names as its columns.
#![no_main]

use std::sync::LazyLock;

use guestbook_fuzz::format::Format;
use guestbook_fuzz::read;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let names = ["w3c", "csv", "iis", "cloudfront"].iter();
    names.filter_map(|name| Format::named(name, &TimeZone::UTC)).collect()
});

fuzz_target!(|data: &[u8]| {
    for format in FORMATS.iter() {
        // What is remembered of the columns finds them again.
        if let Some(columns) = format.columns(data) {
            let memo = format.memo(&columns);
            let (_, again) = Format::recalled(&memo, &TimeZone::UTC).expect("a preset");
            assert_eq!(again, columns, "{memo:?}");
        }
        read(format, data);
    }
    let names = String::from_utf8_lossy(data);
    if let Some((names, text)) = names.split_once('\n')
        && let Ok(format) = Format::w3c(names, &TimeZone::UTC)
    {
        read(&format, text.as_bytes());
    }
});
