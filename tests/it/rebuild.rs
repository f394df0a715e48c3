//! Tests that a wrong pattern or time zone can be mended without losing a day or counting a line twice.

use std::fs;
use std::process::{Command, Stdio};

use crate::program::{Site, gzip, line};

fn config(pattern: &str, zone: &str) -> String {
    format!(
        "[site]\nas_of = \"2026-05-20\"\ntimezone = \"{zone}\"\n[[logs]]\npaths = [\"access.log*\"]\n[terms]\npattern = '{pattern}'\n"
    )
}

const RIGHT: &str = "^/t/(?<term>[^/]+)$";
const WRONG: &str = "^/(?<term>[a-z]+)/";

/// Requests of an agent on a day of May 2026, one for each hour from midnight UTC on.
fn day(day: u32, requests: u32) -> String {
    let request = |hour: u32| {
        let time = format!("{day:02}/May/2026:{hour:02}:{day:02}:00 +0000");
        line(&time, &format!("/t/p{}", hour % 3), 200, "GPTBot/1.2")
    };
    (0..requests).map(request).collect()
}

/// The requests by day and term, as `2026-05-20 p0 4`.
fn rows(site: &Site) -> Vec<String> {
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    let query = "SELECT date || ' ' || term || ' ' || sum(requests) FROM pings_by_name GROUP BY date, term ORDER BY 1";
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn lines(site: &Site) -> i64 {
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    connection.query_row("SELECT sum(lines) FROM coverage", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_wrong_pattern_is_mended_and_days_without_logs_are_kept() {
    let site = Site::new(&config(WRONG, "UTC"));
    site.write("access.log.3", day(10, 6));
    site.write("access.log.2.gz", gzip(day(11, 12).as_bytes()));
    site.write("access.log.1", day(12, 12));
    site.write("access.log", day(13, 3));
    site.succeed(&["nightly"]);
    assert_eq!(rows(&site)[0], "2026-05-10 t 6");
    // logrotate has deleted the oldest, and the pattern is mended.
    let oldest = fs::read(site.path("access.log.3")).unwrap();
    fs::remove_file(site.path("access.log.3")).unwrap();
    site.write("config.toml", config(RIGHT, "UTC"));
    let result = site.run(&["ingest", "--quiet"]);
    assert_eq!(result.code, 0);
    assert!(
        result.stderr.contains("[terms] pattern changed since lines were counted"),
        "{}",
        result.stderr
    );
    assert!(result.stderr.contains("`guestbook rebuild`"), "{}", result.stderr);
    let output = site.succeed(&["rebuild"]);
    assert!(output.contains("27 lines = 27 pings"), "{output}");
    let kept = "Kept 1 day that no log has any more, as counted then: 2026-05-10\n";
    assert!(output.contains(kept), "{output}");
    assert_eq!(
        rows(&site),
        [
            "2026-05-10 t 6",
            "2026-05-11 p0 4",
            "2026-05-11 p1 4",
            "2026-05-11 p2 4",
            "2026-05-12 p0 4",
            "2026-05-12 p1 4",
            "2026-05-12 p2 4",
            "2026-05-13 p0 1",
            "2026-05-13 p1 1",
            "2026-05-13 p2 1",
        ]
    );
    assert!(
        site.succeed(&["check", "--store"]).contains("whole, and the requests of each day add up")
    );
    // From now on, lines are read as ever, and the deleted log is known if it comes back.
    site.write("access.log.9", oldest);
    site.append("access.log", day(14, 3));
    let result = site.run(&["ingest", "--quiet"]);
    assert_eq!((result.code, &*result.stderr), (0, ""));
    assert_eq!(lines(&site), 36);
    assert!(!site.path("guestbook.db.rebuild").exists());
    // Once it is back, its day is counted under today's rules too.
    assert!(!site.succeed(&["rebuild"]).contains("Kept"));
    assert_eq!(rows(&site)[..3], ["2026-05-10 p0 2", "2026-05-10 p1 2", "2026-05-10 p2 2"]);
    let before = rows(&site);
    site.succeed(&["rebuild"]);
    assert_eq!((rows(&site), lines(&site)), (before, 36));
}

#[test]
fn requests_that_were_read_before_the_lists_are_checked_by_a_rebuild() {
    let site = Site::new(&config(RIGHT, "UTC"));
    site.write("access.log", day(12, 5));
    let result = site.run(&["ingest"]);
    let words = "5 requests of agents can't be checked, since no list of addresses was fetched";
    assert!(result.stderr.contains(words), "{}", result.stderr);
    assert_eq!(site.term("p0", "2026-05-20")["trust"]["unchecked"], 2);
    // `agents refresh` stores such a row.
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    let put = "INSERT INTO ip_list VALUES ('https://openai.com/gptbot.json', 20593, 20593, NULL, NULL, '203.0.113.0/24')";
    connection.execute(put, []).unwrap();
    drop(connection);
    let result = site.run(&["rebuild"]);
    assert_eq!((result.code, &*result.stderr), (0, ""));
    assert_eq!(site.term("p0", "2026-05-20")["trust"]["verified"], 2);
}

#[test]
fn a_day_whose_log_was_cut_is_kept_as_it_was_counted() {
    let site = Site::new(&config(RIGHT, "UTC"));
    site.write("access.log.1", day(12, 12));
    site.write("access.log", day(13, 12));
    site.succeed(&["ingest"]);
    site.write("access.log.1", day(12, 5));
    let output = site.succeed(&["rebuild"]);
    assert!(
        output.contains("Kept 1 day of which the logs have fewer lines than before"),
        "{output}"
    );
    assert_eq!(lines(&site), 24);
    assert!(site.succeed(&["check", "--store"]).contains("whole"));
}

#[test]
fn a_day_with_lines_in_logs_that_are_gone_and_in_new_ones_is_complete() {
    let text = day(12, 24);
    let lines_of = |from: usize, to: usize| -> String {
        text.lines().skip(from).take(to - from).map(|line| format!("{line}\n")).collect()
    };
    // The first lines are gone, and others were not read yet, in a file of their own or not.
    for appended in [false, true] {
        let site = Site::new(&config(RIGHT, "UTC"));
        site.write("access.log.2", lines_of(0, 9));
        site.write("access.log.1", lines_of(9, 12));
        site.succeed(&["ingest"]);
        std::fs::remove_file(site.path("access.log.2")).unwrap();
        match appended {
            true => site.append("access.log.1", lines_of(12, 24)),
            false => site.write("access.log", lines_of(12, 24)),
        }
        site.succeed(&["rebuild"]);
        assert_eq!(lines(&site), 24);
        site.succeed(&["ingest"]);
        assert_eq!(lines(&site), 24);
    }
}

#[test]
fn days_of_logs_that_are_gone_are_not_lost_in_another_zone() {
    let site = Site::new(&config(RIGHT, "UTC"));
    site.write("access.log.1", day(12, 24));
    site.write("access.log", day(13, 24));
    site.succeed(&["ingest"]);
    fs::remove_file(site.path("access.log.1")).unwrap();
    site.write("config.toml", config(RIGHT, "America/New_York"));
    let result = site.run(&["rebuild"]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("instead of 48"), "{}", result.stderr);
    assert_eq!(lines(&site), 48);
    // The user accepts it.
    site.succeed(&["rebuild", "--force"]);
    assert!(site.succeed(&["check", "--store"]).contains("whole"));
}

#[test]
fn the_time_zone_of_a_store_is_mended() {
    let site = Site::new(&config(RIGHT, "UTC"));
    site.write("access.log", day(12, 24) + &day(13, 24));
    site.succeed(&["ingest"]);
    site.write("config.toml", config(RIGHT, "Asia/Tokyo"));
    let result = site.run(&["ingest"]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("`guestbook rebuild`"), "{}", result.stderr);
    site.succeed(&["rebuild"]);
    // Nine hours later, the days are others, and no line is in two of them.
    assert_eq!(lines(&site), 48);
    let days: Vec<String> = rows(&site).iter().map(|row| row[..10].to_owned()).collect();
    assert_eq!(days.first().unwrap(), "2026-05-12");
    assert_eq!(days.last().unwrap(), "2026-05-14");
    assert!(site.succeed(&["ingest"]).contains("Read 0 new lines"));
}

#[test]
fn a_rebuild_that_is_stopped_leaves_the_store() {
    let site = Site::new(&config(RIGHT, "UTC"));
    site.write("access.log", day(12, 12));
    let second = |n: u32| {
        let time = format!("13/May/2026:{:02}:{:02}:{:02} +0000", n / 3600, n / 60 % 60, n % 60);
        line(&time, &format!("/t/p{n}"), 200, "GPTBot/1.2")
    };
    site.append("access.log", (0..80_000).map(second).collect::<String>());
    site.succeed(&["ingest"]);
    let before = rows(&site);
    site.write("config.toml", config(WRONG, "UTC"));
    for signal in ["-TERM", "-KILL"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_guestbook"))
            .arg("rebuild")
            .current_dir(site.path(""))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while !site.path("guestbook.db.rebuild.lock").exists() {
            assert!(child.try_wait().unwrap().is_none());
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert!(!child.wait().unwrap().success(), "{signal}");
        assert!(rows(&site) == before, "{signal}");
    }
    site.succeed(&["rebuild"]);
    assert_eq!((lines(&site), rows(&site).len()), (80_012, 2));
}

#[test]
fn a_rebuild_that_can_read_nothing_leaves_the_store() {
    let site = Site::new(&config(RIGHT, "UTC"));
    assert_eq!(site.run(&["rebuild"]).code, 1, "there is no store");
    site.write("access.log", day(12, 12));
    site.succeed(&["ingest"]);
    let before = rows(&site);
    fs::remove_file(site.path("access.log")).unwrap();
    let result = site.run(&["rebuild"]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("the store stays as it is"), "{}", result.stderr);
    assert_eq!(rows(&site), before);
    assert!(!site.path("guestbook.db.rebuild").exists());
}
