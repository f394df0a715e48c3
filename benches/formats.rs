//! How fast lines of each format are read: `cargo bench --bench formats [-- NAME…]`.
//!
//! For each fixture in tests/formats a log of that form is drawn, of 32 MB, and read five times; printed are
//! the best run's bytes and lines a second, and the bytes against those of combined: of lines alone, and with
//! all that is done with them until they are counted. A fixture that no log can be made from is told.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[allow(dead_code, reason = "each benchmark needs a part of it")]
mod log;

use std::fs;
use std::path::Path;
use std::time::Instant;

use guestbook::classify::Rules;
use guestbook::day::Calendar;
use guestbook::format::{Columns, Content, Detection, Format, detect};
use guestbook::pipeline::Desk;
use guestbook::source::{Chunk, Chunks};
use jiff::tz::TimeZone;
use log::{Form, Site};

const BYTES: usize = 32_000_000;
const LINES: u64 = 400_000;
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
    println!("{:30} {:>9} {:>10} {:>9} {:>10} {:>9}", "", "MB/s", "M lines/s", "×", "counted", "×");
    let rules = log::rules();
    let mut first = None;
    for name in names {
        let Some(form) = log::form(&name) else {
            println!("{name:30} (no log can be made from its first record)");
            continue;
        };
        let text = draw(&form);
        let Detection::Yes(format) = detect(&text, &TimeZone::UTC) else { panic!("{name}") };
        let lines = memchr::memchr_iter(b'\n', &text).count() as f64;
        let read = best(|| read(&format, &text));
        let counted = best(|| count(&format, &text, &rules));
        let bytes = text.len() as f64;
        let (read, counted) = (bytes / read / 1e6, bytes / counted / 1e6);
        let (usual, usual_counted) = *first.get_or_insert((read, counted));
        println!(
            "{name:30} {read:9.0} {:10.2} {:9.2} {counted:10.0} {:9.2}",
            read * lines / bytes,
            read / usual,
            counted / usual_counted,
        );
    }
}

/// A log of a form.
fn draw(form: &Form) -> Vec<u8> {
    let (mut site, mut text) = (Site::new(400), form.head().to_vec());
    let lines = (0..LINES).take_while(|at| {
        form.print(&site.request(*at, LINES), &mut text);
        text.len() < BYTES
    });
    lines.for_each(drop);
    text
}

fn best(mut run: impl FnMut()) -> f64 {
    let seconds = |_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    };
    (0..RUNS).map(seconds).fold(f64::MAX, f64::min)
}

fn read(format: &Format, text: &[u8]) {
    let mut records = 0;
    format.reader(Columns::default()).each(text, |line| {
        records += u64::from(matches!(line.content, Content::Record { .. }));
    });
    assert!(records > 0, "{}", format.name());
}

/// Reads, judges and counts, as a worker does.
fn count(format: &Format, text: &[u8], rules: &Rules) {
    let mut desk = Desk::new(rules, Calendar::new(TimeZone::UTC));
    let input = std::io::Cursor::new(text.to_vec());
    let mut chunks = Chunks::new(Box::new(input), true).expect("a text");
    let mut chunk = Chunk::default();
    let mut columns = Columns::default();
    while chunks.next(&mut chunk).expect("a text") {
        let next = format.columns(chunk.text()).unwrap_or_else(|| columns.clone());
        desk.read(&chunk, format, std::mem::replace(&mut columns, next), &[]);
    }
    assert!(desk.hand_in().counts.lines.records() > 0, "{}", format.name());
}
