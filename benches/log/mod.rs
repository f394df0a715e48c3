//! A large log like those that sites have, drawn from one seed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use guestbook::classify::Catalogue;

/// Distinct user agents, of which agents have a third.
const USER_AGENTS: usize = 12_000;

const TERMS: u64 = 400;

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Below `bound`, the small ones far more often.
    fn skewed(&mut self, bound: u64) -> u64 {
        let fraction = self.next() as f64 / u64::MAX as f64;
        ((fraction * fraction * fraction) * bound as f64) as u64
    }
}

/// Writes `lines` lines of the combined format: 30 days, in order.
pub(crate) fn write(path: &Path, lines: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut chance = Chance(20_260_520);
    let (agents, people) = user_agents(&mut chance);
    for at in 0..lines {
        let seconds = at * 30 * 86_400 / lines;
        let (day, hour) = (1 + seconds / 86_400, seconds / 3_600 % 24);
        let (minute, second) = (seconds / 60 % 60, seconds % 60);
        let is_agent = chance.below(3) == 0;
        let list = if is_agent { &agents } else { &people };
        let user_agent = &list[chance.skewed(list.len() as u64) as usize];
        let (status, path) = target(&mut chance);
        let referrer = if chance.below(3) == 0 { "https://www.google.com/" } else { "-" };
        let (net, host, bytes) = (chance.below(256), chance.below(256), chance.below(60_000));
        writeln!(
            out,
            "203.0.{net}.{host} - - [{day:02}/Apr/2026:{hour:02}:{minute:02}:{second:02} +0000] \"GET {path} HTTP/1.1\" \
             {status} {bytes} \"{referrer}\" \"{user_agent}\""
        )?;
    }
    out.flush()
}

/// Terms, assets, other pages, and what scanners ask for.
fn target(chance: &mut Chance) -> (u16, String) {
    match chance.below(10) {
        0..4 => (200, format!("/glossary/term-{}", chance.skewed(TERMS))),
        4 => (304, format!("/glossary/term-{}", chance.skewed(TERMS))),
        5..8 => (200, format!("/static/{}.{}.js", chance.below(60), chance.below(9))),
        8 => (200, format!("/blog/{}/?page={}", chance.skewed(900), chance.below(20))),
        _ => (404, format!("/wp-content/plugins/{}/{}.php", chance.below(3000), chance.below(40))),
    }
}

/// The catalogue's samples with many versions, and browsers with many versions.
fn user_agents(chance: &mut Chance) -> (Vec<String>, Vec<String>) {
    let catalogue = Catalogue::with(Vec::new()).expect("the built-in catalogue");
    let samples: Vec<&String> =
        catalogue.agents().iter().flat_map(|agent| &agent.entry.samples).collect();
    let third = USER_AGENTS / 3;
    let agents = (0..third).map(|at| match at / samples.len() {
        0 => samples[at].clone(),
        more => format!("{} rv:{more}", samples[at % samples.len()]),
    });
    let agents = agents.collect();
    let people = (0..USER_AGENTS - third).map(|at| {
        let (major, build, patch) = (90 + at % 50, 4000 + at, chance.below(200));
        format!(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/{major}.0.{build}.{patch} Safari/537.36"
        )
    });
    (agents, people.collect())
}
