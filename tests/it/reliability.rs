//! The matrix of docs/reliability.md: what happens to logs between and during runs, with the real binary.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use crate::program::{Seeded, Site, gzip, line};

/// Returns `count` requests for one term from minute `start` on, two a minute, from several visitors.
fn lines(start: u32, count: u32) -> String {
    (start..start + count)
        .map(|n| {
            let (hour, minute, second) = (n / 120 % 24, n / 2 % 60, n % 2 * 30);
            let time = format!("20/May/2026:{hour:02}:{minute:02}:{second:02} +0000");
            let line = line(&time, &format!("/t/p{}", n % 7), 200, "GPTBot/1.2");
            line.replace("203.0.113.9 ", &format!("203.0.113.{} ", 1 + n % 97))
        })
        .collect()
}

fn stored(site: &Site) -> u64 {
    let path = site.path("guestbook.db");
    let connection = rusqlite::Connection::open(path).unwrap();
    let query = "SELECT coalesce(sum(requests), 0) FROM pings";
    connection.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap() as u64
}

/// Runs an ingest that must succeed, and asserts the number of requests in the store.
#[track_caller]
fn assert_counts(site: &Site, expected: u64) {
    let output = site.succeed(&["ingest", "--threads", "2", "-v"]);
    assert_eq!(stored(site), expected, "{output}");
}

fn masked(text: &str) -> String {
    let mask = |line: &str| {
        let (address, rest) = line.split_once(' ').unwrap();
        format!("{}.0 {rest}\n", address.rsplit_once('.').unwrap().0)
    };
    text.lines().map(mask).collect()
}

#[test]
fn rotations_in_every_style_count_once() {
    // Renamed in any order, with dates, into another folder, compressed at once or later.
    for rotated in ["access.log.1", "access.log-20260521", "access.log-20260521-1747785600"] {
        for compression in ["", ".gz", ".zst"] {
            let site = Site::plain();
            site.write("access.log", lines(0, 100));
            assert_counts(&site, 100);
            let bytes = lines(0, 150).into_bytes();
            let bytes = match compression {
                ".gz" => gzip(&bytes),
                ".zst" => zstd::encode_all(bytes.as_slice(), 3).unwrap(),
                _ => bytes,
            };
            site.write(&format!("{rotated}{compression}"), bytes);
            site.write("access.log", lines(150, 20));
            assert_counts(&site, 170);
            assert_counts(&site, 170);
        }
    }
    let config = "[[logs]]\npaths = [\"access.log*\", \"old/*\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n";
    let site = Site::new(config);
    site.write("access.log", lines(0, 100));
    site.write("old/access.log.2", lines(400, 20));
    assert_counts(&site, 120);
    site.write("old/access.log.1", lines(0, 130));
    site.write("access.log", "");
    assert_counts(&site, 150);
}

#[test]
fn the_oldest_log_may_be_deleted_between_runs() {
    let site = Site::plain();
    for day in 0..8 {
        for n in (1..3).rev() {
            let old = site.path(&format!("access.log.{n}"));
            if old.exists() {
                fs::rename(old, site.path(&format!("access.log.{}", n + 1))).unwrap();
            }
        }
        if site.path("access.log").exists() {
            fs::rename(site.path("access.log"), site.path("access.log.1")).unwrap();
        }
        site.write("access.log", lines(day * 60, 60));
        assert_counts(&site, u64::from(day + 1) * 60);
    }
}

#[test]
fn copytruncate_counts_once_whatever_the_new_size() {
    for (new_lines, hole) in [(30, 0), (400, 0), (100, 0), (30, 5000), (100, 9700), (400, 9700)] {
        let site = Site::plain();
        site.write("access.log", lines(0, 100));
        assert_counts(&site, 100);
        site.write("access.log.1", lines(0, 110));
        // A server without O_APPEND goes on at its old offset.
        site.write("access.log", [vec![0; hole], lines(110, new_lines).into_bytes()].concat());
        assert_counts(&site, 110 + u64::from(new_lines));
        let rotated = fs::read(site.path("access.log")).unwrap();
        site.write("access.log.2.gz", gzip(&rotated));
        site.write("access.log", [vec![0; 2 * hole], lines(600, 10).into_bytes()].concat());
        assert_counts(&site, 120 + u64::from(new_lines));
    }
}

