//! Reverse DNS: addresses that a server of the test's own names, or does not, or names falsely.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{self, Site};

const PTR: u16 = 12;
const A: u16 = 1;
const AAAA: u16 = 28;
const CNAME: u16 = 5;

/// A name server on 127.0.0.1 that knows what it was told, and of all else that it does not exist.
struct Server {
    address: SocketAddr,
    zone: Arc<Mutex<HashMap<String, Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
enum Answer {
    /// Records: the name they are of, their type, and what they say.
    Records(Vec<(String, u16, Vec<u8>)>),
    ServerFailure,
    Refused,
    /// That the servers of the root may know, as who asks nobody else says.
    Referral,
    /// Nothing at all.
    Silence,
    /// What is no DNS message.
    Garbage,
}

impl Server {
    fn start(delay: Duration) -> Server {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let address = socket.local_addr().unwrap();
        let zone: Arc<Mutex<HashMap<String, Answer>>> = Arc::default();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (known, seen) = (Arc::clone(&zone), Arc::clone(&asked));
        thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((len, from)) = socket.recv_from(&mut buffer) {
                let query = buffer[..len].to_vec();
                let (name, end) = read_name(&query, 12);
                let name = name.to_ascii_lowercase();
                let kind = u16::from_be_bytes([query[end], query[end + 1]]);
                seen.lock().unwrap().push(name.clone());
                let answer = known.lock().unwrap().get(&name).cloned();
                let socket = Arc::clone(&socket);
                thread::spawn(move || {
                    thread::sleep(delay);
                    if let Some(message) = message(&query[..end + 4], kind, answer) {
                        let _ = socket.send_to(&message, from);
                    }
                });
            }
        });
        Server { address, zone, asked }
    }

    fn tell(&self, name: &str, answer: Answer) {
        self.zone.lock().unwrap().insert(name.to_ascii_lowercase(), answer);
    }

    /// An address, and the names that it says it has.
    fn names(&self, ip: &str, names: &[&str]) {
        let arpa = arpa(ip);
        let record = |name: &&str| (arpa.clone(), PTR, written(name));
        self.tell(&arpa, Answer::Records(names.iter().map(record).collect()));
    }

    /// A name, and the addresses that it has.
    fn addresses(&self, name: &str, ips: &[&str]) {
        self.tell(name, Answer::Records(ips.iter().map(|ip| address(name, ip)).collect()));
    }

    fn asked(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == name).count()
    }

    /// A site that asks here, with an agent whose machines have names below crawl.example.
    fn site(&self) -> Site {
        site(&self.address.to_string())
    }
}

fn site(resolver: &str) -> Site {
    let site = Site::plain();
    let config = format!(
        "\n[[agents]]\nname = \"NamedBot\"\ntokens = [\"NamedBot\"]\n\
         reverse_dns = [\"crawl.example\", \"also.example.net\"]\n\
         [trust]\nresolver = \"{resolver}\"\n"
    );
    site.append("config.toml", config);
    site
}

