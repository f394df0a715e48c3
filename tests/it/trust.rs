//! Trust: lists fetched from a server of the test's own, and pings judged by the list of their day.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::program::{self, Ran, Site};

/// A server on 127.0.0.1 that answers each path with what it was last told.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    answers: Arc<Mutex<HashMap<String, Answer>>>,
}

#[derive(Clone)]
enum Answer {
    /// A text, with a tag that it is known by.
    Text(String, &'static str),
    Status(u16),
    /// To another path.
    Redirect(&'static str),
    /// Nothing, for longer than anybody waits.
    Silence,
    /// The beginning of a longer text.
    Broken,
}

impl Server {
    pub(crate) fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Arc<Mutex<HashMap<String, Answer>>> = Arc::default();
        let told = Arc::clone(&answers);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let told = Arc::clone(&told);
                thread::spawn(move || answer(stream, &told));
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

    /// A site whose own agents, named by their paths, publish their addresses here.
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

fn answer(mut stream: TcpStream, told: &Mutex<HashMap<String, Answer>>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let path = lines.next()?.ok()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<String> =
        lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let asked = |etag: &str| {
        headers.iter().any(|line| line.to_ascii_lowercase() == format!("if-none-match: {etag}"))
    };
    let status =
        |status: u16, rest: &str| format!("HTTP/1.1 {status} x\r\nconnection: close\r\n{rest}\r\n");
    let answer = told.lock().unwrap().get(&path).cloned().unwrap_or(Answer::Status(404));
    let text = match answer {
        Answer::Text(_, etag) if asked(etag) => status(304, ""),
        Answer::Text(text, etag) => {
            status(200, &format!("etag: {etag}\r\ncontent-length: {}\r\n", text.len())) + &text
        }
        Answer::Status(code) => status(code, "content-length: 0\r\n"),
        Answer::Redirect(to) => status(302, &format!("location: {to}\r\ncontent-length: 0\r\n")),
        Answer::Silence => {
            thread::sleep(Duration::from_secs(60));
            return None;
        }
        Answer::Broken => status(200, "content-length: 1000\r\n") + "[\"192.0.2.0/24\",",
    };
    stream.write_all(text.as_bytes()).ok()
}

/// Asks for the lists of the test's own agents, and of nobody in the world.
fn refresh(site: &Site) -> Ran {
    site.run(&["agents", "refresh", "JsonBot", "FeedBot", "PageBot", "MovedBot", "MineBot"])
}

fn line(ip: &str, day: &str, user_agent: &str) -> String {
    format!("{ip} - - [{day}:10:00:00 +0000] \"GET /t/a HTTP/1.1\" 200 5 \"-\" \"{user_agent}\"\n")
}

fn trust(site: &Site) -> serde_json::Value {
    site.term("a", "2026-12-31")["trust"].clone()
}

#[test]
fn lists_of_every_shape_verify_and_refute() {
    let server = Server::start();
    let openai = r#"{"creationTime":"x","prefixes":[{"ipv4Prefix":"192.0.2.0/24"},{"ipv6Prefix":"2001:db8::/32"}]}"#;
    server.text("/Json.json", openai, "\"1\"");
    server.text("/Feed.csv", "192.0.2.0/24,US,,,\n2001:db8::/32,DE,,,\n", "\"1\"");
    server.text("/Page.html", "<ul><li>192.0.2.0/24<li>2001:db8::/32</ul>", "\"1\"");
    server.text("/Moved.txt", "", "\"1\"");
    server.set("/Moved.txt", Answer::Redirect("/Feed.csv"));
    let site = server.site(&["/Json.json", "/Feed.csv", "/Page.html", "/Moved.txt"]);
    let ran = refresh(&site);
    assert_eq!((ran.code, &*ran.err), (0, ""));
    assert!(ran.text().contains("Asked for 4 lists: 4 new or changed, 0 unchanged, 0 not had"));
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
    // Impostors are no guests, and the widget marks who was verified.
    let term = site.term("a", "2026-12-31");
    assert_eq!(term["total_pings"], 16);
    assert_eq!(term["families"][0]["verified"], 2);
    assert_eq!(term["ip_lists"]["count"], 4);
    for form in ["html", "svg", "md", "text"] {
        let report =
            site.succeed(&["report", "--term", "a", "--format", form, "--as-of", "2026-12-31"]);
        assert!(report.contains("✓") || report.contains("&#x2713;"), "{report}");
        assert!(report.contains("addresses judged by 4 published lists"), "{report}");
    }
}

#[test]
fn a_bad_answer_never_takes_the_place_of_a_good_list() {
    let server = Server::start();
    let many: String = (0..40).map(|n| format!("192.0.2.{}/32\n", n * 2)).collect();
    server.text("/Mine.txt", &many, "\"1\"");
    let site = server.site(&["/Mine.txt"]);
    let says = |ran: Ran, words: &str| {
        let both = format!("{}{}", ran.err, String::from_utf8_lossy(&ran.out));
        let mine =
            both.lines().find(|line| line.contains("/Mine.txt")).unwrap_or_default().to_owned();
        assert!(mine.contains(words), "{words}: {both}");
    };
    says(refresh(&site), "40 networks");
    let is_verified = |site: &Site| {
        let args = ["classify", "MineBot/1.0", "--ip", "192.0.2.2", "--format", "json"];
        site.succeed(&args).contains("\"trust\":\"verified\"")
    };
    assert!(is_verified(&site));
    for (answer, words) in [
        (Answer::Text("<h1>We are sorry</h1>".into(), "\"2\""), "it names no network"),
        (Answer::Text("[]".into(), "\"2\""), "it names no network"),
        (Answer::Text("0.0.0.0/0".into(), "\"2\""), "0.0.0.0/0, which is too large"),
        (Answer::Text("198.51.100.1".into(), "\"2\""), "has shrunk from 40 networks to 1"),
        (Answer::Status(500), "status 500"),
        (Answer::Status(404), "status 404"),
        (Answer::Broken, "broke off"),
        (Answer::Redirect("/Mine.txt"), "no answer"),
    ] {
        server.set("/Mine.txt", answer);
        says(refresh(&site), words);
        assert!(is_verified(&site), "{words}");
    }
    server.text("/Mine.txt", "198.51.100.1", "\"3\"");
    let forced = site.run(&["agents", "refresh", "--force", "minebot"]);
    says(forced, "1 network, 40 before");
    assert!(!is_verified(&site));
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24", "\"1\"");
    let site = server.site(&["/Mine.txt"]);
    refresh(&site);
    // Another text under the same tag: only who asks without the tag would see it.
    server.text("/Mine.txt", "198.51.100.0/24", "\"1\"");
    let ran = refresh(&site);
    assert!(String::from_utf8_lossy(&ran.out).contains("1 unchanged"), "{}", ran.err);
    let said = site.succeed(&["classify", "MineBot/1.0", "--ip", "192.0.2.9"]);
    assert!(said.contains("verified: 192.0.2.9 is in http://"), "{said}");
}

#[test]
fn a_server_that_says_nothing_is_waited_for_only_so_long() {
    let server = Server::start();
    server.set("/Mine.txt", Answer::Silence);
    let url = format!("http://{}/Mine.txt", server.address);
    let fetcher = guestbook::fetch::Fetcher::with_patience(Duration::from_millis(300));
    let start = std::time::Instant::now();
    assert!(fetcher.fetch(&url, &Default::default()).is_err());
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[test]
fn who_is_at_other_addresses_too_is_no_impostor_there() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24", "\"1\"");
    let site = server.site(&["/Mine.txt"]);
    site.append("config.toml", "outside = \"unknown\"\n[trust]\nproxies = [\"203.0.113.0/24\"]\n");
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
fn a_catalogue_of_ones_own_is_fetched_if_it_can_be_used() {
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
    // Replacing spares the test the built-in agents' lists, which are the world's.
    let replacing = mine.replace("[[agent]]", "replaces = true\n[[agent]]")
        + &format!("ip_list = \"http://{}/Mine.txt\"\n", server.address);
    server.text("/agents.toml", &replacing, "\"2\"");
    let said = {
        site.write("mine.toml", &replacing);
        site.run(&["agents", "refresh"]).text()
    };
    assert!(said.contains("catalogue 2030-01-02, unchanged"), "{said}");
    assert!(family().contains("\"House\""));
    assert_eq!(site.succeed(&["agents", "--format", "json"]).lines().count(), 1);
    site.write("access.log", line("192.0.2.1", "20/May/2026", "StrangeThing/1.0"));
    site.succeed(&["ingest"]);
    assert_eq!(site.term("a", "2026-05-20")["catalogue"], "2030-01-02");
    for bad in ["<html>", "version = \"x\"", &replacing.replace("StrangeThing/1.0", "Other/1.0")] {
        server.text("/agents.toml", bad, "\"3\"");
        let ran = site.run(&["agents", "refresh"]);
        assert!(ran.err.contains("the catalogue stays as it was"), "{bad}: {}", ran.err);
        assert_eq!(ran.code, 2, "{bad}");
        assert!(family().contains("\"House\""));
    }
    let newer = replacing.replace("2030-01-02", "2030-02-03").replace("House", "Home");
    server.text("/agents.toml", &newer, "\"4\"");
    assert!(site.run(&["agents", "refresh"]).text().contains("catalogue 2030-02-03, new"));
    assert!(family().contains("\"Home\""));
}

#[test]
fn a_log_of_a_proxys_addresses_is_told() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24", "\"1\"");
    let site = server.site(&["/Mine.txt"]);
    refresh(&site);
    site.write("access.log", line("198.51.100.1", "20/May/2026", "MineBot/1.0").repeat(20));
    assert!(site.run(&["ingest"]).err.contains("under [trust] proxies"));
    site.append("access.log", line("198.51.100.1", "20/May/2026", "MineBot/1.0").repeat(20));
    site.append("access.log", line("192.0.2.1", "20/May/2026", "MineBot/1.0"));
    assert_eq!(site.run(&["ingest"]).err, "");
}

