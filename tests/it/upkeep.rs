//! Tests of the commands that keep a store in order over years, and of those for installing the program.

use std::fs::{self, File};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::program::{Site, line};

const TIME: &str = "20/May/2026:10:00:00 +0000";
const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// A site with three terms, of which `a` and `b` have one ping and one view each on the same day.
fn site() -> Site {
    let config = "[site]\nas_of = \"2026-05-20\"\n[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n[reports]\nformats = [\"json\", \"html\"]\n";
    let site = Site::new(config);
    let mut log = String::new();
    for term in ["a", "b"] {
        let path = format!("/t/{term}");
        log += &line(TIME, &path, 200, "GPTBot/1.2");
        log += &line(TIME, &path, 200, PERSON);
    }
    log += &line(TIME, "/t/c", 200, "ClaudeBot/1.0");
    log += &line(TIME, "/t/c", 200, "-");
    site.write("access.log", log);
    site.succeed(&["nightly"]);
    site
}

/// The terms with their pings and views.
fn terms(site: &Site) -> Vec<(String, u64, u64)> {
    let text = site.succeed(&["terms", "--format", "json"]);
    let row = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap();
    text.lines()
        .map(row)
        .map(|row| {
            (row["term"].as_str().unwrap().into(), number(&row, "pings"), number(&row, "views"))
        })
        .collect()
}

