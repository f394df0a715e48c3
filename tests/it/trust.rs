//! Tests of trust with IP lists from a local server, and of the headers that proxies set.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::program::{self, RunResult, Site};

/// An HTTP server on 127.0.0.1 with a settable answer for each path.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
}

#[derive(Clone)]
enum Answer {
    /// A text with its entity tag.
    Text(String, &'static str),
    Status(u16),
    /// A redirect to another path.
    Redirect(&'static str),
    /// No response until the client closes the connection.
    Silence,
    /// A response that ends before its declared length.
    Broken,
}

impl Server {
    pub(crate) fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Arc<Mutex<HashMap<String, Answer>>> = Arc::default();
        let shared = Arc::clone(&answers);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answers = Arc::clone(&shared);
                thread::spawn(move || answer(stream, &answers));
            }
        });
        Server { address, answers }
    }

    fn set(&self, path: &str, answer: Answer) {
        self.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    pub(crate) fn text(&self, path: &str, text: &str, etag: &'static str) {
        self.set(path, Answer::Text(text.to_owned(), etag));
    }

    /// Creates a site with an agent for each path, whose IP list is at that path.
    fn site(&self, paths: &[&str]) -> Site {
        let site = Site::plain();
        for path in paths {
            let name = path.trim_start_matches('/');
            let (name, _) = name.split_once('.').unwrap_or((name, ""));
            let agent = format!(
                "\n[[agents]]\nname = \"{name}Bot\"\ntokens = [\"{name}Bot\"]\npurpose = \"training\"\n\
                 ip_list = \"http://{}{path}\"\n",
                self.address
            );
            site.append("config.toml", agent);
        }
        site
    }
}

fn answer(mut stream: TcpStream, answers: &Mutex<HashMap<String, Answer>>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<String> =
        lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let has_validator = |etag: &str| {
        headers.iter().any(|line| line.to_ascii_lowercase() == format!("if-none-match: {etag}"))
    };
    let status =
        |status: u16, rest: &str| format!("HTTP/1.1 {status} x\r\nconnection: close\r\n{rest}\r\n");
    let answer = answers.lock().unwrap().get(&path).cloned().unwrap_or(Answer::Status(404));
    let text = match answer {
        Answer::Text(_, etag) if has_validator(etag) => status(304, ""),
        Answer::Text(text, etag) => {
            status(200, &format!("etag: {etag}\r\ncontent-length: {}\r\n", text.len())) + &text
        }
        Answer::Status(code) => status(code, "content-length: 0\r\n"),
        Answer::Redirect(to) => status(302, &format!("location: {to}\r\ncontent-length: 0\r\n")),
        Answer::Silence => {
            // Waits until the client gives up and closes the connection.
            let _ = stream.read(&mut [0]);
            return None;
        }
        Answer::Broken => status(200, "content-length: 1000\r\n") + "[\"192.0.2.0/24\",",
    };
    stream.write_all(text.as_bytes()).ok()
}

/// Refreshes the lists of the agents of the tests, and none from the internet.
fn refresh(site: &Site) -> RunResult {
    site.run(&["agents", "refresh", "JsonBot", "FeedBot", "PageBot", "MovedBot", "MineBot"])
}

fn line(ip: &str, day: &str, user_agent: &str) -> String {
    format!("{ip} - - [{day}:10:00:00 +0000] \"GET /t/a HTTP/1.1\" 200 5 \"-\" \"{user_agent}\"\n")
}

fn trust(site: &Site) -> serde_json::Value {
    site.term("a", "2026-12-31")["trust"].clone()
}

