//! Tests of `scan` and `merge`: counts that are made apart are those of an ingest, each log once.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use polars::prelude::{Column, DataFrame, DataType, ParquetReader, ParquetWriter, SerReader};
use rusqlite::Connection;

use crate::program::{Site, gzip, line};

/// The rows of each table of a store, by texts.
fn rows(store: &Path) -> BTreeMap<&'static str, Vec<String>> {
    const QUERIES: [(&str, &str); 8] = [
        ("coverage", "SELECT day, lines, people, agents FROM coverage"),
        (
            "pings",
            "SELECT day, t.name, u.text, r.name, trust, status, requests, bytes, first_seen FROM pings
             JOIN term t ON t.id = term JOIN user_agent u ON u.id = user_agent JOIN request_type r ON r.id = request",
        ),
        (
            "views",
            "SELECT day, t.name, c.name, views FROM views
             JOIN term t ON t.id = term JOIN came_from c ON c.id = came_from",
        ),
        (
            "failure",
            "SELECT day, path, u.text, code, requests FROM failure JOIN user_agent u ON u.id = user_agent",
        ),
        (
            "hour",
            "SELECT day, hour, u.text, requests FROM hour JOIN user_agent u ON u.id = user_agent",
        ),
        (
            "cursor",
            "SELECT name, head_len, head_hash, offset, tail_hash, hex(line_hashes), hex(checkpoints), lines, first_line,
                    malformed, format FROM cursor",
        ),
        (
            "anchor",
            "SELECT second, hash, visitor, c.name, line, is_tail FROM anchor JOIN cursor c ON c.id = cursor",
        ),
        ("rules", "SELECT value FROM meta WHERE name = 'rules'"),
    ];
    let connection = Connection::open(store).unwrap();
    let table = |query: &str| {
        let mut statement = connection.prepare(query).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let values = (0..columns).map(|at| format!("{:?}", row.get_ref(at).unwrap()));
            Ok(values.collect::<Vec<_>>().join(" "))
        };
        let mut rows: Vec<String> =
            statement.query_map([], row).unwrap().map(Result::unwrap).collect();
        rows.sort();
        rows
    };
    QUERIES.into_iter().map(|(name, query)| (name, table(query))).collect()
}

fn log(day: u32, count: u32) -> String {
    let request = |at: u32| {
        let time =
            format!("{day:02}/May/2026:{:02}:{:02}:{:02} +0000", at / 60 % 24, at % 60, at % 59);
        let agent =
            ["GPTBot/1.2", "ClaudeBot/1.0", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"];
        let status = if at.is_multiple_of(7) { 404 } else { 200 };
        line(&time, &format!("/t/page-{}", at % 5), status, agent[at as usize % 3])
    };
    (0..count).map(request).collect()
}

#[test]
fn a_merged_scan_is_an_ingest_row_for_row() {
    let site = Site::sample();
    site.succeed(&["ingest", "--quiet"]);
    site.succeed(&["scan", "--quiet", "-o", "all.parquet"]);
    site.succeed(&["merge", "--into", "merged.db", "all.parquet"]);
    let ingested = rows(&site.path("guestbook.db"));
    assert_eq!(rows(&site.path("merged.db")), ingested);
    assert!(ingested["pings"].len() > 1000 && ingested["anchor"].len() > 1000);
    // Every way to read the same logs again adds nothing.
    for _ in 0..2 {
        let merged = site.succeed(&["merge", "--into", "merged.db", "all.parquet"]);
        assert!(merged.contains("added 0 sources"), "{merged}");
    }
    site.succeed(&["merge", "all.parquet"]);
    assert_eq!(rows(&site.path("guestbook.db")), ingested);
    fs::copy(site.path("merged.db"), site.path("guestbook.db")).unwrap();
    assert!(site.succeed(&["ingest"]).contains("Read 0 new lines"));
    assert_eq!(rows(&site.path("guestbook.db")), ingested);
}

#[test]
fn the_bytes_of_a_partial_depend_on_the_logs_alone() {
    let site = Site::sample();
    for (name, threads) in [("1", "1"), ("2", "2"), ("7", "7"), ("2 again", "2")] {
        site.succeed(&["scan", "--quiet", "--threads", threads, "-o", &format!("{name}.parquet")]);
    }
    let bytes = |name: &str| fs::read(site.path(&format!("{name}.parquet"))).unwrap();
    for name in ["2", "7", "2 again"] {
        assert_eq!(bytes(name), bytes("1"), "{name}");
    }
    let names: Vec<String> = fs::read_dir(site.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".parquet"))
        .collect();
    assert_eq!(names.len(), 2, "only the config and the samples are there: {names:?}");
}

