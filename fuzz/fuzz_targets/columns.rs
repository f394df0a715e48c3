//! Fuzzes the column engine: reads any text as a W3C or CSV log, and uses any text as column names.
#![no_main]

use std::sync::LazyLock;

use guestbook::format::Format;
use guestbook_fuzz::read;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let names = ["w3c", "csv", "iis", "cloudfront"].iter();
    names.filter_map(|name| Format::named(name, &TimeZone::UTC)).collect()
});

fuzz_target!(|data: &[u8]| {
    for format in FORMATS.iter() {
        // Saved columns are restored unchanged.
        if let Some(columns) = format.columns(data) {
            let saved = format.save(&columns);
            let (_, restored) = Format::restore(&saved, &TimeZone::UTC).expect("a preset");
            assert_eq!(restored, columns, "{saved:?}");
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
