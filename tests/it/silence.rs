//! Tests that logs which fall silent are told.

use std::fs::File;
use std::time::{Duration, SystemTime};

use crate::program::{Site, line};

const DAY: Duration = Duration::from_secs(86_400);

/// A site whose today is the real one, since the files' times are compared with it.
fn site(more: &str) -> Site {
    Site::new(&format!(
        "[[logs]]\npaths = [\"*/access.log*\"]\n{more}[terms]\npattern = '^/t/(?<term>[^/]+)$'\n"
    ))
}

/// Sets the time of the last change of a file.
fn set_age(site: &Site, name: &str, days: u32) {
    let file = File::options().write(true).open(site.path(name)).unwrap();
    file.set_modified(SystemTime::now() - DAY * days).unwrap();
}

fn request(day: u32) -> String {
    line(&format!("{day:02}/May/2026:10:00:00 +0000"), "/t/a", 200, "GPTBot/1.2")
}

#[test]
fn a_log_without_new_lines_for_days_is_told() {
    let site = site("");
    for host in ["one", "two"] {
        std::fs::create_dir(site.path(host)).unwrap();
        site.write(&format!("{host}/access.log"), request(if host == "one" { 10 } else { 11 }));
    }
    site.write("two/access.log.1", request(9));
    // Old logs that are read for the first time have new lines.
    set_age(&site, "two/access.log", 10);
    set_age(&site, "two/access.log.1", 11);
    let first = site.run(&["nightly", "--quiet"]);
    assert_eq!((first.code, &*first.stderr), (0, ""));
    // The one host goes on, the other has stopped.
    let result = site.run(&["nightly", "--quiet"]);
    assert_eq!(result.code, 2, "{}", result.stderr);
    assert!(result.stderr.contains("two/access.log had no new line since 20"), "{}", result.stderr);
    assert!(!result.stderr.contains("one/"), "{}", result.stderr);
    // A log that was just rotated is not silent.
    set_age(&site, "two/access.log.1", 0);
    assert_eq!(site.run(&["nightly", "--quiet"]).code, 0);
    // Logs that are named are read whatever the others do.
    set_age(&site, "two/access.log.1", 11);
    assert_eq!(site.run(&["ingest", "--quiet", "one/access.log"]).code, 0);
}

#[test]
fn the_user_decides_when_a_log_is_silent() {
    for (more, age, code) in [
        ("stale_after = 0\n", 300, 0),
        ("stale_after = 20\n", 15, 0),
        ("stale_after = 20\n", 22, 2),
    ] {
        let site = site(more);
        std::fs::create_dir(site.path("one")).unwrap();
        site.write("one/access.log", request(10));
        site.succeed(&["ingest"]);
        set_age(&site, "one/access.log", age);
        assert_eq!(site.run(&["ingest"]).code, code, "{more} {age}");
    }
}

#[test]
fn a_day_with_far_fewer_lines_than_usual_is_told() {
    for (lines, code) in [(19, 2), (20, 0)] {
        let config = "[site]\nas_of = \"2026-05-21\"\n[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n";
        let site = Site::new(config);
        let on = |date: &str, lines: u32| -> String {
            let request = |n: u32| {
                let time = format!("{date}/2026:10:{:02}:{:02} +0000", n / 60, n % 60);
                line(&time, &format!("/t/p{n}"), 200, "GPTBot/1.2")
            };
            (0..lines).map(request).collect()
        };
        // Wednesdays. Other days have more and fewer.
        let usual = ["15/Apr", "22/Apr", "29/Apr", "06/May", "13/May"].map(|date| on(date, 100));
        let other = on("14/May", 3) + &on("15/May", 500);
        site.write("access.log", usual.concat() + &other + &on("20/May", lines));
        let result = site.run(&["nightly", "--quiet"]);
        assert_eq!(result.code, code, "{}", result.stderr);
        let words = "2026-05-20 has 19 lines, where a Wed usually has 100";
        assert_eq!(result.stderr.contains(words), code == 2, "{}", result.stderr);
    }
}
