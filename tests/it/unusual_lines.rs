//! Tests of lines that are split, joined, of another format, or without a user agent.

use crate::program::{Site, line};

const TIME: &str = "20/May/2026:10:00:00 +0000";

/// Wraps a line as Docker stores it: a line of more than 16 KiB is split into several.
fn wrap_docker(line: &str, stream: &str) -> String {
    let bytes: Vec<char> = line.chars().collect();
    let parts: Vec<String> = bytes.chunks(16 << 10).map(|part| part.iter().collect()).collect();
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        let part = part.trim_end_matches('\n').replace('\\', "\\\\").replace('"', "\\\"");
        let end = if at + 1 == parts.len() { "\\n" } else { "" };
        text += &format!(
            "{{\"log\":\"{part}{end}\",\"stream\":\"{stream}\",\"time\":\"2026-05-20T10:00:00Z\"}}\n"
        );
    }
    text
}

/// Wraps a line as a CRI runtime stores it, which splits it too.
fn wrap_cri(line: &str, stream: &str) -> String {
    let bytes = line.trim_end_matches('\n').as_bytes();
    let parts: Vec<&[u8]> = bytes.chunks(16 << 10).collect();
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        let tag = if at + 1 == parts.len() { "F" } else { "P" };
        let part = std::str::from_utf8(part).unwrap();
        text += &format!("2026-05-20T10:00:00.5Z {stream} {tag} {part}\n");
    }
    text
}

#[test]
fn lines_split_by_a_container_runtime_are_joined() {
    for wrap in [wrap_docker, wrap_cri] {
        let site = Site::plain();
        let short = wrap(&line(TIME, "/t/a", 200, "GPTBot/1.2"), "stdout");
        let long_path = format!("/t/a?{}", "x".repeat(40_000));
        let long = wrap(&line(TIME, &long_path, 200, "GPTBot/1.2"), "stdout");
        let error = wrap("2026/05/20 10:00:00 [error] 1#1: oh\n", "stderr");
        assert_eq!(long.lines().count(), 3);
        // More than one chunk, so that chunks end within lines. Lines of the other stream are between the parts.
        let first_part = long.find('\n').unwrap() + 1;
        let mixed = format!("{}{error}{}", &long[..first_part], &long[first_part..]);
        let text = format!("{short}{mixed}{long}").repeat(40);
        assert!(text.len() > 3 << 20);
        site.write("access.log", format!("{text}{}", &long[..first_part]));
        let output = site.succeed(&["ingest", "--threads", "3"]);
        assert!(
            output.contains(
                "160 lines = 120 pings + 0 views + 0 other requests + 0 blank or comment + 40 malformed"
            ),
            "{output}"
        );
        assert!(
            output.contains("bytes of an unfinished last line, left for the next run"),
            "{output}"
        );
        // The rest of the last line is appended before the next run.
        site.append("access.log", &long[first_part..]);
        let output = site.succeed(&["ingest"]);
        assert!(output.contains("1 line = 1 ping + "), "{output}");
        assert_eq!(site.term("a", "2026-05-20")["total_pings"], 121);
        let parsed = site.succeed(&["parse", "access.log"]);
        assert_eq!(parsed.lines().count(), 161);
        // A joined line has the number of its first part, but is read at its last: after the line of the other stream.
        let numbers: Vec<&str> = parsed.lines().take(3).map(|line| &line[..9]).collect();
        assert_eq!(numbers, ["{\"line\":1", "{\"line\":3", "{\"line\":2"]);
    }
}

#[test]
fn lines_of_another_format_are_counted_and_reported() {
    let site = Site::plain();
    let own = line(TIME, "/t/a", 200, "GPTBot/1.2").repeat(40);
    // The server switched to another format.
    let other: String = (0..30)
        .map(|n| {
            format!(
                "{{\"time\":\"2026-05-20T11:00:{n:02}Z\",\"remote_addr\":\"203.0.113.9\",\"request\":\"GET /t/a HTTP/1.1\",\"status\":200,\"http_user_agent\":\"GPTBot/1.2\"}}\n"
            )
        })
        .collect();
    // A message of an application that is not an access log line.
    let foreign = "{\"time\":\"2026-05-20T11:00:00Z\",\"level\":\"info\",\"url\":\"/t/a\"}\n";
    site.write("access.log", format!("{own}{other}{foreign}"));
    let output = site.succeed(&["ingest"]);
    assert!(output.contains("70 pings") && output.contains("1 malformed"), "{output}");
    assert!(output.contains("30 requests in another format than the rest of the log"), "{output}");
    let checked = site.succeed(&["check", "access.log"]);
    assert!(checked.contains("40 of the first 71 lines fit; the first that does not"), "{checked}");
    // If the format is given, only its lines are read.
    let named = Site::plain();
    named.write("access.log", format!("{own}{other}{foreign}"));
    let result = named.run(&["ingest", "--format", "combined", "access.log"]);
    assert_eq!(result.code, 2, "{}", result.stderr);
    assert!(result.stderr.contains("do not fit its format any more"), "{}", result.stderr);
    let output = String::from_utf8(result.stdout).unwrap();
    assert!(output.contains("40 lines = 40 pings"), "{output}");
}

#[test]
fn lines_without_a_line_break_between_them_are_split() {
    let site = Site::plain();
    let one = line(TIME, "/t/a", 200, "GPTBot/1.2");
    site.write("access.log", format!("{}{one}{one}", one.trim_end()));
    let output = site.succeed(&["ingest"]);
    assert!(output.contains("3 lines = 3 pings"), "{output}");
}