#[test]
fn lists_of_every_format_verify_and_refute() {
    let server = Server::start();
    let openai = r#"{"creationTime":"x","prefixes":[{"ipv4Prefix":"192.0.2.0/24"},{"ipv6Prefix":"2001:db8::/32"}]}"#;
    server.text("/Json.json", openai, "\"1\"");
    server.text("/Feed.csv", "192.0.2.0/24,US,,,\n2001:db8::/32,DE,,,\n", "\"1\"");
    server.text("/Page.html", "<ul><li>192.0.2.0/24<li>2001:db8::/32</ul>", "\"1\"");
    server.text("/Moved.txt", "", "\"1\"");
    server.set("/Moved.txt", Answer::Redirect("/Feed.csv"));
    let site = server.site(&["/Json.json", "/Feed.csv", "/Page.html", "/Moved.txt"]);
    let result = refresh(&site);
    assert_eq!((result.code, &*result.stderr), (0, ""));
    assert!(result.text().contains("Fetched 4 lists: 4 new or changed, 0 unchanged, 0 failed"));
    let log: String = ["JsonBot", "FeedBot", "PageBot", "MovedBot"]
        .iter()
        .flat_map(|bot| {
            [
                "192.0.2.77",
                "2001:db8:7::1",
                "198.51.100.1",
                "2001:db9::1",
                "10.0.0.1",
                "proxy.example",
            ]
            .map(|ip| line(ip, "20/May/2026", &format!("{bot}/1.0")))
        })
        .collect();
    site.write("access.log", log);
    site.succeed(&["ingest"]);
    let expected =
        serde_json::json!({"verified": 8, "impostor": 8, "unverifiable": 0, "unchecked": 8});
    assert_eq!(trust(&site), expected);
    // Impostors are not counted, and the widget marks verified families.
    let term = site.term("a", "2026-12-31");
    assert_eq!(term["total_pings"], 16);
    assert_eq!(term["families"][0]["verified"], 2);
    assert_eq!(term["ip_lists"]["count"], 4);
    for format in ["html", "svg", "md", "text"] {
        let report =
            site.succeed(&["report", "--term", "a", "--format", format, "--as-of", "2026-12-31"]);
        assert!(report.contains("✓") || report.contains("&#x2713;"), "{report}");
        assert!(report.contains("addresses checked against 4 published lists"), "{report}");
    }
}

#[test]
fn an_invalid_answer_does_not_replace_a_stored_list() {
    let server = Server::start();
    let many: String = (0..40).map(|n| format!("192.0.2.{}/32\n", n * 2)).collect();
    server.text("/Mine.txt", &many, "\"1\"");
    let site = server.site(&["/Mine.txt"]);
    let check = |result: RunResult, expected: &str| {
        let output = format!("{}{}", result.stderr, String::from_utf8_lossy(&result.stdout));
        let line =
            output.lines().find(|line| line.contains("/Mine.txt")).unwrap_or_default().to_owned();
        assert!(line.contains(expected), "{expected}: {output}");
    };
    check(refresh(&site), "40 networks");
    let is_verified = |site: &Site| {
        let args = ["classify", "MineBot/1.0", "--ip", "192.0.2.2", "--format", "json"];
        site.succeed(&args).contains("\"trust\":\"verified\"")
    };
    assert!(is_verified(&site));
    for (answer, expected) in [
        (Answer::Text("<h1>We are sorry</h1>".into(), "\"2\""), "it lists no networks"),
        (Answer::Text("[]".into(), "\"2\""), "it lists no networks"),
        (Answer::Text("0.0.0.0/0".into(), "\"2\""), "0.0.0.0/0, which is too broad"),
        (Answer::Text("198.51.100.1".into(), "\"2\""), "has shrunk from 40 networks to 1"),
        (Answer::Text(" ".repeat((16 << 20) + 1), "\"2\""), "the answer is larger than 16 MiB"),
        (Answer::Status(500), "status 500"),
        (Answer::Status(404), "status 404"),
        (Answer::Broken, "broke off"),
        (Answer::Redirect("/Mine.txt"), "no answer"),
    ] {
        server.set("/Mine.txt", answer);
        check(refresh(&site), expected);
        assert!(is_verified(&site), "{expected}");
    }
    server.text("/Mine.txt", "198.51.100.1", "\"3\"");
    let forced = site.run(&["agents", "refresh", "--force", "minebot"]);
    check(forced, "1 network, 40 before");
    assert!(!is_verified(&site));
}

#[test]
fn copies_of_lists_are_read_from_a_folder() {
    let site = Server::start().site(&["/Json.json", "/Page.html", "/Folder./"]);
    let config = std::fs::read_to_string(site.path("config.toml")).unwrap();
    let urls = config.split('"').filter_map(|text| text.strip_prefix("http://"));
    let urls: Vec<&str> = urls.collect();
    let from = |site: &Site| site.run(&["agents", "refresh", "--from", "lists"]);
    let result = from(&site);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("lists has no copy of a list"), "{}", result.stderr);
    site.write(&format!("lists/{}", urls[0]), "192.0.2.0/24");
    site.write(&format!("lists/{}index.html", urls[2]), "<p>198.51.100.0/24</p>");
    let result = from(&site);
    assert_eq!(result.code, 0, "{}", result.stderr);
    assert!(result.stderr.contains("lists has no copy of "), "{}", result.stderr);
    assert!(result.text().contains("Fetched 2 lists: 2 new or changed"));
    site.write("access.log", line("192.0.2.7", "20/Nov/2026", "JsonBot/1.0"));
    site.succeed(&["ingest"]);
    assert_eq!(trust(&site)["verified"], 1);
    // A copy that is no list is refused.
    site.write(&format!("lists/{}", urls[0]), "no network at all");
    let result = from(&site);
    assert_eq!(result.code, 2);
    assert!(result.stderr.contains(urls[0]), "{}", result.stderr);
}

