//! Generates a log: `cargo bench --bench draw -- FILE LINES [NAME [TERMS [DAYS [strangers]]]]`.
//!
//! NAME is the fixture in tests/formats whose format the log has, by default `combined`. `junk` generates lines that
//! each have a unique path, term and user agent; every 100,000th line has 2 MB. With `strangers`, each request comes
//! from a different visitor.

#[allow(dead_code, reason = "each benchmark uses only a part of it")]
mod log;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use log::Site;

const LONG_LINE_BYTES: usize = 2_000_000;
const LONG_LINE_INTERVAL: u64 = 100_000;

fn main() -> io::Result<()> {
    // `cargo bench` and `cargo test --benches` pass flags of their own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let number =
        |at: usize, default: u64| args.get(at).map_or(default, |n| n.parse().expect("a number"));
    let Some(path) = args.first().map(Path::new) else { return Ok(()) };
    let (lines, terms, days) = (number(1, 1_000_000), number(3, 400), number(4, 30));
    match args.get(2).map_or("combined", |name| name) {
        "junk" => write_junk(path, lines),
        name => {
            let form = log::form(name).expect("a fixture that logs can be generated from");
            let site = Site::new(terms as usize).with_days(days);
            let is_unique = args.get(5).is_some_and(|arg| arg == "strangers");
            log::write(&form, path, lines, if is_unique { site.of_strangers() } else { site })
        }
    }
}

/// Writes lines that have nothing in common.
fn write_junk(path: &Path, lines: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for at in 0..lines {
        let (hour, minute, second) = (at / 3_600 % 24, at / 60 % 60, at % 60);
        let is_long = at % LONG_LINE_INTERVAL == LONG_LINE_INTERVAL - 1;
        let padding = if is_long { "x".repeat(LONG_LINE_BYTES) } else { String::new() };
        writeln!(
            out,
            "203.0.113.9 - - [01/Apr/2026:{hour:02}:{minute:02}:{second:02} +0000] \"GET /glossary/junk-{at}{padding} HTTP/1.1\" \
             200 512 \"-\" \"Junk{at}Bot/1.0 (+https://junk-{at}.example/)\""
        )?;
    }
    out.flush()
}