#[test]
fn two_logs_with_an_equal_start_both_count() {
    let checks: String = (0..60)
        .map(|n| {
            let path = ["/health", "/ready", "/metrics"][n % 3];
            line(&format!("20/May/2026:00:{n:02}:00 +0000"), path, 200, "Uptime/2.0")
        })
        .collect();
    let (a, b) = (lines(200, 77), lines(400, 3));
    // In one run, in two, and the shorter one first.
    for order in [["a", "b"], ["b", "a"], ["both", ""]] {
        let site = Site::plain();
        let write = |name: &str| {
            let own = if name == "a" { &a } else { &b };
            site.write(&format!("access.log.{name}"), checks.clone() + own);
        };
        match order {
            ["both", _] => {
                write("a");
                write("b");
                assert_counts(&site, 200);
            }
            [first, second] => {
                write(first);
                site.succeed(&["ingest"]);
                write(second);
                assert_counts(&site, 200);
            }
        }
        let rotated = fs::read(site.path("access.log.b")).unwrap();
        fs::remove_file(site.path("access.log.b")).unwrap();
        site.write("access.log.b.gz", gzip(&rotated));
        assert_counts(&site, 200);
        site.write("access.log.a", checks.clone() + &a + &lines(700, 5));
        assert_counts(&site, 205);
    }
}

#[test]
fn a_shorter_log_whose_longer_one_is_gone_is_refused() {
    let site = Site::plain();
    site.write("access.log.1", lines(0, 400));
    assert_counts(&site, 400);
    fs::remove_file(site.path("access.log.1")).unwrap();
    site.write("access.log.2", lines(0, 50));
    let result = site.run(&["ingest", "--quiet"]);
    assert_eq!(result.code, 2, "{}", result.stderr);
    assert!(result.stderr.contains("it starts like"), "{}", result.stderr);
    assert_eq!(stored(&site), 400);
}

#[test]
fn lines_that_come_again_in_another_log_are_not_counted_twice() {
    let site = Site::plain();
    site.write("access.log.2", lines(0, 300));
    site.write("access.log.1", lines(300, 300));
    assert_counts(&site, 600);
    // All files as one stream, also with masked addresses and with new lines at its end.
    for text in [lines(0, 600), masked(&lines(0, 600)), masked(&lines(250, 350)), lines(120, 490)] {
        assert_eq!(site.run_with_input(&["ingest", "-"], text.as_bytes()).code, 0);
    }
    assert_eq!(stored(&site), 610);
    // The files are still known.
    assert_counts(&site, 610);
    // A log whose addresses were masked after it was read, and a copy from another host under another name.
    site.write("access.log.2", masked(&lines(0, 300)));
    site.write("access.log.host2", lines(300, 300));
    assert_counts(&site, 610);
    // A slice, a selection, and a stream with the newest first: what is new in them can't be told.
    let selection: String =
        lines(0, 600).lines().step_by(2).map(|line| line.to_owned() + "\n").collect();
    for text in [lines(700, 90) + &lines(0, 300), selection, lines(350, 100)] {
        let result = site.run_with_input(&["ingest", "-", "--quiet"], text.as_bytes());
        assert_eq!(result.code, 2, "{}", result.stderr);
        assert!(result.stderr.contains("were counted before, as part of"), "{}", result.stderr);
        assert!(result.stderr.contains("overlap = \"count\""), "{}", result.stderr);
        assert_eq!(stored(&site), 610);
    }
}

#[test]
fn a_log_of_which_a_stream_had_the_start_is_refused() {
    let site = Site::plain();
    let stream = lines(600, 100) + &lines(500, 100);
    assert_eq!(site.run_with_input(&["ingest", "-"], stream.as_bytes()).code, 0);
    site.write("access.log", lines(600, 250));
    let result = site.run(&["ingest"]);
    assert_eq!(result.code, 2, "{}", result.stderr);
    assert!(result.stderr.contains("were counted before"), "{}", result.stderr);
    assert_eq!(stored(&site), 200);
}