#[test]
fn a_night_fetches_lists_that_are_a_week_old() {
    let server = Server::start();
    let path = "/Mine.txt";
    let site = Site::new(
        "[[logs]]\npaths = [\"access.log\"]\nstale_after = 0\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n\
         [catalogue]\nfile = \"mine.toml\"\n[trust]\nrefresh = \"weekly\"\n",
    );
    // `replaces` removes the built-in agents, whose lists would be fetched from the internet.
    let catalogue = format!(
        "version = \"2030-01-02\"\nreplaces = true\n[[agent]]\nname = \"Mine\"\nfamily = \"House\"\n\
         tokens = [\"MineBot\"]\nsamples = [\"MineBot/1.0\"]\nip_list = \"http://{}{path}\"\n",
        server.address
    );
    site.write("mine.toml", catalogue);
    site.write("access.log", line("192.0.2.1", "01/Nov/2026", "MineBot/1.0"));
    let night = |day: &str| site.run(&["nightly", "--as-of", day]);
    // Without an answer, the log is read all the same, and the requests are told that can't be checked.
    let result = night("2026-11-02");
    assert_eq!(result.code, 2, "{}", result.stderr);
    assert!(result.stderr.contains("status 404"), "{}", result.stderr);
    assert!(result.stderr.contains("1 request of agents can't be checked"), "{}", result.stderr);
    server.text(path, "192.0.2.0/24", "\"1\"");
    assert_eq!(night("2026-11-03").code, 0);
    site.append("access.log", line("192.0.2.1", "02/Nov/2026", "MineBot/1.0"));
    server.set(path, Answer::Status(500));
    let result = night("2026-11-09");
    assert_eq!(result.code, 0, "six days later, it is not asked: {}", result.stderr);
    assert_eq!(trust(&site)["verified"], 1);
    let result = night("2026-11-10");
    assert!(result.code == 2 && result.stderr.contains("status 500"), "{}", result.stderr);
}

#[test]
fn a_dead_network_is_one_warning() {
    let server = Server::start();
    let paths = ["/A.txt", "/B.txt", "/C.txt", "/D.txt", "/E.txt"];
    let site = server.site(&paths);
    let result = site.run(&["agents", "refresh", "ABot", "BBot", "CBot", "DBot", "EBot"]);
    assert_eq!(result.code, 1);
    assert_eq!(result.stderr.lines().count(), 1, "{}", result.stderr);
    assert!(
        result.stderr.contains("5 lists, such as http://") && result.stderr.contains("status 404")
    );
    server.text("/A.txt", "192.0.2.0/24", "\"1\"");
    let result = site.run(&["agents", "refresh", "ABot", "BBot", "CBot"]);
    assert_eq!((result.code, result.stderr.lines().count()), (2, 2), "{}", result.stderr);
}

#[test]
fn an_unchanged_list_is_not_fetched_again() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24", "\"1\"");
    let site = server.site(&["/Mine.txt"]);
    refresh(&site);
    // Another text with the same entity tag is only sent to a request without that tag.
    server.text("/Mine.txt", "198.51.100.0/24", "\"1\"");
    let result = refresh(&site);
    assert!(String::from_utf8_lossy(&result.stdout).contains("1 unchanged"), "{}", result.stderr);
    let output = site.succeed(&["classify", "MineBot/1.0", "--ip", "192.0.2.9"]);
    assert!(output.contains("verified: 192.0.2.9 is in http://"), "{output}");
}

#[test]
fn a_fetch_without_a_response_times_out() {
    let server = Server::start();
    server.set("/Mine.txt", Answer::Silence);
    let url = format!("http://{}/Mine.txt", server.address);
    let fetcher = guestbook::trust::Fetcher::with_timeout(Duration::from_millis(300));
    // The server never answers, so only the time limit ends this.
    let error = fetcher.fetch(&url, &Default::default()).unwrap_err();
    assert!(error.to_string().contains("no answer"), "{error}");
}

