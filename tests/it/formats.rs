//! Each format's fixture, read as `parse` shows it.
//!
//! `tests/formats/NAME.log` holds lines in the real shape, `NAME.ndjson` what is made of them;
//! `GUESTBOOK_BLESS=1 cargo test` writes the latter, to be read like code.

use std::fs;

use guestbook::format::Format;

use crate::program::{Site, blessing, families, root};

#[test]
fn every_fixture_is_read_as_expected() {
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
        let read = site.succeed(&["parse", log.to_str().unwrap()]);
        let golden = log.with_extension("ndjson");
        if blessing() {
            fs::write(&golden, &read).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert!(expected == read, "{} is read differently:\n{read}", log.display());
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
    // Several chunks, and columns that change in the midst of them.
    text.extend((0..40_000).map(|n| line(n, "GPTBot/1.2")));
    text += "#Fields: cs(User-Agent) sc-status date time c-ip cs-method cs-uri-stem\n";
    text.extend((0..40_000).map(|n| {
        format!("ClaudeBot/1.0 200 2026-05-20 12:03:10 203.0.113.{} GET /t/a\n", n % 250)
    }));
    site.write("access.log", &text);
    let said = site.succeed(&["ingest", "--threads", "3"]);
    assert!(
        said.contains("80,002 lines = 80,000 pings + 0 views + 0 other requests + 2 blank"),
        "{said}"
    );
    // The next run begins behind the last declaration, which it must remember.
    site.append("access.log", "ClaudeBot/1.0 200 2026-05-20 12:03:11 203.0.113.9 GET /t/a\n");
    site.succeed(&["ingest"]);
    let families = families(&site.term("a", "2026-05-20"));
    assert_eq!(families, [("Claude".into(), 40_001), ("ChatGPT".into(), 40_000)]);
}

#[test]
fn the_table_in_the_docs_has_every_format_with_a_fixture() {
    let text = fs::read_to_string(root().join("docs/formats.md")).unwrap();
    let read: String = fs::read_dir(root().join("tests/formats"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "ndjson"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let rows: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    for format in Format::known() {
        assert!(rows.contains(&format), "docs/formats.md does not tell of {format}");
        assert!(read.contains(&format!("\"format\":\"{format}\"")), "{format} has no fixture");
    }
    // The rows that are no formats are the wrappers, each with a fixture too.
    for wrapper in rows.iter().filter(|row| !Format::known().contains(row)) {
        let log = root().join(format!("tests/formats/wrapped_{wrapper}.log"));
        let site = Site::plain();
        let checked = site.run(&["check", log.to_str().unwrap()]);
        let said = checked.text();
        assert!(said.contains(&format!(" in {wrapper}")), "{wrapper}: {said}");
    }
}

#[test]
fn a_format_without_user_agents_is_told_with_what_adds_them() {
    let site = Site::plain();
    for log in ["uwsgi", "heroku"] {
        let log = root().join(format!("tests/formats/{log}.log"));
        let said = site.run(&["check", log.to_str().unwrap()]).text();
        assert!(said.contains("it has no user agent, so no crawler can be named"), "{said}");
    }
}

#[test]
fn formats_of_ones_own_are_read() {
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
    let wrong = Site::new(
        "[[logs]]\npaths = [\"x\"]\nformat = { json = { time = \"ts\", url = \"u\" } }\n",
    );
    let ran = wrong.run(&["check"]);
    assert!(
        ran.err.contains("there is no field \"url\"") && ran.err.contains("uri"),
        "{}",
        ran.err
    );
}
