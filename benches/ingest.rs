//! Measures the speed and memory of ingesting a log: `cargo bench --bench ingest [-- LINES [FILE [NAME]]]`.
//!
//! Generates a log (a third agents, 12,000 user agents, 400 terms) in the format of the fixture NAME in tests/formats,
//! by default `combined`. Reads it into a new store with one thread and with as many threads as there are cores, three
//! times each, and prints the medians. CPU time and memory are those that Linux reports for this process. With FILE,
//! the log is written there and not deleted.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

#[allow(dead_code, reason = "each benchmark uses only a part of it")]
mod log;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use guestbook::day::Day;
use guestbook::pipeline::{self, BATCH_BYTES, Ingest, LogInput, StopSignal};
use guestbook::source::Location;
use guestbook::store::Store;
use jiff::tz::TimeZone;

const LINES: u64 = 1_000_000;
const TERMS: usize = 400;
const RUNS: usize = 3;

/// The time that one run took, in seconds.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
}

fn main() {
    // `cargo bench` and `cargo test --benches` pass flags of their own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let lines = args.first().and_then(|lines| lines.parse().ok()).unwrap_or(LINES);
    let folder = tempfile::tempdir().expect("a folder for the log");
    let path = args.get(1).map_or_else(|| folder.path().join("access.log"), PathBuf::from);
    let name = args.get(2).map_or("combined", |name| name);
    let form = log::form(name).expect("a fixture that logs can be generated from");
    log::write(&form, &path, lines, log::Site::new(TERMS)).expect("the log can be written");
    let bytes = fs::metadata(&path).map(|meta| meta.len()).unwrap_or_default();
    println!("{lines} lines, {} MB", bytes / 1_000_000);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut threads = vec![1, cores];
    threads.dedup();
    for threads in threads {
        let mut costs: Vec<Cost> =
            (0..RUNS).map(|run| ingest(&path, folder.path(), threads, run)).collect();
        costs.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
        let Cost { cpu, wall } = costs[RUNS / 2];
        println!(
            "{threads} thread(s): {cpu:.2} s CPU, {wall:.2} s wall, {:.2} M lines per CPU-second",
            lines as f64 / cpu / 1e6
        );
    }
    println!("peak memory: {} MB", status("VmHWM:") / 1000);
}

fn ingest(log: &Path, folder: &Path, threads: usize, run: usize) -> Cost {
    let store = Store::open_or_create(&folder.join(format!("{threads}-{run}.db")), "UTC")
        .expect("a new store");
    let inputs = vec![LogInput::new(Location::File(log.into()), TimeZone::UTC)];
    let ingest = Ingest {
        inputs,
        rules: log::rules(),
        zone: TimeZone::UTC,
        threads,
        batch_bytes: BATCH_BYTES,
        resolver: None,
        meter: Default::default(),
        stop: StopSignal::new(),
        today: Day::from_number(20_000),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    let (summary, _) = runtime.block_on(pipeline::ingest(ingest, store)).expect("the log is read");
    let cost = Cost { cpu: cpu_seconds() - cpu, wall: wall.elapsed().as_secs_f64() };
    if run == 0 {
        println!("{:?}", summary.lines);
    }
    cost
}

/// Returns the user and system time of this process. Linux counts in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks =
        |at: usize| fields.get(at).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / 100.0
}

/// Returns a value of `/proc/self/status`, in kB.
fn status(key: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or_default()
}