#[test]
fn unlisted_addresses_are_unchecked_if_the_config_says_unknown() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24", "\"1\"");
    let site = server.site(&["/Mine.txt"]);
    site.append(
        "config.toml",
        "unlisted_ip = \"unknown\"\n[trust]\nproxies = [\"203.0.113.0/24\"]\n",
    );
    refresh(&site);
    let log = [
        line("192.0.2.1", "20/May/2026", "MineBot/1.0"),
        line("198.51.100.1", "20/May/2026", "MineBot/1.0"),
        line("203.0.113.7", "20/May/2026", "MineBot/1.0"),
    ];
    site.write("access.log", log.concat());
    site.succeed(&["ingest"]);
    let expected =
        serde_json::json!({"verified": 1, "impostor": 0, "unverifiable": 0, "unchecked": 2});
    assert_eq!(trust(&site), expected);
}

#[test]
fn a_catalogue_is_fetched_and_an_invalid_one_is_rejected() {
    let server = Server::start();
    let mine = "version = \"2030-01-02\"\n[[agent]]\nname = \"Mine\"\nfamily = \"House\"\n\
                tokens = [\"StrangeThing\"]\nsamples = [\"StrangeThing/1.0\"]\n";
    server.text("/Mine.txt", "192.0.2.0/24", "\"1\"");
    server.text("/agents.toml", mine, "\"1\"");
    let config = format!(
        "[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n\
         [catalogue]\nfile = \"mine.toml\"\nurl = \"http://{}/agents.toml\"\n",
        server.address
    );
    let site = Site::new(&config);
    let family = || site.succeed(&["classify", "--format", "json", "StrangeThing/1.0"]);
    assert!(family().contains("\"Unknown AI\""));
    // `replaces` removes the built-in agents, whose lists would be fetched from the internet.
    let replacing = mine.replace("[[agent]]", "replaces = true\n[[agent]]")
        + &format!("ip_list = \"http://{}/Mine.txt\"\n", server.address);
    server.text("/agents.toml", &replacing, "\"2\"");
    let output = {
        site.write("mine.toml", &replacing);
        site.run(&["agents", "refresh"]).text()
    };
    assert!(output.contains("catalogue 2030-01-02, unchanged"), "{output}");
    assert!(family().contains("\"House\""));
    assert_eq!(site.succeed(&["agents", "--format", "json"]).lines().count(), 1);
    site.write("access.log", line("192.0.2.1", "20/May/2026", "StrangeThing/1.0"));
    site.succeed(&["ingest"]);
    assert_eq!(site.term("a", "2026-05-20")["catalogue"], "2030-01-02");
    for bad in ["<html>", "version = \"x\"", &replacing.replace("StrangeThing/1.0", "Other/1.0")] {
        server.text("/agents.toml", bad, "\"3\"");
        let result = site.run(&["agents", "refresh"]);
        assert!(
            result.stderr.contains("the catalogue stays as it was"),
            "{bad}: {}",
            result.stderr
        );
        assert_eq!(result.code, 2, "{bad}");
        assert!(family().contains("\"House\""));
    }
    let newer = replacing.replace("2030-01-02", "2030-02-03").replace("House", "Home");
    server.text("/agents.toml", &newer, "\"4\"");
    assert!(site.run(&["agents", "refresh"]).text().contains("catalogue 2030-02-03, new"));
    assert!(family().contains("\"Home\""));
}

#[test]
fn a_log_with_only_proxy_addresses_causes_a_warning() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24", "\"1\"");
    let site = server.site(&["/Mine.txt"]);
    refresh(&site);
    site.write("access.log", line("198.51.100.1", "20/May/2026", "MineBot/1.0").repeat(20));
    assert!(site.run(&["ingest"]).stderr.contains("under [trust] proxies"));
    site.append("access.log", line("198.51.100.1", "20/May/2026", "MineBot/1.0").repeat(20));
    site.append("access.log", line("192.0.2.1", "20/May/2026", "MineBot/1.0"));
    assert_eq!(site.run(&["ingest"]).stderr, "");
}

/// A log format in the config, and a function that writes a line with the header of a proxy.
struct ProxiedFormat {
    format: &'static str,
    line: fn(peer: &str, header: &str) -> String,
}