#[test]
fn a_scan_of_logs_together_is_smaller_and_counts_as_a_whole() {
    let site = Site::sample();
    site.succeed(&["ingest", "--quiet"]);
    for threads in ["1", "2"] {
        let partial = format!("{threads}.parquet");
        site.succeed(&["scan", "-q", "--together", "--threads", threads, "-o", &partial]);
    }
    assert_eq!(
        fs::read(site.path("1.parquet")).unwrap(),
        fs::read(site.path("2.parquet")).unwrap()
    );
    site.succeed(&["scan", "--quiet", "-o", "apart.parquet"]);
    let height = |partial: &str| frame(&site.path(partial)).height();
    assert!(height("1.parquet") < height("apart.parquet"));
    site.succeed(&["merge", "--into", "merged.db", "1.parquet"]);
    assert_eq!(rows(&site.path("merged.db")), rows(&site.path("guestbook.db")));
    // If one of its logs is known, what the others add can't be told.
    let site = Site::plain();
    site.write("one.log", log(1, 90));
    site.write("two.log", log(2, 90));
    site.succeed(&["scan", "-q", "--together", "-o", "both.parquet", "one.log", "two.log"]);
    site.succeed(&["ingest", "--quiet", "one.log"]);
    let refused = site.run(&["merge", "both.parquet"]).stderr;
    assert!(refused.contains("one.log"), "{refused}");
    // A log that is left out has no part in the sums.
    let whole = gzip(log(3, 900).as_bytes());
    site.write("cut.log.gz", &whole[..whole.len() / 2]);
    site.run(&["scan", "-q", "--together", "-o", "cut.parquet", "two.log", "cut.log.gz"]);
    site.succeed(&["scan", "-q", "--together", "-o", "two.parquet", "two.log"]);
    assert_eq!(
        fs::read(site.path("cut.parquet")).unwrap(),
        fs::read(site.path("two.parquet")).unwrap()
    );
}

#[test]
fn the_counts_of_a_log_do_not_depend_on_the_logs_beside_it() {
    let site = Site::plain();
    let agents = ["GPTBot/1.2", "ClaudeBot/1.0", "Amazonbot/0.1"];
    let request = |at: usize, agent: &str| {
        line("03/May/2026:10:00:00 +0000", &format!("/gone-{at}"), 404, agent)
    };
    // More failures than are kept, all equally rare.
    let flood = (0..300).flat_map(|at| agents.map(|agent| request(at, agent)));
    site.write("flood.log", flood.collect::<String>());
    let failures = |logs: &[&str]| {
        let scan = ["scan", "--quiet", "--threads", "1", "-o", "logs.parquet"];
        site.succeed(&[&scan, logs].concat());
        let frame = frame(&site.path("logs.parquet"));
        let texts = |name| {
            let column = frame.column(name).unwrap().str().unwrap();
            (0..frame.height()).map(|at| column.get(at).unwrap_or_default()).collect::<Vec<_>>()
        };
        let requests = frame.column("requests").unwrap().i64().unwrap();
        let rows = texts("kind").into_iter().zip(texts("path")).zip(texts("user_agent"));
        let rows = rows.zip(requests.iter()).map(|(((kind, path), user_agent), requests)| {
            format!("{kind} {path} {user_agent} {requests:?}")
        });
        let failures = rows.filter(|row| row.starts_with("failure") && !row.contains("/gone-900"));
        failures.collect::<Vec<_>>()
    };
    let alone = failures(&["flood.log"]);
    assert_eq!(alone.len(), 203);
    for agent in agents {
        // The user agents come in another order.
        let before = request(900, agent).replace("03/May", "02/May");
        site.write("before.log", before);
        assert_eq!(failures(&["before.log", "flood.log"]), alone, "{agent}");
    }
}