#[test]
fn parts_of_a_long_log_are_refused() {
    let site = Site::plain();
    let log: Vec<String> = (0..20_000)
        .map(|n| {
            let (hour, minute, second) = (n / 1200, n / 20 % 60, n % 20 * 3);
            let time = format!("20/May/2026:{hour:02}:{minute:02}:{second:02} +0000");
            line(&time, &format!("/t/p{}", n * n % 101), 200, "GPTBot/1.2")
        })
        .collect();
    site.write("access.log", log.concat());
    assert_counts(&site, 20_000);
    // A few lines from near the start, more from the middle, and those that a search finds.
    let found: Vec<String> =
        log.iter().filter(|line| line.contains(":07:") || line.contains(":31:")).cloned().collect();
    for part in [&log[500..540], &log[12_000..12_400], &found] {
        let result = site.run_with_input(&["ingest", "-"], part.concat().as_bytes());
        assert_eq!(result.code, 2, "{}", result.stderr);
        assert!(result.stderr.contains("as part of access.log"), "{}", result.stderr);
        assert_eq!(stored(&site), 20_000);
    }
}

#[test]
fn the_user_decides_that_equal_lines_count() {
    let config = "[[logs]]\npaths = [\"*.log\"]\noverlap = \"count\"\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n";
    let site = Site::new(config);
    site.write("a.log", lines(0, 200));
    site.write("b.log", masked(&lines(0, 200)));
    assert_counts(&site, 400);
}

#[test]
fn health_checks_of_two_servers_are_no_copies() {
    let server = |n: u32| -> String {
        (0..2000)
            .map(|at| {
                let time = format!(
                    "20/May/2026:{:02}:{:02}:{:02} +0000",
                    at / 360,
                    at / 6 % 60,
                    at % 6 * 10
                );
                let check = line(&time, "/health", 200, "ELB-HealthChecker/2.0");
                let visitor = line(&time, &format!("/t/{n}-{at}"), 200, "GPTBot/1.2");
                if (at + 17 * n).is_multiple_of(41) { check + &visitor } else { check }
            })
            .collect()
    };
    let site = Site::plain();
    for n in 1..4 {
        site.write(&format!("access.log.web{n}"), server(n));
    }
    let all: usize = (1..4).map(|n| server(n).lines().count()).sum();
    assert_counts(&site, all as u64);
}

#[test]
fn bursts_that_a_rotation_cuts_are_no_copies() {
    let mut random = Seeded(7);
    // Many requests of a few kinds by one visitor, all in few seconds. The log is rotated in between, at any moment.
    for (kinds, seconds) in [(3, 1), (5, 2), (30, 1), (30, 3), (100, 1)] {
        let site = Site::plain();
        let requests = 600;
        let text: Vec<String> = (0..requests)
            .map(|n| {
                let time = format!("20/May/2026:10:00:{:02} +0000", n * seconds / requests);
                line(&time, &format!("/t/p{}", random.below(kinds)), 200, "GPTBot/1.2")
            })
            .collect();
        let mut start = 0;
        for log in 0..12 {
            let end = if log == 11 { requests } else { start + 15 + random.below(60) };
            let end = end.min(requests);
            site.write(&format!("access.log.{log}"), text[start..end].concat());
            start = end;
            let result = site.run(&["ingest"]);
            assert_eq!(result.code, 0, "{kinds} kinds, log {log}: {}", result.stderr);
            assert_eq!(stored(&site), end as u64, "{kinds} kinds, log {log}");
        }
    }
}

#[test]
fn a_changed_format_is_not_spent() {
    let site = Site::plain();
    site.write("access.log", lines(0, 200));
    assert_counts(&site, 200);
    let odd: String = (0..50).map(|n| format!("12:{n:02}|GET|/t/p1|200|GPTBot/1.2\n")).collect();
    for text in [lines(200, 7) + &odd, odd.clone()] {
        site.append("access.log", text);
        let before = stored(&site);
        let result = site.run(&["ingest", "--quiet"]);
        assert_eq!(result.code, 2, "{}", result.stderr);
        assert!(result.stderr.contains("do not fit its format any more"), "{}", result.stderr);
        assert!(stored(&site) == 207 && before >= 200);
    }
    // The lines are still to be had, once the format is right again.
    let text = lines(0, 207) + &lines(207, 100);
    site.write("access.log", text);
    assert_counts(&site, 307);
}

