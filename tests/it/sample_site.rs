//! Generates the logs of the sample site, a small glossary, from 15 March to 20 May 2026.
//!
//! `GUESTBOOK_BLESS=1 cargo test` writes them to samples/logs. Otherwise a test compares them. All requests are
//! pseudo-random with a fixed seed, except those for `asyncio`, which are from a real page.

use std::fs;
use std::io::Read;
use std::sync::Once;

use guestbook::day::Day;

use crate::program::{gzip, is_blessing, root};

const FIRST_DAY: &str = "2026-03-15";
const LAST_DAY: &str = "2026-05-20";
const DAYS: u32 = 67;

/// The number of newest files that are not compressed. The log is rotated at 06:25 UTC every Monday, as on Debian.
const PLAIN_FILES: usize = 2;

/// The pings of asyncio: user agents and days. The real page gave the number per family, the order of the families and
/// the days of the last nine pings.
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

/// The pings of [`ASYNCIO`] that differ: for JSON, under an alias, with HEAD, or with status 304.
const ASYNCIO_VARIANTS: [(&str, &str, Request<'_>); 7] = [
    (SCRAPY, "03-19", Request { method: "GET", path: "/glossary/asyncio.json", status: 200 }),
    (SCRAPY, "04-03", Request { method: "GET", path: "/glossary/asyncio.json", status: 200 }),
    (
        UNKNOWN,
        "03-29",
        Request { method: "GET", path: "/glossary/asyncio?format=json", status: 200 },
    ),
    (GPTBOT, "04-08", Request { method: "GET", path: "/glossary/asyncio.json", status: 200 }),
    (AHREFSBOT, "03-31", Request { method: "GET", path: "/glossary/async-await", status: 200 }),
    (BINGBOT, "04-12", Request { method: "HEAD", path: "/glossary/asyncio", status: 200 }),
    (GOOGLEBOT, "04-15", Request { method: "GET", path: "/glossary/asyncio", status: 304 }),
];

/// Requests for asyncio that are no pings: a redirect, errors, and a method that is not counted.
const ASYNCIO_NOT_COUNTED: [(&str, &str, Request<'_>); 4] = [
    (GPTBOT, "04-25", Request { method: "GET", path: "/glossary/asyncio/", status: 301 }),
    (CLAUDEBOT, "05-19", Request { method: "GET", path: "/glossary/asyncio", status: 503 }),
    (AMAZONBOT, "05-20", Request { method: "GET", path: "/glossary/asyncio", status: 429 }),
    (SCRAPY, "05-02", Request { method: "POST", path: "/glossary/asyncio", status: 200 }),
];

const ASYNCIO_VIEWS: u32 = 61;

#[derive(Clone, Copy)]
struct Request<'a> {
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

/// Agents of the other terms, the most frequent first.
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

/// Malformed lines, and a request that is not HTTP.
const BAD_LINES: [&str; 5] = [
    "2026/04/07 11:02:41 [error] 812#812: *90 open() \"/srv/www/favicon.ico\" failed (2: No such file or directory)",
    "203.0.113.77 - - [31/Apr/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 512 \"-\" \"-\"",
    "203.0.113.77 - - [12/Apr/2026:10:00:00 +0000] \"GET / HT",
    "203.0.113.77 - - [19/Apr/2026:10:00:00 +0000] \"GET / HTTP/1.1\" OK 512 \"-\" \"-\"",
    "203.0.113.78 - - [09/May/2026:03:12:44 +0000] \"\\x16\\x03\\x01\\x02\\x00\\x01\" 400 157 \"-\" \"-\"",
];

/// A generator of requests with the pseudo-random numbers of SplitMix64.
struct Generator {
    /// The time in seconds since the UTC midnight of the first day, and the line.
    requests: Vec<(u64, String)>,
    state: u64,
}

impl Generator {
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random() % bound
    }

    /// Returns an element of a list, the first ones more often.
    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        let len = list.len() as u64;
        let at = self.below(len).min(self.below(len));
        list[at as usize]
    }

    fn add(&mut self, time: u64, request: Request<'_>, referrer: &str, user_agent: &str) {
        let day = Day::parse(FIRST_DAY).unwrap().plus((time / 86_400) as i32).date();
        let date = day.strftime("%d/%b/%Y");
        let (hour, minute, second) = (time / 3_600 % 24, time / 60 % 60, time % 60);
        let (net, host) = (self.pick(&["203.0.113", "198.51.100"]), self.below(256));
        let Request { method, path, status } = request;
        let is_empty = status == 304 || method == "HEAD";
        let bytes = if is_empty { 0 } else { 900 + self.below(30_000) };
        let line = format!(
            "{net}.{host} - - [{date}:{hour:02}:{minute:02}:{second:02} +0000] \"{method} {path} HTTP/1.1\" \
             {status} {bytes} \"{referrer}\" \"{user_agent}\"\n"
        );
        self.requests.push((time, line));
    }

    /// Adds the requests for asyncio.
    fn asyncio(&mut self) {
        let plain = Request { method: "GET", path: "/glossary/asyncio", status: 200 };
        for (at, (user_agent, days)) in ASYNCIO.iter().enumerate() {
            for day in *days {
                let variant = ASYNCIO_VARIANTS
                    .iter()
                    .find(|(agent, date, _)| agent == user_agent && date == day);
                let request = variant.map_or(plain, |(_, _, request)| *request);
                // Families whose first ping is on the same day are in the order of the list.
                let time = midnight(day) + 21_600 + at as u64 * 2_700 + self.below(2_700);
                self.add(time, request, "-", user_agent);
            }
        }
        for (user_agent, day, request) in ASYNCIO_NOT_COUNTED {
            let time = midnight(day) + 36_000 + self.below(3_600);
            self.add(time, request, "-", user_agent);
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
            self.add(time, Request { method, path: &path, status }, "-", agent);
        }
        for _ in 0..12 + self.below(12) {
            let path = format!("/glossary/{}", self.pick(&TERMS));
            let time = day * 86_400 + 21_600 + self.below(50_400);
            let (referrer, browser) = (self.pick(&REFERRERS), self.pick(&BROWSERS));
            self.add(time, Request { method: "GET", path: &path, status: 200 }, referrer, browser);
        }
    }

    /// Adds requests for other paths: robots.txt and similar files, assets, other pages, attacks.
    fn other_paths(&mut self, day: u64) {
        let mut requests: Vec<(&str, u16, &str)> = Vec::new();
        for path in ["/robots.txt", "/sitemap.xml", "/llms.txt", "/feed.xml"] {
            if self.below(3) > 0 {
                requests.push((path, 200, self.pick(&AGENTS)));
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
            requests.push((path, 200, self.pick(&BROWSERS)));
        }
        for _ in 0..self.below(3) {
            let path = self.pick(&["/wp-login.php", "/.env", "/glossary/no-such-term"]);
            requests.push((path, 404, "Mozilla/5.0 zgrab/0.x"));
        }
        if day % 7 == 3 {
            requests.extend([("/glossary/asincio", 404, GPTBOT), ("/", 200, "-")]);
        }
        for (path, status, user_agent) in requests {
            let time = day * 86_400 + 3_600 + self.below(72_000);
            self.add(time, Request { method: "GET", path, status }, "-", user_agent);
        }
    }
}

fn requests() -> Vec<(u64, String)> {
    let mut generator = Generator { requests: Vec::new(), state: 20_260_315 };
    generator.asyncio();
    for day in 0..u64::from(DAYS) {
        generator.terms(day);
        generator.other_paths(day);
    }
    // 00:30 in Amsterdam is still the day before in UTC.
    let late = midnight("05-18") + 81_000;
    let request = Request { method: "GET", path: "/glossary/gil", status: 200 };
    generator.add(late, request, "-", CLAUDEBOT);
    generator.requests.sort();
    generator.requests
}

/// Returns the UTC midnight of a day such as `05-20`, in seconds since that of the first day.
fn midnight(month_day: &str) -> u64 {
    let number = |text: &str| Day::parse(text).unwrap().number();
    (number(&format!("2026-{month_day}")) - number(FIRST_DAY)) as u64 * 86_400
}

/// Returns the names and uncompressed contents of the files, newest first.
fn files() -> Vec<(String, Vec<u8>)> {
    let mut weeks: Vec<Vec<u8>> = Vec::new();
    let mut week = u64::MAX;
    for (time, line) in requests() {
        // 15 March is a Sunday: the first file ends on the day after.
        let current = (time + 6 * 86_400 - 23_100) / (7 * 86_400);
        if current != week {
            weeks.push(Vec::new());
            week = current;
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

/// Rewrites the samples if golden files are to be written, once per process and before anything reads them.
pub(crate) fn bless() {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        let folder = root().join("samples/logs");
        if is_blessing() {
            fs::create_dir_all(&folder).unwrap();
            for (name, bytes) in files() {
                let bytes = if name.ends_with(".gz") { gzip(&bytes) } else { bytes };
                fs::write(folder.join(name), bytes).unwrap();
            }
        }
    });
}

#[test]
fn the_committed_samples_are_as_generated() {
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
    assert_eq!(count, files().len(), "samples/logs has files that are not generated");
    assert_eq!(midnight(&LAST_DAY[5..]), u64::from(DAYS - 1) * 86_400);
}