#[test]
fn partials_of_each_log_and_stores_of_each_host_merge_in_any_order() {
    let site = Site::plain();
    for host in 1..4 {
        site.write(&format!("access.log.{host}"), log(host, 90 + host));
        let (log, partial) = (format!("access.log.{host}"), format!("{host}.parquet"));
        site.succeed(&["scan", "--quiet", "-o", &partial, &log]);
        let host = Site::plain();
        host.write("access.log", fs::read(site.path(&log)).unwrap());
        host.succeed(&["ingest", "--quiet"]);
        fs::copy(
            host.path("guestbook.db"),
            site.path(&log.replace("access.log.", "host-")).with_extension("db"),
        )
        .unwrap();
    }
    site.succeed(&["ingest", "--quiet"]);
    let ingested = rows(&site.path("guestbook.db"));
    // The names of logs are those that they had on each host.
    let without_names = |mut rows: BTreeMap<&'static str, Vec<String>>| {
        rows.remove("cursor");
        rows.remove("anchor");
        rows
    };
    for order in [["1", "2", "3"], ["3", "1", "2"], ["2", "3", "1"]] {
        let into = format!("merged-{}.db", order.concat());
        let partials = order.map(|name| format!("{name}.parquet"));
        let args = ["merge", "--quiet", "--into", &into, &partials[0], &partials[1], &partials[2]];
        site.succeed(&args);
        assert_eq!(without_names(rows(&site.path(&into))), without_names(ingested.clone()));
        let into = format!("stores-{}.db", order.concat());
        let stores = order.map(|name| format!("host-{name}.db"));
        site.succeed(&["merge", "--quiet", "--into", &into, &stores[0], &stores[1], &stores[2]]);
        let merged = rows(&site.path(&into));
        assert_eq!(merged["anchor"].len(), ingested["anchor"].len());
        assert_eq!(without_names(merged), without_names(ingested.clone()));
        // A store that was merged is known, and so are its logs in a partial.
        let again = site.succeed(&["merge", "--into", &into, &stores[1], &partials[2]]);
        assert_eq!(again.matches("added 0 sources").count(), 2, "{again}");
        assert_eq!(without_names(rows(&site.path(&into))), without_names(ingested.clone()));
    }
}

#[test]
fn a_source_that_is_known_in_part_is_refused_by_name() {
    let site = Site::plain();
    let (first, rest) = (log(1, 80), log(2, 60));
    site.write("access.log", &first);
    site.succeed(&["scan", "--quiet", "-o", "first.parquet"]);
    site.append("access.log", &rest);
    site.succeed(&["scan", "--quiet", "-o", "whole.parquet"]);
    // A copy of its last lines in another file, with some that are new.
    let tail: String =
        (first.clone() + &rest).lines().skip(90).map(|line| format!("{line}\n")).collect();
    site.write("tail.log", tail + &log(3, 10));
    site.succeed(&["scan", "--quiet", "-o", "tail.parquet", "tail.log"]);
    for (known, refused, named) in [
        ("first", "whole", "access.log"),
        ("whole", "first", "access.log"),
        ("whole", "tail", "tail.log"),
        ("tail", "whole", "access.log"),
    ] {
        let into = format!("{known}-{refused}.db");
        site.succeed(&["merge", "--quiet", "--into", &into, &format!("{known}.parquet")]);
        let before = rows(&site.path(&into));
        let merged = site.run(&["merge", "--into", &into, &format!("{refused}.parquet")]);
        assert_eq!(merged.code, 1);
        assert!(
            merged.stderr.contains("in part before") && merged.stderr.contains(named),
            "{}",
            merged.stderr
        );
        assert_eq!(rows(&site.path(&into)), before, "{known} {refused}");
    }
    // Logs of two hosts that only start alike are others.
    let alike = Site::plain();
    let health: String = (0..200)
        .map(|at| {
            line(&format!("01/May/2026:00:00:{:02} +0000", at / 5), "/health", 200, "GPTBot/1.2")
        })
        .collect();
    for (name, day) in [("a", 4), ("b", 5)] {
        alike.write(&format!("{name}.log"), health.clone() + &log(day, 900));
        alike.succeed(&[
            "scan",
            "--quiet",
            "-o",
            &format!("{name}.parquet"),
            &format!("{name}.log"),
        ]);
        alike.succeed(&["merge", "--into", "both.db", &format!("{name}.parquet")]);
    }
}

