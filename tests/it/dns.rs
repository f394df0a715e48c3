//! Tests of reverse DNS with a local name server.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use crate::program::{self, Site};

const PTR: u16 = 12;
const A: u16 = 1;
const AAAA: u16 = 28;
const CNAME: u16 = 5;

/// A name server on 127.0.0.1. It answers NXDOMAIN for names that were not set.
struct Server {
    address: SocketAddr,
    state: Arc<(Mutex<ServerState>, Condvar)>,
}

#[derive(Default)]
struct ServerState {
    zone: HashMap<String, Answer>,
    /// The names of all queries received.
    queries: Vec<String>,
    /// The number of queries that wait for their answer.
    waiting: usize,
    /// The number of queries that must wait before any is answered.
    hold_until: usize,
}

#[derive(Clone)]
enum Answer {
    /// Records: name, type and data.
    Records(Vec<(String, u16, Vec<u8>)>),
    ServerFailure,
    Refused,
    /// A referral to the root servers, as a server without recursion sends it.
    Referral,
    /// No response.
    Silence,
    /// Bytes that are not a DNS message.
    Garbage,
}

impl Server {
    fn start() -> Server {
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        let address = socket.local_addr().unwrap();
        let state: Arc<(Mutex<ServerState>, Condvar)> = Arc::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            let mut buffer = [0; 1500];
            while let Ok((len, from)) = socket.recv_from(&mut buffer) {
                let query = buffer[..len].to_vec();
                let (socket, shared) = (Arc::clone(&socket), Arc::clone(&shared));
                thread::spawn(move || {
                    if let Some(message) = answer(&query, &shared) {
                        let _ = socket.send_to(&message, from);
                    }
                });
            }
        });
        Server { address, state }
    }

    /// Holds all answers until this many queries wait.
    fn hold_until(&self, queries: usize) {
        self.state.0.lock().unwrap().hold_until = queries;
    }

    fn wait_for_query(&self) {
        let (state, changed) = &*self.state;
        let is_waiting = |state: &mut ServerState| state.queries.is_empty();
        drop(changed.wait_while(state.lock().unwrap(), is_waiting).unwrap());
    }

    fn set_answer(&self, name: &str, answer: Answer) {
        self.state.0.lock().unwrap().zone.insert(name.to_ascii_lowercase(), answer);
    }

    /// Sets the PTR records of an address.
    fn set_names(&self, ip: &str, names: &[&str]) {
        let arpa = arpa(ip);
        let record = |name: &&str| (arpa.clone(), PTR, encode_name(name));
        self.set_answer(&arpa, Answer::Records(names.iter().map(record).collect()));
    }

    /// Sets the A and AAAA records of a name.
    fn set_addresses(&self, name: &str, ips: &[&str]) {
        self.set_answer(name, Answer::Records(ips.iter().map(|ip| address(name, ip)).collect()));
    }

    fn query_count(&self, name: &str) -> usize {
        self.state.0.lock().unwrap().queries.iter().filter(|query| *query == name).count()
    }

    /// Creates a site that uses this server. The hosts of its agent have names below crawl.example or also.example.net.
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

/// Returns the answer to a query. Blocks until enough queries wait.
fn answer(query: &[u8], shared: &(Mutex<ServerState>, Condvar)) -> Option<Vec<u8>> {
    let (name, end) = read_name(query, 12);
    let name = name.to_ascii_lowercase();
    let kind = u16::from_be_bytes([query[end], query[end + 1]]);
    let (state, changed) = shared;
    let mut state = state.lock().unwrap();
    state.queries.push(name.clone());
    state.waiting += 1;
    if state.waiting >= state.hold_until {
        state.hold_until = 0;
    }
    changed.notify_all();
    let mut state = changed.wait_while(state, |state| state.hold_until > 0).unwrap();
    state.waiting -= 1;
    message(&query[..end + 4], kind, state.zone.get(&name).cloned())
}

/// Encodes a response. `question` is the query up to the end of its question section.
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
            let root = encode_name("a.root-servers.example");
            // The root's name, type NS, class IN, a TTL of one minute, the length of the data.
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
    // The counts: one question, the records, no authority and no additional records.
    message[4..12].copy_from_slice(&[0, 1, 0, u8::try_from(records.len()).unwrap(), 0, 0, 0, 0]);
    for (name, kind, data) in records {
        message.extend(encode_name(name));
        message.extend(kind.to_be_bytes());
        message.extend([0, 1, 0, 0, 0, 60]);
        message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        message.extend(data);
    }
    Some(message)
}