const PROXIED_FORMATS: [ProxiedFormat; 5] = [
    // The `main` format of nginx, and one that begins with the header.
    ProxiedFormat {
        format: r#"{ nginx = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"' }"#,
        line: |peer, header| {
            let line = line(peer, "20/May/2026", "MineBot/1.0");
            format!("{} \"{header}\"\n", line.trim_end())
        },
    },
    ProxiedFormat {
        format: r#"{ apache = 'LogFormat "\"%{X-Forwarded-For}i\" %h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" proxied' }"#,
        line: |peer, header| format!("\"{header}\" {}", line(peer, "20/May/2026", "MineBot/1.0")),
    },
    ProxiedFormat {
        format: "\"auto\"",
        line: |peer, header| {
            format!(
                "{{\"time\":\"2026-05-20T10:00:00Z\",\"remote_addr\":\"{peer}\",\"http_x_forwarded_for\":\"{header}\",\
                 \"request\":\"GET /t/a HTTP/1.1\",\"status\":200,\"http_user_agent\":\"MineBot/1.0\"}}\n"
            )
        },
    },
    ProxiedFormat {
        format: r#"{ json = { time = "t", ip = "from", uri = "u", status = "s", user_agent = "a", forwarded = "by" } }"#,
        line: |peer, header| {
            format!(
                "{{\"t\":\"2026-05-20T10:00:00Z\",\"from\":\"{peer}\",\"by\":\"{header}\",\"u\":\"/t/a\",\"s\":200,\
                 \"a\":\"MineBot/1.0\"}}\n"
            )
        },
    },
    ProxiedFormat {
        format: r#"{ w3c = "date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent) X-Forwarded-For" }"#,
        line: |peer, header| {
            let header = header.replace(' ', "+");
            format!("2026-05-20 10:00:00 {peer} GET /t/a 200 MineBot/1.0 {header}\n")
        },
    },
];

#[test]
fn the_address_is_read_from_the_header_of_a_trusted_proxy() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24\n2001:db8::/32\n", "\"1\"");
    let (proxy, another, own, stranger) =
        ("203.0.113.1", "203.0.113.2", "192.0.2.9", "198.51.100.7");
    let requests = [
        (proxy, own.to_owned()),
        (proxy, "2001:db8::7".to_owned()),
        // A forged header that the proxy appended to, and a request through two proxies.
        (proxy, format!("{own}, {stranger}")),
        (proxy, format!("{stranger}, {own}, {another}")),
        // The header is ignored if the peer is not a proxy.
        (own, stranger.to_owned()),
        (stranger, own.to_owned()),
        (proxy, "-".to_owned()),
        (proxy, "unknown".to_owned()),
    ];
    for ProxiedFormat { format, line } in PROXIED_FORMATS {
        let site = server.site(&["/Mine.txt"]);
        let logs = format!("[[logs]]\npaths = [\"passed.log\"]\nformat = {format}\n");
        let trusted = "[trust]\nproxies = [\"203.0.113.0/24\"]\nheader = \"X-Forwarded-For\"\n";
        site.append("config.toml", format!("{logs}{trusted}"));
        refresh(&site);
        site.write("access.log", "");
        site.write(
            "passed.log",
            requests.iter().map(|(peer, header)| line(peer, header)).collect::<String>(),
        );
        let result = site.run(&["ingest"]);
        assert_eq!((result.code, &*result.stderr), (0, ""), "{format}");
        let expected =
            serde_json::json!({"verified": 4, "impostor": 2, "unverifiable": 0, "unchecked": 2});
        assert_eq!(trust(&site), expected, "{format}");
    }
}

