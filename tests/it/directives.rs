//! Tests of formats that are given as server directives.

use crate::program::{Site, line};

/// Checks the fields that are read from a line: ip, host, method, path, query, status, bytes and user agent. A missing
/// one is `-`.
fn check(format: &str, line: &str, expected: [&str; 8]) {
    let site = Site::new(&format!("[[logs]]\npaths = [\"access.log\"]\nformat = {format}\n"));
    site.write("access.log", format!("{line}\n"));
    let read = site.succeed(&["parse"]);
    let record: serde_json::Value = serde_json::from_str(&read).unwrap();
    assert_eq!(record["time"], "2026-05-20T12:03:09Z", "{format}: {read}");
    let keys = ["ip", "host", "method", "path", "query", "status", "bytes", "user_agent"];
    let found = keys.map(|key| match &record[key] {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    assert_eq!(found, expected, "{format}: {line}");
}

const LOCAL: &str = "[20/May/2026:14:03:09 +0200]";

#[test]
fn nginx_directives_are_read() {
    let expected = ["203.0.113.9", "-", "GET", "/a", "b", "200", "5", "x \"y\""];
    check(
        "{ nginx = '''log_format vhosts '$remote_addr [$time_local] \"$request\" $status $body_bytes_sent '\n  '\"$http_user_agent\" ' 'rt=$request_time ';''' }",
        &format!("203.0.113.9 {LOCAL} \"GET /a?b HTTP/1.1\" 200 5 \"x \\x22y\\x22\" rt=0.1"),
        expected,
    );
    check(
        "{ nginx = '$remote_addr [$time_local] \"$request\" $status $bytes_sent $body_bytes_sent \"$http_user_agent\" $upstream_addr \"$upstream_scheme://$upstream_host$upstream_uri\"' }",
        &format!(
            "203.0.113.9 {LOCAL} \"GET /a?b HTTP/1.1\" 200 99 5 \"x \\x22y\\x22\" - \"http://h/u\""
        ),
        expected,
    );
    check(
        "{ nginx = '$remote_addr - $remote_user [$time_local] \"$request_method $scheme://$host:$server_port$request_uri $server_protocol\" $status $body_bytes_sent' }",
        &format!(
            "203.0.113.9 - - {LOCAL} \"GET https://www.example.com:443/a?b HTTP/2.0\" 200 5 \"r\" \"u\""
        ),
        ["203.0.113.9", "www.example.com", "GET", "/a", "b", "200", "5", "-"],
    );
    check(
        "{ nginx = '$http_x_forwarded_for $remote_addr [$time_local] \"$request\" $status $body_bytes_sent \"$http_user_agent\"' }",
        &format!(
            "198.51.100.7, 10.0.0.1 203.0.113.9 {LOCAL} \"GET /a?b HTTP/1.1\" 200 5 \"x \\x22y\\x22\""
        ),
        expected,
    );
    check(
        "{ nginx = '''log_format raw escape=none '$remote_addr [$time_local] \"$request\" $status $body_bytes_sent \"$http_user_agent\"';''' }",
        &format!("203.0.113.9 {LOCAL} \"GET /a\\x22?b HTTP/1.1\" 200 5 \"x\""),
        ["203.0.113.9", "-", "GET", "/a\\x22", "b", "200", "5", "x"],
    );
}

#[test]
fn apache_directives_are_read() {
    let expected = ["203.0.113.9", "-", "GET", "/a", "b", "200", "5", "x \"y\""];
    let line = format!("203.0.113.9 {LOCAL} \"GET /a?b HTTP/1.1\" 200 5 12 \"x \\\"y\\\"\"");
    for directive in [
        r#"LogFormat "%h %t \"%r\" %>s %b %^FB \"%{User-Agent}i\"" timed"#,
        r#"CustomLog logs/access.log "%h %t \"%r\" %>s %b %D \"%{User-Agent}i\"""#,
        "LogFormat \"%h %t \\\n\\\"%r\\\" %>s %b %D \\\n\\\"%{User-Agent}i\\\"\" continued",
    ] {
        check(&format!("{{ apache = '''{directive}''' }}"), &line, expected);
    }
    check(
        r#"{ apache = '''%h [%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t] \"%r\" %>s %b''' }"#,
        "203.0.113.9 [2026-05-20T14:03:09.000+0200] \"GET /a?b HTTP/1.1\" 200 5",
        ["203.0.113.9", "-", "GET", "/a", "b", "200", "5", "-"],
    );
    check(
        r#"{ apache = '''%{X-Forwarded-For}i %h %l %u %t \"%r\" %>s %b''' }"#,
        &format!("198.51.100.9, 10.1.1.1 203.0.113.9 - - {LOCAL} \"GET /a?b HTTP/1.1\" 200 5"),
        ["203.0.113.9", "-", "GET", "/a", "b", "200", "5", "-"],
    );
}

#[test]
fn goaccess_formats_are_read() {
    let expected = ["203.0.113.9", "-", "GET", "/a", "b", "200", "5", "x"];
    let combined = format!("203.0.113.9 - - {LOCAL} \"GET /a?b HTTP/1.1\" 200 5 \"-\" \"x\"");
    check("{ goaccess = { log = 'COMBINED' } }", &combined, expected);
    check(
        "{ goaccess = { log = '%h %^[%d:%t %^] \"%r\" %s %b \"%R\" \"%u\" %^ %^ %Lm' } }",
        &format!("{combined} 240 \"web@docker\" \"http://172.17.0.3:80\" 0ms"),
        expected,
    );
    check(
        "{ goaccess = { log = '~h{, } %^[%d:%t %^] \"%r\" %s %b \"%R\" \"%u\"' } }",
        &format!("203.0.113.9, 10.0.0.1 - {LOCAL} \"GET /a?b HTTP/1.1\" 200 5 \"-\" \"x\""),
        expected,
    );
    check(
        "{ goaccess = { log = '%^ %^[%d:%t %^] \"%r\" %s %b \"%R\" \"%u\" \"~h{, }\"' } }",
        &format!(
            "10.0.0.9 - {LOCAL} \"GET /a?b HTTP/1.1\" 200 5 \"-\" \"x\" \"203.0.113.9, 10.0.0.1\""
        ),
        expected,
    );
    check(
        r#"{ goaccess = { log = '{"ts":"%x.%^","request":{"remote_ip":"%h","method":"%m","uri":"%U","headers":{"User-Agent":["%u"]}},"size":"%b","status":"%s"}' } }"#,
        r#"{"ts":1779278589.0,"status":200,"size":5,"request":{"uri":"/a?b","method":"GET","remote_ip":"203.0.113.9","headers":{"User-Agent":["x"]}}}"#,
        expected,
    );
    check(
        "{ goaccess = { log = '%d\\t%t\\t%h\\t%m\\t%U\\t%s\\t%b\\t%u', date = '%Y-%m-%d', time = '%T' } }",
        "2026-05-20\t12:03:09\t203.0.113.9\tGET\t/a?b\t200\t5\tx",
        expected,
    );
}

#[test]
fn a_directive_that_fits_no_line_reads_nothing() {
    let config = |format: &str| {
        format!(
            "[[logs]]\npaths = [\"access.log\"]\nformat = {format}\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n"
        )
    };
    let site = Site::new(&config("{ nginx = '$time_iso8601 $remote_addr \"$request\" $status' }"));
    let text = line("20/May/2026:10:00:00 +0000", "/t/a", 200, "GPTBot/1.2").repeat(30);
    site.write("access.log", &text);
    for command in ["ingest", "check"] {
        let result = site.run(&[command]);
        assert_eq!(result.code, 1, "{command}: {}", result.stderr);
    }
    let output = site.run(&["ingest"]).stderr;
    assert!(output.contains("nginx, fits none of its first lines, such as"), "{output}");
    assert!(!String::from_utf8_lossy(&site.run(&["check"]).stdout).contains("no user agent"));
    // With the correct format, all lines are read.
    site.write("config.toml", config("\"auto\""));
    assert!(site.succeed(&["ingest"]).contains("30 lines = 30 pings"));
}

#[test]
fn a_format_that_comes_with_a_server_is_known_by_its_name() {
    let text = line("20/May/2026:10:00:00 +0000", "/t/a", 200, "GPTBot/1.2").repeat(3);
    let with_header = text.replace("\n", " \"192.0.2.7\"\n");
    for (format, text) in [
        ("{ nginx = 'combined' }", &text),
        ("{ nginx = 'main' }", &with_header),
        ("{ apache = 'combined' }", &text),
        ("\"main\"", &with_header),
    ] {
        let site = Site::new(&format!(
            "[[logs]]\npaths = [\"access.log\"]\nformat = {format}\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n"
        ));
        site.write("access.log", text);
        assert!(site.succeed(&["ingest"]).contains("3 lines = 3 pings"), "{format}");
    }
}

#[test]
fn common_keys_of_json_and_ltsv_are_recognized() {
    for line in [
        r#"{"time":"2026-05-20T12:03:09Z","remoteIP":"203.0.113.9","host":"10.0.0.5","domain":"www.example.com","request":"/a","query":"?b","method":"GET","status":"200","bytes":5,"userAgent":"x"}"#,
        r#"{"@timestamp":"2026-05-20T12:03:09Z","source":{"ip":"203.0.113.9"},"url":{"domain":"www.example.com","path":"/a","query":"b"},"http":{"request":{"method":"GET"},"response":{"status_code":200,"body":{"bytes":5}}},"user_agent":{"original":"x"}}"#,
        r#"{"time":"2026-05-20T12:03:09Z","client":{"ip":"203.0.113.9"},"http_host":"www.example.com","http":{"method":"GET","url":"/a?b","status":200},"size":5,"ua":"x"}"#,
        r#"{"time":"2026-05-20T12:03:09Z","client_ip":"203.0.113.9","host":"www.example.com","request":"GET","url":"/a?b","status":200,"size":5,"ua":"x"}"#,
        "time:[20/May/2026:14:03:09 +0200]\tremote_addr:203.0.113.9\thttp_host:www.example.com\trequest_method:GET\trequest_uri:/a?b\tstatus:200\tbody_bytes_sent:5\thttp_user_agent:x",
        "2026-05-20T12:03:09.123456789Z www.example.com:443 203.0.113.9 - - [20/May/2026:14:03:09 +0200] \"GET /a?b HTTP/1.1\" 200 5 \"-\" \"x\"",
    ] {
        check(
            "\"auto\"",
            line,
            ["203.0.113.9", "www.example.com", "GET", "/a", "b", "200", "5", "x"],
        );
    }
}