#[test]
fn stores_that_have_read_the_same_log_are_told_by_its_name() {
    let site = Site::plain();
    site.write("access.log", log(1, 50));
    site.succeed(&["ingest", "--quiet"]);
    fs::copy(site.path("guestbook.db"), site.path("one.db")).unwrap();
    site.write("access.log.2", log(2, 50));
    site.succeed(&["ingest", "--quiet"]);
    let merged = site.run(&["merge", "--into", "both.db", "one.db", "guestbook.db"]);
    assert_eq!(merged.code, 2);
    assert!(
        merged.stderr.contains("access.log") && merged.stderr.contains("guestbook.db"),
        "{}",
        merged.stderr
    );
    assert_eq!(rows(&site.path("both.db"))["pings"], rows(&site.path("one.db"))["pings"]);
}

#[test]
fn a_store_is_made_anew_from_stores_that_have_grown() {
    let site = Site::plain();
    for night in 1..4 {
        for host in ["a", "b"] {
            let log = format!("{host}.log");
            let time = format!("{night:02}/May/2026:10:00:00 +0000");
            let lines: String = (0..40)
                .map(|at| line(&time, &format!("/t/{host}-{at}"), 200, "GPTBot/1.2"))
                .collect();
            site.append(&log, lines);
            let config = fs::read_to_string(site.path("config.toml")).unwrap();
            site.write(
                &format!("{host}.toml"),
                format!("{config}[store]\npath = \"hosts/{host}.db\"\n"),
            );
            fs::create_dir_all(site.path("hosts")).unwrap();
            site.succeed(&["--config", &format!("{host}.toml"), "ingest", "--quiet", &log]);
        }
        site.succeed(&["merge", "--quiet", "--anew", "hosts"]);
        assert_eq!(rows(&site.path("guestbook.db"))["pings"].len(), 80 * night);
    }
    // A store that can't be merged leaves the old one as it was.
    fs::copy(site.path("hosts/a.db"), site.path("hosts/c.db")).unwrap();
    let before = rows(&site.path("guestbook.db"));
    site.append("a.log", line("09/May/2026:10:00:00 +0000", "/t/more", 200, "GPTBot/1.2"));
    site.succeed(&["--config", "a.toml", "ingest", "--quiet", "a.log"]);
    let merged = site.run(&["merge", "--anew", "hosts"]);
    assert_eq!(merged.code, 2);
    assert!(merged.stderr.contains("stays as it was"), "{}", merged.stderr);
    assert_eq!(rows(&site.path("guestbook.db")), before);
    assert!(!site.path("guestbook.db.merge").exists());
}

#[test]
fn what_was_counted_under_other_rules_or_in_another_zone_is_refused_with_the_difference() {
    let site = Site::plain();
    site.write("access.log", log(1, 50));
    site.succeed(&["scan", "--quiet", "-o", "one.parquet"]);
    site.succeed(&["merge", "--quiet", "one.parquet"]);
    let before = rows(&site.path("guestbook.db"));
    let config = fs::read_to_string(site.path("config.toml")).unwrap();
    for (other, words) in [
        (config.replace("/t/", "/page/"), "[terms] pattern"),
        (format!("{config}\n[site]\ntimezone = \"Europe/Berlin\"\n"), "Europe/Berlin"),
        (config.replace("crawler_json", "crawler_md"), "[[request_types]]"),
    ] {
        site.write("other.toml", other);
        site.write("other.log", log(2, 50));
        site.succeed(&[
            "--config",
            "other.toml",
            "scan",
            "--quiet",
            "-o",
            "other.parquet",
            "other.log",
        ]);
        let merged = site.run(&["merge", "other.parquet"]);
        assert_eq!(merged.code, 1);
        assert!(merged.stderr.contains(words), "{words}: {}", merged.stderr);
        assert_eq!(rows(&site.path("guestbook.db")), before);
    }
}

