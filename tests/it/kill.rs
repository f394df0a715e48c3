//! A killed process leaves a store in which each log has a cursor and its counts, or neither.
//!
//! `GUESTBOOK_KILLS=1000 cargo test kill` kills more of them.

use std::process::{Child, Command, Stdio};

use rusqlite::{Connection, OpenFlags};

use crate::program::{Seeded, Site, line};

const FILES: u32 = 24;
pub(crate) const LINES: u32 = 200;

/// Log number `n`, whose lines differ from those of all others. All lines have the same length.
pub(crate) fn log(n: u32) -> String {
    let time = |at: u32| format!("{:02}/May/2026:{:02}:{:02}:00 +0000", 1 + n, at / 60, at % 60);
    (0..LINES)
        .map(|at| line(&time(at), &format!("/t/{}", 10 + at % 50), 200, "GPTBot/1.2"))
        .collect()
}

fn start(site: &Site) -> Child {
    Command::new(env!("CARGO_BIN_EXE_guestbook"))
        .args(["ingest", "--quiet", "--threads", "2"])
        .current_dir(site.path(""))
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// The number of cursors, or `None` while there is no store.
fn cursors(site: &Site) -> Option<i64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(site.path("guestbook.db"), flags).ok()?;
    connection.query_row("SELECT count(*) FROM cursor", [], |row| row.get(0)).ok()
}

/// Asserts that the store has the counts of exactly those lines that its cursors have behind them. Returns their number.
pub(crate) fn assert_consistent(site: &Site) -> i64 {
    let connection = Connection::open(site.path("guestbook.db")).unwrap();
    let number =
        |query: &str| -> i64 { connection.query_row(query, [], |row| row.get(0)).unwrap() };
    let check: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    assert_eq!(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    let line_bytes = log(0).len() as i64 / i64::from(LINES);
    let lines = number("SELECT coalesce(sum(offset), 0) FROM cursor") / line_bytes;
    assert_eq!(number("SELECT coalesce(sum(requests), 0) FROM pings"), lines);
    assert_eq!(number("SELECT coalesce(sum(lines), 0) FROM coverage"), lines);
    lines
}

#[test]
fn a_killed_process_stores_both_or_neither() {
    let mut random = Seeded(20_260_520);
    let mut kills_between = 0;
    let kills = std::env::var("GUESTBOOK_KILLS").ok().and_then(|text| text.parse().ok());
    for round in 0..kills.unwrap_or(8) {
        let site = Site::plain();
        for n in 0..FILES {
            site.write(&format!("access.log.{n}"), log(n));
        }
        let mut child = start(&site);
        let enough = random.below(FILES as usize * 3 / 4) as i64;
        while cursors(&site).is_none_or(|cursors| cursors < enough) {
            assert!(child.try_wait().unwrap().is_none_or(|status| status.success()));
        }
        // Somewhere within the next commits.
        (0..random.below(2_000_000)).for_each(|n| _ = std::hint::black_box(n));
        child.kill().unwrap();
        child.wait().unwrap();
        let lines = assert_consistent(&site);
        kills_between += u32::from(lines > 0 && lines < i64::from(FILES * LINES));
        site.succeed(&["ingest"]);
        assert_eq!(assert_consistent(&site), i64::from(FILES * LINES), "round {round}");
    }
    assert!(
        kills_between > 0,
        "every process was killed before its first or after its last commit"
    );
}

#[test]
fn writes_that_a_power_failure_loses_are_read_again() {
    let mut random = Seeded(7);
    for round in 0..6 {
        let site = Site::plain();
        for n in 0..FILES {
            site.write(&format!("access.log.{n}"), log(n));
        }
        let mut child = start(&site);
        let enough = 2 + random.below(FILES as usize - 3) as i64;
        while cursors(&site).is_none_or(|cursors| cursors < enough) {
            assert!(child.try_wait().unwrap().is_none_or(|status| status.success()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What was not synced is gone: the end of the write-ahead log, from any byte on.
        let wal = std::fs::File::options().write(true).open(site.path("guestbook.db-wal"));
        if let Ok(wal) = wal {
            let len = wal.metadata().unwrap().len();
            wal.set_len(random.below(len as usize + 1) as u64).unwrap();
        }
        let _ = std::fs::remove_file(site.path("guestbook.db-shm"));
        // The tables themselves may be gone with the first writes.
        if cursors(&site).is_some() {
            assert!(assert_consistent(&site) <= i64::from(FILES * LINES));
        }
        site.succeed(&["ingest"]);
        assert_eq!(assert_consistent(&site), i64::from(FILES * LINES), "round {round}");
    }
}
