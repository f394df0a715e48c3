//! Kinds of lines that real servers and tools write, and that were once read wrong.

use std::fmt::Write;

use serde_json::Value;

use crate::program::{Site, line};

const BOT: &str = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)";
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";

/// Returns the records that `parse` reads from a log.
fn parse(log: &str) -> Vec<Value> {
    let site = Site::plain();
    site.write("access.log", log);
    let output = site.succeed(&["parse"]);
    output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns one field of the only line of a log.
fn field(log: &str, name: &str) -> Value {
    let records = parse(log);
    assert_eq!(records.len(), 1, "{log}");
    records[0].get(name).unwrap_or_else(|| panic!("{log}: {}", records[0])).clone()
}

#[test]
fn json_keys_are_known_in_any_spelling() {
    for (status, path, agent, ip, time) in [
        ("statusCode", "requestUri", "userAgent", "remoteAddr", "datetime"),
        ("responseCode", "url_path", "headers.user-agent", "source_ip", "eventTime"),
        ("httpStatus", "http.target", "http_user_agent", "clientIp", "_time"),
        ("res.statusCode", "req.url", "req.headers.user-agent", "remote-address", "startTime"),
    ] {
        let line = |n: u32| {
            format!(
                "{{\"{time}\":\"2026-05-20T12:{n:02}:00Z\",\"{ip}\":\"203.0.113.9\",\"method\":\"GET\",\"{path}\":\"/t/a\",\"{status}\":200,\"{agent}\":\"{BOT}\"}}\n"
            )
        };
        let site = Site::plain();
        site.write("access.log", (0..25).map(line).collect::<String>());
        let output = site.succeed(&["ingest"]);
        assert!(output.contains("25 lines = 25 pings"), "{status}: {output}");
    }
}

#[test]
fn a_log_without_a_status_is_refused_with_its_keys() {
    let line = |n: u32| {
        format!(
            "{{\"ts\":\"2026-05-20T12:{n:02}:00Z\",\"uri\":\"/t/a\",\"outcome\":\"200\",\"ua\":\"{BOT}\"}}\n"
        )
    };
    let site = Site::plain();
    site.write("access.log", (0..25).map(line).collect::<String>());
    let result = site.run(&["ingest", "--quiet"]);
    assert_eq!(result.code, 1, "{}", result.stderr);
    for words in ["have no status", "its keys are", "outcome", "status = \"outcome\""] {
        assert!(result.stderr.contains(words), "{words}: {}", result.stderr);
    }
    // Once the key is named, nothing is lost.
    let config = std::fs::read_to_string(site.path("config.toml")).unwrap();
    let format = "format = { json = { time = \"ts\", uri = \"uri\", status = \"outcome\", user_agent = \"ua\" } }";
    site.write("config.toml", config.replace("[terms]", &format!("{format}\n[terms]")));
    assert!(site.succeed(&["ingest"]).contains("25 lines = 25 pings"));
}

#[test]
fn an_odd_size_or_status_loses_no_request() {
    for (status, size) in [
        ("200", "\"\""),
        ("\"200 OK\"", "-1"),
        ("200.0", "5.0"),
        ("\"404, 200\"", "\"1,234\""),
        ("200", "null"),
        ("200", "99999999999999999999999"),
    ] {
        let log = format!(
            "{{\"time\":\"2026-05-20T12:00:00Z\",\"uri\":\"/t/a\",\"status\":{status},\"bytes\":{size}}}\n"
        );
        let expected = if status.contains("404") { 404 } else { 200 };
        assert_eq!(field(&log, "status"), expected, "{log}");
        assert_eq!(field(&log, "bytes"), Value::Null, "{log}");
    }
}

#[test]
fn further_quoted_items_shift_nothing() {
    let request = "\"GET /t/a HTTP/1.1\" 200 512";
    let start = "203.0.113.9 - - [20/May/2026:12:00:00 +0000]";
    for (log, host, referrer, agent) in [
        (
            format!("{start} \"blog.example.org\" {request} \"-\" \"{BOT}\"\n"),
            Some("blog.example.org"),
            None,
            Some(BOT),
        ),
        (
            format!("{start} {request} \"0.001\" \"https://r.example/\" \"{CHROME}\"\n"),
            None,
            Some("https://r.example/"),
            Some(CHROME),
        ),
        (format!("{start} {request} \"{BOT}\" \"-\"\n"), None, None, Some(BOT)),
        (
            format!("{start} {request} \"{CHROME}\" \"https://r.example/\"\n"),
            None,
            Some("https://r.example/"),
            Some(CHROME),
        ),
        (
            format!(
                "{start} {request} \"\" \"\" 5595 4 \"www\" \"www\" \"<NOSRV>\" 0 -1 LR-- 1 1 \"\" \"\" \"{BOT}\"\n"
            ),
            None,
            None,
            Some(BOT),
        ),
        (
            format!("{start} {request} \"-\" \"{BOT}\" \"198.51.100.4, 198.51.100.5\"\n"),
            None,
            None,
            Some(BOT),
        ),
        (
            format!("[\"blog.example.org\"] {start} {request} \"-\" \"{BOT}\"\n"),
            Some("blog.example.org"),
            None,
            Some(BOT),
        ),
        (
            format!("blog.example.org| {start} {request} \"-\" \"{BOT}\"\n"),
            Some("blog.example.org"),
            None,
            Some(BOT),
        ),
        (format!("\"{start} {request} \"-\" \"{BOT}\"\"\n"), None, None, Some(BOT)),
        (
            format!(
                "blog.example.org Z2IMvk - - [20/May/2026:12:00:00 +0000] {request} \"-\" \"{BOT}\"\n"
            ),
            Some("blog.example.org"),
            None,
            Some(BOT),
        ),
    ] {
        let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
        assert_eq!(field(&log, "host"), text(host), "{log}");
        assert_eq!(field(&log, "referrer"), text(referrer), "{log}");
        assert_eq!(field(&log, "user_agent"), text(agent), "{log}");
        assert_eq!(
            (field(&log, "path"), field(&log, "status")),
            ("/t/a".into(), 200.into()),
            "{log}"
        );
    }
}

#[test]
fn w3c_lines_have_as_many_words_as_columns() {
    let fields = "#Fields: date time cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status\n";
    let start = "2026-05-20 12:00:00 GET /t/a";
    let parsed = |rest: &str| parse(&format!("{fields}{start} {rest}\n")).remove(1);
    let repaired = parsed("a=1; b=2; 443 - 203.0.113.9 GPTBot/1.2 200");
    assert_eq!((&repaired["query"], &repaired["ip"]), (&"a=1; b=2;".into(), &"203.0.113.9".into()));
    for rest in
        ["- 443 dom\\ann user 203.0.113.9 GPTBot/1.2 200 x y", "443 - 203.0.113.9 GPTBot/1.2 200"]
    {
        assert!(parsed(rest).get("malformed").is_some(), "{rest}");
    }
}

#[test]
fn only_the_access_logger_of_caddy_counts() {
    let entry = |logger: &str, message: &str| {
        format!(
            "{{\"level\":\"info\",\"ts\":1779278589.1,{logger}\"msg\":\"{message}\",\"request\":{{\"remote_ip\":\"203.0.113.9\",\"method\":\"GET\",\"host\":\"a.example\",\"uri\":\"/t/a\",\"headers\":{{\"User-Agent\":[\"{BOT}\"]}}}},\"status\":200,\"size\":5}}\n"
        )
    };
    let site = Site::plain();
    let mut log = String::new();
    for (logger, message) in [
        ("\"logger\":\"http.log.access.log0\",", "handled request"),
        ("\"logger\":\"http.log.error.log0\",", "connection refused"),
        ("\"logger\":\"http.handlers.reverse_proxy\",", "upstream roundtrip"),
        ("", "handled request"),
        ("", "looking up"),
    ] {
        let _ = write!(log, "{}", entry(logger, message));
    }
    site.write("access.log", log);
    let output = site.succeed(&["ingest"]);
    assert!(output.contains("5 lines = 2 pings"), "{output}");
    assert!(output.contains("3 about something else than a request"), "{output}");
    // The console encoder writes the same in another form.
    let console = format!(
        "2026/05/20 12:03:09.123\tINFO\thttp.log.access.log0\thandled request\t{{\"request\":{{\"remote_ip\":\"203.0.113.9\",\"method\":\"GET\",\"uri\":\"/t/a\",\"headers\":{{\"User-Agent\":[\"{BOT}\"]}}}},\"status\":200}}\n"
    );
    assert_eq!(field(&console, "user_agent"), BOT);
}

#[test]
fn a_key_that_a_visitor_imitates_has_no_effect() {
    // nginx without escape=json: the user agent closes its own quotes.
    let line = |agent: &str| {
        format!(
            "{{\"time_iso8601\":\"2026-05-20T12:00:00+00:00\",\"remote_addr\":\"203.0.113.9\",\"request\":\"GET /t/a HTTP/1.1\",\"status\":\"404\",\"http_user_agent\":\"{agent}\"}}\n"
        )
    };
    let forged = "x\",\"status\":\"200\",\"request_uri\":\"/t/forged\",\"uri\":\"/t/forged\",\"client_ip\":\"66.249.66.1\",\"a\":\"";
    let log = (0..20).map(|_| line(BOT)).collect::<String>() + &line(forged);
    let last = parse(&log).pop().unwrap();
    assert_eq!((&last["status"], &last["path"]), (&404.into(), &"/t/a".into()), "{last}");
    assert_eq!(last["ip"], "203.0.113.9");
}

#[test]
fn a_line_that_stands_for_several_counts_as_often() {
    let site = Site::plain();
    let one = line("20/May/2026:12:00:00 +0000", "/t/a", 200, "GPTBot/1.2");
    let plain = format!("2026-05-20T12:00:00+00:00 vm nginx: {one}");
    let repeated = format!(
        "2026-05-20T12:00:01+00:00 vm nginx: message repeated 7 times: [ {}]\n",
        one.trim_end()
    );
    site.write("access.log", (plain + &repeated).repeat(10));
    let output = site.succeed(&["ingest"]);
    assert!(output.contains("80 lines = 80 pings"), "{output}");
}

#[test]
fn a_guessed_zone_is_told_once_and_a_wrapper_has_one() {
    let config = "[site]\ntimezone = \"Asia/Tokyo\"\n[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n";
    let request = |n: u32| {
        format!(
            "203.0.113.9:48068 [27/Nov/2026:20:00:{n:02}.899] web bk/one 0/0/1/2/3 200 222 - - ---- 1/1/0/0/0 0/0 {{GPTBot/1.2}} \"GET /t/a HTTP/1.1\"\n"
        )
    };
    let site = Site::new(config);
    site.write("access.log", (0..12).map(request).collect::<String>());
    let result = site.run(&["ingest", "--quiet"]);
    assert!(result.stderr.contains("input_timezone = \"Asia/Tokyo\""), "{}", result.stderr);
    site.append("access.log", request(13));
    assert_eq!(site.run(&["ingest", "--quiet"]).stderr, "");
    let wrapped = Site::new(config);
    let wrap = |n: u32| format!("2026-11-27T20:00:{n:02}+09:00 host haproxy[1]: {}", request(n));
    wrapped.write("access.log", (0..12).map(wrap).collect::<String>());
    assert_eq!(wrapped.run(&["ingest", "--quiet"]).stderr, "");
    let report = wrapped.term("a", "2026-11-28");
    let days = report["days"].as_array().unwrap();
    let day = days.iter().find(|day| day["date"] == "2026-11-27").unwrap();
    assert_eq!(day["pings"], 12);
}

#[test]
fn check_names_the_line_the_reason_and_the_value() {
    let site = Site::plain();
    let good = line("20/May/2026:12:00:00 +0000", "/t/a", 200, "GPTBot/1.2");
    site.write("access.log", good.clone() + &good.replace("May", "Mai") + &good);
    let output = site.succeed(&["check"]);
    assert!(output.contains("(unreadable time \"20/Mai/2026:12:00:00 +0000\")"), "{output}");
    // Two numbers up to 12 may be a day and a month in either order.
    let row = "05/06/2026 12:00:00;/t/a;200\n";
    site.write("access.log", format!("time;url;status\n15/06/2026 12:00:00;/t/a;200\n{row}"));
    let parsed = String::from_utf8(site.run(&["parse"]).stdout).unwrap();
    assert!(parsed.contains("day and month can't be told apart"), "{parsed}");
}

#[test]
fn lines_of_days_to_come_are_told() {
    let config = "[site]\nas_of = \"2026-05-20\"\n[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n";
    let site = Site::new(config);
    let on = |day: u32| line(&format!("{day}/May/2026:12:00:00 +0000"), "/t/a", 200, "GPTBot/1.2");
    site.write("access.log", on(20) + &on(21) + &on(23));
    let result = site.run(&["ingest", "--quiet"]);
    assert_eq!(result.code, 0, "{}", result.stderr);
    let expected = "access.log has 2 lines of days after today, up to 2026-05-23";
    assert!(result.stderr.contains(expected), "{}", result.stderr);
}

#[test]
fn a_fragment_is_no_part_of_a_request() {
    let config = "[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n[[request_types]]\nname = \"crawler_json\"\nquery = '(^|&)format=json$'\n";
    let site = Site::new(config);
    let targets = ["/t/a#top", "/t/a?format=json#top", "/t/a?format=json"];
    let log = targets.map(|path| line("20/May/2026:12:00:00 +0000", path, 200, "GPTBot/1.2"));
    site.write("access.log", log.concat());
    site.succeed(&["ingest"]);
    let csv = site.succeed(&["export", "pings", "--format", "csv"]);
    assert!(csv.lines().any(|row| row.contains("crawler_json") && row.contains(",2,")), "{csv}");
    assert!(!csv.contains("top"), "{csv}");
}

#[test]
fn only_listed_terms_count_if_the_config_says_so() {
    let config = "[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\ncatalog = \"sitemap.xml\"\nonly = \"catalog\"\nignore = [\"^/t/no\"]\n";
    let site = Site::new(config);
    let sitemap = "<urlset xmlns:image=\"x\"><url><loc><![CDATA[https://a.example/t/caf&eacute;]]></loc></url><url><loc>https://a.example/t/caf&#233;</loc><image:image><image:loc>https://a.example/t/picture</image:loc></image:image></url><url><loc></loc></url><url><loc>https://a.example/t/no</loc></url></urlset>";
    site.write("sitemap.xml", sitemap);
    let requests = ["/t/caf%C3%A9", "/t/forged", "/t/picture", "/t/no"];
    let log = requests.map(|path| line("20/May/2026:12:00:00 +0000", path, 200, "GPTBot/1.2"));
    site.write("access.log", log.concat());
    let output = site.succeed(&["ingest"]);
    assert!(output.contains("4 lines = 1 ping"), "{output}");
    // An index of sitemaps, compressed.
    let index =
        "<sitemapindex><sitemap><loc>https://a.example/pages.xml.gz</loc></sitemap></sitemapindex>";
    site.write("pages.xml.gz", crate::program::gzip(sitemap.as_bytes()));
    site.write("sitemap.xml", index);
    assert!(site.succeed(&["check"]).contains("listed in [terms] catalog"));
}