#[test]
fn a_sudden_share_of_malformed_lines_is_told() {
    let site = Site::plain();
    site.write("access.log", lines(0, 300));
    assert_counts(&site, 300);
    let mixed: String = (300..400)
        .map(|n| match n % 3 {
            0 => "203.0.113.9 - - [20/Mai/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"\n".into(),
            _ => lines(n, 1),
        })
        .collect();
    site.append("access.log", mixed);
    let result = site.run(&["ingest", "--quiet"]);
    assert_eq!(result.code, 0, "{}", result.stderr);
    let expected = "34 of its 100 new lines are malformed; the first: unreadable time \"20/Mai/2026:12:00:00 +0000\"";
    assert!(result.stderr.contains(expected), "{}", result.stderr);
}

#[test]
fn damaged_archives_lose_and_double_nothing() {
    let text: String = (0..20).map(|n| lines(n * 100, 100)).collect();
    let whole = gzip(text.as_bytes());
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    let mut checksum = whole.clone();
    let at = checksum.len() - 6;
    checksum[at] ^= 0xff;
    for (damaged, code) in [
        (whole[..whole.len() / 2].to_vec(), 2),
        (flipped, 2),
        (checksum, 2),
        ([&whole[..], &[0; 512]].concat(), 0),
        ([&whole[..], b"garbage"].concat(), 2),
        (gzip(&whole), 0),
    ] {
        let site = Site::plain();
        site.write("access.log", lines(3000, 5));
        site.write("access.log.2.gz", &damaged);
        let result = site.run(&["ingest"]);
        assert_eq!(result.code, code, "{}", result.stderr);
        assert!(stored(&site) <= 2005);
        site.write("access.log.2.gz", &whole);
        assert_counts(&site, 2005);
    }
}

#[test]
fn a_damaged_copy_of_a_known_log_is_told() {
    for count in [10, 2000] {
        let site = Site::plain();
        site.write("access.log", lines(0, count + 5));
        site.succeed(&["ingest"]);
        let mut damaged = gzip(lines(0, count).as_bytes());
        let at = damaged.len() - 6;
        damaged[at] ^= 0xff; // The checksum.
        site.write("access.log.2.gz", &damaged);
        let result = site.run(&["ingest"]);
        assert_eq!(result.code, 2, "{count} lines: {}", result.stderr);
        assert!(result.stderr.contains("access.log.2.gz"), "{}", result.stderr);
        assert_eq!(stored(&site), u64::from(count) + 5);
    }
}

#[test]
fn a_log_that_is_being_compressed_raises_no_alarm() {
    let site = Site::plain();
    let text: String = (0..20).map(|n| lines(n * 100, 100)).collect();
    let whole = gzip(text.as_bytes());
    site.write("access.log.1", &text);
    for end in [0, 5, 100, whole.len() / 2, whole.len() - 3] {
        site.write("access.log.1.gz", &whole[..end]);
        let result = site.run(&["ingest", "--quiet"]);
        assert_eq!((result.code, result.stderr.as_str()), (0, ""), "{end}");
        assert_eq!(stored(&site), 2000, "{end}");
    }
    fs::remove_file(site.path("access.log.1")).unwrap();
    site.write("access.log.1.gz", &whole);
    assert_counts(&site, 2000);
}

#[test]
fn a_half_written_object_over_several_lines_is_left() {
    let object = |n: u32| {
        format!(
            "{{\n  \"time\": \"2026-05-20T12:{:02}:00Z\",\n  \"method\": \"GET\",\n  \"uri\": \"/t/p{n}\",\n  \
             \"status\": 200,\n  \"remote_addr\": \"203.0.113.9\",\n  \"user_agent\": \"GPTBot/1.2\"\n}}\n",
            n % 60
        )
    };
    let text: String = (0..12).map(object).collect();
    let starts = object(0).len() * 4;
    for end in starts..starts + object(5).len() {
        let site = Site::plain();
        site.write("access.log", &text[..end]);
        site.run(&["ingest"]);
        assert_eq!(stored(&site), 4 + u64::from(end == starts + object(5).len()), "{end}");
        site.write("access.log", &text);
        assert_counts(&site, 12);
    }
}