#[test]
fn a_header_is_used_only_if_the_config_names_it() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24", "\"1\"");
    let log: String = PROXIED_FORMATS[2..4]
        .iter()
        .map(|proxied| (proxied.line)("10.0.0.1", "192.0.2.9"))
        .collect();
    let json_alone = log.replace("\"remote_addr\":\"10.0.0.1\",", "");
    let all = |rest: &str| format!("[trust]\nproxies = [\"all\"]\n{rest}");
    let header = all("header = \"x_forwarded_for\"\n");
    for (config, log, expected) in [
        ("", &log, [0, 0, 0, 1]),
        // There is only the header, and nothing tells which proxy set it.
        ("", &json_alone, [0, 0, 0, 1]),
        (&all(""), &json_alone, [0, 0, 0, 1]),
        (&header, &json_alone, [1, 0, 0, 0]),
        (&header, &log, [1, 0, 0, 0]),
        // The log does not have this header.
        (&all("header = \"CF-Connecting-IP\"\n"), &log, [0, 0, 0, 1]),
    ] {
        let site = server.site(&["/Mine.txt"]);
        site.append("config.toml", config);
        refresh(&site);
        site.write("access.log", log.lines().next().unwrap().to_owned() + "\n");
        site.succeed(&["ingest"]);
        let found = program::trust(&site.term("a", "2026-12-31"));
        assert_eq!(found, expected, "{config}: {log}");
    }
    // A format without the header causes a warning, and a header without proxies is an error.
    let site = server.site(&["/Mine.txt"]);
    site.append("config.toml", "[trust]\nproxies = [\"203.0.113.0/24\"]\nheader = \"X-Real-IP\"\n");
    site.write("access.log", line("203.0.113.1", "20/May/2026", "MineBot/1.0").repeat(20));
    assert!(site.run(&["ingest"]).stderr.contains("has no X-Real-IP that can be trusted"));
    assert!(site.succeed(&["check"]).contains("has no X-Real-IP"));
    let site = server.site(&["/Mine.txt"]);
    site.append("config.toml", "[trust]\nheader = \"X-Real-IP\"\n");
    assert!(site.run(&["ingest"]).stderr.contains("name the proxies that set it"));
}

#[test]
fn a_forged_header_verifies_nobody() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24", "\"1\"");
    let nginx = |end: &str| {
        format!(
            r#"{{ nginx = '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent "-" "$http_user_agent" {end}' }}"#
        )
    };
    let plain = |end: &str| {
        let line = line("203.0.113.1", "20/May/2026", "MineBot/1.0");
        format!("{} {end}\n", line.trim_end())
    };
    let caddy = |headers: &str| {
        format!(
            "{{\"ts\":1779271200.0,\"logger\":\"http.log.access\",\"msg\":\"handled request\",\"request\":\
             {{\"remote_ip\":\"203.0.113.1\",\"method\":\"GET\",\"host\":\"x\",\"uri\":\"/t/a\",\"headers\":\
             {{\"User-Agent\":[\"MineBot/1.0\"],{headers}}}}},\"status\":200,\"size\":5}}\n"
        )
    };
    let quoted = nginx("\"$http_x_forwarded_for\"");
    let long = "192.0.2.9, ".repeat(60);
    for (format, log, expected) in [
        // The control: an address from the proxy.
        (&quoted, plain("\"192.0.2.9\""), [1, 0, 0, 0]),
        // The header may contain spaces, but a space ends it in the log.
        (
            &nginx("$http_x_forwarded_for $request_time"),
            plain("192.0.2.9 x, 198.51.100.7 0.05"),
            [0, 0, 0, 1],
        ),
        (&nginx("$http_x_forwarded_for"), plain("192.0.2.9"), [0, 0, 0, 1]),
        // The header is truncated in the log: certainly without a closing quote, possibly if it is long.
        (&quoted, plain("\"192.0.2.9, 192.0.2.9"), [0, 0, 0, 1]),
        (&quoted, plain(&format!("\"{long}192.0.2.9\"")), [0, 0, 0, 1]),
        // Appended by a private address that is no proxy.
        (&quoted, plain("\"192.0.2.9, 10.0.0.9\""), [0, 0, 0, 1]),
        // Two values of the header, of which the proxy wrote the second. Then another header with a similar name.
        (
            &"\"auto\"".into(),
            caddy(r#""X-Forwarded-For":["192.0.2.9","198.51.100.7"]"#),
            [0, 1, 0, 0],
        ),
        (
            &"\"auto\"".into(),
            caddy(r#""X_forwarded_for":["192.0.2.9"],"X-Forwarded-For":["198.51.100.7"]"#),
            [0, 1, 0, 0],
        ),
        (
            &"\"auto\"".into(),
            caddy(r#""X-Forwarded-For":["198.51.100.7, 192.0.2.9"]"#),
            [1, 0, 0, 0],
        ),
    ] {
        let site = server.site(&["/Mine.txt"]);
        let trusted = "[trust]\nproxies = [\"203.0.113.0/24\"]\nheader = \"X-Forwarded-For\"\n";
        site.append(
            "config.toml",
            format!("[[logs]]\npaths = [\"passed.log\"]\nformat = {format}\n{trusted}"),
        );
        refresh(&site);
        site.write("access.log", "");
        site.write("passed.log", &log);
        site.run(&["ingest"]);
        let found = program::trust(&site.term("a", "2026-12-31"));
        assert_eq!(found, expected, "{format}: {log}");
    }
}