/// A log's format in config, and its line of a visitor whom a proxy has named.
struct Passed {
    format: &'static str,
    line: fn(peer: &str, header: &str) -> String,
}

const PASSED: [Passed; 5] = [
    // nginx's own `main`, and one with the header in front.
    Passed {
        format: r#"{ nginx = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" "$http_x_forwarded_for"' }"#,
        line: |peer, header| {
            let line = line(peer, "20/May/2026", "MineBot/1.0");
            format!("{} \"{header}\"\n", line.trim_end())
        },
    },
    Passed {
        format: r#"{ apache = 'LogFormat "\"%{X-Forwarded-For}i\" %h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" proxied' }"#,
        line: |peer, header| format!("\"{header}\" {}", line(peer, "20/May/2026", "MineBot/1.0")),
    },
    Passed {
        format: "\"auto\"",
        line: |peer, header| {
            format!(
                "{{\"time\":\"2026-05-20T10:00:00Z\",\"remote_addr\":\"{peer}\",\"http_x_forwarded_for\":\"{header}\",\
                 \"request\":\"GET /t/a HTTP/1.1\",\"status\":200,\"http_user_agent\":\"MineBot/1.0\"}}\n"
            )
        },
    },
    Passed {
        format: r#"{ json = { time = "t", ip = "from", uri = "u", status = "s", user_agent = "a", forwarded = "by" } }"#,
        line: |peer, header| {
            format!(
                "{{\"t\":\"2026-05-20T10:00:00Z\",\"from\":\"{peer}\",\"by\":\"{header}\",\"u\":\"/t/a\",\"s\":200,\
                 \"a\":\"MineBot/1.0\"}}\n"
            )
        },
    },
    Passed {
        format: r#"{ w3c = "date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent) X-Forwarded-For" }"#,
        line: |peer, header| {
            let header = header.replace(' ', "+");
            format!("2026-05-20 10:00:00 {peer} GET /t/a 200 MineBot/1.0 {header}\n")
        },
    },
];

