//! Tests that every line is counted exactly once, however the files change between runs.

use std::fs;

use guestbook::day::Day;
use guestbook::store::Store;

use crate::program::{Site, gzip, line};

/// Returns `count` requests of one agent for one term, one per minute from minute `start`.
fn lines(start: u32, count: u32) -> String {
    (start..start + count)
        .map(|n| {
            let (hour, minute) = (n / 60 % 24, n % 60);
            line(&format!("20/May/2026:{hour:02}:{minute:02}:00 +0000"), "/t/a", 200, "GPTBot/1.2")
        })
        .collect()
}

fn pings(site: &Site) -> u64 {
    site.term("a", "2026-05-20")["total_pings"].as_u64().unwrap()
}

#[test]
fn only_appended_lines_are_read_again() {
    let site = Site::plain();
    site.write("access.log", lines(0, 100));
    for _ in 0..3 {
        site.succeed(&["ingest"]);
        assert_eq!(pings(&site), 100);
    }
    site.append("access.log", lines(100, 50));
    site.succeed(&["ingest"]);
    assert_eq!(pings(&site), 150);
}

#[test]
fn rotated_logs_are_counted_once_with_and_without_compression() {
    for compressed in [false, true] {
        let site = Site::plain();
        site.write("access.log", lines(0, 100));
        site.succeed(&["ingest"]);
        site.append("access.log", lines(100, 50));
        let old = fs::read(site.path("access.log")).unwrap();
        if compressed {
            site.write("access.log.1.gz", gzip(&old));
        } else {
            site.write("access.log.1", &old);
        }
        site.write("access.log", lines(150, 20));
        site.succeed(&["ingest"]);
        assert_eq!(pings(&site), 170, "compressed: {compressed}");
        site.succeed(&["ingest"]);
        assert_eq!(pings(&site), 170, "compressed: {compressed}");
    }
}

#[test]
fn copies_under_several_names_are_counted_once() {
    let site = Site::plain();
    let text = lines(0, 300);
    site.write("access.log.13", &text);
    site.write("access.log.13.gz", gzip(text.as_bytes()));
    site.write("access.log.copy", &text[..text.len() / 2]);
    let output = site.succeed(&["ingest", "--threads", "4"]);
    assert_eq!(pings(&site), 300, "{output}");
}

#[test]
fn a_truncated_log_is_another_stream() {
    let site = Site::plain();
    site.write("access.log", lines(0, 100));
    site.succeed(&["ingest"]);
    site.write("access.log", lines(100, 30));
    site.succeed(&["ingest"]);
    assert_eq!(pings(&site), 130);
}

#[test]
fn an_unfinished_line_is_read_once_it_is_complete() {
    let site = Site::plain();
    let text = lines(0, 3);
    let (start, rest) = text.split_at(text.len() - 40);
    site.write("access.log", start);
    let output = site.succeed(&["ingest"]);
    assert!(output.contains("of an unfinished last line, left for the next run"), "{output}");
    assert_eq!(pings(&site), 2);
    site.append("access.log", rest);
    site.succeed(&["ingest"]);
    assert_eq!(pings(&site), 3);
}

#[test]
fn standard_input_is_recognized_by_its_content() {
    let site = Site::plain();
    let text = lines(0, 150);
    let half = text.len() / 150 * 75;
    for input in [&text.as_bytes()[..half], text.as_bytes(), text.as_bytes()] {
        assert_eq!(site.run_with_input(&["ingest", "-"], input).code, 0);
    }
    assert_eq!(pings(&site), 150);
    // The file is recognized as the same stream.
    site.write("access.log", &text);
    site.succeed(&["ingest"]);
    assert_eq!(pings(&site), 150);
}

#[test]
fn a_truncated_archive_is_counted_up_to_the_damage() {
    let site = Site::plain();
    let text = lines(0, 1000);
    let whole = gzip(text.as_bytes());
    site.write("access.log.2.gz", &whole[..whole.len() / 2]);
    site.write("access.log", lines(1000, 10));
    let result = site.run(&["ingest"]);
    assert_eq!(result.code, 2, "{}", result.stderr);
    assert!(result.stderr.contains("access.log.2.gz"), "{}", result.stderr);
    let half = pings(&site);
    assert!((11..1010).contains(&half), "{half}");
    site.write("access.log.2.gz", &whole);
    site.succeed(&["ingest"]);
    assert_eq!(pings(&site), 1010);
}

#[test]
fn importing_twice_changes_nothing() {
    let site = Site::plain();
    site.write("access.log", lines(0, 5));
    site.succeed(&["ingest"]);
    site.write("before.csv", "term,family,pings\na,ChatGPT,7\na,Claude,2\n");
    for _ in 0..2 {
        site.succeed(&["import", "before.csv"]);
        let report = site.term("a", "2026-05-20");
        assert_eq!(report["total_pings"], 14);
        assert_eq!(report["families"][0]["pings"], 12);
        assert_eq!(report["window_pings"], 5);
    }
}

