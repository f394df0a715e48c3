//! The command line: what goes wrong says what to do, and the exit code says how it ended.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::program::{Site, gzip, line};

const AT: &str = "20/May/2026:10:00:00 +0000";

fn one_line() -> String {
    line(AT, "/t/a", 200, "GPTBot/1.2")
}

/// A site that has read one line.
fn read_site() -> Site {
    let site = Site::plain();
    site.write("access.log", one_line());
    site.succeed(&["ingest"]);
    site
}

fn fails(site: &Site, args: &[&str], code: i32, says: &[&str]) {
    let ran = site.run(args);
    assert_eq!(ran.code, code, "{args:?}: {}", ran.err);
    for part in says {
        assert!(ran.err.contains(part), "{args:?} should say {part:?}: {}", ran.err);
    }
}

#[test]
fn what_is_wrong_with_a_log() {
    let site = read_site();
    site.write("folder/inner.log", "");
    site.write("prose.log", "this is prose, and no log at all\n".repeat(20));
    site.write("binary.log", [0_u8, 159, 146, 150, 10].repeat(2000));
    fails(&site, &["ingest", "nowhere.log"], 1, &["nowhere.log: No such file"]);
    fails(&site, &["ingest", "folder"], 1, &["is a folder; name files, or a pattern"]);
    fails(&site, &["ingest", "none*.log"], 1, &["matches no file"]);
    fails(
        &site,
        &["ingest", "prose.log"],
        1,
        &["no known format fits", "this is prose", "[[logs]] format"],
    );
    fails(&site, &["ingest", "binary.log"], 1, &["is binary, not a log"]);
    site.write("logs.zip", b"PK\x03\x04and so on");
    fails(&site, &["ingest", "logs.zip"], 1, &["is a zip archive: unpack it first"]);
    fails(&site, &["ingest", "access.log", "nowhere.log"], 2, &["nowhere.log: No such file"]);
    fails(
        &site,
        &["ingest", "--format", "combind", "access.log"],
        1,
        &["\"combind\" is unknown", "combined"],
    );
    site.write("empty.log", "");
    assert!(site.succeed(&["ingest", "empty.log"]).contains("Read 0 new lines"));
    site.write("short.log", "turned over\n");
    let ran = site.run(&["ingest", "short.log"]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("left for the next run"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn a_log_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let site = read_site();
    site.write("secret.log", one_line());
    let path = site.path("secret.log");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_ok() {
        return; // The superuser may read everything.
    }
    fails(&site, &["ingest", "secret.log"], 1, &["secret.log: Permission denied"]);
}

#[test]
fn what_is_wrong_with_a_config() {
    let check = |config: &str, says: &[&str]| fails(&Site::new(config), &["check"], 1, says);
    check("[site]\ntimezon = \"UTC\"\n", &["unknown field `timezon`", "Did you mean `timezone`?"]);
    check("[sites]\n", &["Did you mean `site`?"]);
    check(
        "[site]\ntimezone = \"Europe/Roma\"\n",
        &["\"Europe/Roma\" is no time zone", "Europe/Rome"],
    );
    check("[site]\nas_of = \"20 May\"\n", &["write it as 2026-05-20"]);
    check("[terms]\npattern = '('\n", &["terms.pattern is no regular expression: unclosed group"]);
    check("[terms]\npattern = '^/(.*)$'\n", &["no group named term", "(?<term>…)"]);
    check(
        "[terms]\ncatalog = \"terms.toml\"\n",
        &["[terms] catalog names", "terms.toml", "take the line out"],
    );
    check("[[logs]]\npaths = [\"x\"]\nformat = \"combind\"\n", &["format \"combind\" is unknown"]);
    check(
        "[[logs]]\npaths = [\"x\"]\nformat = { nginx = '$remote_addr' }\n",
        &["the format has no time"],
    );
    check("[reports]\ndays = 0\n", &["1 to 366 are possible"]);
    check("[reports]\nformats = [\"pdf\"]\n", &["has \"pdf\": the forms are text, json"]);
    check("[guestbook]\nsign = [\"ai\"]\n", &["unknown variant `ai`", "Did you mean"]);
    check("[[agents]]\nname = \"X\"\ntokens = []\n", &["agent \"X\" has no token"]);
    check(
        "[[agents]]\nname = \"X\"\ntokens = [\"Foo\"]\nsamples = [\"Bar\"]\n",
        &["agent \"X\" has the sample \"Bar\", which is named \"Bar\""],
    );
    check("[[logs]]\npaths = []\n", &["[[logs]] paths is empty"]);
    check("[reports]\nout = \"\"\n", &["[reports] out is empty"]);
    check("[site\n", &["config.toml"]);
    let site = Site::plain();
    std::fs::remove_file(site.path("config.toml")).unwrap();
    fails(&site, &["ingest"], 1, &["there is no config at config.toml", "--config"]);
}

#[test]
fn what_is_wrong_with_a_question() {
    let site = read_site();
    fails(
        &site,
        &["report", "--term", "aa"],
        1,
        &["there is no term \"aa\"", "the nearest are \"a\""],
    );
    fails(&site, &["report", "--term", "zzz"], 1, &["there is no term \"zzz\"", "lists the terms"]);
    fails(
        &site,
        &["report", "--as-of", "2020-01-01"],
        1,
        &["2020-01-01 is before the first day", "2026-05-20"],
    );
    fails(&site, &["report", "--as-of", "yesterday"], 1, &["--as-of", "write it as 2026-05-20"]);
    fails(&site, &["report", "--days", "900"], 1, &["1 to 366"]);
    fails(&site, &["import", "nowhere.csv"], 1, &["can't read nowhere.csv"]);
    fails(&site, &["frobnicate"], 1, &["unrecognized subcommand"]);
    let empty = Site::plain();
    fails(&empty, &["report"], 1, &["there is no store at", "guestbook ingest"]);
}

#[test]
fn a_store_that_is_not_ours_or_newer() {
    let site = read_site();
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    fails(
        &site,
        &["report"],
        1,
        &["has schema 99, which a newer guestbook wrote", "update guestbook"],
    );
    let site = Site::plain();
    site.write(
        "guestbook.db",
        "this is no database, but a text that somebody put there\n".repeat(40),
    );
    fails(&site, &["ingest", "-"], 1, &["is no guestbook store"]);
    let site = Site::plain();
    let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
    connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(connection);
    fails(&site, &["ingest", "-"], 1, &["is no guestbook store"]);
    let site = read_site();
    site.write("config.toml", "[site]\ntimezone = \"Asia/Tokyo\"\n");
    fails(&site, &["report"], 1, &["keeps days of UTC, but config says Asia/Tokyo"]);
}

#[test]
fn a_store_of_an_older_schema_is_brought_up_to_date() {
    let to_schema_1 = "
        CREATE TABLE pings (
            term, day, user_agent, request, trust, status, requests, bytes, first,
            PRIMARY KEY (term, day, user_agent, request, trust, status)
        ) WITHOUT ROWID;
        CREATE TABLE views (term, day, came_from, views, PRIMARY KEY (term, day, came_from)) WITHOUT ROWID;
        INSERT INTO pings SELECT * FROM old_pings; INSERT INTO views SELECT * FROM old_views;
        DROP TABLE ip_list; PRAGMA user_version = 1;";
    let to_schema_2 = "
        CREATE TABLE spans (
            key INTEGER PRIMARY KEY, pings TEXT NOT NULL, views TEXT NOT NULL,
            term INTEGER AS (key >> 24), first_day INTEGER AS ((key & 16777215) - 8388608)
        );
        INSERT INTO spans SELECT (term << 24) + 8388608 + day - day % 4 AS span, json_group_array(
            json_array(day % 4, user_agent, request, trust, status, requests, bytes, first - day * 86400)
        ), '[]' FROM old_pings GROUP BY span;
        INSERT INTO spans SELECT (term << 24) + 8388608 + day - day % 4 AS span, '[]', json_group_array(
            json_array(day % 4, came_from, views)
        ) FROM old_views WHERE true GROUP BY span ON CONFLICT DO UPDATE SET views = excluded.views;
        CREATE VIEW pings AS SELECT term, first_day + json_extract(value, '$[0]') AS day,
            json_extract(value, '$[1]') AS user_agent, json_extract(value, '$[2]') AS request,
            json_extract(value, '$[3]') AS trust, json_extract(value, '$[4]') AS status,
            json_extract(value, '$[5]') AS requests, json_extract(value, '$[6]') AS bytes,
            (first_day + json_extract(value, '$[0]')) * 86400 + json_extract(value, '$[7]') AS first
        FROM spans, json_each(spans.pings);
        CREATE VIEW views AS SELECT term, first_day + json_extract(value, '$[0]') AS day,
            json_extract(value, '$[1]') AS came_from, json_extract(value, '$[2]') AS views
        FROM spans, json_each(spans.views);
        PRAGMA user_version = 2;";
    for older in [to_schema_1, to_schema_2] {
        let site = Site::sample();
        site.succeed(&["ingest"]);
        let report =
            |site: &Site| site.succeed(&["report", "--format", "json", "--as-of", "2026-05-20"]);
        let term = |site: &Site| site.term("asyncio", "2026-05-20");
        let rows = |site: &Site| {
            let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
            let all = |query: &str| -> Vec<String> {
                let mut statement = connection.prepare(query).unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.collect::<Result<_, _>>().unwrap()
            };
            (
                all("SELECT key || pings || views FROM spans ORDER BY key"),
                all(
                    "SELECT format('%d %d %d %d', term, day, bytes, first) FROM pings ORDER BY term, day, user_agent, request, trust, status",
                ),
            )
        };
        let before = (report(&site), term(&site), rows(&site));
        let connection = rusqlite::Connection::open(site.path("guestbook.db")).unwrap();
        let apart = "
            CREATE TABLE old_pings AS SELECT * FROM pings; CREATE TABLE old_views AS SELECT * FROM views;
            DROP VIEW pings; DROP VIEW views; DROP TABLE spans; DELETE FROM meta WHERE name = 'state';";
        connection.execute_batch(apart).unwrap();
        connection.execute_batch(older).unwrap();
        connection.execute_batch("DROP TABLE old_pings; DROP TABLE old_views;").unwrap();
        drop(connection);
        fails(&site, &["report"], 1, &["written by an older guestbook", "guestbook ingest"]);
        site.succeed(&["ingest"]);
        assert_eq!((report(&site), term(&site), rows(&site)), before);
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let site = Site::sample();
    for args in [&["parse"][..], &["agents"]] {
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
fn quiet_says_nothing_and_help_says_all() {
    let site = Site::plain();
    site.write("access.log", one_line());
    for command in ["nightly", "ingest", "publish"] {
        let ran = site.run(&[command, "--quiet"]);
        assert_eq!((ran.code, &*ran.err, ran.out.len()), (0, "", 0), "{command}");
    }
    let help = site.succeed(&["--help"]);
    for command in
        ["nightly", "ingest", "report", "publish", "import", "parse", "classify", "agents", "check"]
    {
        assert!(help.contains(command), "{help}");
    }
    assert_eq!(site.succeed(&["--version"]), format!("guestbook {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn parse_shows_each_line_as_it_is_read() {
    let site = Site::plain();
    let text = "203.0.113.9 - - [20/May/2026:14:03:09 +0200] \"GET http://x.example/a%20b?q=1 HTTP/1.1\" 200 - \"-\" \"a \\\"b\\\" \\x1b[2J\"\n\
                \n# a comment\nnonsense\n\
                203.0.113.9 - - [20/May/2026:14:03:09 +0200] \"\\x16\\x03\" 400 157\nunfinished";
    let ran = site.run_with_input(&["parse", "-"], text.as_bytes());
    let lines: Vec<Value> =
        ran.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
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
fn every_form_of_a_log_is_read() {
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
fn a_servers_own_directive_is_a_format() {
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
    let said = site.succeed(&["ingest"]);
    assert!(said.contains("2 lines = 1 ping + 0 views + 1 other request"), "{said}");
    assert!(said.contains("as nginx"), "{said}");
}

#[test]
fn check_tells_what_a_run_would_find() {
    let site = Site::sample();
    let said = site.succeed(&["check"]);
    for part in [
        "days of Europe/Amsterdam, today is 2026-05-20",
        "14 in the catalogue",
        "not there yet",
        "of the first 200 lines fit",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!site.path("guestbook.db").exists(), "check changes nothing");
    site.succeed(&["ingest"]);
    assert!(site.succeed(&["check"]).contains("67 days with a log from 2026-03-15 to 2026-05-20"));
    site.write(
        "no-agents.log",
        "203.0.113.9 - - [20/May/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5\n",
    );
    let said = site.succeed(&["check", "no-agents.log"]);
    assert!(said.contains("it has no user agent") && said.contains("$http_user_agent"), "{said}");
}

#[test]
fn a_report_goes_to_a_file_or_to_standard_output() {
    let site = read_site();
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
fn settings_by_which_nothing_counts_are_told() {
    let site = Site::new("[[logs]]\npaths = [\"access.log\"]\n");
    site.write("access.log", one_line());
    let ran = site.run(&["ingest"]);
    assert!(ran.err.contains("there is no [terms] pattern"), "{}", ran.err);
    assert!(ran.err.contains("To read the same logs again, remove"), "{}", ran.err);
    let site = Site::new(
        "[[logs]]\npaths = [\"access.log\"]\nhosts = [\"x.example\"]\n[terms]\npattern = '^/t/(?<term>.*)'\n",
    );
    site.write("access.log", one_line());
    assert!(site.succeed(&["check"]).contains("none of its first lines is for one of the hosts"));
    let ran = site.run(&["ingest"]);
    assert!(ran.err.contains("none of the new requests was for a term"), "{}", ran.err);
}

#[test]
fn a_fixed_day_that_hides_later_ones_is_told() {
    let site = Site::new(
        "[site]\nas_of = 2026-05-19\n[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>.*)'\n",
    );
    site.write(
        "access.log",
        line("19/May/2026:10:00:00 +0000", "/t/a", 200, "GPTBot/1.2") + &one_line(),
    );
    let ran = site.run(&["nightly"]);
    assert!(
        ran.err.contains("as_of fixes today at 2026-05-19, but there are logs up to 2026-05-20"),
        "{}",
        ran.err
    );
    assert!(!site.run(&["report", "--as-of", "2026-05-20"]).err.contains("as_of"));
}

#[test]
fn a_page_that_somebody_else_wrote_is_not_replaced() {
    let site = read_site();
    site.write("reports/index.html", "<h1>My home page</h1>");
    fails(
        &site,
        &["publish", "--as-of", "2026-05-20"],
        1,
        &["index.html was not written by guestbook"],
    );
    std::fs::remove_file(site.path("reports/index.html")).unwrap();
    site.write("reports/terms/gone.html", "");
    for _ in 0..2 {
        let said = site.succeed(&["publish", "--as-of", "2026-05-20"]);
        assert!(said.contains("1 other file in terms/ belong to no term any more"), "{said}");
    }
}

#[test]
fn what_is_published_is_made_again_where_anything_has_changed() {
    let site = read_site();
    let publish = |args: &[&str]| site.succeed(&[&["publish", "--as-of"], args].concat());
    let page = || std::fs::read_to_string(site.path("reports/terms/a.html")).unwrap();
    assert!(publish(&["2026-05-20"]).contains(", 7 changed"));
    let first = page();
    assert!(publish(&["2026-05-20"]).contains("Published 7 files in"));
    assert!(publish(&["2026-05-20"]).contains(", 0 changed"));
    // Somebody's hand is undone, whether it wrote or removed.
    site.write("reports/terms/a.html", first.replace("</", "<!"));
    assert!(publish(&["2026-05-20"]).contains(", 1 changed"));
    std::fs::remove_file(site.path("reports/terms/a.html")).unwrap();
    assert!(publish(&["2026-05-20"]).contains(", 1 changed"));
    assert_eq!(page(), first);
    // Another day, other words of the site's, other terms, and more pings.
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
fn a_store_that_may_not_be_written_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let site = read_site();
    let mode = |mode| {
        std::fs::set_permissions(site.path(""), std::fs::Permissions::from_mode(mode)).unwrap()
    };
    let file = std::fs::Permissions::from_mode(0o444);
    std::fs::set_permissions(site.path("guestbook.db"), file).unwrap();
    mode(0o555);
    let report = site.term("a", "2026-05-20");
    mode(0o755);
    assert_eq!(report["total_pings"], 1);
}

#[test]
fn a_first_night_without_a_line_is_no_failure() {
    let site = Site::plain();
    site.write("access.log", "");
    let ran = site.run(&["nightly"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("nothing to publish yet"), "{}", ran.err);
}

#[test]
fn a_day_that_no_log_covers_is_not_called_empty() {
    let site = Site::plain();
    site.write("access.log", line("18/May/2026:10:00:00 +0000", "/t/a", 200, "GPTBot/1.2"));
    site.succeed(&["ingest"]);
    let said = site.succeed(&["report", "--term", "a", "--as-of", "2026-05-20"]);
    assert!(said.contains("No log of today yet\nNo log of yesterday\n"), "{said}");
}

#[test]
fn a_night_goes_on_when_nobody_listens() {
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
fn a_signal_keeps_what_was_read_and_a_second_one_ends_at_once() {
    let site = Site::plain();
    let mut child = Command::new(env!("CARGO_BIN_EXE_guestbook"))
        .args(["ingest", "-"])
        .current_dir(site.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It has a pipe that says nothing: only signals can end it.
    let id = child.id().to_string();
    let signal = || Command::new("kill").args(["-TERM", &id]).status().unwrap();
    let mut ended = None;
    for _ in 0..100 {
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert!(signal().success() || ended.is_some());
        if let Some(status) = child.try_wait().unwrap() {
            ended = Some(status);
            break;
        }
    }
    let status = ended.expect("two signals end it");
    assert!(!status.success());
}