#[test]
fn proxies_are_believed_in_whom_they_name() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24\n2001:db8::/32\n", "\"1\"");
    let (proxy, another, own, stranger) =
        ("203.0.113.1", "203.0.113.2", "192.0.2.9", "198.51.100.7");
    let requests = [
        (proxy, own.to_owned()),
        (proxy, "2001:db8::7".to_owned()),
        // A visitor's lie, which its proxy has completed; and one by way of two proxies.
        (proxy, format!("{own}, {stranger}")),
        (proxy, format!("{stranger}, {own}, {another}")),
        // Who is no proxy is judged by its own address, whatever it says.
        (own, stranger.to_owned()),
        (stranger, own.to_owned()),
        (proxy, "-".to_owned()),
        (proxy, "unknown".to_owned()),
    ];
    for Passed { format, line } in PASSED {
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
        let ran = site.run(&["ingest"]);
        assert_eq!((ran.code, &*ran.err), (0, ""), "{format}");
        let expected =
            serde_json::json!({"verified": 4, "impostor": 2, "unverifiable": 0, "unchecked": 2});
        assert_eq!(trust(&site), expected, "{format}");
    }
}

#[test]
fn no_header_is_believed_silently() {
    let server = Server::start();
    server.text("/Mine.txt", "192.0.2.0/24", "\"1\"");
    let log: String =
        PASSED[2..4].iter().map(|passed| (passed.line)("10.0.0.1", "192.0.2.9")).collect();
    let json_alone = log.replace("\"remote_addr\":\"10.0.0.1\",", "");
    let all = |rest: &str| format!("[trust]\nproxies = [\"all\"]\n{rest}");
    let header = all("header = \"x_forwarded_for\"\n");
    for (config, log, expected) in [
        ("", &log, [0, 0, 0, 1]),
        // The header alone, of whom nobody knows.
        ("", &json_alone, [0, 0, 0, 1]),
        (&all(""), &json_alone, [0, 0, 0, 1]),
        (&header, &json_alone, [1, 0, 0, 0]),
        (&header, &log, [1, 0, 0, 0]),
        // Another header than the log has.
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
    // A format that has no such header is told, and a config that believes nobody in it.
    let site = server.site(&["/Mine.txt"]);
    site.append("config.toml", "[trust]\nproxies = [\"203.0.113.0/24\"]\nheader = \"X-Real-IP\"\n");
    site.write("access.log", line("203.0.113.1", "20/May/2026", "MineBot/1.0").repeat(20));
    assert!(site.run(&["ingest"]).err.contains("has no X-Real-IP that can be believed"));
    assert!(site.succeed(&["check"]).contains("has no X-Real-IP"));
    let site = server.site(&["/Mine.txt"]);
    site.append("config.toml", "[trust]\nheader = \"X-Real-IP\"\n");
    assert!(site.run(&["ingest"]).err.contains("name the proxies that are believed in it"));
}

#[test]
fn what_a_visitor_can_write_into_the_header_verifies_nobody() {
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
        // The control: one that its proxy has named.
        (&quoted, plain("\"192.0.2.9\""), [1, 0, 0, 0]),
        // Spaces, where nothing but a space ends the header.
        (
            &nginx("$http_x_forwarded_for $request_time"),
            plain("192.0.2.9 x, 198.51.100.7 0.05"),
            [0, 0, 0, 1],
        ),
        (&nginx("$http_x_forwarded_for"), plain("192.0.2.9"), [0, 0, 0, 1]),
        // Cut off on the way to the log, once within its quotes, and once perhaps.
        (&quoted, plain("\"192.0.2.9, 192.0.2.9"), [0, 0, 0, 1]),
        (&quoted, plain(&format!("\"{long}192.0.2.9\"")), [0, 0, 0, 1]),
        // By way of somebody inside who is no proxy.
        (&quoted, plain("\"192.0.2.9, 10.0.0.9\""), [0, 0, 0, 1]),
        // Two lines of the header, of which the proxy wrote the second, and another header alike.
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