/// The answer to a query, whose first bytes up to the end of its question are given.
fn message(question: &[u8], kind: u16, answer: Option<Answer>) -> Option<Vec<u8>> {
    const RECURSIVE_ANSWER: u8 = 0x81;
    const RECURSION_AVAILABLE: u8 = 0x80;
    let (code, records) = match answer {
        None => (3, Vec::new()),
        Some(Answer::Records(records)) => (0, records),
        Some(Answer::ServerFailure) => (2, Vec::new()),
        Some(Answer::Refused) => (5, Vec::new()),
        Some(Answer::Silence) => return None,
        Some(Answer::Referral) => {
            let mut message = question.to_vec();
            (message[2], message[3]) = (RECURSIVE_ANSWER, 0);
            message[4..12].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
            let root = written("a.root-servers.example");
            // The root's name, its type NS and class, a minute, and the server's name.
            message.extend([0, 0, 2, 0, 1, 0, 0, 0, 60, 0, u8::try_from(root.len()).unwrap()]);
            message.extend(root);
            return Some(message);
        }
        Some(Answer::Garbage) => return Some(vec![0xff; 40]),
    };
    let fits = |record: &&(String, u16, Vec<u8>)| record.1 == kind || record.1 == CNAME;
    let records: Vec<_> = records.iter().filter(fits).collect();
    let mut message = question.to_vec();
    (message[2], message[3]) = (RECURSIVE_ANSWER, RECURSION_AVAILABLE | code);
    // One question, the records, no authority, nothing additional.
    message[4..12].copy_from_slice(&[0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    for (name, kind, data) in records {
        message.extend(written(name));
        message.extend(kind.to_be_bytes());
        message.extend([0, 1, 0, 0, 0, 60]);
        message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        message.extend(data);
    }
    Some(message)
}

/// A name as messages write it.
fn written(name: &str) -> Vec<u8> {
    let labels = name.trim_end_matches('.').split('.').filter(|label| !label.is_empty());
    let mut bytes: Vec<u8> = labels
        .flat_map(|label| [&[u8::try_from(label.len()).unwrap()][..], label.as_bytes()].concat())
        .collect();
    bytes.push(0);
    bytes
}

fn read_name(message: &[u8], mut at: usize) -> (String, usize) {
    let mut labels = Vec::new();
    while message[at] != 0 {
        let end = at + 1 + usize::from(message[at]);
        labels.push(String::from_utf8_lossy(&message[at + 1..end]).into_owned());
        at = end;
    }
    (labels.join("."), at + 1)
}

fn arpa(ip: &str) -> String {
    match ip.parse().unwrap() {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(ip) => {
            let digits = ip.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            let digits: Vec<String> = digits.map(|digit| format!("{digit:x}")).collect();
            format!("{}.ip6.arpa", digits.join("."))
        }
    }
}

fn address(name: &str, ip: &str) -> (String, u16, Vec<u8>) {
    match ip.parse().unwrap() {
        IpAddr::V4(ip) => (name.to_owned(), A, ip.octets().to_vec()),
        IpAddr::V6(ip) => (name.to_owned(), AAAA, ip.octets().to_vec()),
    }
}

fn line(ip: &str, page: &str) -> String {
    format!(
        "{ip} - - [20/May/2026:10:00:00 +0000] \"GET /t/{page} HTTP/1.1\" 200 5 \"-\" \"NamedBot/1.0\"\n"
    )
}

/// What the pings of a page were found to be: verified, impostors, unverifiable, unchecked.
fn trust(site: &Site, page: &str) -> [u64; 4] {
    program::trust(&site.term(page, "2026-05-20"))
}

const VERIFIED: [u64; 4] = [1, 0, 0, 0];
const IMPOSTOR: [u64; 4] = [0, 1, 0, 0];
const UNCHECKED: [u64; 4] = [0, 0, 0, 1];

/// Tells a server of many addresses, each with another story; returns them with what each is found to be.
fn tell_stories(server: &Server) -> Vec<(&'static str, &'static str, [u64; 4])> {
    server.names("192.0.2.1", &["Bot-1.CRAWL.example"]);
    server.addresses("bot-1.crawl.example", &["192.0.2.1"]);
    server.names("2001:db8::2", &["bot-2.also.example.net"]);
    server.addresses("bot-2.also.example.net", &["192.0.2.2", "2001:db8::2"]);
    // A provider that hands out a part of its zone (RFC 2317), and a name that stands for another.
    let (arpa_3, delegated) = (arpa("192.0.2.3"), "3.0-25.2.0.192.in-addr.arpa".to_owned());
    server.tell(
        &arpa_3,
        Answer::Records(vec![
            (arpa_3.clone(), CNAME, written(&delegated)),
            (delegated, PTR, written("bot-3.crawl.example")),
        ]),
    );
    server.tell(
        "bot-3.crawl.example",
        Answer::Records(vec![
            ("bot-3.crawl.example".into(), CNAME, written("host.elsewhere.example")),
            address("host.elsewhere.example", "192.0.2.3"),
        ]),
    );
    server.names("192.0.2.4", &["host.elsewhere.example", "bot-4.crawl.example"]);
    server.addresses("bot-4.crawl.example", &["198.51.100.4", "192.0.2.4"]);
    // Forged: the owner of an address names it as it likes, but can't make the name say so.
    server.names("198.51.100.1", &["bot-1.crawl.example"]);
    server.names("198.51.100.2", &["nobody.crawl.example"]);
    server.names("198.51.100.3", &["crawl.example.elsewhere.example", "evilcrawl.example"]);
    server.addresses("crawl.example.elsewhere.example", &["198.51.100.3"]);
    server.addresses("evilcrawl.example", &["198.51.100.3"]);
    server.names("198.51.100.5", &[]);
    server.tell(&arpa("203.0.113.1"), Answer::ServerFailure);
    server.tell(&arpa("203.0.113.2"), Answer::Refused);
    server.tell(&arpa("203.0.113.3"), Answer::Silence);
    server.tell(&arpa("203.0.113.4"), Answer::Garbage);
    server.tell(&arpa("203.0.113.6"), Answer::Referral);
    // One of its names can't be had, and the other does.
    server.names("192.0.2.5", &["bot-5.crawl.example", "bot-6.crawl.example"]);
    server.addresses("bot-6.crawl.example", &["192.0.2.5"]);
    server.names("203.0.113.5", &["bot-5.crawl.example"]);
    server.tell("bot-5.crawl.example", Answer::ServerFailure);
    vec![
        ("its-own", "192.0.2.1", VERIFIED),
        ("its-own-v6", "2001:db8::2", VERIFIED),
        ("by-other-names", "192.0.2.3", VERIFIED),
        ("of-several", "192.0.2.4", VERIFIED),
        ("mapped", "::ffff:192.0.2.1", VERIFIED),
        ("forged", "198.51.100.1", IMPOSTOR),
        ("forged-nobody", "198.51.100.2", IMPOSTOR),
        ("alike", "198.51.100.3", IMPOSTOR),
        ("nameless", "198.51.100.4", IMPOSTOR),
        ("empty", "198.51.100.5", IMPOSTOR),
        ("failure", "203.0.113.1", UNCHECKED),
        ("refused", "203.0.113.2", UNCHECKED),
        ("silence", "203.0.113.3", UNCHECKED),
        ("garbage", "203.0.113.4", UNCHECKED),
        ("failure-behind", "203.0.113.5", UNCHECKED),
        ("referral", "203.0.113.6", UNCHECKED),
        ("one-of-two", "192.0.2.5", VERIFIED),
        ("private", "10.0.0.1", UNCHECKED),
        ("name", "host.example", UNCHECKED),
    ]
}

#[test]
fn only_a_name_that_names_the_address_verifies() {
    let server = Server::start(Duration::ZERO);
    let stories = tell_stories(&server);
    let site = server.site();
    let log: String = stories.iter().map(|(page, ip, _)| line(ip, page)).collect();
    site.write("access.log", log);
    let ran = site.run(&["ingest"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("no answer for the addresses of 6 requests"), "{}", ran.err);
    for (page, ip, expected) in stories {
        assert_eq!(trust(&site, page), expected, "{page} from {ip}");
    }
    for (ip, words) in [
        ("192.0.2.1", "verified: 192.0.2.1 has a name below crawl.example, also.example.net"),
        ("198.51.100.1", "impostor: 198.51.100.1 has no name below"),
        ("203.0.113.1", "unchecked: the DNS gave no answer for 203.0.113.1"),
    ] {
        let said = site.succeed(&["classify", "NamedBot/1.0", "--ip", ip]);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn nobody_is_asked_unless_the_config_says_so() {
    let server = Server::start(Duration::ZERO);
    tell_stories(&server);
    let site = site("off");
    site.write("access.log", line("192.0.2.1", "a"));
    assert_eq!(site.run(&["ingest"]).err, "");
    assert_eq!(trust(&site, "a"), UNCHECKED);
    let said = site.succeed(&["classify", "NamedBot/1.0", "--ip", "192.0.2.1"]);
    assert!(said.contains("below crawl.example, also.example.net, which were not asked for"));
    assert_eq!(server.asked.lock().unwrap().len(), 0);
}

#[test]
fn each_address_is_asked_for_once_and_many_at_once() {
    let delay = Duration::from_millis(50);
    let server = Server::start(delay);
    let mut log = String::new();
    for n in 0..=255 {
        let (ip, name) = (format!("192.0.2.{n}"), format!("bot-{n}.crawl.example"));
        server.names(&ip, &[&name]);
        server.addresses(&name, &[&ip]);
        (0..20).for_each(|page| log += &line(&ip, &format!("page-{page}")));
    }
    // Enough lines for several chunks, which two workers share, of an agent that nobody need be asked about.
    log += &line("192.0.2.1", "other").replace("NamedBot", "OtherBot").repeat(30_000);
    let site = server.site();
    site.write("access.log", log);
    let start = Instant::now();
    site.succeed(&["ingest", "--threads", "2"]);
    let one_by_one = delay * 2 * 256;
    assert!(start.elapsed() < one_by_one / 2, "{:?}", start.elapsed());
    for page in 0..20 {
        assert_eq!(trust(&site, &format!("page-{page}")), [256, 0, 0, 0]);
    }
    for n in 0..=255 {
        assert_eq!(server.asked(&arpa(&format!("192.0.2.{n}"))), 1);
        assert_eq!(server.asked(&format!("bot-{n}.crawl.example")), 1);
    }
}

#[test]
fn a_server_that_is_not_there_costs_no_more_than_a_moment() {
    // Bound and let go of: nobody listens there.
    let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let site = site(&address.to_string());
    let log: String =
        (0..1_000).map(|n| line(&format!("192.0.{}.{}", n / 250, n % 250), "a")).collect();
    site.write("access.log", log);
    let start = Instant::now();
    let ran = site.run(&["ingest"]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("no answer for the addresses of 1,000 requests"), "{}", ran.err);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    assert_eq!(trust(&site, "a"), [0, 0, 0, 1_000]);
}

#[test]
fn visitors_from_where_nobody_answers_do_not_silence_the_others() {
    let server = Server::start(Duration::ZERO);
    let mut log = String::new();
    for n in 0..40 {
        let (dead, ip, name) =
            (format!("198.51.100.{n}"), format!("192.0.2.{n}"), format!("bot-{n}.crawl.example"));
        server.tell(&arpa(&dead), Answer::Silence);
        server.names(&ip, &[&name]);
        server.addresses(&name, &[&ip]);
        log += &line(&dead, "dead");
    }
    (0..40).for_each(|n| log += &line(&format!("192.0.2.{n}"), "alive"));
    let site = server.site();
    site.write("access.log", log);
    let start = Instant::now();
    let ran = site.run(&["ingest"]);
    assert!(ran.err.contains("no answer for the addresses of 40 requests"), "{}", ran.err);
    assert_eq!((trust(&site, "dead"), trust(&site, "alive")), ([0, 0, 0, 40], [40, 0, 0, 0]));
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());
}

#[test]
fn what_a_list_does_not_have_may_still_have_a_name() {
    let server = Server::start(Duration::ZERO);
    tell_stories(&server);
    let lists = crate::trust::Server::start();
    lists.text("/Mine.txt", "192.0.2.77/32", "\"1\"");
    let site = server.site();
    let list = format!(
        "[[agents]]\nname = \"MineBot\"\ntokens = [\"MineBot\"]\nip_list = \"http://{}/Mine.txt\"\n\
         reverse_dns = [\"crawl.example\"]\n",
        lists.address
    );
    site.append("config.toml", list);
    site.succeed(&["agents", "refresh", "MineBot"]);
    let pages = [
        ("listed", "192.0.2.77", VERIFIED),
        ("named", "192.0.2.1", VERIFIED),
        ("neither", "198.51.100.1", IMPOSTOR),
        // Nobody answers, so the list's word stands.
        ("failure", "203.0.113.1", IMPOSTOR),
    ];
    let log = pages.map(|(page, ip, _)| line(ip, page).replace("NamedBot", "MineBot"));
    site.write("access.log", log.concat());
    site.run(&["ingest"]);
    for (page, ip, expected) in pages {
        assert_eq!(trust(&site, page), expected, "{page} from {ip}");
    }
    assert_eq!(server.asked(&arpa("192.0.2.77")), 0);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_waiting_and_keeps_what_was_read() {
    use std::process::{Command, Stdio};
    let server = Server::start(Duration::ZERO);
    let addresses: Vec<String> = (0..200).map(|n| format!("198.51.100.{n}")).collect();
    for ip in &addresses {
        server.tell(&arpa(ip), Answer::Silence);
    }
    let site = server.site();
    site.write("access.log", addresses.iter().map(|ip| line(ip, "a")).collect::<String>());
    let mut child = Command::new(env!("CARGO_BIN_EXE_guestbook"))
        .arg("ingest")
        .current_dir(site.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while server.asked.lock().unwrap().is_empty() {
        thread::sleep(Duration::from_millis(20));
    }
    let start = Instant::now();
    assert!(
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success()
    );
    assert!(!child.wait().unwrap().success());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(trust(&site, "a"), [0, 0, 0, 200]);
    assert!(site.succeed(&["ingest"]).contains("Read 0 new lines"));
}
