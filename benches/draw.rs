//! Draws a log: `cargo bench --bench draw -- FILE LINES [NAME [TERMS [DAYS [strangers]]]]`.
//!
//! NAME is a fixture in tests/formats, whose form the lines have: combined, where none is named. `junk` draws
//! lines that have nothing in common: each with a path, a term and a user agent of its own, and every
//! hundred-thousandth of 2 MB. With `strangers`, each request is by another visitor.

#[allow(dead_code, reason = "each benchmark needs a part of it")]
mod log;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use log::Site;

const LONG_BYTES: usize = 2_000_000;
const LONG_EVERY: u64 = 100_000;

fn main() -> io::Result<()> {
    // `cargo bench` passes flags of its own, `cargo test --benches` too.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let number =
        |at: usize, usual: u64| args.get(at).map_or(usual, |n| n.parse().expect("a number"));
    let Some(path) = args.first().map(Path::new) else { return Ok(()) };
    let (lines, terms, days) = (number(1, 1_000_000), number(3, 400), number(4, 30));
    match args.get(2).map_or("combined", |name| name) {
        "junk" => junk(path, lines),
        name => {
            let form = log::form(name).expect("a fixture that logs can be made from");
            let site = Site::new(terms as usize).with_days(days);
            let are_strangers = args.get(5).is_some_and(|who| who == "strangers");
            log::write(&form, path, lines, if are_strangers { site.of_strangers() } else { site })
        }
    }
}

fn junk(path: &Path, lines: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for at in 0..lines {
        let (hour, minute, second) = (at / 3_600 % 24, at / 60 % 60, at % 60);
        let long =
            if at % LONG_EVERY == LONG_EVERY - 1 { "x".repeat(LONG_BYTES) } else { String::new() };
        writeln!(
            out,
            "203.0.113.9 - - [01/Apr/2026:{hour:02}:{minute:02}:{second:02} +0000] \"GET /glossary/junk-{at}{long} HTTP/1.1\" \
             200 512 \"-\" \"Junk{at}Bot/1.0 (+https://junk-{at}.example/)\""
        )?;
    }
    out.flush()
}