#[test]
fn a_second_ingest_is_rejected_while_the_store_is_locked() {
    let site = Site::plain();
    site.write("access.log", lines(0, 5));
    site.succeed(&["ingest"]);
    let lock = fs::File::options().write(true).open(site.path("guestbook.db.lock")).unwrap();
    lock.lock().unwrap();
    let result = site.run(&["ingest"]);
    assert_eq!(result.code, 1);
    assert!(
        result.stderr.contains("another guestbook is writing to guestbook.db"),
        "{}",
        result.stderr
    );
    // Reports need no lock.
    assert_eq!(pings(&site), 5);
}

#[test]
fn stored_pings_are_renamed_if_the_config_names_their_agent() {
    let site = Site::plain();
    site.write("access.log", line("20/May/2026:10:00:00 +0000", "/t/a", 200, "NobodysBot/1.0"));
    site.succeed(&["ingest"]);
    assert_eq!(site.term("a", "2026-05-20")["families"][0]["family"], "Unknown AI");
    let config = fs::read_to_string(site.path("config.toml")).unwrap();
    site.write(
        "config.toml",
        config
            + "[[agents]]\nname = \"NobodysBot\"\nfamily = \"Fresh\"\ntokens = [\"NobodysBot\"]\n",
    );
    assert_eq!(site.term("a", "2026-05-20")["families"][0]["family"], "Fresh");
}

#[test]
fn error_responses_and_missing_user_agents_make_no_pings() {
    let site = Site::plain();
    let time = "20/May/2026:10:00:00 +0000";
    let text = line(time, "/t/a", 200, "GPTBot/1.2")
        + &line(time, "/t/junk", 404, "GPTBot/1.2")
        + &line(time, "/t/a", 404, "GPTBot/1.2")
        + &line(time, "/t/a", 200, "-");
    site.write("access.log", text);
    let output = site.succeed(&["ingest"]);
    assert!(output.contains("4 lines = 1 ping + 0 views + 3 other requests"), "{output}");
    let result = site.run(&["report", "--term", "junk"]);
    assert_eq!(result.code, 1, "{}", result.stderr);
    assert_eq!(pings(&site), 1);
}

#[test]
fn older_copies_of_short_logs_are_not_counted() {
    let config =
        "[[logs]]\npaths = [\"logs/**/access.log*\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n";
    let site = Site::new(config);
    for day in 1..=6 {
        site.write(&format!("logs/{day}/access.log"), lines(0, day * 3));
        site.succeed(&["ingest", "--threads", "2"]);
        assert_eq!(pings(&site), u64::from(day * 3));
    }
    // A longer copy is read first, then the original grows past it.
    site.write("logs/copy/access.log", lines(0, 25));
    site.succeed(&["ingest"]);
    assert_eq!(pings(&site), 25);
    for count in [20, 24, 25, 27] {
        site.write("logs/6/access.log", lines(0, count));
        site.succeed(&["ingest"]);
        assert_eq!(pings(&site), u64::from(count.max(25)));
    }
}

#[test]
fn stored_pings_of_a_new_alias_are_counted_for_its_term() {
    let config = "[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n";
    let site = Site::new(config);
    let time = "20/May/2026:10:00:00 +0000";
    let text = line(time, "/t/old", 200, "GPTBot/1.2").repeat(3)
        + &line(time, "/t/new", 200, "ClaudeBot/1.0");
    site.write("access.log", text);
    site.succeed(&["ingest"]);
    site.write("terms.toml", "[[term]]\nterm = \"new\"\naliases = [\"old\"]\n");
    site.write("config.toml", config.to_owned() + "catalog = \"terms.toml\"\n");
    for name in ["new", "old"] {
        assert_eq!(site.term(name, "2026-05-20")["total_pings"], 4, "{name}");
    }
    let args = ["report", "--as-of", "2026-05-20", "--format", "json"];
    let report: serde_json::Value = serde_json::from_str(&site.succeed(&args)).unwrap();
    assert_eq!(
        (report["term_count"].clone(), report["terms"][0]["total_pings"].clone()),
        (1.into(), 4.into())
    );
    site.write("before.csv", "term,family,pings\nold,Google,1\nnew,Google,2\n");
    let result = site.run(&["import", "before.csv"]);
    assert!(
        result.code == 1 && result.stderr.contains("Google of new, or of an alias of it, twice"),
        "{}",
        result.stderr
    );
}

#[test]
fn a_standard_input_cut_within_a_line_can_be_continued() {
    let site = Site::plain();
    let text = lines(0, 10);
    site.run_with_input(&["ingest", "-"], &text.as_bytes()[..text.len() - 30]);
    site.write("access.log", &text);
    site.succeed(&["ingest"]);
    assert_eq!(pings(&site), 10);
}

