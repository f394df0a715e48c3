//! Writes the sample site's logs: a small glossary's visitors, from 15 March to 20 May 2026.
//!
//! `GUESTBOOK_BLESS=1 cargo test` writes them to samples/logs; otherwise a test holds them to be what
//! is written here. Everything is drawn from one seed, but for the visits to `asyncio`, which are those
//! of the page that this project began with.

use std::fs;
use std::io::Read;
use std::sync::Once;

use guestbook::day::Day;

use crate::program::{blessing, gzip, root};

const FIRST_DAY: &str = "2026-03-15";
const LAST_DAY: &str = "2026-05-20";
const DAYS: u32 = 67;

/// The log is rotated at 06:25 UTC every Monday, as Debian does it; the last two files are plain.
const PLAIN_FILES: usize = 2;

/// Agents' requests for asyncio: family, user agent, and the days. The page says how many there were
/// of each family, in which order the families came, and on which days the last nine fell.
const ASYNCIO: [(&str, &[&str]); 11] = [
    (
        AMAZONBOT,
        &[
            "03-16", "03-18", "03-21", "03-24", "03-27", "03-30", "04-02", "04-05", "04-09",
            "04-13", "04-17", "04-23", "05-03", "05-06", "05-18",
        ],
    ),
    (PERPLEXITYBOT, &["03-17", "03-22", "03-27", "04-01", "04-07", "04-12", "04-18", "05-06"]),
    (GPTBOT, &["03-19", "03-28", "04-08", "04-19", "05-03", "05-14"]),
    (UNKNOWN, &["03-16", "03-29", "04-11", "05-12"]),
    (GOOGLEBOT, &["03-17", "03-26", "04-04", "04-15"]),
    (AHREFSBOT, &["03-18", "03-31", "04-10", "04-20"]),
    (SCRAPY, &["03-19", "04-03", "04-16", "05-08"]),
    (META, &["03-20", "04-06"]),
    (CLAUDEBOT, &["03-21", "04-14"]),
    (BINGBOT, &["03-22", "04-12"]),
    (PETALBOT, &["03-25"]),
];

/// Those of them that asked in another way: for JSON, by an old name, with HEAD, or with a date.
const ASYNCIO_ODD: [(&str, &str, Asked<'_>); 7] = [
    (SCRAPY, "03-19", Asked { method: "GET", path: "/glossary/asyncio.json", status: 200 }),
    (SCRAPY, "04-03", Asked { method: "GET", path: "/glossary/asyncio.json", status: 200 }),
    (UNKNOWN, "03-29", Asked { method: "GET", path: "/glossary/asyncio?format=json", status: 200 }),
    (GPTBOT, "04-08", Asked { method: "GET", path: "/glossary/asyncio.json", status: 200 }),
    (AHREFSBOT, "03-31", Asked { method: "GET", path: "/glossary/async-await", status: 200 }),
    (BINGBOT, "04-12", Asked { method: "HEAD", path: "/glossary/asyncio", status: 200 }),
    (GOOGLEBOT, "04-15", Asked { method: "GET", path: "/glossary/asyncio", status: 304 }),
];

/// Requests for asyncio that are no pings: a redirect, an error, a method that does not count.
const ASYNCIO_NO_PINGS: [(&str, &str, Asked<'_>); 4] = [
    (GPTBOT, "04-25", Asked { method: "GET", path: "/glossary/asyncio/", status: 301 }),
    (CLAUDEBOT, "05-19", Asked { method: "GET", path: "/glossary/asyncio", status: 503 }),
    (AMAZONBOT, "05-20", Asked { method: "GET", path: "/glossary/asyncio", status: 429 }),
    (SCRAPY, "05-02", Asked { method: "POST", path: "/glossary/asyncio", status: 200 }),
];

const ASYNCIO_VIEWS: u32 = 61;

#[derive(Clone, Copy)]
struct Asked<'a> {
    method: &'static str,
    path: &'a str,
    status: u16,
}

const TERMS: [&str; 13] = [
    "event-loop",
    "coroutines",
    "generators",
    "decorators",
    "context-managers",
    "gil",
    "type-hints",
    "dataclasses",
    "race-condition",
    "memoization",
    "idempotence",
    "backpressure",
    "circuit-breaker",
];

const AMAZONBOT: &str = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot) Chrome/119.0.6045.214 Safari/537.36";
const PERPLEXITYBOT: &str = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)";
const GPTBOT: &str = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)";
const UNKNOWN: &str = "Mozilla/5.0 (compatible; LexiconReaderBot/0.3)";
const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
const AHREFSBOT: &str = "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)";
const SCRAPY: &str = "Scrapy/2.11.2 (+https://scrapy.org)";
const META: &str =
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)";
const CLAUDEBOT: &str = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)";
const BINGBOT: &str = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36";
const PETALBOT: &str = "Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)";