/// Encodes a name as length-prefixed labels (RFC 1035, 3.1).
fn encode_name(name: &str) -> Vec<u8> {
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

/// Returns the pings of a page by trust: verified, impostor, unverifiable, unchecked.
fn trust(site: &Site, page: &str) -> [u64; 4] {
    program::trust(&site.term(page, "2026-05-20"))
}

const VERIFIED: [u64; 4] = [1, 0, 0, 0];
const IMPOSTOR: [u64; 4] = [0, 1, 0, 0];
const UNCHECKED: [u64; 4] = [0, 0, 0, 1];

/// Sets up the answers for many addresses. Returns for each case a page, the address and the expected trust.
fn set_up_cases(server: &Server) -> Vec<(&'static str, &'static str, [u64; 4])> {
    server.set_names("192.0.2.1", &["Bot-1.CRAWL.example"]);
    server.set_addresses("bot-1.crawl.example", &["192.0.2.1"]);
    server.set_names("2001:db8::2", &["bot-2.also.example.net"]);
    server.set_addresses("bot-2.also.example.net", &["192.0.2.2", "2001:db8::2"]);
    // A delegated part of a reverse zone (RFC 2317), and a name with a CNAME record.
    let (arpa_3, delegated) = (arpa("192.0.2.3"), "3.0-25.2.0.192.in-addr.arpa".to_owned());
    server.set_answer(
        &arpa_3,
        Answer::Records(vec![
            (arpa_3.clone(), CNAME, encode_name(&delegated)),
            (delegated, PTR, encode_name("bot-3.crawl.example")),
        ]),
    );
    server.set_answer(
        "bot-3.crawl.example",
        Answer::Records(vec![
            ("bot-3.crawl.example".into(), CNAME, encode_name("host.elsewhere.example")),
            address("host.elsewhere.example", "192.0.2.3"),
        ]),
    );
    server.set_names("192.0.2.4", &["host.elsewhere.example", "bot-4.crawl.example"]);
    server.set_addresses("bot-4.crawl.example", &["198.51.100.4", "192.0.2.4"]);
    // Forged: the owner of an address controls its PTR record, but not the address records of the claimed name.
    server.set_names("198.51.100.1", &["bot-1.crawl.example"]);
    server.set_names("198.51.100.2", &["nobody.crawl.example"]);
    server.set_names("198.51.100.3", &["crawl.example.elsewhere.example", "evilcrawl.example"]);
    server.set_addresses("crawl.example.elsewhere.example", &["198.51.100.3"]);
    server.set_addresses("evilcrawl.example", &["198.51.100.3"]);
    server.set_names("198.51.100.5", &[]);
    server.set_answer(&arpa("203.0.113.1"), Answer::ServerFailure);
    server.set_answer(&arpa("203.0.113.2"), Answer::Refused);
    server.set_answer(&arpa("203.0.113.3"), Answer::Silence);
    server.set_answer(&arpa("203.0.113.4"), Answer::Garbage);
    server.set_answer(&arpa("203.0.113.6"), Answer::Referral);
    // Of two names, one has no answer and the other confirms the address.
    server.set_names("192.0.2.5", &["bot-5.crawl.example", "bot-6.crawl.example"]);
    server.set_addresses("bot-6.crawl.example", &["192.0.2.5"]);
    server.set_names("203.0.113.5", &["bot-5.crawl.example"]);
    server.set_answer("bot-5.crawl.example", Answer::ServerFailure);
    vec![
        ("confirmed", "192.0.2.1", VERIFIED),
        ("confirmed-v6", "2001:db8::2", VERIFIED),
        ("by-cname", "192.0.2.3", VERIFIED),
        ("one-of-several", "192.0.2.4", VERIFIED),
        ("mapped", "::ffff:192.0.2.1", VERIFIED),
        ("forged", "198.51.100.1", IMPOSTOR),
        ("forged-nobody", "198.51.100.2", IMPOSTOR),
        ("similar-name", "198.51.100.3", IMPOSTOR),
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
fn only_a_name_that_resolves_to_the_address_verifies() {
    let server = Server::start();
    let cases = set_up_cases(&server);
    let site = server.site();
    let log: String = cases.iter().map(|(page, ip, _)| line(ip, page)).collect();
    site.write("access.log", log);
    let result = site.run(&["ingest"]);
    assert_eq!(result.code, 0, "{}", result.stderr);
    assert!(
        result.stderr.contains("no answer for the addresses of 6 requests"),
        "{}",
        result.stderr
    );
    for (page, ip, expected) in cases {
        assert_eq!(trust(&site, page), expected, "{page} from {ip}");
    }
    for (ip, expected) in [
        ("192.0.2.1", "verified: 192.0.2.1 has a name below crawl.example, also.example.net"),
        ("198.51.100.1", "impostor: 198.51.100.1 has no name below"),
        ("203.0.113.1", "unchecked: the DNS gave no answer for 203.0.113.1"),
    ] {
        let output = site.succeed(&["classify", "NamedBot/1.0", "--ip", ip]);
        assert!(output.contains(expected), "{output}");
    }
}

#[test]
fn no_query_is_sent_if_dns_is_off() {
    let server = Server::start();
    set_up_cases(&server);
    let site = site("off");
    site.write("access.log", line("192.0.2.1", "a"));
    let result = site.run(&["ingest"]);
    assert!(!result.stderr.contains("DNS"), "{}", result.stderr);
    assert_eq!(trust(&site, "a"), UNCHECKED);
    let output = site.succeed(&["classify", "NamedBot/1.0", "--ip", "192.0.2.1"]);
    assert!(output.contains("below crawl.example, also.example.net, but the DNS was not asked"));
    assert_eq!(server.state.0.lock().unwrap().queries.len(), 0);
}

#[test]
fn each_address_is_queried_once_and_many_concurrently() {
    let server = Server::start();
    let mut log = String::new();
    for n in 0..=255 {
        let (ip, name) = (format!("192.0.2.{n}"), format!("bot-{n}.crawl.example"));
        server.set_names(&ip, &[&name]);
        server.set_addresses(&name, &[&ip]);
        (0..20).for_each(|page| log += &line(&ip, &format!("page-{page}")));
    }
    // Enough lines for several chunks, so that both workers read. They are of an agent that needs no query.
    log += &line("192.0.2.1", "other").replace("NamedBot", "OtherBot").repeat(30_000);
    let site = server.site();
    site.write("access.log", log);
    // Only eight concurrent queries release the answers.
    server.hold_until(8);
    site.succeed(&["ingest", "--threads", "2"]);
    for page in 0..20 {
        assert_eq!(trust(&site, &format!("page-{page}")), [256, 0, 0, 0]);
    }
    for n in 0..=255 {
        assert_eq!(server.query_count(&arpa(&format!("192.0.2.{n}"))), 1);
        assert_eq!(server.query_count(&format!("bot-{n}.crawl.example")), 1);
    }
}

#[test]
fn pings_are_unchecked_if_the_server_is_unreachable() {
    // The socket is closed at once, so nothing listens at its address.
    let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let site = site(&address.to_string());
    let log: String =
        (0..1_000).map(|n| line(&format!("192.0.{}.{}", n / 250, n % 250), "a")).collect();
    site.write("access.log", log);
    let result = site.run(&["ingest"]);
    assert_eq!(result.code, 0);
    assert!(
        result.stderr.contains("no answer for the addresses of 1,000 requests"),
        "{}",
        result.stderr
    );
    assert_eq!(trust(&site, "a"), [0, 0, 0, 1_000]);
}

#[test]
fn addresses_without_an_answer_do_not_block_others() {
    let server = Server::start();
    let mut log = String::new();
    for n in 0..40 {
        let (unanswered, ip, name) =
            (format!("198.51.100.{n}"), format!("192.0.2.{n}"), format!("bot-{n}.crawl.example"));
        server.set_answer(&arpa(&unanswered), Answer::Silence);
        server.set_names(&ip, &[&name]);
        server.set_addresses(&name, &[&ip]);
        log += &line(&unanswered, "unanswered");
    }
    (0..40).for_each(|n| log += &line(&format!("192.0.2.{n}"), "answered"));
    let site = server.site();
    site.write("access.log", log);
    let result = site.run(&["ingest"]);
    assert!(
        result.stderr.contains("no answer for the addresses of 40 requests"),
        "{}",
        result.stderr
    );
    assert_eq!(
        (trust(&site, "unanswered"), trust(&site, "answered")),
        ([0, 0, 0, 40], [40, 0, 0, 0])
    );
}

#[test]
fn an_address_outside_the_list_may_be_verified_by_dns() {
    let server = Server::start();
    set_up_cases(&server);
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
        // Without an answer, the list decides.
        ("failure", "203.0.113.1", IMPOSTOR),
    ];
    let log = pages.map(|(page, ip, _)| line(ip, page).replace("NamedBot", "MineBot"));
    site.write("access.log", log.concat());
    site.run(&["ingest"]);
    for (page, ip, expected) in pages {
        assert_eq!(trust(&site, page), expected, "{page} from {ip}");
    }
    assert_eq!(server.query_count(&arpa("192.0.2.77")), 0);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_queries_and_stores_what_was_read() {
    use std::process::{Command, Stdio};
    let server = Server::start();
    let addresses: Vec<String> = (0..200).map(|n| format!("198.51.100.{n}")).collect();
    for ip in &addresses {
        server.set_answer(&arpa(ip), Answer::Silence);
    }
    let site = server.site();
    site.write("access.log", addresses.iter().map(|ip| line(ip, "a")).collect::<String>());
    let child = Command::new(env!("CARGO_BIN_EXE_guestbook"))
        .arg("ingest")
        .current_dir(site.path(""))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    server.wait_for_query();
    let kill = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let result = child.wait_with_output().unwrap();
    assert_eq!(result.status.code(), Some(1));
    let output = String::from_utf8_lossy(&result.stderr);
    assert!(output.contains("interrupted: what was read is stored"), "{output}");
    assert_eq!(trust(&site, "a"), [0, 0, 0, 200]);
    assert!(site.succeed(&["ingest"]).contains("Read 0 new lines"));
}