/// The requests of agents in the store, for terms and for other pages.
fn requests(site: &Site) -> (i64, i64) {
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    let sum = |condition: &str| {
        let query =
            format!("SELECT coalesce(sum(requests), 0) FROM pings WHERE term {condition} 0");
        connection.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    (sum("!="), sum("="))
}

#[test]
fn a_forgotten_term_is_gone_and_its_requests_are_kept() {
    let site = site();
    let listed = site.succeed(&["terms"]);
    assert!(listed.starts_with("TERM"), "{listed}");
    assert_eq!(terms(&site), [("a".into(), 1, 1), ("b".into(), 1, 1), ("c".into(), 1, 0)]);
    assert_eq!(requests(&site), (4, 0));
    let output = site.succeed(&["terms", "forget", "b"]);
    assert!(
        output.contains("Forgot b: 1 request of agents now counts for other pages"),
        "{output}"
    );
    assert_eq!(terms(&site), [("a".into(), 1, 1), ("c".into(), 1, 0)]);
    assert_eq!(requests(&site), (3, 1));
    // The next publication deletes its files, and no others.
    fs::write(site.path("reports/terms/mine.html"), "mine").unwrap();
    let output = site.succeed(&["publish"]);
    assert!(output.contains("3 files that are not published any more deleted"), "{output}");
    assert!(!site.path("reports/terms/b.html").exists());
    assert!(site.path("reports/terms/a.html").exists());
    assert!(site.path("reports/terms/mine.html").exists());
    // Nothing is read again.
    assert!(site.succeed(&["ingest"]).contains("Read 0 new lines"));
    let result = site.run(&["terms", "forget", "asd"]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("there is no term \"asd\" in the store"), "{}", result.stderr);
}

#[test]
fn a_term_is_renamed_or_added_to_another_one() {
    let site = site();
    site.write("old.csv", "term,family,pings\nb,ChatGPT,5\n");
    site.succeed(&["import", "old.csv"]);
    assert!(site.succeed(&["terms", "rename", "c", "d"]).contains("Renamed c: it is now d"));
    let merged = site.succeed(&["terms", "rename", "b", "a"]);
    assert!(merged.contains("Renamed b: added its counts to a"), "{merged}");
    assert_eq!(terms(&site), [("a".into(), 7, 2), ("d".into(), 1, 0)]);
    assert_eq!(requests(&site), (4, 0));
    for name in ["a", " ", "x\ny"] {
        assert_eq!(site.run(&["terms", "rename", "a", name]).code, 1, "{name:?}");
    }
    assert_eq!(terms(&site)[0], ("a".into(), 7, 2));
    // Each run imports the counts of this file under the names that it has.
    let config = std::fs::read_to_string(site.path("config.toml")).unwrap();
    let config = config.replace("[reports]", "pre_tracking = \"old.csv\"\n[reports]");
    site.write("config.toml", config);
    site.write("old.csv", "term,family,pings\na,ChatGPT,5\n");
    for args in [&["terms", "forget", "a"][..], &["terms", "rename", "a", "z"]] {
        let result = site.run(args);
        assert_eq!(result.code, 1);
        assert!(result.stderr.contains("\"a\" is in old.csv"), "{}", result.stderr);
    }
    assert_eq!(site.run(&["terms", "rename", "x", "y"]).code, 1);
}

#[test]
fn a_backup_is_a_store_of_one_moment() {
    let site = site();
    assert!(
        site.succeed(&["check", "--store"]).contains("whole, and the requests of each day add up")
    );
    // A run is writing: its changes are not committed yet.
    let writer = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE pings SET requests = requests + 1").unwrap();
    site.succeed(&["backup", "copy.db"]);
    writer.execute_batch("COMMIT").unwrap();
    drop(writer);
    let result = site.run(&["check", "--store"]);
    assert_eq!(result.code, 1);
    let output = String::from_utf8(result.stdout).unwrap();
    assert!(
        output.contains("2026-05-20 has 6 requests of agents in pings, but 3 in coverage"),
        "{output}"
    );
    assert!(output.contains("Put your last backup in its place"), "{output}");
    // The copy takes its place, and the logs are known to it.
    site.succeed(&["backup", "copy.db", "--config", "config.toml"]);
    fs::write(site.path("note.txt"), "mine").unwrap();
    let result = site.run(&["backup", "note.txt"]);
    assert_eq!(result.code, 1, "{}", result.stderr);
    assert_eq!(fs::read(site.path("note.txt")).unwrap(), b"mine");
    assert_eq!(site.run(&["backup", "guestbook.db"]).code, 1);
    assert_eq!(site.run(&["backup", "missing/copy.db"]).code, 1);
}

#[test]
fn a_backup_leaves_nothing_of_the_copy_before() {
    let site = site();
    site.succeed(&["backup", "copy.db"]);
    // A writer of the copy was killed: its changes are in the log beside it.
    let killed = site.path("killed.db");
    fs::copy(site.path("copy.db"), &killed).unwrap();
    let writer = rusqlite::Connection::open(&killed).unwrap();
    writer.execute_batch("UPDATE pings SET requests = requests + 1").unwrap();
    for suffix in ["-wal", "-shm"] {
        let of = |name: &str| site.path(&format!("{name}{suffix}"));
        fs::copy(of("killed.db"), of("copy.db")).unwrap();
    }
    site.succeed(&["backup", "copy.db"]);
    for suffix in ["-wal", "-shm"] {
        assert!(!site.path(&format!("copy.db{suffix}")).exists(), "{suffix}");
    }
    let copied = rusqlite::Connection::open(site.path("copy.db")).unwrap();
    let requests: i64 =
        copied.query_row("SELECT sum(requests) FROM pings", [], |row| row.get(0)).unwrap();
    assert_eq!(requests, 4);
    // A store that another process uses is not replaced.
    let result = site.run(&["backup", "killed.db"]);
    assert_eq!(result.code, 1, "{}", result.stderr);
    drop(writer);
    assert_eq!(site.run(&["backup", "reports"]).code, 1);
}

#[test]
fn a_backup_takes_the_place_of_its_store() {
    let site = site();
    site.succeed(&["backup", "copy.db"]);
    let before = terms(&site);
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(site.path(&format!("guestbook.db{suffix}")));
    }
    fs::rename(site.path("copy.db"), site.path("guestbook.db")).unwrap();
    assert_eq!(terms(&site), before);
    site.append("access.log", line("20/May/2026:11:00:00 +0000", "/t/a", 200, "GPTBot/1.2"));
    assert!(site.succeed(&["ingest"]).contains("1 line = 1 ping"));
    // A damaged file is told.
    let mut bytes = fs::read(site.path("guestbook.db")).unwrap();
    for at in (4096 * 4..bytes.len()).step_by(97) {
        bytes[at] ^= 0x55;
    }
    fs::write(site.path("guestbook.db"), bytes).unwrap();
    assert_eq!(site.run(&["check", "--store"]).code, 1);
}