#[test]
fn a_source_that_can_not_be_read_to_its_end_is_left_for_the_next_scan() {
    let site = Site::plain();
    let whole = gzip(log(1, 4000).as_bytes());
    site.write("access.log.1.gz", &whole[..whole.len() / 2]);
    site.write("access.log", log(2, 50));
    let scanned = site.run(&["scan", "-o", "some.parquet"]);
    assert_eq!(scanned.code, 2);
    assert!(scanned.stderr.contains("access.log.1.gz"), "{}", scanned.stderr);
    let merged = site.succeed(&["merge", "some.parquet"]);
    assert!(merged.contains("added 1 source with 50 lines"), "{merged}");
    site.write("access.log.1.gz", &whole);
    site.succeed(&["scan", "--quiet", "-o", "all.parquet"]);
    let merged = site.succeed(&["merge", "all.parquet"]);
    assert!(
        merged.contains("added 1 source with 4,000 lines")
            && merged.contains("1 source known before"),
        "{merged}"
    );
}

#[test]
fn a_scan_tells_what_became_of_each_log() {
    let site = Site::plain();
    site.write("whole.log", log(1, 90));
    site.write("copy.log", log(1, 90));
    site.write("few.log", "two lines\nof no log\n");
    let names = ["whole.log", "copy.log", "few.log"];
    let args = [&["scan", "--outcomes", "-o", "some.parquet"], &names[..]].concat();
    let scanned = site.run(&args);
    assert_eq!(scanned.code, 2);
    assert!(scanned.stderr.contains("few.log: has too few lines"), "{}", scanned.stderr);
    let outcomes: Vec<serde_json::Value> =
        scanned.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for name in names {
        let is_of =
            |outcome: &&serde_json::Value| outcome["name"].as_str().unwrap().ends_with(name);
        let outcome = outcomes.iter().find(is_of).unwrap();
        assert_eq!(outcome["is_counted"], name != "few.log", "{outcome}");
        assert_eq!(outcome["reason"].is_null(), name != "few.log", "{outcome}");
    }
}

#[test]
fn a_log_and_its_longer_copy_are_one_source_and_what_fails_takes_no_lines_with_it() {
    let site = Site::plain();
    let text = log(1, 900);
    site.write(
        "access.log.1",
        &text[..text.len() / 3 + text[text.len() / 3..].find('\n').unwrap() + 1],
    );
    site.write("access.log.2", &text);
    site.succeed(&["ingest", "--quiet"]);
    site.succeed(&["scan", "--quiet", "-o", "both.parquet"]);
    site.succeed(&["merge", "--quiet", "--into", "both.db", "both.parquet"]);
    assert_eq!(rows(&site.path("both.db"))["pings"], rows(&site.path("guestbook.db"))["pings"]);
    // The lines of a copy count although the log that has them too is broken behind them.
    let site = Site::plain();
    let longer = gzip((text.clone() + &log(2, 3000)).as_bytes());
    site.write("access.log.1.gz", &longer[..longer.len() * 3 / 4]);
    site.write("access.log.2", &text);
    let scanned = site.run(&["scan", "--threads", "1", "-o", "some.parquet"]);
    assert_eq!(scanned.code, 2, "{}", scanned.stderr);
    let merged = site.succeed(&["merge", "some.parquet"]);
    assert!(merged.contains("added 1 source with 900 lines"), "{merged}");
}

#[test]
fn logs_that_count_although_they_overlap_merge_too() {
    let site = Site::new(
        "[[logs]]\npaths = [\"access.log*\"]\noverlap = \"count\"\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n",
    );
    let text = log(1, 300);
    site.write("access.log.1", &text);
    site.write("access.log.2", log(2, 20) + &text);
    site.succeed(&["ingest", "--quiet"]);
    site.succeed(&["scan", "--quiet", "-o", "both.parquet"]);
    site.succeed(&["merge", "--quiet", "--into", "both.db", "both.parquet"]);
    assert_eq!(rows(&site.path("both.db")), rows(&site.path("guestbook.db")));
}

/// Reads a partial as a table.
fn frame(path: &Path) -> DataFrame {
    ParquetReader::new(File::open(path).unwrap()).finish().unwrap()
}

fn write(path: &Path, mut frame: DataFrame) {
    ParquetWriter::new(File::create(path).unwrap()).finish(&mut frame).unwrap();
}

