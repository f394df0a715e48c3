//! Tests of the command line: its output, error messages and exit codes.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::{Site, gzip, line};

const TIME: &str = "20/May/2026:10:00:00 +0000";

fn one_line() -> String {
    line(TIME, "/t/a", 200, "GPTBot/1.2")
}

/// Creates a site whose log of one line has been ingested.
fn ingested_site() -> Site {
    let site = Site::plain();
    site.write("access.log", one_line());
    site.succeed(&["ingest"]);
    site
}

/// Checks that a command fails with this exit code and an error that has all of these parts.
fn check_error(site: &Site, args: &[&str], code: i32, expected: &[&str]) {
    let result = site.run(args);
    assert_eq!(result.code, code, "{args:?}: {}", result.stderr);
    for part in expected {
        assert!(result.stderr.contains(part), "{args:?}: no {part:?} in {}", result.stderr);
    }
}

#[test]
fn errors_of_logs_name_the_cause() {
    let site = ingested_site();
    site.write("folder/inner.log", "");
    site.write("prose.log", "this is prose, and no log at all\n".repeat(20));
    site.write("binary.log", [0_u8, 159, 146, 150, 10].repeat(2000));
    check_error(&site, &["ingest", "nowhere.log"], 1, &["nowhere.log: No such file"]);
    check_error(&site, &["ingest", "folder"], 1, &["is a folder; name files, or a pattern"]);
    check_error(&site, &["ingest", "none*.log"], 1, &["matches no file"]);
    check_error(
        &site,
        &["ingest", "prose.log"],
        1,
        &["no known format fits", "this is prose", "[[logs]] format"],
    );
    check_error(&site, &["ingest", "binary.log"], 1, &["is binary, not a log"]);
    site.write("logs.zip", b"PK\x03\x04and so on");
    check_error(&site, &["ingest", "logs.zip"], 1, &["is a zip archive: unpack it first"]);
    check_error(&site, &["ingest", "access.log", "nowhere.log"], 2, &["nowhere.log: No such file"]);
    check_error(
        &site,
        &["ingest", "--format", "combind", "access.log"],
        1,
        &["\"combind\" is unknown", "combined"],
    );
    site.write("empty.log", "");
    assert!(site.succeed(&["ingest", "empty.log"]).contains("Read 0 new lines"));
    site.write("short.log", "turned over\n");
    let result = site.run(&["ingest", "short.log"]);
    assert_eq!(result.code, 0);
    assert!(result.stderr.contains("left for the next run"), "{}", result.stderr);
}

