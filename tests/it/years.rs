//! Tests of what a store needs over years: pruning, and the memory of runs.

use serde_json::Value;

use crate::program::{Site, line};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Returns a request a month for two terms, by an agent and a person, over the years up to 2026.
fn years() -> String {
    let days = (2022..=2026).flat_map(|year| MONTHS.map(|month| format!("05/{month}/{year}")));
    days.take(53)
        .flat_map(|day| {
            [
                line(&format!("{day}:10:00:00 +0000"), "/t/a", 200, "GPTBot/1.2"),
                line(&format!("{day}:10:00:01 +0000"), "/t/b", 200, "ClaudeBot/1.0"),
                line(&format!("{day}:10:00:02 +0000"), "/t/a", 200, "Mozilla/5.0 Firefox/126.0"),
                line(&format!("{day}:10:00:03 +0000"), "/robots.txt", 404, "GPTBot/1.2"),
            ]
        })
        .collect()
}

fn site() -> Site {
    let site = Site::plain();
    site.write(
        "config.toml",
        "[site]\nas_of = \"2026-05-20\"\n[[logs]]\npaths = [\"access.log*\"]\nstale_after = 0\n\
         [terms]\npattern = '^/t/(?<term>[^/]+)$'\n",
    );
    site.write("access.log", years());
    site.succeed(&["ingest"]);
    site
}

