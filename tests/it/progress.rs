//! Tests of what long work shows, and of its end by a signal.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::program::{Site, line};

/// Returns a site with so many terms that publishing them takes a while.
fn large_site() -> Site {
    let site = Site::plain();
    let lines = (0..2_500)
        .map(|n| line("20/May/2026:10:00:00 +0000", &format!("/t/term-{n}"), 200, "GPTBot/1.2"));
    site.write("access.log", lines.collect::<String>());
    site
}

/// Runs the program with a terminal as its standard error, and returns what it wrote there.
fn on_terminal(site: &Site, arguments: &str) -> String {
    let command = format!("{} {arguments} 2>&1 >/dev/null", env!("CARGO_BIN_EXE_guestbook"));
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .current_dir(site.path(""))
        .env_remove("JOURNAL_STREAM")
        .stdin(Stdio::null())
        .output()
        .expect("script, of the package bsdutils");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_terminal_shows_a_bar_and_nothing_else_does() {
    let site = large_site();
    site.succeed(&["ingest"]);
    let shown = on_terminal(&site, "publish --as-of 2026-05-20");
    assert!(shown.contains("of 2500 terms published"), "{shown}");
    let quiet = on_terminal(&site, "publish --quiet --as-of 2026-05-21");
    assert_eq!(quiet, "");
    // In a pipe there is no bar.
    let piped = site.run(&["publish", "--as-of", "2026-05-22"]);
    assert_eq!((piped.code, &*piped.stderr), (0, ""));
    // Work that is done at once shows nothing.
    let short = on_terminal(&site, "ingest");
    assert_eq!(short, "");
}

#[test]
fn a_signal_while_publishing_ends_with_a_message_and_no_half_written_file() {
    let site = large_site();
    site.succeed(&["ingest"]);
    for (command, message) in
        [("publish", "the next run writes the others"), ("nightly", "the next run publishes it")]
    {
        let child = Command::new(env!("CARGO_BIN_EXE_guestbook"))
            .args([command, "--quiet", "--as-of", "2026-05-20"])
            .current_dir(site.path(""))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let terms = site.path("reports/terms");
        let written = || std::fs::read_dir(&terms).map_or(0, |files| files.count());
        let before = written();
        while written() < before + 100 {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{command}: {errors}");
        assert!(errors.contains("interrupted") && errors.contains(message), "{command}: {errors}");
        for file in std::fs::read_dir(&terms).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "html") {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(text.trim_end().ends_with('>'), "{}", path.display());
            }
        }
    }
    // The next run completes what is missing.
    site.succeed(&["publish", "--as-of", "2026-05-20"]);
    let unfinished = std::fs::read_dir(site.path("reports/terms")).unwrap().filter(|file| {
        file.as_ref().unwrap().path().extension().is_some_and(|extension| extension == "new")
    });
    assert_eq!(unfinished.count(), 0);
}