/// Agents of the other terms, the most diligent first.
const AGENTS: [&str; 16] = [
    AMAZONBOT,
    GPTBOT,
    CLAUDEBOT,
    GOOGLEBOT,
    BINGBOT,
    PERPLEXITYBOT,
    META,
    AHREFSBOT,
    UNKNOWN,
    SCRAPY,
    PETALBOT,
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot)",
    "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "python-requests/2.32.3",
];

const BROWSERS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; CUBOT X90) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Mobile Safari/537.36",
];

const REFERRERS: [&str; 6] = [
    "-",
    "https://www.google.com/",
    "https://chatgpt.com/",
    "https://glossary.example/",
    "https://duckduckgo.com/",
    "https://www.perplexity.ai/",
];

/// Lines that are no access lines, and one that is, but not of HTTP.
const BAD_LINES: [&str; 5] = [
    "2026/04/07 11:02:41 [error] 812#812: *90 open() \"/srv/www/favicon.ico\" failed (2: No such file or directory)",
    "203.0.113.77 - - [31/Apr/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 512 \"-\" \"-\"",
    "203.0.113.77 - - [12/Apr/2026:10:00:00 +0000] \"GET / HT",
    "203.0.113.77 - - [19/Apr/2026:10:00:00 +0000] \"GET / HTTP/1.1\" OK 512 \"-\" \"-\"",
    "203.0.113.78 - - [09/May/2026:03:12:44 +0000] \"\\x16\\x03\\x01\\x02\\x00\\x01\" 400 157 \"-\" \"-\"",
];

/// The log in the making. All of its chance comes from one seed, by SplitMix64.
struct Log {
    /// When, in seconds since the first day's midnight in UTC, and the line.
    requests: Vec<(u64, String)>,
    state: u64,
}

impl Log {
    fn chance(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.chance() % bound
    }

    /// One of a list, the first ones more often.
    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let len = list.len() as u64;
        let at = self.below(len).min(self.below(len));
        list[at as usize]
    }

    fn add(&mut self, time: u64, asked: Asked<'_>, referrer: &str, user_agent: &str) {
        let day = Day::parse(FIRST_DAY).unwrap().plus((time / 86_400) as i32).date();
        let date = day.strftime("%d/%b/%Y");
        let (hour, minute, second) = (time / 3_600 % 24, time / 60 % 60, time % 60);
        let (net, host) = (self.pick(&["203.0.113", "198.51.100"]), self.below(256));
        let Asked { method, path, status } = asked;
        let empty = status == 304 || method == "HEAD";
        let bytes = if empty { 0 } else { 900 + self.below(30_000) };
        let line = format!(
            "{net}.{host} - - [{date}:{hour:02}:{minute:02}:{second:02} +0000] \"{method} {path} HTTP/1.1\" \
             {status} {bytes} \"{referrer}\" \"{user_agent}\"\n"
        );
        self.requests.push((time, line));
    }

    /// The visits of the page that this project began with.
    fn asyncio(&mut self) {
        let plain = Asked { method: "GET", path: "/glossary/asyncio", status: 200 };
        for (at, (user_agent, days)) in ASYNCIO.iter().enumerate() {
            for day in *days {
                let odd =
                    ASYNCIO_ODD.iter().find(|(who, when, _)| who == user_agent && when == day);
                let asked = odd.map_or(plain, |(_, _, asked)| *asked);
                // Families that first came on one day came in the order of the list.
                let time = midnight(day) + 21_600 + at as u64 * 2_700 + self.below(2_700);
                self.add(time, asked, "-", user_agent);
            }
        }
        for (user_agent, day, asked) in ASYNCIO_NO_PINGS {
            let time = midnight(day) + 36_000 + self.below(3_600);
            self.add(time, asked, "-", user_agent);
        }
        for view in 0..ASYNCIO_VIEWS {
            let day = u64::from(view * DAYS / ASYNCIO_VIEWS);
            let time = day * 86_400 + 28_800 + self.below(36_000);
            let (referrer, browser) = (self.pick(&REFERRERS), self.pick(&BROWSERS));
            self.add(time, plain, referrer, browser);
        }
    }

    fn terms(&mut self, day: u64) {
        for _ in 0..10 + self.below(10) {
            let term = self.pick(&TERMS);
            let path = match self.below(12) {
                0 => format!("/glossary/{term}.json"),
                1 => format!("/glossary/{term}.md"),
                _ => format!("/glossary/{term}"),
            };
            let (method, status) = match self.below(30) {
                0 => ("HEAD", 200),
                1 | 2 => ("GET", 304),
                3 => ("GET", 500),
                _ => ("GET", 200),
            };
            let time = day * 86_400 + 14_400 + self.below(57_600);
            let agent = self.pick(&AGENTS);
            self.add(time, Asked { method, path: &path, status }, "-", agent);
        }
        for _ in 0..12 + self.below(12) {
            let path = format!("/glossary/{}", self.pick(&TERMS));
            let time = day * 86_400 + 21_600 + self.below(50_400);
            let (referrer, browser) = (self.pick(&REFERRERS), self.pick(&BROWSERS));
            self.add(time, Asked { method: "GET", path: &path, status: 200 }, referrer, browser);
        }
    }

    /// What else a site is asked for: robots.txt and its like, assets, other pages, attacks.
    fn beside_the_terms(&mut self, day: u64) {
        let mut wanted: Vec<(&str, u16, &str)> = Vec::new();
        for path in ["/robots.txt", "/sitemap.xml", "/llms.txt", "/feed.xml"] {
            if self.below(3) > 0 {
                wanted.push((path, 200, self.pick(&AGENTS)));
            }
        }
        for _ in 0..8 + self.below(6) {
            let path = self.pick(&[
                "/static/site.css",
                "/static/site.js",
                "/static/logo.svg",
                "/",
                "/about",
            ]);
            wanted.push((path, 200, self.pick(&BROWSERS)));
        }
        for _ in 0..self.below(3) {
            let path = self.pick(&["/wp-login.php", "/.env", "/glossary/no-such-term"]);
            wanted.push((path, 404, "Mozilla/5.0 zgrab/0.x"));
        }
        if day % 7 == 3 {
            wanted.extend([("/glossary/asincio", 404, GPTBOT), ("/", 200, "-")]);
        }
        for (path, status, user_agent) in wanted {
            let time = day * 86_400 + 3_600 + self.below(72_000);
            self.add(time, Asked { method: "GET", path, status }, "-", user_agent);
        }
    }
}