fn number(site: &Site, query: &str) -> i64 {
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    connection.query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn pruning_keeps_every_total_and_every_recent_day() {
    let site = site();
    let reports = |days: &str| {
        let year = ["report", "--format", "json", "--days", days];
        (
            site.succeed(&year),
            site.succeed(&["report", "--term", "a", "--format", "json", "--days", days]),
        )
    };
    let before = reports("366");
    let days = number(&site, "SELECT count(*) FROM coverage");
    assert_eq!(days, 53);
    let output = site.succeed(&["prune", "--older", "24m"]);
    assert!(output.contains("29 days before 2024-05-20 are now one, 2024-05-05"), "{output}");
    assert_eq!(number(&site, "SELECT count(*) FROM coverage"), days - 28);
    // The first day is the only thing that a report may say otherwise.
    let without_first = |text: &str| {
        let mut json: Value = serde_json::from_str(text).unwrap();
        json.as_object_mut().unwrap().remove("first_day");
        json
    };
    let after = reports("366");
    assert_eq!(without_first(&after.0), without_first(&before.0));
    assert_eq!(without_first(&after.1), without_first(&before.1));
    site.succeed(&["check", "--store"]);
    // The logs are known as before, so nothing counts twice; again there is nothing to sum up.
    site.succeed(&["ingest"]);
    assert_eq!(number(&site, "SELECT sum(lines) FROM coverage"), 53 * 4);
    let again = site.succeed(&["prune", "--older", "2y"]);
    assert!(again.contains("nothing to sum up"), "{again}");
    // The sum goes on: a year later it has more days.
    site.succeed(&["prune", "--older", "13m"]);
    assert_eq!(without_first(&reports("366").0), without_first(&before.0));
}

#[test]
fn a_rebuild_does_not_count_pruned_days_again() {
    let site = site();
    let totals = |site: &Site| {
        let sum = "SELECT sum(requests) FROM pings";
        (number(site, sum), number(site, "SELECT sum(views) FROM views"))
    };
    let before = totals(&site);
    site.succeed(&["prune", "--older", "24m"]);
    site.succeed(&["rebuild"]);
    assert_eq!(totals(&site), before);
    assert_eq!(number(&site, "SELECT count(*) FROM coverage"), 25);
    site.succeed(&["check", "--store"]);
}

#[test]
fn old_logs_after_a_prune_are_never_counted_twice() {
    let site = site();
    site.succeed(&["prune", "--older", "13m"]);
    // A log of long ago comes to light, and its days are summed up at an earlier age than the others were.
    let old: String = (1..=9)
        .map(|day| line(&format!("0{day}/Jan/2023:10:00:00 +0000"), "/t/a", 200, "GPTBot/1.2"))
        .collect();
    site.write("access.log.old", old);
    site.succeed(&["ingest"]);
    site.succeed(&["prune", "--older", "24m"]);
    let total = "SELECT sum(requests) FROM pings WHERE term != 0";
    let before = number(&site, total);
    assert_eq!(before, 53 * 2 + 9);
    site.succeed(&["rebuild"]);
    assert_eq!(number(&site, total), before);
    site.succeed(&["check", "--store"]);
    // A report of days that have the sum says so.
    let report = site.run(&["report", "--as-of", "2025-04-10"]);
    assert!(report.stderr.contains("the sum of all days before it"), "{}", report.stderr);
    let question = site.run(&["report", "--by", "month", "--from", "2020-01-01"]);
    assert!(question.stderr.contains("the sum of all days before it"), "{}", question.stderr);
    assert_eq!(site.run(&["report", "--by", "month"]).stderr, "");
}

#[test]
fn an_age_that_reports_show_is_refused() {
    let site = site();
    for (age, message) in [
        ("12m", "the least is 13m"),
        ("20000y", "a hundred years"),
        ("400", "write months"),
        ("x", "write months"),
    ] {
        let result = site.run(&["prune", "--older", age]);
        assert_eq!(result.code, 1);
        assert!(result.stderr.contains(message), "{}", result.stderr);
    }
    let none = Site::plain();
    let result = none.run(&["prune", "--older", "24m"]);
    assert_eq!(result.code, 1);
    assert!(!none.path("guestbook.db").exists());
}

#[test]
fn runs_are_remembered_and_told_to_programs() {
    let site = Site::plain();
    let config = std::fs::read_to_string(site.path("config.toml")).unwrap();
    site.write("config.toml", config + "[metrics]\nfile = \"metrics/guestbook.prom\"\n");
    let log: String = (0..5)
        .map(|second| {
            line(&format!("20/May/2026:10:00:0{second} +0000"), "/t/a", 200, "GPTBot/1.2")
        })
        .collect();
    site.write("access.log", log + "no request\n");
    let run: Value = serde_json::from_str(&site.succeed(&["nightly", "--format", "json"])).unwrap();
    assert_eq!(run["schema"], 1);
    assert_eq!((&run["command"], &run["exit_code"]), (&"nightly".into(), &0.into()));
    let sum: u64 = ["pings", "views", "other", "blank", "malformed"]
        .iter()
        .map(|kind| run[kind].as_u64().unwrap())
        .sum();
    assert_eq!((run["lines"].as_u64(), run["pings"].as_u64(), sum), (Some(6), Some(5), 6));
    assert_eq!(run["sources"][0]["outcome"], "read");
    assert_eq!(run["sources"][0]["malformed"], 1);
    assert!(run["started"].as_str().unwrap().ends_with('Z'));

    // A log that fails is a warning in the run, exit code 2.
    site.write("access.log.1.gz", "\u{1f}\u{8b} no gzip");
    std::fs::write(site.path("access.log.2.gz"), b"\x1f\x8b\x08\x00damaged damaged damaged")
        .unwrap();
    let result = site.run(&["ingest", "--quiet"]);
    assert_eq!(result.code, 2, "{}", result.stderr);
    let runs = site.succeed(&["runs", "--format", "json"]);
    let runs: Vec<Value> = runs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(runs.len(), 2);
    assert_eq!((&runs[0]["command"], &runs[0]["exit_code"]), (&"ingest".into(), &2.into()));
    assert!(!runs[0]["warnings"].as_array().unwrap().is_empty());
    assert_eq!(runs[1], run);
    let text = site.succeed(&["runs", "--last", "1"]);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.starts_with("STARTED") && text.contains("ingest"), "{text}");

    let metrics = || std::fs::read_to_string(site.path("metrics/guestbook.prom")).unwrap();
    assert!(metrics().contains("guestbook_last_run_exit_code 2\n"), "{}", metrics());
    assert!(metrics().contains("guestbook_last_run_sources{state=\"failed\"} "), "{}", metrics());
    assert!(metrics().contains("guestbook_last_success_timestamp_seconds 1"), "{}", metrics());
    for line in metrics().lines().filter(|line| !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("guestbook_") && value.parse::<f64>().is_ok(), "{line}");
    }
    // A run that fails before it reads is told too.
    std::fs::remove_dir_all(site.path("reports")).unwrap();
    site.write("reports", "a file where a folder must be");
    let broken = site.run(&["nightly", "--quiet"]);
    assert_eq!(broken.code, 1);
    assert!(metrics().contains("guestbook_last_run_exit_code 1\n"), "{}", metrics());
}

#[test]
#[cfg(unix)]
fn runs_and_reports_can_be_read_by_who_may_not_write() {
    use std::os::unix::fs::PermissionsExt;
    let site = site();
    let open = |path: &str, mode| {
        std::fs::set_permissions(site.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open("", 0o755);
    open("guestbook.db", 0o644);
    for command in [&["runs"][..], &["report"], &["check", "--store"]] {
        let result = site.run_as_nobody(command);
        assert_eq!(result.code, 0, "{command:?}: {}", result.stderr);
    }
}