#[test]
fn a_shorter_log_with_the_same_beginning_is_another_stream() {
    let site = Site::plain();
    let (shared, long) = (lines(0, 200), lines(0, 1400));
    site.write("access.log.1", &long);
    site.succeed(&["ingest"]);
    let own: String = (0..900)
        .map(|n| {
            line(
                &format!("19/May/2026:{:02}:{:02}:00 +0000", n / 60, n % 60),
                "/t/a",
                200,
                "ClaudeBot/1.0",
            )
        })
        .collect();
    for name in ["access.log.2", "access.log.3"] {
        site.write(name, shared.clone() + &own);
        site.succeed(&["ingest"]);
    }
    // access.log.2 is another stream, so its shared lines are counted too. access.log.3 is a copy of it.
    assert_eq!(pings(&site), 1400 + 200 + 900);
}

#[test]
fn a_single_truncated_archive_is_a_partial_failure() {
    let site = Site::plain();
    let whole = gzip(lines(0, 1000).as_bytes());
    site.write("access.log.gz", &whole[..whole.len() / 2]);
    let result = site.run(&["ingest"]);
    assert_eq!(result.code, 2, "{}", result.stderr);
    let stored = "lines before are stored, and the next run continues after them";
    assert!(result.stderr.contains(stored), "{}", result.stderr);
}

#[test]
fn lines_with_implausible_years_are_malformed() {
    let site = Site::plain();
    let years = ["0000", "1971", "2100", "9999"];
    let text: String = years
        .iter()
        .map(|year| line(&format!("20/May/{year}:10:00:00 +0000"), "/t/a", 200, "GPTBot/1"))
        .collect();
    site.write("access.log", lines(0, 5) + &text);
    let output = site.succeed(&["ingest"]);
    assert!(output.contains("malformed: 4 unreadable time"), "{output}");
    assert!(site.succeed(&["check"]).contains("1 day with a log from 2026-05-20 to 2026-05-20"));
}

#[test]
fn stored_rows_are_added_to_even_if_their_day_has_no_coverage() {
    let site = Site::plain();
    site.write("access.log", lines(0, 100));
    site.succeed(&["ingest"]);
    // The coverage is deleted from outside.
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    assert_eq!(connection.execute("DELETE FROM coverage", []).unwrap(), 1);
    drop(connection);
    site.append("access.log", lines(100, 50));
    site.succeed(&["ingest"]);
    assert_eq!(pings(&site), 150);
}

#[test]
fn a_snapshot_does_not_see_later_writes() {
    let site = Site::plain();
    site.write("access.log", lines(0, 100));
    site.succeed(&["ingest"]);
    let store = Store::open_read_only(&site.path("guestbook.db"), "UTC").unwrap();
    let requests = || {
        let mut requests = 0;
        let term = store.term_id("a").unwrap().unwrap();
        store.each_ping_of(term, Day::MIN..Day::MAX, |row| requests += row.requests).unwrap();
        requests
    };
    let snapshot = store.snapshot().unwrap();
    assert_eq!(requests(), 100);
    site.append("access.log", lines(100, 50));
    site.succeed(&["ingest"]);
    assert_eq!(requests(), 100);
    drop(snapshot);
    assert_eq!(requests(), 150);
}

#[test]
fn rows_of_several_runs_are_merged_per_term_and_day() {
    const TERMS: u32 = 1_100;
    let site = Site::plain();
    // The number of days on which a term is requested, once in each of two runs.
    let count = |term: u32| 1 + term % 7;
    for half in 0..2 {
        let requests = (0..TERMS).flat_map(|term| (0..count(term)).map(move |n| (term, n)));
        let log: String = requests
            .map(|(term, n)| {
                let time = format!("{:02}/May/2026:{:02}:00:00 +0000", 10 + n, 10 + half);
                line(&time, &format!("/t/term-{term}"), 200, "GPTBot/1.2")
            })
            .collect();
        site.append("access.log", log);
        site.succeed(&["ingest"]);
    }
    let report = site.term("term-513", "2026-05-20");
    let days = report["days"].as_array().unwrap();
    let seen = days.iter().filter(|day| day["pings"] == 2).count();
    assert_eq!(seen, count(513) as usize);
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    let query =
        "SELECT name, sum(requests), count(*) FROM pings JOIN term ON term.id = term GROUP BY name";
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let rows: Vec<(String, u32, u32)> = rows.unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows.len(), TERMS as usize);
    for (name, requests, days) in rows {
        let term: u32 = name.strip_prefix("term-").unwrap().parse().unwrap();
        assert_eq!((requests, days), (2 * count(term), count(term)), "{name}");
    }
}

#[test]
fn every_page_of_a_site_with_very_many_has_its_own_count() {
    const TERMS: usize = 150_000;
    let site = Site::plain();
    let request = |at: usize| {
        let path = format!("/t/a-page-with-a-rather-long-name-{}", at % TERMS);
        line("20/May/2026:10:00:00 +0000", &path, 200, "GPTBot/1.2")
    };
    site.write("access.log", (0..2 * TERMS).map(request).collect::<String>());
    site.succeed(&["ingest", "--quiet"]);
    let store = Store::open_read_only(&site.path("guestbook.db"), "UTC").unwrap();
    let mut counts = Vec::new();
    store.each_ping_in(Day::MIN..Day::MAX, |row| counts.push(row.requests)).unwrap();
    assert!(counts.len() == TERMS && counts.iter().all(|requests| *requests == 2));
}
