//! Measures the reading speed of each format: `cargo bench --bench formats [-- NAME…]`.
//!
//! For each fixture in tests/formats, a log of 32 MB is generated in its format and read five times. Prints bytes and
//! lines per second of the best run, and the ratio to `combined`: for parsing alone, and for parsing, classifying and
//! counting. Fixtures that no log can be generated from are listed.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

#[allow(dead_code, reason = "each benchmark uses only a part of it")]
mod log;

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use guestbook::classify::Rules;
use guestbook::day::Calendar;
use guestbook::format::{Columns, Content, Detection, Format, LineReader, detect};
use guestbook::pipeline::Worker;
use guestbook::source::{Chunk, Chunks};
use jiff::tz::TimeZone;
use log::{Form, Site};

const BYTES: usize = 32_000_000;
const LINES: u64 = 400_000;
const RUNS: usize = 5;

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats");
    let mut names: Vec<String> = fs::read_dir(folder.as_path())
        .expect("the folder of fixtures")
        .filter_map(|entry| {
            entry.ok()?.file_name().into_string().ok()?.strip_suffix(".log").map(str::to_owned)
        })
        .collect();
    // `cargo bench` passes flags of its own.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    names.retain(|name| name == "combined" || wanted.is_empty() || wanted.contains(name));
    names.sort_by_key(|name| (name != "combined", name.clone()));
    println!("{:30} {:>9} {:>10} {:>9} {:>10} {:>9}", "", "MB/s", "M lines/s", "×", "counted", "×");
    let rules = log::rules();
    let mut baseline = None;
    for name in names {
        let Some(form) = log::form(&name) else {
            println!("{name:30} (no log can be generated from its first record)");
            continue;
        };
        let text = generate(&form);
        let Detection::Yes(format) = detect(&text, &TimeZone::UTC) else { panic!("{name}") };
        let lines = memchr::memchr_iter(b'\n', &text).count() as f64;
        let read = best_seconds(|| read(&format, &text));
        let counted = best_seconds(|| count(&format, &text, &rules));
        let bytes = text.len() as f64;
        let (read, counted) = (bytes / read / 1e6, bytes / counted / 1e6);
        let (combined, combined_counted) = *baseline.get_or_insert((read, counted));
        println!(
            "{name:30} {read:9.0} {:10.2} {:9.2} {counted:10.0} {:9.2}",
            read * lines / bytes,
            read / combined,
            counted / combined_counted,
        );
    }
}

/// Generates a log in the format of a fixture.
fn generate(form: &Form) -> Vec<u8> {
    let (mut site, mut text) = (Site::new(400), form.head().to_vec());
    let lines = (0..LINES).take_while(|at| {
        form.print(&site.request(*at, LINES), &mut text);
        text.len() < BYTES
    });
    lines.for_each(drop);
    text
}

/// Returns the duration of the fastest of [`RUNS`] runs.
fn best_seconds(mut run: impl FnMut()) -> f64 {
    let seconds = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    };
    (0..RUNS).map(seconds).fold(f64::MAX, f64::min)
}

fn read(format: &Format, text: &[u8]) {
    let mut records = 0;
    let _ = LineReader::new(format, Columns::default()).each(text, |line| {
        records += u64::from(matches!(line.content, Content::Record { .. }));
        ControlFlow::Continue(())
    });
    assert!(records > 0, "{}", format.name());
}

/// Parses, classifies and counts all lines in the way that a worker does.
fn count(format: &Format, text: &[u8], rules: &Rules) {
    let mut worker = Worker::new(rules, Calendar::new(TimeZone::UTC));
    let input = std::io::Cursor::new(text.to_vec());
    let mut chunks = Chunks::new(Box::new(input), true).expect("reading from memory");
    let mut chunk = Chunk::default();
    let mut columns = Columns::default();
    while chunks.next(&mut chunk).expect("reading from memory") {
        let next = format.columns(chunk.text()).unwrap_or_else(|| columns.clone());
        worker.read(&chunk, format, std::mem::replace(&mut columns, next), &[]);
    }
    assert!(worker.take_tally().counts.lines.records() > 0, "{}", format.name());
}
