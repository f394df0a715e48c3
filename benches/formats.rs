//! How fast lines of each format are read: `cargo bench --bench formats [-- NAME…]`.
//!
//! The first record of each fixture in tests/formats is repeated to 32 MB and read five times; printed
//! are the best run's bytes and lines per second, and the bytes against those of combined.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs;
use std::path::Path;
use std::time::Instant;

use guestbook::format::{Columns, Content, Detection, Format, LineReader, detect};
use jiff::tz::TimeZone;

const BYTES: usize = 32_000_000;
const RUNS: usize = 5;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats");
    let mut names: Vec<String> = fs::read_dir(folder.as_path())
        .expect("the fixtures")
        .filter_map(|entry| {
            entry.ok()?.file_name().into_string().ok()?.strip_suffix(".log").map(str::to_owned)
        })
        .collect();
    // `cargo bench` passes flags of its own.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    names.retain(|name| name == "combined" || wanted.is_empty() || wanted.contains(name));
    names.sort_by_key(|name| (name != "combined", name.clone()));
    let mut combined = None;
    for name in names {
        let text = fs::read(folder.join(format!("{name}.log"))).expect("a fixture");
        let (bytes, lines) = speed(&text);
        let combined = *combined.get_or_insert(bytes);
        println!(
            "{name:20} {:7.0} MB/s {:6.2} M lines/s  {:4.2} of combined",
            bytes / 1e6,
            lines / 1e6,
            bytes / combined
        );
    }
}

/// Bytes and lines a second.
fn speed(text: &[u8]) -> (f64, f64) {
    let Detection::Yes(format) = detect(text, &TimeZone::UTC) else { return (0.0, 0.0) };
    let mut reader = format.reader(Columns::default());
    let line =
        text.split_inclusive(|byte| *byte == b'\n').find(|line| records(&mut reader, line) > 0);
    let line = line.unwrap_or_else(|| panic!("no record: {}", format.name()));
    let lines = BYTES / line.len();
    let log = line.repeat(lines);
    let best = (0..RUNS).map(|_| seconds(&format, &mut reader, &log)).fold(f64::MAX, f64::min);
    (log.len() as f64 / best, lines as f64 / best)
}

fn seconds(format: &Format, reader: &mut LineReader<'_>, log: &[u8]) -> f64 {
    let start = Instant::now();
    assert!(records(reader, log) > 0, "{}", format.name());
    start.elapsed().as_secs_f64()
}

fn records(reader: &mut LineReader<'_>, text: &[u8]) -> u64 {
    let mut records = 0;
    reader.each(text, |line| records += u64::from(matches!(line.content, Content::Record { .. })));
    records
}