#[cfg(unix)]
#[test]
fn a_log_without_read_permission_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let site = ingested_site();
    site.write("secret.log", one_line());
    let mode = |name: &str, mode| {
        std::fs::set_permissions(site.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("secret.log", 0o000);
    mode("", 0o777);
    let result = site.run_as_nobody(&["check", "secret.log"]);
    assert_eq!(result.code, 1, "{}", result.stderr);
    let output = result.text();
    assert!(output.contains("secret.log: Permission denied"), "{output}");
}

#[test]
fn config_errors_name_the_key_and_the_remedy() {
    let check =
        |config: &str, expected: &[&str]| check_error(&Site::new(config), &["check"], 1, expected);
    check("[site]\ntimezon = \"UTC\"\n", &["unknown field `timezon`", "Did you mean `timezone`?"]);
    check("[sites]\n", &["Did you mean `site`?"]);
    check(
        "[site]\ntimezone = \"Europe/Roma\"\n",
        &["\"Europe/Roma\" is not a time zone", "Europe/Rome"],
    );
    check("[site]\nas_of = \"20 May\"\n", &["write it as 2026-05-20"]);
    check(
        "[terms]\npattern = '('\n",
        &["[terms] pattern is not a regular expression: unclosed group"],
    );
    check("[terms]\npattern = '^/(.*)$'\n", &["no group named term", "(?<term>…)"]);
    check(
        "[terms]\ncatalog = \"terms.toml\"\n",
        &["[terms] catalog: can't read", "terms.toml", "remove the line"],
    );
    check(
        "[[logs]]\npaths = [\"x\"]\nformat = \"combind\"\n",
        &["format \"combind\" is unknown: did you mean combined"],
    );
    check(
        "[[logs]]\npaths = [\"x\"]\nformat = \"nginx\"\n",
        &["servers write \"combined\" unless"],
    );
    check("[logs]\npaths = [\"x\"]\n", &["has two brackets: [[logs]]"]);
    check("[terms]\npattern = \"^/a\\.b\"\n", &["in single quotes", "'^/blog/([^/]+)\\.html$'"]);
    check(
        "[[logs]]\npaths = [\"x\"]\nformat = { nginx = '$remote_addr' }\n",
        &["the format has no time"],
    );
    check("[reports]\ndays = 0\n", &["use 1 to 366"]);
    check("[reports]\nformats = [\"pdf\"]\n", &["has \"pdf\": the formats are text, json"]);
    check("[guestbook]\nsign = [\"ai\"]\n", &["unknown variant `ai`", "Did you mean"]);
    check("[[agents]]\nname = \"X\"\ntokens = []\n", &["agent \"X\" has no token"]);
    check(
        "[[agents]]\nname = \"X\"\ntokens = [\"Foo\"]\nsamples = [\"Bar\"]\n",
        &["agent \"X\" has the sample \"Bar\", which is named \"Bar\""],
    );
    check("[[logs]]\npaths = []\n", &["[[logs]] paths is empty"]);
    check("[reports]\nout = \"\"\n", &["[reports] out is empty"]);
    check("[reports]\nformats = []\n", &["[reports] formats is empty"]);
    check("[site\n", &["config.toml"]);
    let site = Site::plain();
    std::fs::remove_file(site.path("config.toml")).unwrap();
    check_error(&site, &["ingest"], 1, &["there is no config at config.toml", "--config"]);
    site.write("config.toml", b"[site]\nname = \"\xff\"\n");
    check_error(&site, &["ingest"], 1, &["can't read config.toml", "UTF-8"]);
}

#[test]
fn config_errors_of_rules_name_the_value() {
    let check =
        |config: &str, expected: &[&str]| check_error(&Site::new(config), &["check"], 1, expected);
    check("[site]\nurl = \"glossary\"\n", &["[site] url \"glossary\" is not a URL with a host"]);
    check("[[request_types]]\nname = \"x\"\n", &["request type \"x\" has no pattern"]);
    check(
        "[[request_types]]\nname = \"feed\"\npath = 'x'\n",
        &["request type \"feed\" has a reserved name"],
    );
    let request_type = |n: usize| format!("[[request_types]]\nname = \"{n}\"\npath = 'x'\n");
    check(
        &(0..65).map(request_type).collect::<String>(),
        &["there are 65 request types, but at most 64 are supported"],
    );
    check(
        "[[agents]]\nname = \"X\"\ntokens = [\"ab\"]\n",
        &["agent \"X\" has the token \"ab\", which is too short"],
    );
    check(
        "[[agents]]\nname = \"X\"\ntokens = [\"XBot\"]\nreverse_dns = [\"com\"]\n",
        &["agent \"X\" has an invalid domain \"com\""],
    );
    check(
        "[trust]\nresolver = \"nowhere\"\n",
        &["[trust] resolver = \"nowhere\" can't be used", "192.0.2.53"],
    );
    check(
        "[trust]\nproxies = [\"host.example\"]\n",
        &["[trust] proxies \"host.example\": it lists no networks"],
    );
    check("[trust]\nproxies = [\"0.0.0.0/0\"]\n", &["[trust] proxies \"0.0.0.0/0\"", "too broad"]);
    for (header, expected) in
        [("X-Real-IP: 1", "write only the header's name"), ("Forwarded", "RFC 7239")]
    {
        let config = format!("[trust]\nproxies = [\"192.0.2.0/24\"]\nheader = {header:?}\n");
        check(&config, &["[trust] header", expected]);
    }
    let log = |format: &str| format!("[[logs]]\npaths = [\"x\"]\nformat = {format}\n");
    check(
        &log("{ nginx = '$remote_addr$status [$time_local]' }"),
        &["there is no separator between $remote_addr and $status"],
    );
    check(&log("{ nginx = '$ [$time_local]' }"), &["can't read the format at"]);
    check(&log("{ json = { time = \"ts\" } }"), &["the format has no request: add uri"]);
    check(&log("{ w3c = \"date time c-ip\" }"), &["the format has no request: add cs-uri-stem"]);
}

#[test]
fn errors_in_files_that_the_config_names_say_which_file() {
    let agents = "[catalogue]\nfile = \"file.toml\"\n";
    check_error(&Site::new(agents), &["check"], 1, &["[catalogue] file: can't read file.toml"]);
    let terms = "[terms]\ncatalog = \"file.toml\"\n";
    let sitemap = "[terms]\npattern = '^/t/(?<term>.+)$'\ncatalog = \"file.xml\"\n";
    for (config, text, expected) in [
        (agents, "<html>", &["[catalogue] file file.toml: it is not a catalogue"]),
        (terms, "<html>", &["the term catalogue file.toml: "]),
        (
            terms,
            "[[term]]\nterm = \"a\"\n[[term]]\nterm = \"a\"\n",
            &["the term catalogue file.toml: \"a\" is listed twice"],
        ),
        (
            terms,
            "[[term]]\nterm = \"a\"\nadded = \"May\"\n",
            &["term \"a\" has an invalid date \"May\""],
        ),
        (sitemap, "<urlset></urlset>", &["file.xml: is not a sitemap: it has no <loc>"]),
        (sitemap, "<urlset><url></urlset>", &["file.xml: is not a sitemap: "]),
    ] {
        let site = Site::new(config);
        site.write("file.toml", text);
        site.write("file.xml", text);
        check_error(&site, &["check"], 1, expected);
    }
}

#[test]
fn import_errors_name_the_file_and_the_line() {
    let site = ingested_site();
    for (csv, expected) in [
        (&b"a,ChatGPT,1\n"[..], "its first line must be term,family,pings"),
        (b"term,family,pings\na,ChatGPT,many\n", "line 2: \"a,ChatGPT,many\""),
        (b"term,family,pings\na,\xff,1\n", "can't read it: "),
        (
            b"term,family,pings\na,ChatGPT,1\na,ChatGPT,2\n",
            "it has ChatGPT of a, or of an alias of it, twice",
        ),
    ] {
        site.write("before.csv", csv);
        check_error(&site, &["import", "before.csv"], 1, &["can't import before.csv: ", expected]);
    }
    assert_eq!(site.term("a", "2026-05-20")["total_pings"], 1);
    let site = Site::new("[terms]\npattern = '^/t/(?<term>.+)$'\npre_tracking = \"before.csv\"\n");
    site.write("access.log", one_line());
    let expected = ["before.csv: can't read it: No such file"];
    check_error(&site, &["ingest", "access.log"], 1, &expected);
    check_error(&site, &["nightly"], 1, &["there is no log to read"]);
}

#[test]
fn errors_of_commands_name_the_cause() {
    let site = ingested_site();
    check_error(
        &site,
        &["report", "--term", "aa"],
        1,
        &["there is no term \"aa\"", "the nearest are \"a\""],
    );
    check_error(
        &site,
        &["report", "--term", "zzz"],
        1,
        &["there is no term \"zzz\"", "lists the terms"],
    );
    check_error(
        &site,
        &["report", "--as-of", "2020-01-01"],
        1,
        &["2020-01-01 is before the first day", "2026-05-20"],
    );
    check_error(
        &site,
        &["report", "--as-of", "yesterday"],
        1,
        &["--as-of", "write it as 2026-05-20"],
    );
    check_error(&site, &["report", "--days", "900"], 1, &["1 to 366"]);
    check_error(
        &site,
        &["import", "nowhere.csv"],
        1,
        &["can't import nowhere.csv: can't read it: No such file"],
    );
    check_error(&site, &["frobnicate"], 1, &["unrecognized subcommand"]);
    let empty = Site::plain();
    check_error(&empty, &["report"], 1, &["there is no store at", "guestbook ingest"]);
    empty.write("access.log", "");
    empty.succeed(&["ingest"]);
    check_error(&empty, &["report"], 1, &["the store has no data yet"]);
}

#[test]
fn a_foreign_or_newer_store_is_rejected() {
    let site = ingested_site();
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    check_error(
        &site,
        &["report"],
        1,
        &["has schema 99, which a newer guestbook wrote", "update guestbook"],
    );
    let site = Site::plain();
    site.write("guestbook.db", "this is a text and not a database\n".repeat(40));
    check_error(&site, &["ingest", "-"], 1, &["is not a guestbook store"]);
    let site = Site::plain();
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(connection);
    check_error(&site, &["ingest", "-"], 1, &["is not a guestbook store"]);
    let site = ingested_site();
    site.write("config.toml", "[site]\ntimezone = \"Asia/Tokyo\"\n");
    check_error(&site, &["report"], 1, &["uses the time zone UTC, but the config says Asia/Tokyo"]);
}

#[test]
fn an_error_of_sqlite_names_the_store() {
    let site = ingested_site();
    site.append("access.log", one_line());
    site.write("before.csv", "term,family,pings\na,ChatGPT,7\n");
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    for table in ["pings", "carried"] {
        let trigger = format!(
            "CREATE TRIGGER fail_{table} BEFORE INSERT ON {table}
             BEGIN SELECT RAISE(ABORT, 'injected failure of {table}'); END"
        );
        connection.execute_batch(&trigger).unwrap();
    }
    check_error(&site, &["ingest"], 1, &["the store ", "guestbook.db: injected failure of pings"]);
    let expected =
        ["can't import before.csv: the store ", "guestbook.db: injected failure of carried"];
    check_error(&site, &["import", "before.csv"], 1, &expected);
    connection.execute_batch("DROP TABLE pings").unwrap();
    drop(connection);
    for args in [&["report"][..], &["publish"], &["export", "pings"]] {
        check_error(&site, args, 1, &["the store ", "guestbook.db: no such table: pings"]);
    }
}

#[test]
fn a_lock_file_that_cannot_be_created_is_an_error() {
    let site = Site::plain();
    site.write("access.log", one_line());
    site.write("guestbook.db.lock/file", "");
    check_error(&site, &["ingest"], 1, &["can't create ", "guestbook.db.lock: "]);
}

#[cfg(target_os = "linux")]
#[test]
fn an_export_that_cannot_be_written_is_an_error() {
    let site = Site::sample();
    site.succeed(&["ingest"]);
    // Every write to /dev/full fails with ENOSPC.
    let args = ["export", "pings", "-o", "/dev/full"];
    check_error(&site, &args, 1, &["can't write /dev/full: ", "No space left on device"]);
    #[cfg(feature = "parquet")]
    {
        let args = [&args[..], &["--format", "parquet"]].concat();
        check_error(&site, &args, 1, &["can't write /dev/full: ", "No space left on device"]);
    }
}

#[test]
fn a_store_of_an_older_schema_is_rejected_with_instructions() {
    let site = Site::sample();
    site.succeed(&["ingest"]);
    let term = site.term("asyncio", "2026-05-20");
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    connection.pragma_update(None, "user_version", 3).unwrap();
    drop(connection);
    let expected = [
        "guestbook.db has schema 3 of an older guestbook (this one writes 8)",
        "read the logs again with `guestbook ingest`, which also imports the counts of [terms] pre_tracking",
    ];
    for args in [&["ingest"][..], &["report"], &["publish"], &["check"], &["export", "pings"]] {
        check_error(&site, args, 1, &expected);
    }
    std::fs::rename(site.path("guestbook.db"), site.path("old.db")).unwrap();
    site.succeed(&["ingest"]);
    // The counts of pre_tracking are imported again.
    assert_eq!(site.term("asyncio", "2026-05-20"), term);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let site = Site::sample();
    site.succeed(&["ingest"]);
    let parquet = ["export", "pings", "--format", "parquet"];
    for args in [&["parse"][..], &["agents"], &["export", "pings"], &parquet] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_guestbook"))
            .args(args)
            .current_dir(site.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{args:?}: {output:?}");
    }
}

#[test]
fn quiet_prints_nothing_and_help_lists_all_commands() {
    let site = Site::plain();
    site.write("access.log", one_line());
    for command in ["nightly", "ingest", "publish"] {
        let result = site.run(&[command, "--quiet"]);
        assert_eq!((result.code, &*result.stderr, result.stdout.len()), (0, "", 0), "{command}");
    }
    let help = site.succeed(&["--help"]);
    for command in [
        "nightly", "ingest", "report", "publish", "import", "export", "parse", "classify",
        "agents", "check",
    ] {
        assert!(help.contains(command), "{help}");
    }
    assert_eq!(site.succeed(&["--version"]), format!("guestbook {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn parse_prints_each_line_as_json() {
    let site = Site::plain();
    let text = "203.0.113.9 - - [20/May/2026:14:03:09 +0200] \"GET http://x.example/a%20b?q=1 HTTP/1.1\" 200 - \"-\" \"a \\\"b\\\" \\x1b[2J\"\n\
                \n# a comment\nnonsense\n\
                203.0.113.9 - - [20/May/2026:14:03:09 +0200] \"\\x16\\x03\" 400 157\nunfinished";
    let result = site.run_with_input(&["parse", "-"], text.as_bytes());
    let lines: Vec<Value> =
        result.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = serde_json::json!([
        {"line": 1, "format": "combined", "time": "2026-05-20T12:03:09Z", "ip": "203.0.113.9", "host": "x.example",
         "method": "GET", "path": "/a%20b", "query": "q=1", "protocol": "HTTP/1.1", "status": 200, "bytes": 0,
         "referrer": null, "user_agent": "a \"b\" \u{1b}[2J"},
        {"line": 2, "skipped": "blank", "text": ""},
        {"line": 3, "skipped": "comment", "text": "# a comment"},
        {"line": 4, "malformed": "not in the format's shape", "text": "nonsense"},
        {"line": 5, "format": "common", "time": "2026-05-20T12:03:09Z", "ip": "203.0.113.9", "host": null,
         "method": null, "path": null, "query": null, "protocol": null, "status": 400, "bytes": 157,
         "referrer": null, "user_agent": null},
        {"line": 6, "malformed": "not in the format's shape", "text": "unfinished"},
    ]);
    assert_eq!(Value::from(lines), expected);
}

#[test]
fn logs_of_every_compression_are_read() {
    let text: String = (10..60)
        .map(|n| line(&format!("20/May/2026:10:{n}:00 +0000"), "/t/a", 200, "GPTBot/1.2"))
        .collect();
    let zstd = zstd::encode_all(text.as_bytes(), 3).unwrap();
    let (one, two) = text.split_at(text.len() / 50 * 20);
    let members = [gzip(one.as_bytes()), gzip(two.as_bytes())].concat();
    for bytes in [text.as_bytes().to_vec(), gzip(text.as_bytes()), zstd, members] {
        let site = Site::plain();
        site.write("access.log", bytes);
        site.succeed(&["ingest"]);
        assert_eq!(site.term("a", "2026-05-20")["total_pings"], 50);
    }
}

#[test]
fn a_format_may_be_a_server_directive() {
    let site = Site::new(
        "[[logs]]\npaths = [\"access.log\"]\nhosts = [\"example.com\"]\n\
         format = { nginx = '''log_format main '$host $remote_addr [$time_iso8601] \"$request\" $status \"$http_user_agent\"';''' }\n\
         [terms]\npattern = '^/t/(?<term>[^/]+)$'\n",
    );
    site.write(
        "access.log",
        "example.com 203.0.113.9 [2026-05-20T10:00:00+00:00] \"GET /t/a HTTP/1.1\" 200 \"ClaudeBot/1.0\"\n\
         other.example 203.0.113.9 [2026-05-20T10:00:00+00:00] \"GET /t/a HTTP/1.1\" 200 \"ClaudeBot/1.0\"\n",
    );
    let output = site.succeed(&["ingest"]);
    assert!(output.contains("2 lines = 1 ping + 0 views + 1 other request"), "{output}");
    assert!(output.contains("as nginx"), "{output}");
}

#[test]
fn check_reports_what_a_run_would_find() {
    let site = Site::sample();
    let output = site.succeed(&["check"]);
    for part in [
        "days of Europe/Amsterdam, today is 2026-05-20",
        "14 listed in [terms] catalog",
        "not there yet",
        "of the first 200 lines fit",
        "asyncio (",
        "trust   no list of agents' addresses yet",
    ] {
        assert!(output.contains(part), "{part}: {output}");
    }
    assert!(!site.path("guestbook.db").exists(), "check changes nothing");
    site.succeed(&["ingest"]);
    assert!(site.succeed(&["check"]).contains("67 days with a log from 2026-03-15 to 2026-05-20"));
    site.write(
        "no-agents.log",
        "203.0.113.9 - - [20/May/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5\n",
    );
    // Nothing in it can count.
    let result = site.run(&["check", "no-agents.log"]);
    assert_eq!(result.code, 2, "{}", result.stderr);
    let output = String::from_utf8(result.stdout).unwrap();
    assert!(
        output.contains("it has no user agent") && output.contains("$http_user_agent"),
        "{output}"
    );
    assert!(output.contains("common (ncsa), 1 of the first 1 lines fit"), "{output}");
}

#[test]
fn check_shows_the_pages_that_are_terms_and_those_that_no_pattern_takes() {
    let site = Site::plain();
    let time = "20/May/2026:10:00:00 +0000";
    let asked = |path: &str, times: usize| line(time, path, 200, "GPTBot/1.2").repeat(times);
    let others: String = (0..12).map(|page| asked(&format!("/page-{page:02}"), 1)).collect();
    let log = asked("/t/b", 3)
        + &asked("/t/a?x=1", 2)
        + &asked("/blog/\u{1b}[31m", 2)
        + &others
        + &asked("/style.css", 9)
        + &asked("/robots.txt", 9)
        + &line(time, "/t/missing", 404, "GPTBot/1.2").repeat(9);
    site.write("access.log", &log);
    let output = site.succeed(&["check"]);
    let line_of = |start: &str| output.lines().find(|line| line.starts_with(start)).unwrap();
    assert_eq!(
        line_of("found"),
        "found   2 terms in the first 37 requests: b (3 requests), a (2 requests)"
    );
    let others = line_of("no term");
    assert!(others.starts_with("no term 13 pages in the first 37 requests: /blog/"), "{others}");
    assert!(others.contains("(2 requests), /page-00 (1 request), "), "{others}");
    assert!(others.ends_with(" and 3 more"), "{others}");
    assert!(!output.contains('\u{1b}'), "{output}");
}

#[test]
fn a_report_is_written_to_a_file_or_standard_output() {
    let site = ingested_site();
    let printed =
        site.succeed(&["report", "--term", "a", "--format", "svg", "--as-of", "2026-05-20"]);
    let args = ["report", "--term", "a", "--format", "svg", "--as-of", "2026-05-20", "-o", "a.svg"];
    assert_eq!(site.succeed(&args), "");
    assert_eq!(std::fs::read_to_string(site.path("a.svg")).unwrap(), printed);
}

#[test]
fn a_day_without_a_log_is_a_gap() {
    let site = Site::plain();
    site.write(
        "access.log",
        line("18/May/2026:10:00:00 +0000", "/t/a", 200, "GPTBot/1.2")
            + &line("20/May/2026:10:00:00 +0000", "/t/b", 200, "GPTBot/1.2"),
    );
    site.succeed(&["ingest"]);
    let report = site.term("a", "2026-05-20");
    let last: Vec<(bool, u64)> = report["days"].as_array().unwrap()[27..]
        .iter()
        .map(|day| (day["covered"].as_bool().unwrap(), day["pings"].as_u64().unwrap()))
        .collect();
    assert_eq!(last, [(true, 1), (false, 0), (true, 0)]);
}

#[test]
fn settings_that_count_nothing_cause_a_warning() {
    let site = Site::new("[[logs]]\npaths = [\"access.log\"]\n");
    site.write("access.log", one_line());
    let result = site.run(&["ingest"]);
    assert!(result.stderr.contains("there is no [terms] pattern"), "{}", result.stderr);
    assert!(result.stderr.contains("`guestbook rebuild` then reads"), "{}", result.stderr);
    let site = Site::new(
        "[[logs]]\npaths = [\"access.log\"]\nhosts = [\"x.example\"]\n[terms]\npattern = '^/t/(?<term>.*)'\n",
    );
    site.write("access.log", one_line());
    let check = site.run(&["check"]);
    assert_eq!(check.code, 2);
    let output = String::from_utf8(check.stdout).unwrap();
    assert!(output.contains("none of its first lines is for one of the hosts"), "{output}");
    let result = site.run(&["ingest"]);
    assert!(result.stderr.contains("none of the new requests was for a term"), "{}", result.stderr);
}

#[test]
fn a_fixed_day_before_the_last_log_causes_a_warning() {
    let site = Site::new(
        "[site]\nas_of = 2026-05-19\n[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>.*)'\n",
    );
    site.write(
        "access.log",
        line("19/May/2026:10:00:00 +0000", "/t/a", 200, "GPTBot/1.2") + &one_line(),
    );
    let result = site.run(&["nightly"]);
    assert!(
        result
            .stderr
            .contains("as_of fixes today at 2026-05-19, but there are logs up to 2026-05-20"),
        "{}",
        result.stderr
    );
    assert!(!site.run(&["report", "--as-of", "2026-05-20"]).stderr.contains("as_of"));
}

#[test]
fn a_page_of_another_author_is_not_replaced() {
    let site = ingested_site();
    site.write("reports/index.html", "<h1>My home page</h1>");
    check_error(
        &site,
        &["publish", "--as-of", "2026-05-20"],
        1,
        &["index.html was not written by guestbook"],
    );
    std::fs::remove_file(site.path("reports/index.html")).unwrap();
    site.write("reports/terms/gone.html", "");
    for _ in 0..2 {
        let output = site.succeed(&["publish", "--as-of", "2026-05-20"]);
        assert!(output.contains("1 other file in terms/ belong to no term any more"), "{output}");
    }
}

#[test]
fn reports_are_published_again_if_anything_has_changed() {
    let site = ingested_site();
    let publish = |args: &[&str]| site.succeed(&[&["publish", "--as-of"], args].concat());
    let page = || std::fs::read_to_string(site.path("reports/terms/a.html")).unwrap();
    let output = publish(&["2026-05-20"]);
    let count: usize = output.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(count > 20 && output.contains(&format!(", {count} changed")), "{output}");
    let first = page();
    let output = publish(&["2026-05-20"]);
    assert!(output.starts_with(&format!("Published {count} files in")), "{output}");
    assert!(output.contains(", 0 changed"), "{output}");
    // A file that was edited or removed by hand is written again.
    site.write("reports/terms/a.html", first.replace("</", "<!"));
    assert!(publish(&["2026-05-20"]).contains(", 1 changed"));
    std::fs::remove_file(site.path("reports/terms/a.html")).unwrap();
    assert!(publish(&["2026-05-20"]).contains(", 1 changed"));
    assert_eq!(page(), first);
    // The day, the caption, the terms and the pings change.
    assert!(!publish(&["2026-05-21"]).contains(", 0 changed"));
    site.append("config.toml", "\n[site]\ncaption = \"seen by machines\"\n");
    publish(&["2026-05-20"]);
    assert!(page().contains("seen by machines"));
    site.append("access.log", one_line().replace("/t/a", "/t/b"));
    site.succeed(&["ingest"]);
    assert!(!publish(&["2026-05-20"]).contains(", 0 changed"));
    assert!(site.path("reports/terms/b.html").exists());
}

#[cfg(unix)]
#[test]
fn a_reports_folder_without_write_permission_is_an_error() {
    use std::os::unix::fs::PermissionsExt;
    let site = ingested_site();
    std::fs::create_dir(site.path("reports")).unwrap();
    let mode = |name: &str, mode| {
        std::fs::set_permissions(site.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("", 0o755);
    mode("guestbook.db", 0o444);
    mode("reports", 0o555);
    let result = site.run_as_nobody(&["publish", "--as-of", "2026-05-20"]);
    mode("reports", 0o755);
    assert_eq!(result.code, 1, "{}", result.stderr);
    assert!(result.stderr.contains("site.html: Permission denied"), "{}", result.stderr);
    assert!(!site.path("reports/index.html").exists());
}

#[cfg(unix)]
#[test]
fn a_read_only_store_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let site = ingested_site();
    let mode = |name: &str, mode| {
        std::fs::set_permissions(site.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("guestbook.db", 0o444);
    mode("", 0o555);
    let report = site.run_as_nobody(&["report", "--term", "a", "--as-of", "2026-05-20"]);
    let ingest = site.run_as_nobody(&["ingest"]);
    mode("", 0o755);
    assert_eq!(report.code, 0, "{}", report.stderr);
    assert!(report.text().contains("1 ping"));
    assert_eq!(ingest.code, 1, "{}", ingest.stderr);
    assert!(ingest.stderr.contains("guestbook.db"), "{}", ingest.stderr);
}

#[test]
fn a_first_night_without_lines_is_no_error() {
    let site = Site::plain();
    site.write("access.log", "");
    let result = site.run(&["nightly"]);
    assert_eq!(result.code, 0, "{}", result.stderr);
    assert!(result.stderr.contains("nothing to publish yet"), "{}", result.stderr);
}

#[test]
fn a_day_without_a_log_is_not_reported_as_zero() {
    let site = Site::plain();
    site.write("access.log", line("18/May/2026:10:00:00 +0000", "/t/a", 200, "GPTBot/1.2"));
    site.succeed(&["ingest"]);
    let output = site.succeed(&["report", "--term", "a", "--as-of", "2026-05-20"]);
    assert!(output.contains("No log of today yet\nNo log of yesterday\n"), "{output}");
}

#[test]
fn a_night_continues_when_its_output_is_closed() {
    let site = Site::sample();
    let mut child = Command::new(env!("CARGO_BIN_EXE_guestbook"))
        .arg("nightly")
        .current_dir(site.path(""))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    assert!(site.path("reports/terms/asyncio.html").exists());
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_a_process_that_waits_for_input() {
    let site = Site::plain();
    let mut child = Command::new(env!("CARGO_BIN_EXE_guestbook"))
        .args(["ingest", "-"])
        .current_dir(site.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The pipe stays open and empty, so only signals end the process. It handles them before it creates its store.
    while !site.path("guestbook.db").exists() {
        assert_eq!(child.try_wait().unwrap(), None);
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    let status = loop {
        Command::new("kill").args(["-TERM", &id]).stderr(Stdio::null()).status().unwrap();
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!(status.code(), Some(130));
}
