//! Tests of what stood in the way of those who tried the program for the first time.

use std::process::Command;

use crate::program::{Site, line};

/// Returns a plain site with some rotated logs.
fn rotated_site(files: usize) -> Site {
    let site = Site::plain();
    for file in 0..files {
        let day = format!("{:02}/May/2026:10:00:00 +0000", file % 28 + 1);
        site.write(&format!("logs/access.log.{file}"), line(&day, "/t/a", 200, "GPTBot/1.2"));
    }
    site.write(
        "config.toml",
        "[[logs]]\npaths = [\"logs/access.log*\"]\nstale_after = 0\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n",
    );
    site
}

#[cfg(unix)]
fn permit(site: &Site, path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(site.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Returns the lines of `check` that begin with a word.
fn lines_of<'t>(output: &'t str, word: &str) -> Vec<&'t str> {
    output.lines().filter(|line| line.split(' ').next() == Some(word)).collect()
}

#[test]
fn check_has_a_line_for_a_pattern_and_one_for_logs_that_are_alike() {
    let site = rotated_site(60);
    site.write("logs/access.log.none", "");
    let output = site.run(&["check"]).text();
    assert_eq!(lines_of(&output, "logs"), ["logs    logs/access.log*: 61 files"]);
    let logs = lines_of(&output, "log");
    assert_eq!(logs.len(), 2, "{output}");
    assert!(logs[0].contains("and 59 other logs: combined"), "{output}");
}

#[test]
#[cfg(unix)]
fn a_missing_permission_is_told_once_with_its_cure() {
    let site = rotated_site(60);
    for file in 0..60 {
        permit(&site, &format!("logs/access.log.{file}"), 0o600);
    }
    permit(&site, "", 0o777);
    permit(&site, "logs", 0o755);
    let check = site.run_as_nobody(&["check"]);
    let code = check.code;
    let output = check.text();
    if lines_of(&output, "log").iter().all(|line| !line.contains("permission denied")) {
        return; // The tests' own user may read what it has written.
    }
    assert_eq!(code, 1);
    assert_eq!(lines_of(&output, "log").len(), 1, "{output}");
    assert!(output.contains("and 59 other logs: permission denied"), "{output}");
    assert!(output.contains("usermod -aG"), "{output}");
    // A run tells it in a few lines too.
    let run = site.run_as_nobody(&["ingest"]);
    assert_eq!(run.code, 1);
    let warnings = run.stderr.lines().filter(|line| line.contains("permission denied")).count();
    assert!((1..=3).contains(&warnings), "{}", run.stderr);
    assert!(run.stderr.contains("usermod -aG"), "{}", run.stderr);
    // A folder that may not be entered is no pattern that matches nothing.
    permit(&site, "logs", 0o700);
    let check = site.run_as_nobody(&["check"]).text();
    assert!(check.contains("can't be searched") && check.contains("usermod -aG"), "{check}");
}

#[test]
fn the_line_for_cron_works_where_cron_runs_it() {
    let site = rotated_site(3);
    let output = site.succeed(&["check"]);
    let cron = lines_of(&output, "cron")[0];
    let command = cron.split_once("* * *  ").unwrap().1;
    let run = Command::new("sh")
        .args(["-c", command])
        .current_dir("/")
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    assert!(run.status.success(), "{command}: {run:?}");
    assert_eq!((&*run.stdout, &*run.stderr), (&b""[..], &b""[..]), "cron would send a mail");
    assert!(site.path("reports/terms/a.html").exists());
}

#[test]
fn the_line_for_cron_names_its_config_and_survives_the_shell() {
    let site = rotated_site(1);
    let config = std::fs::read_to_string(site.path("config.toml")).unwrap();
    site.write("my site's/100% mine.toml", config.replace("logs/", "../logs/"));
    let output = site.succeed(&["--config", "my site's/100% mine.toml", "check"]);
    let command = lines_of(&output, "cron")[0].split_once("* * *  ").unwrap().1;
    // cron takes a bare % for the end of the line, and removes the backslash of the others.
    assert!(!command.replace("\\%", "").contains('%'), "{command}");
    let command = command.replace("\\%", "%");
    let run = Command::new("sh").args(["-c", &command]).current_dir("/").output().unwrap();
    assert!(run.status.success(), "{command}: {run:?}");
    assert!(site.path("my site's/reports/terms/a.html").exists());
}

#[test]
fn check_tells_what_pages_and_frames_need() {
    let site = rotated_site(1);
    let config = std::fs::read_to_string(site.path("config.toml")).unwrap();
    site.write("config.toml", config + "[reports]\nformats = [\"svg\"]\n");
    let output = site.succeed(&["check"]);
    let reports = lines_of(&output, "reports");
    assert!(reports[0].contains("frames need \"html\""), "{output}");
    assert!(!site.path("reports").exists(), "check changes nothing");
}

#[test]
fn the_first_night_says_that_lists_are_missing_and_init_fetches_them() {
    let site = rotated_site(1);
    let check = site.succeed(&["check"]);
    assert!(check.contains("before the first run"), "{check}");
    std::fs::remove_file(site.path("config.toml")).unwrap();
    site.write(
        "logs/access.log.0",
        (0..4)
            .map(|n| line("20/May/2026:10:00:00 +0000", &format!("/t/page-{n}"), 200, "GPTBot/1.2"))
            .collect::<String>(),
    );
    site.succeed(&["init", "--yes", "logs/access.log*"]);
    let config = std::fs::read_to_string(site.path("config.toml")).unwrap();
    assert!(config.contains("refresh = \"weekly\""), "{config}");
}

#[test]
fn a_command_without_a_config_says_how_to_get_one() {
    let site = rotated_site(1);
    std::fs::remove_file(site.path("config.toml")).unwrap();
    let result = site.run(&["nightly"]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("guestbook init"), "{}", result.stderr);
}