/// Makes a batch as an engine does: facts of all sources together, in a file without metadata.
fn write_batch(site: &Site, folder: &str, partial: &str) {
    fs::create_dir_all(site.path(folder)).unwrap();
    let mut table = frame(&site.path(partial));
    let kinds = table.column("kind").unwrap().str().unwrap().clone();
    let numbers = table.column("source").unwrap().i64().unwrap().clone();
    let of_sources = kinds.iter().zip(numbers.iter());
    let of_sources: Vec<Option<i64>> =
        of_sources.map(|(kind, number)| number.filter(|_| kind == Some("source"))).collect();
    table.with_column(Column::new("source".into(), of_sources)).unwrap();
    write(&site.path(&format!("{folder}/part-00000.parquet")), table);
    let about = r#"{"schema":1,"version":"0.1.0","timezone":"UTC","rules":{},"rules_hash":""}"#;
    site.write(&format!("{folder}/_about.json"), about);
    site.write(&format!("{folder}/_SUCCESS"), "");
}

#[test]
fn a_batch_counts_as_a_whole_and_only_with_its_mark() {
    let site = Site::plain();
    for day in 1..4 {
        site.write(&format!("access.log.{day}"), log(day, 60));
    }
    site.succeed(&["scan", "--quiet", "-o", "all.parquet"]);
    write_batch(&site, "batches/1", "all.parquet");
    fs::remove_file(site.path("batches/1/_SUCCESS")).unwrap();
    let merged = site.run(&["merge", "batches"]);
    assert_eq!(merged.code, 1);
    assert!(merged.stderr.contains("_SUCCESS"), "{}", merged.stderr);
    site.write("batches/1/_SUCCESS", "");
    assert!(site.succeed(&["merge", "batches"]).contains("added 3 sources with 180 lines"));
    site.succeed(&["merge", "--quiet", "--into", "plain.db", "all.parquet"]);
    let without_rules = |path: &str| {
        let mut rows = rows(&site.path(path));
        rows.remove("rules");
        rows
    };
    assert_eq!(without_rules("guestbook.db"), without_rules("plain.db"));
    assert!(site.succeed(&["merge", "batches/1"]).contains("added 0 sources"));
    // If one of its logs is known, what is left of the batch can't be told.
    site.succeed(&["scan", "--quiet", "-o", "one.parquet", "access.log.2"]);
    site.succeed(&["merge", "--quiet", "--into", "mixed.db", "one.parquet"]);
    let before = rows(&site.path("mixed.db"));
    let merged = site.run(&["merge", "--into", "mixed.db", "batches/1"]);
    assert_eq!(merged.code, 1);
    assert!(merged.stderr.contains("access.log.2"), "{}", merged.stderr);
    assert_eq!(rows(&site.path("mixed.db")), before);
}

