//! Logs of every format with random damage: each line is counted exactly once or left, and nothing panics.
//!
//! The suite runs 10 rounds over all formats; `GUESTBOOK_ROUNDS=400 cargo test garbage` runs more.

use std::fs;

use guestbook::pipeline::{BATCH_BYTES, Outcome};
use guestbook::tally::Lines;
use rusqlite::Connection;

use crate::program::{Seeded, gzip, root};
use crate::properties::try_ingest;

const ROUNDS: u64 = 10;

/// Bytes that have a meaning in some format.
const SPECIAL: &[u8] = b"\"\\[]{}<>,;:|= \t\r\n\0\x1b\x1f\x8b\xef\xbb\xbf\xff#-0\x80";

/// Damages a log in one of the ways in which disks, editors, and servers do.
fn damage(random: &mut Seeded, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = random.below(bytes.len() + 1);
    let end = (at + random.below(200)).min(bytes.len());
    match random.below(9) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
        3 => bytes.insert(at, SPECIAL[random.below(SPECIAL.len())]),
        4 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        5 => drop(bytes.splice(at..end, vec![0; random.below(9000)])),
        6 => {
            let from = random.below(other.len() + 1);
            drop(bytes.splice(at..end, other[from..].to_vec()));
        }
        7 => *bytes = gzip(bytes),
        _ => bytes.rotate_left(at),
    }
}

/// Returns the number of requests and the number of lines in a store.
fn stored(database: &std::path::Path) -> (u64, u64) {
    let connection = Connection::open(database).unwrap();
    let sum =
        |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap() as u64;
    (
        sum("SELECT coalesce(sum(requests), 0) FROM pings"),
        sum("SELECT coalesce(sum(lines), 0) FROM coverage"),
    )
}

#[test]
fn damaged_logs_of_any_format_count_once() {
    let mut logs = Vec::new();
    for entry in fs::read_dir(root().join("tests/formats")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "log") {
            logs.push((
                path.file_name().unwrap().to_str().unwrap().to_owned(),
                fs::read(&path).unwrap(),
            ));
        }
    }
    logs.sort();
    assert!(logs.len() > 40);
    let rounds = std::env::var("GUESTBOOK_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let mut counted = 0;
    for round in 0..rounds {
        let mut random = Seeded(round);
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in &logs {
            let mut bytes = bytes.clone();
            for _ in 0..=random.below(4) {
                let other = &logs[random.below(logs.len())].1;
                damage(&mut random, &mut bytes, other);
            }
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let names: Vec<&str> = logs.iter().map(|(name, _)| name.as_str()).collect();
        let database = folder.path().join("store.db");
        let read = || try_ingest(&database, folder.path(), &names, 2, BATCH_BYTES).unwrap();
        let first = read();
        let mut lines = Lines::default();
        for source in &first.sources {
            assert!(source.lines.is_balanced(), "round {round}: {source:?}");
            lines += &source.lines;
        }
        assert_eq!(lines, first.lines, "round {round}");
        let (requests, covered) = stored(&database);
        assert!(lines.pings <= requests && requests <= lines.lines, "round {round}");
        assert!(covered <= lines.lines, "round {round}");
        // A second run has new lines only of logs that were refused while the logs that they repeat were being read.
        let refused = |name: &str| {
            let mut sources = first.sources.iter();
            sources
                .any(|source| source.name == name && matches!(source.outcome, Outcome::Refused(_)))
        };
        for source in &read().sources {
            assert!(source.lines.lines == 0 || refused(&source.name), "round {round}: {source:?}");
        }
        let settled = stored(&database);
        let third = read();
        assert_eq!(third.lines, Lines::default(), "round {round}");
        assert_eq!(stored(&database), settled, "round {round}");
        counted += lines.lines;
    }
    assert!(counted > rounds * 100, "only {counted} lines were counted");
}