#[test]
fn a_log_without_user_agents_causes_a_warning_with_advice() {
    let common = "203.0.113.9 - - [20/May/2026:10:00:00 +0000] \"GET /t/a HTTP/1.1\" 200 5\n";
    let haproxy = "203.0.113.9:14853 [20/May/2026:12:03:11.957] web~ bk/one 170/0/0/3/173 200 739 - - --NN 0/0/0/0/0 0/0 \"GET /t/a HTTP/1.1\"\n";
    let iis = "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n";
    let iis = format!("{iis}{}", "2026-05-20 12:03:09 203.0.113.9 GET /t/a 200\n".repeat(30));
    for (log, advice) in [
        (common.repeat(30), "\"$http_user_agent\" (nginx)"),
        (haproxy.repeat(30), "add capture request header User-Agent len 256"),
        (iis, "\"User Agent\" under Logging, Select Fields"),
    ] {
        let site = Site::plain();
        site.write("access.log", log);
        for args in [&["ingest"][..], &["check"]] {
            let result = site.run(args);
            let output = format!("{}{}", String::from_utf8_lossy(&result.stdout), result.stderr);
            assert!(output.contains("has no user agent, so no crawler can be named"), "{output}");
            assert!(output.contains(advice), "{output}");
        }
    }
}

#[test]
fn an_ambiguous_directive_causes_a_warning_that_names_the_variable() {
    let site = Site::new(
        "[[logs]]\npaths = [\"access.log\"]\nformat = { nginx = '$remote_addr [$time_iso8601] \"$request\" $status $http_user_agent $http_referer' }\n",
    );
    site.write("access.log", "203.0.113.9 [2026-05-20T12:03:09Z] \"GET / HTTP/1.1\" 200 x y\n");
    for args in [&["ingest"][..], &["check"]] {
        let result = site.run(args);
        let output = format!("{}{}", String::from_utf8_lossy(&result.stdout), result.stderr);
        let warning = "$http_user_agent may contain spaces, but it ends at the first space";
        assert!(output.contains(warning), "{output}");
    }
}

#[test]
fn logs_can_be_checked_before_there_is_a_config() {
    let site = Site::plain();
    site.write("one.log", line(TIME, "/t/a", 200, "GPTBot/1.2").trim_end());
    std::fs::remove_file(site.path("config.toml")).unwrap();
    let output = site.succeed(&["check", "one.log"]);
    assert!(output.contains("combined (ncsa), 1 of the first 1 lines fit"), "{output}");
    assert!(site.run(&["check"]).stderr.contains("there is no config"));
}

#[test]
fn columns_of_a_csv_hold_across_chunks_and_runs() {
    let site = Site::plain();
    let header =
        "\"time_micros\",\"c_ip\",\"cs_method\",\"cs_uri\",\"sc_status\",\"cs_user_agent\"\n";
    let row = |n: u64| {
        format!(
            "\"{}\",\"203.0.113.9\",\"GET\",\"/t/a\",\"200\",\"GPTBot/1.2\"\n",
            1_779_278_589_000_000 + n
        )
    };
    let mut text = header.to_owned();
    text.extend((0..30_000).map(row));
    site.write("access.log", &text);
    let output = site.succeed(&["ingest", "--threads", "2"]);
    assert!(output.contains("30,001 lines = 30,000 pings"), "{output}");
    site.append("access.log", format!("{}{header}{}", row(30_000), row(30_001)));
    let output = site.succeed(&["ingest"]);
    assert!(output.contains("3 lines = 2 pings"), "{output}");
    // Real-time logs of CloudFront have no header.
    let named = Site::new(
        "[[logs]]\npaths = [\"access.log\"]\nformat = { w3c = \"timestamp c-ip sc-status cs-method cs-uri-stem cs-user-agent x-edge-location\" }\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n",
    );
    named.write(
        "access.log",
        "1779278589.123\t203.0.113.9\t200\tGET\t/t/a\tGPTBot/1.2%20(x)\tFRA1\n",
    );
    for expected in ["1 line = 1 ping", "0 lines"] {
        assert!(named.succeed(&["ingest"]).contains(expected));
    }
}

#[test]
fn utf_16_is_detected_without_a_byte_order_mark() {
    let text = line(TIME, "/t/a", 200, "GPTBot/1.2").repeat(30);
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let site = Site::plain();
        let wide: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
        site.write("access.log", wide);
        assert!(site.succeed(&["ingest"]).contains("30 lines = 30 pings"));
        assert!(site.succeed(&["ingest"]).contains("0 lines"));
    }
}

#[test]
fn objects_over_several_lines_are_read_across_chunks() {
    let site = Site::plain();
    let object = |n: usize| {
        format!(
            "  {{\n    \"timestamp\": \"2026-05-20T10:00:00Z\",\n    \"httpRequest\": {{\n      \"requestMethod\": \"GET\",\n      \"requestUrl\": \"https://glossary.example/t/a?{n}\",\n      \"status\": 200,\n      \"userAgent\": \"GPTBot/1.2\"\n    }}\n  }}"
        )
    };
    let objects: Vec<String> = (0..12_000).map(object).collect();
    let text = format!("[\n{}\n]\n", objects.join(",\n"));
    assert!(text.len() > 2 << 20);
    site.write("access.log", text);
    let output = site.succeed(&["ingest", "--threads", "2"]);
    assert!(
        output.contains("12,002 lines = 12,000 pings + 0 views + 0 other requests + 2 blank"),
        "{output}"
    );
    assert!(site.succeed(&["check"]).contains("google_cloud, 22 of the first 22 lines fit"));
}