fn requests() -> Vec<(u64, String)> {
    let mut log = Log { requests: Vec::new(), state: 20_260_315 };
    log.asyncio();
    for day in 0..u64::from(DAYS) {
        log.terms(day);
        log.beside_the_terms(day);
    }
    // Half past midnight in Amsterdam is still the day before in the log's own zone.
    let late = midnight("05-18") + 81_000;
    let asked = Asked { method: "GET", path: "/glossary/gil", status: 200 };
    log.add(late, asked, "-", CLAUDEBOT);
    log.requests.sort();
    log.requests
}

/// A day's midnight in UTC, given as `05-20`, in seconds since that of the first day.
fn midnight(month_day: &str) -> u64 {
    let number = |text: &str| Day::parse(text).unwrap().number();
    (number(&format!("2026-{month_day}")) - number(FIRST_DAY)) as u64 * 86_400
}

/// The files, newest first: their names, and their decoded bytes.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut weeks: Vec<Vec<u8>> = Vec::new();
    let mut week = u64::MAX;
    for (time, line) in requests() {
        // 15 March is a Sunday: the first file ends on the day after.
        let this = (time + 6 * 86_400 - 23_100) / (7 * 86_400);
        if this != week {
            weeks.push(Vec::new());
            week = this;
        }
        weeks.last_mut().unwrap().extend_from_slice(line.as_bytes());
    }
    for (at, bad) in BAD_LINES.iter().enumerate() {
        weeks[at * 2 + 1].extend_from_slice(format!("{bad}\n").as_bytes());
    }
    weeks[0].splice(0..0, *b"# the log of glossary.example begins\n\n");
    weeks.reverse();
    let name = |age: usize| match age {
        0 => "access.log".to_owned(),
        _ if age < PLAIN_FILES => format!("access.log.{age}"),
        _ => format!("access.log.{age}.gz"),
    };
    weeks.into_iter().enumerate().map(|(age, bytes)| (name(age), bytes)).collect()
}

/// Writes the samples anew where that is asked for, once, before anything reads them.
pub(crate) fn bless() {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        let folder = root().join("samples/logs");
        if blessing() {
            fs::create_dir_all(&folder).unwrap();
            for (name, bytes) in files() {
                let bytes = if name.ends_with(".gz") { gzip(&bytes) } else { bytes };
                fs::write(folder.join(name), bytes).unwrap();
            }
        }
    });
}

#[test]
fn samples_are_what_the_generator_writes() {
    bless();
    let folder = root().join("samples/logs");
    for (name, bytes) in files() {
        let path = folder.join(&name);
        let stored = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut plain = Vec::new();
        if name.ends_with(".gz") {
            flate2::read::GzDecoder::new(&*stored).read_to_end(&mut plain).unwrap();
        } else {
            plain = stored;
        }
        assert!(plain == bytes, "{name} differs: write it with GUESTBOOK_BLESS=1 cargo test");
    }
    let count = fs::read_dir(&folder).unwrap().count();
    assert_eq!(count, files().len(), "samples/logs has files that nobody wrote");
    assert_eq!(midnight(&LAST_DAY[5..]), u64::from(DAYS - 1) * 86_400);
}