#[test]
fn a_second_writer_is_told_who_has_the_lock_or_waits() {
    let site = site();
    let lock = File::options().write(true).open(site.path("guestbook.db.lock")).unwrap();
    lock.lock().unwrap();
    let result = site.run(&["ingest"]);
    assert_eq!(result.code, 1);
    let holder = fs::read_to_string(site.path("guestbook.db.lock")).unwrap();
    let expected = format!("is writing to guestbook.db (process {}, since 20", holder.trim());
    assert!(result.stderr.contains(&expected), "{}", result.stderr);
    assert!(result.stderr.contains("--wait SECONDS"), "{}", result.stderr);
    let result = site.run(&["ingest", "--wait", "1"]);
    assert!(result.stderr.contains("still after 1 s"), "{}", result.stderr);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| site.run(&["terms", "forget", "a", "--wait", "60"]));
        thread::sleep(Duration::from_millis(300));
        assert!(!waiting.is_finished());
        lock.unlock().unwrap();
        assert_eq!(waiting.join().unwrap().code, 0);
    });
}

#[test]
fn the_environment_names_the_config_the_store_and_the_reports() {
    let site = site();
    fs::rename(site.path("config.toml"), site.path("other.toml")).unwrap();
    let config = site.path("other.toml");
    let store = site.path("new.db");
    let reports = site.path("public");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_guestbook"))
        .arg("nightly")
        .current_dir(site.path("reports"))
        .env("GUESTBOOK_CONFIG", &config)
        .env("GUESTBOOK_STORE", &store)
        .env("GUESTBOOK_REPORTS", &reports)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(store.exists());
    assert!(reports.join("terms/a.html").exists());
}

#[test]
fn completions_and_manual_pages_have_all_commands() {
    let site = Site::plain();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = site.succeed(&["completions", shell]);
        for word in ["nightly", "terms", "wait"] {
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
    let page = site.succeed(&["man"]);
    assert!(page.contains(".TH guestbook 1"), "{page}");
    site.succeed(&["man", "--out", "man"]);
    for name in ["guestbook.1", "guestbook-ingest.1", "guestbook-terms-forget.1"] {
        assert!(site.path("man").join(name).exists(), "{name}");
    }
}

#[test]
fn a_report_of_goaccess_is_imported_only_if_it_has_crawlers_alone() {
    let site = Site::plain();
    let item = |name: &str, hits: u32| {
        format!("{{\"hits\": {{\"count\": {hits}, \"percent\": \"1\"}}, \"data\": \"{name}\"}}")
    };
    let report = |browsers: &[&str]| {
        let pages =
            [item("/t/a", 3), item("/t/a?x=1", 2), item("/t/caf%C3%A9", 4), item("/about", 9)];
        let browsers: Vec<String> = browsers.iter().map(|name| item(name, 18)).collect();
        format!(
            "{{\"general\": {{}}, \"requests\": {{\"data\": [{}]}}, \"browsers\": {{\"data\": [{}]}}}}",
            pages.join(","),
            browsers.join(",")
        )
    };
    site.write("mixed.json", report(&["Crawlers", "Chrome"]));
    let mixed = site.run(&["import", "mixed.json"]);
    assert_eq!(mixed.code, 1);
    assert!(mixed.stderr.contains("goaccess --crawlers-only"), "{}", mixed.stderr);
    site.write("crawlers.json", report(&["Crawlers"]));
    site.write("access.log", line("20/May/2026:10:00:00 +0000", "/about", 200, "GPTBot/1.2"));
    site.succeed(&["ingest"]);
    for _ in 0..2 {
        let output = site.succeed(&["import", "crawlers.json"]);
        assert!(output.contains("Imported 2 rows: 9 pings"), "{output}");
    }
    let term = site.term("a", "2026-05-20");
    assert_eq!(term["total_pings"], 5);
    assert_eq!(term["families"][0]["family"], "Crawlers (GoAccess)");
    assert_eq!(term["request_types"][0]["type"], "pre-tracking");

    site.write(
        "awstats052026.txt",
        "AWSTATS DATA FILE 7.8 (build 20200416)\nBEGIN_ROBOT 0\nEND_ROBOT\n",
    );
    let awstats = site.run(&["import", "awstats052026.txt"]);
    assert_eq!(awstats.code, 1);
    assert!(awstats.stderr.contains("robots without their pages"), "{}", awstats.stderr);
}