#[test]
fn logs_given_late_and_clocks_set_back_count() {
    let site = Site::plain();
    site.write("access.log.2", lines(500, 100));
    assert_counts(&site, 100);
    site.write("access.log.9", lines(0, 400));
    assert_counts(&site, 500);
    // The clock goes back an hour, and the same minutes come again with other requests.
    let again = lines(500, 100).replace("/t/p", "/t/q");
    site.append("access.log.2", &again);
    assert_counts(&site, 600);
}

#[test]
fn special_files_do_not_block_a_run() {
    let site = Site::plain();
    site.write("access.log", lines(0, 10));
    fs::create_dir(site.path("access.log.d")).unwrap();
    symlink("access.log", site.path("access.log.link")).unwrap();
    symlink("nowhere", site.path("access.log.dangling")).unwrap();
    symlink(".", site.path("access.log.loop")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(site.path("access.log.fifo")).status();
    assert!(fifo.unwrap().success());
    let socket = std::os::unix::net::UnixListener::bind(site.path("access.log.socket")).unwrap();
    assert_counts(&site, 10);
    drop(socket);
}

#[test]
fn a_name_that_is_not_utf_8_is_read() {
    use std::os::unix::ffi::OsStrExt;
    let site = Site::plain();
    let name = std::ffi::OsStr::from_bytes(b"access.log.latin\xe9");
    fs::write(site.path("").join(name), lines(0, 10)).unwrap();
    let output = site.succeed(&["ingest", "-v"]);
    assert!(output.contains("access.log.latin\\xe9: 10 lines"), "{output}");
    assert_eq!(stored(&site), 10);
}

#[test]
fn two_publishers_at_once_leave_whole_files() {
    let site = Site::plain();
    let text: String = (0..400)
        .map(|n| {
            line(
                &format!("20/May/2026:10:{:02}:{:02} +0000", n / 60, n % 60),
                &format!("/t/x{n}"),
                200,
                "GPTBot/1.2",
            )
        })
        .collect();
    site.write("access.log", text);
    site.succeed(&["ingest"]);
    for day in 20..23 {
        let start = || {
            std::process::Command::new(env!("CARGO_BIN_EXE_guestbook"))
                .args(["publish", "--as-of", &format!("2026-05-{day}")])
                .current_dir(site.path(""))
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let both = [start(), start()];
        while site.path("reports/terms").is_dir() {
            let mut finished = 0;
            for entry in fs::read_dir(site.path("reports/terms")).unwrap().flatten().take(40) {
                let path = entry.path();
                if path.extension().is_some_and(|extension| extension == "json") {
                    let text = fs::read_to_string(&path).unwrap();
                    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{path:?}");
                    finished += 1;
                }
            }
            if finished == 0
                || day == 22
                || fs::metadata(site.path("guestbook.db.published")).is_ok()
            {
                break;
            }
        }
        for process in both {
            let output = process.wait_with_output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && errors.is_empty(), "{errors}");
        }
    }
    let left = fs::read_dir(site.path("reports/terms")).unwrap().flatten();
    assert!(left.into_iter().all(|entry| entry.path().extension().is_some_and(|e| e != "new")));
}

#[test]
fn a_store_that_cannot_be_written_is_an_error_and_stays_whole() {
    let site = Site::plain();
    site.write("access.log", lines(0, 50));
    assert_counts(&site, 50);
    site.append("access.log", lines(50, 50));
    // Little room for files: SQLite can't write its log.
    let limited = |limit: &str| {
        let program = env!("CARGO_BIN_EXE_guestbook");
        let script = format!("trap '' XFSZ; {limit}; exec {program} ingest --quiet");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script]).current_dir(site.path("")).output().unwrap()
    };
    let output = limited("ulimit -f 8");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("guestbook.db"), "{errors}");
    // Few open files.
    let output = limited("ulimit -n 5");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_ne!(output.status.code(), Some(0), "{errors}");
    assert!(!errors.contains("panicked") && !errors.is_empty(), "{errors}");
    assert_counts(&site, 100);
}
