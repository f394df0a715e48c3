//! Fuzzes the whole ingest, from bytes to rows: any bytes as a log, in two runs and in one.
#![no_main]

use std::sync::LazyLock;

use guestbook::format::Format;
use guestbook::pipeline::{Outcome, Summary};
use guestbook_fuzz::Site;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let names = Format::preset_names();
    names.into_iter().filter_map(|name| Format::named(name, &TimeZone::UTC)).collect()
});

// The first byte chooses a format, the second how much of the log is there in the first run.
fuzz_target!(|data: &[u8]| {
    let [choice, share, log @ ..] = data else { return };
    let format = FORMATS.get(usize::from(*choice)).cloned();
    let is_given = format.is_some();
    let first = log.len() * usize::from(*share) / 255;
    let (in_two, rows_of_two) = Site::with(|site| {
        site.set_format(format.clone());
        let runs = [site.ingest(&log[..first]), site.ingest(log)];
        let again = site.ingest(log);
        check(site, [&runs[0], &runs[1], &again].into_iter());
        let is_done = matches!(again.sources[0].outcome, Outcome::NothingNew | Outcome::Read);
        assert!(!is_done || again.lines.lines == 0, "{runs:?} {again:?}");
        (is_read(&runs[0]) && is_read(&runs[1]), site.rows())
    });
    let (in_one, rows_of_one) = Site::with(|site| {
        site.set_format(format);
        let run = site.ingest(log);
        check(site, [&run].into_iter());
        (is_read(&run), site.rows())
    });
    // More lines may tell another format.
    if is_given && in_two && in_one {
        assert_eq!(rows_of_two, rows_of_one);
    }
});

fn is_read(run: &Summary) -> bool {
    matches!(run.sources[0].outcome, Outcome::Read | Outcome::NothingNew)
}

/// Checks that the store has exactly the requests that the runs say they have counted.
fn check<'r>(site: &Site, runs: impl Iterator<Item = &'r Summary>) {
    assert_eq!(site.stored(), runs.map(|run| run.lines.records()).sum::<u64>());
}
