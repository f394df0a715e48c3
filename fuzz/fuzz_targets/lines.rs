//! Fuzzes all presets: reads any text as a log of any preset.
#![no_main]

use std::sync::LazyLock;

use guestbook::format::{Detection, Format, detect};
use guestbook_fuzz::read;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    Format::preset_names()
        .into_iter()
        .filter_map(|name| Format::named(name, &TimeZone::UTC))
        .collect()
});

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else { return };
    // The highest choices detect the format. Other formats are then tried on lines that do not fit.
    match FORMATS.get(usize::from(*choice)) {
        Some(format) => drop(read(format, text)),
        None => {
            if let Detection::Yes(format) = detect(text, &TimeZone::UTC) {
                read(&format, text);
            }
        }
    }
});