#[test]
fn what_is_no_whole_partial_is_refused_and_changes_nothing() {
    let site = Site::plain();
    site.write("access.log", log(1, 60));
    site.succeed(&["scan", "--quiet", "-o", "good.parquet"]);
    site.succeed(&["ingest", "--quiet"]);
    site.succeed(&["export", "pings", "--format", "parquet", "-o", "foreign.parquet"]);
    fs::remove_file(site.path("guestbook.db")).unwrap();
    let good = fs::read(site.path("good.parquet")).unwrap();
    site.write("cut.parquet", &good[..good.len() / 2]);
    site.write("text.parquet", "no parquet");
    site.write("empty.parquet", "");
    let table = frame(&site.path("good.parquet"));
    // A day is missing.
    write_batch(&site, "short", "good.parquet");
    let kinds = table.column("kind").unwrap().str().unwrap();
    let is_kept: Vec<bool> = kinds.iter().map(|kind| kind != Some("coverage")).collect();
    let kept = table.filter(Column::new("".into(), is_kept).bool().unwrap()).unwrap();
    write(&site.path("short/part-00000.parquet"), kept);
    // A trust that no version has.
    write_batch(&site, "odd", "good.parquet");
    let mut odd = frame(&site.path("odd/part-00000.parquet"));
    let names = vec!["sworn"; odd.height()];
    odd.with_column(Column::new("trust".into(), names).cast(&DataType::String).unwrap()).unwrap();
    write(&site.path("odd/part-00000.parquet"), odd);
    // A count that no log has.
    write_batch(&site, "huge", "good.parquet");
    let mut huge = frame(&site.path("huge/part-00000.parquet"));
    let counts = vec![i64::MAX; huge.height()];
    huge.with_column(Column::new("requests".into(), counts)).unwrap();
    write(&site.path("huge/part-00000.parquet"), huge);
    // An hour that no day has.
    write_batch(&site, "late", "good.parquet");
    let mut late = frame(&site.path("late/part-00000.parquet"));
    let hours = vec![24_i64; late.height()];
    late.with_column(Column::new("hour".into(), hours)).unwrap();
    write(&site.path("late/part-00000.parquet"), late);
    // The pings are missing.
    write_batch(&site, "pingless", "good.parquet");
    let is_kept: Vec<bool> = kinds.iter().map(|kind| kind != Some("ping")).collect();
    let kept = table.filter(Column::new("".into(), is_kept).bool().unwrap()).unwrap();
    write(&site.path("pingless/part-00000.parquet"), kept);
    write_batch(&site, "newer", "good.parquet");
    site.write("newer/_about.json", r#"{"schema":99}"#);
    fs::create_dir(site.path("nothing")).unwrap();
    for (input, words) in [
        ("cut.parquet", "not written to its end"),
        ("text.parquet", "no Parquet file"),
        ("empty.parquet", "no Parquet file"),
        ("foreign.parquet", "guestbook scan"),
        ("short", "a part of it is missing"),
        ("pingless", "requests of agents"),
        ("huge", "9223372036854775807"),
        ("late", "\"24\" in the column hour"),
        ("odd", "sworn"),
        ("newer", "update guestbook"),
        ("nothing", "no partial"),
        ("absent.parquet", "absent.parquet"),
    ] {
        let merged = site.run(&["merge", input]);
        assert_eq!(merged.code, 1, "{input}");
        assert!(merged.stderr.contains(words), "{input}: {}", merged.stderr);
        assert!(!site.path("guestbook.db").exists(), "{input}");
    }
}

#[test]
fn a_dry_run_tells_what_would_be_added_and_writes_nothing() {
    let site = Site::plain();
    site.write("access.log", log(1, 60));
    site.succeed(&["scan", "--quiet", "-o", "one.parquet"]);
    let told = site.succeed(&["merge", "--dry-run", "one.parquet", "one.parquet"]);
    assert!(
        told.contains("would add 1 source with 60 lines") && told.contains("would add 0"),
        "{told}"
    );
    assert!(!site.path("guestbook.db").exists());
    site.write("access.log.2", log(2, 60));
    site.succeed(&["ingest", "--quiet", "access.log.2"]);
    let before = rows(&site.path("guestbook.db"));
    let told = site.succeed(&["merge", "--dry-run", "one.parquet"]);
    assert!(told.contains("would add 1 source"), "{told}");
    assert_eq!(rows(&site.path("guestbook.db")), before);
}

#[cfg(unix)]
#[test]
fn a_merge_that_ends_in_the_middle_adds_nothing() {
    let site = Site::plain();
    site.write("access.log", log(1, 60));
    site.succeed(&["ingest", "--quiet"]);
    let many: String = (0..20_000)
        .map(|at| line("02/May/2026:10:00:00 +0000", &format!("/t/{at}"), 200, "GPTBot/1.2"))
        .collect();
    site.write("many.log", many);
    site.succeed(&["scan", "--quiet", "-o", "many.parquet", "many.log"]);
    let before = rows(&site.path("guestbook.db"));
    // No file may grow beyond 600 blocks of 512 bytes: the disk is full.
    let merge =
        format!("ulimit -f 600; exec {} merge many.parquet", env!("CARGO_BIN_EXE_guestbook"));
    let ended =
        Command::new("sh").args(["-c", &merge]).current_dir(site.path("")).output().unwrap();
    assert!(!ended.status.success());
    assert_eq!(rows(&site.path("guestbook.db")), before);
    site.succeed(&["merge", "--quiet", "many.parquet"]);
    assert_eq!(rows(&site.path("guestbook.db"))["pings"].len(), before["pings"].len() + 20_000);
}
