//! Tests of the formats' fixtures through `parse`.
//!
//! `tests/formats/NAME.log` has lines of a format and `NAME.ndjson` the expected output. `GUESTBOOK_BLESS=1 cargo test`
//! writes the latter; review its changes like code.

use std::fs;

use guestbook::format::Format;

use crate::program::{Site, families, is_blessing, root};

#[test]
fn fixtures_are_read_as_expected() {
    let folder = root().join("tests/formats");
    let mut logs: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "log"))
        .collect();
    logs.sort();
    assert!(logs.len() > 10);
    let site = Site::plain();
    for log in logs {
        let output = site.succeed(&["parse", log.to_str().unwrap()]);
        let golden = log.with_extension("ndjson");
        if is_blessing() {
            fs::write(&golden, &output).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert!(expected == output, "{} is read differently:\n{output}", log.display());
    }
}

#[test]
fn columns_hold_across_chunks_and_runs() {
    let site = Site::plain();
    let line = |n: usize, user_agent: &str| {
        format!("2026-05-20 12:03:09 203.0.113.{} GET /t/a {user_agent} 200\n", n % 250)
    };
    let mut text =
        String::from("#Fields: date time c-ip cs-method cs-uri-stem cs(User-Agent) sc-status\n");
    // Several chunks. The columns change in the middle.
    text.extend((0..40_000).map(|n| line(n, "GPTBot/1.2")));
    text += "#Fields: cs(User-Agent) sc-status date time c-ip cs-method cs-uri-stem\n";
    text.extend((0..40_000).map(|n| {
        format!("ClaudeBot/1.0 200 2026-05-20 12:03:10 203.0.113.{} GET /t/a\n", n % 250)
    }));
    site.write("access.log", &text);
    let output = site.succeed(&["ingest", "--threads", "3"]);
    assert!(
        output.contains("80,002 lines = 80,000 pings + 0 views + 0 other requests + 2 blank"),
        "{output}"
    );
    // The next run begins after the last declaration, so the store must keep it.
    site.append("access.log", "ClaudeBot/1.0 200 2026-05-20 12:03:11 203.0.113.9 GET /t/a\n");
    site.succeed(&["ingest"]);
    let families = families(&site.term("a", "2026-05-20"));
    assert_eq!(families, [("Claude".into(), 40_001), ("ChatGPT".into(), 40_000)]);
}

#[test]
fn docs_list_every_format_and_each_has_a_fixture() {
    let text = fs::read_to_string(root().join("docs/formats.md")).unwrap();
    let fixtures: String = fs::read_dir(root().join("tests/formats"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "ndjson"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let rows: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    for format in Format::preset_names() {
        assert!(rows.contains(&format), "docs/formats.md does not list {format}");
        assert!(fixtures.contains(&format!("\"format\":\"{format}\"")), "{format} has no fixture");
    }
    // All other rows are wrappers. Each has a fixture too.
    for wrapper in rows.iter().filter(|row| !Format::preset_names().contains(row)) {
        let log = root().join(format!("tests/formats/wrapped_{wrapper}.log"));
        let site = Site::plain();
        let output = site.run(&["check", log.to_str().unwrap()]).text();
        assert!(output.contains(&format!(" in {wrapper}")), "{wrapper}: {output}");
    }
}

#[test]
fn check_warns_of_formats_without_user_agents() {
    let site = Site::plain();
    for log in ["uwsgi", "heroku"] {
        let log = root().join(format!("tests/formats/{log}.log"));
        let output = site.run(&["check", log.to_str().unwrap()]).text();
        assert!(output.contains("it has no user agent, so no crawler can be named"), "{output}");
    }
}

#[test]
fn formats_defined_in_the_config_are_read() {
    let formats = [
        (
            r#"{ goaccess = { log = '%h %^[%d:%t %^] "%r" %s %b "%R" "%u"' } }"#,
            "203.0.113.9 - - [20/May/2026:14:03:09 +0200] \"GET /t/a HTTP/1.1\" 200 5 \"-\" \"GPTBot/1.2\"\n",
        ),
        (
            r#"{ json = { time = "ts", uri = "req.uri", method = "req.m", status = "code", user_agent = "req.ua" } }"#,
            "{\"ts\":1779278589,\"code\":200,\"req\":{\"m\":\"GET\",\"uri\":\"/t/a\",\"ua\":\"GPTBot/1.2\"}}\n",
        ),
    ];
    for (format, line) in formats {
        let site = Site::new(&format!(
            "[[logs]]\npaths = [\"access.log\"]\nformat = {format}\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n"
        ));
        for text in [line.to_owned(), line.repeat(2)] {
            site.write("access.log", text);
            site.succeed(&["ingest"]);
        }
        assert_eq!(site.term("a", "2026-05-20")["families"][0]["pings"], 2, "{format}");
    }
    let site = Site::new(
        "[[logs]]\npaths = [\"x\"]\nformat = { json = { time = \"ts\", url = \"u\" } }\n",
    );
    let result = site.run(&["check"]);
    assert!(
        result.stderr.contains("there is no field \"url\"") && result.stderr.contains("uri"),
        "{}",
        result.stderr
    );
}
