//! Tells what declares itself automated without being in any list.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use memchr::memchr_iter;

use super::people::{any_of_often, is_of_people};
use super::program::{DESKS, WRITTEN_OUT, is_domain, is_like_a_browser, is_mail, written_out};
use super::token::{TRIES_MAX, is_word, names_nobody};

/// How the words end by which programs call themselves automated.
const ENDINGS: [&str; 9] =
    ["bot", "bots", "crawler", "spider", "scraper", "fetcher", "archiver", "indexer", "robot"];

/// Words that stand for it wherever they are in a longer one: `ExampleCrawlerPlus`.
const PARTS: [&str; 4] = ["crawler", "spider", "scraper", "headless"];

/// What a program is at work on that runs a whole browser: `… Safari/537.36 ThingSynthetics/2`. They must be words by
/// themselves, or how a name goes on with a capital: people use Skyscanner, too.
#[rustfmt::skip]
const TASKS: [&str; 34] = [
    "check", "checker", "validator", "monitor", "monitoring", "fetch", "fetcher", "scan", "scanner",
    "scanning", "harvester", "collector", "extractor", "index", "indexer", "survey", "probe",
    "prober", "analyzer", "synthetic", "synthetics", "screenshot", "snapshot", "inspector",
    "diagnostics", "archive", "archiver", "verify", "verifier", "audit", "auditor", "scraping",
    "lighthouse", "uptime",
];

/// Names that end like a bot's: of phones, shops and people.
const NO_BOTS: [&str; 3] = ["cubot", "talbot", "abbot"];

/// Without one of these nothing below can be found. Few browsers have one, so that one pass decides.
static MARKS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    const CONTACTS: [&str; 8] =
        ["compatible;", "+http", "http://", "https://", "www.", "@", "href=", " via "];
    any_of_often(ENDINGS.iter().chain(&PARTS).chain(&TASKS).chain(&CONTACTS).chain(&WRITTEN_OUT))
});

/// The part of a user agent that says that a program is at work: a word such as `ExampleBot`, or a
/// contact address as crawlers leave one. `None` if it claims nothing of the kind.
pub(super) fn declared(user_agent: &str) -> Option<&str> {
    if !MARKS.is_match(user_agent) {
        return domain_alone(user_agent);
    }
    let device = device_comment(user_agent);
    words(user_agent)
        .filter(|(_, word)| is_automated(word))
        .filter(|(at, _)| !device.contains(at) && !repeats_device(user_agent, &device, *at))
        .take(TRIES_MAX)
        .find(|&(start, _)| !names_nobody(user_agent.as_bytes(), start))
        .map(|(_, word)| word)
        .or_else(|| contact(user_agent))
        .or_else(|| domain_alone(user_agent))
        .or_else(|| task(user_agent))
}

/// The word of what says behind the words of a browser on a desk what it works on. Phones' apps and those that bring
/// their own browser are called anything.
fn task(user_agent: &str) -> Option<&str> {
    let (device, text) = user_agent.strip_prefix("Mozilla/5.0 (")?.split_once(')')?;
    let on_desk = DESKS.iter().any(|desk| device.starts_with(desk));
    if !on_desk || text.contains("Electron/") {
        return None;
    }
    let mut words = words(text);
    let (_, word) = words.find(|(start, word)| {
        let is_task = |part: &str| TASKS.iter().any(|task| part.eq_ignore_ascii_case(task));
        parts(word).any(is_task) && !names_nobody(text.as_bytes(), *start)
    })?;
    Some(word)
}

/// The parts of a name: `Thing`, `Scan` and `2` of `ThingScan-2`.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(['-', '_']).flat_map(|mut rest| {
        std::iter::from_fn(move || {
            let mut others = rest.char_indices().skip(1);
            let next = others.find(|(_, c)| c.is_ascii_uppercase());
            let (part, behind) = rest.split_at(next.map_or(rest.len(), |(at, _)| at));
            rest = behind;
            (!part.is_empty()).then_some(part)
        })
    })
}

/// The domain that stands alone in brackets, or between what else a browser says of itself:
/// `… Safari/537.36 (scanner.example.com)`, `Mozilla/5.0 (X11; Linux; +thing.example) …`.
fn domain_alone(user_agent: &str) -> Option<&str> {
    // A domain ends with letters behind a dot, and browsers have dots in numbers alone.
    let bytes = user_agent.as_bytes();
    let is_letter = |at: usize| bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
    if !memchr_iter(b'.', bytes).any(is_letter) {
        return None;
    }
    let last = user_agent.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    if let Some((_, inner)) = last.filter(|(_, inner)| is_domain(inner)) {
        return Some(inner);
    }
    let text = behind_device(user_agent)?;
    let mut parts =
        text.split(['(', ')', ';', ',']).map(|part| part.trim().trim_start_matches('+'));
    // Products that are called like a domain have a version.
    parts.find(|part| {
        is_domain(part) && !part.contains(|c: char| c == '/' || c.is_ascii_uppercase())
    })
}

/// The address that stands for itself. But for three of them, browsers leave none.
fn address(user_agent: &str) -> Option<&str> {
    let leaves_one =
        ["QtWeb", "Konqueror", "EmbeddedWB"].iter().any(|name| user_agent.contains(name));
    let text = behind_device(user_agent).filter(|_| !leaves_one)?;
    let mut words = text.split([' ', '(', ')', ';', ',']);
    words.find(|word| ["http://", "https://", "www."].iter().any(|start| word.starts_with(start)))
}

/// What a browser of this century says behind the name of the device it runs on.
fn behind_device(user_agent: &str) -> Option<&str> {
    user_agent.strip_prefix("Mozilla/5.0")?;
    user_agent.get(device_comment(user_agent).end..)
}

fn is_automated(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let is_other = NO_BOTS.iter().any(|name| word.starts_with(name));
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_'));
    let automated = ENDINGS.iter().any(|ending| name.ends_with(ending))
        || PARTS.iter().any(|part| word.contains(part));
    automated && !is_other
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        while at < bytes.len() && !is_word(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, &text[start..at]))
    })
}

/// Where a browser names the device it runs on: the first comment of `Mozilla/5.0 (Linux; Android 9;
/// M bot 54) …`. Phones are called anything; a crawler says `compatible` there.
fn device_comment(user_agent: &str) -> Range<usize> {
    let Some(start) = user_agent.strip_prefix("Mozilla/5.0 (").map(|_| "Mozilla/5.0 (".len())
    else {
        return 0..0;
    };
    let end = user_agent[start..].find(')').map_or(user_agent.len(), |at| start + at);
    let comment = &user_agent[start..end];
    let device = comment.contains("Android") && !comment.contains("compatible");
    if device { start..end } else { 0..0 }
}

/// Whether a word stands in what a phone's app says of its device once more: `… Instagram 355.1 Android (30/11; M bot
/// 54; …)`, `[FBAN/FB4A;FBDV/M bot 54]`. A crawler says `compatible` there, or leaves an address.
fn repeats_device(user_agent: &str, device: &Range<usize>, start: usize) -> bool {
    let before = &user_agent[..start];
    let comment = before.rfind(['(', '[']).filter(|at| !before[*at..].contains([')', ']']));
    comment.is_some_and(|at| {
        let comment = &user_agent[at..];
        let comment = &comment[..comment.find([')', ']']).unwrap_or(comment.len())];
        let is_crawlers = ["compatible", "http", "@"].iter().any(|mark| comment.contains(mark));
        !device.is_empty() && at > device.end && !is_crawlers
    })
}

/// The name of what is merely compatible with a browser, or the address that a program left: `+http…`
/// is how crawlers have done it since the 1990s, and what is no browser may leave out the plus. A mail
/// address, a link, or a URL alone in brackets, is no browser's either.
fn contact(user_agent: &str) -> Option<&str> {
    if let Some(name) = compatible(user_agent) {
        return Some(name);
    }
    let in_brackets = || {
        let urls = ["(http://", "(https://"].map(|mark| user_agent.find(mark));
        urls.into_iter().flatten().min().map(|at| at + 1)
    };
    let anywhere = || {
        let urls = ["http://", "https://"].map(|scheme| user_agent.find(scheme));
        urls.into_iter().flatten().min().filter(|_| !is_like_a_browser(user_agent))
    };
    let link = || user_agent.find("href=");
    let url = user_agent.find("+http").or_else(in_brackets).or_else(anywhere).or_else(link);
    let mail = || {
        let word = word_at(user_agent, user_agent.find('@')?);
        is_mail(word).then_some(word)
    };
    url.map(|at| word_at(user_agent, at))
        .or_else(mail)
        .or_else(|| address(user_agent))
        .or_else(|| written_out(user_agent))
        .or_else(|| gateway(user_agent))
}

/// The gateway that says so of what it passes on: `Mozilla/4.0 (…) via proxy gateway CERN-HTTPD/3.0 libwww/2.17`.
fn gateway(user_agent: &str) -> Option<&str> {
    let (_, by) = user_agent.split_once(" via ")?;
    let is_one = by.starts_with("HTTP/1.") || by.contains("proxy") || by.contains("ateway");
    by.split(' ').rfind(|word| is_one && word.len() > 4)
}

/// The name of what is compatible with a browser: where that is all there is, or behind what a browser says:
/// `Mozilla/5.0 (X11; Linux) … Safari/537.36 (compatible; Thing/1.0)`.
fn compatible(user_agent: &str) -> Option<&str> {
    #[rustfmt::skip]
    const BROWSERS_OWN: [&str; 11] = [
        "MSIE", "IE", "KHTML", "Firefox", "Origyn", "Linux", "Windows", "Macintosh", "Ubuntu",
        "Fedora", "X11",
    ];
    if is_merely_compatible(user_agent) {
        let is_browsers = |name: &str| BROWSERS_OWN.contains(&name) || name.starts_with("rv:");
        return name_in(user_agent).filter(|name| !name.is_empty() && !is_browsers(name));
    }
    // Browsers say there whose they are: a program has a version.
    let behind = user_agent.strip_prefix("Mozilla/5.0 (")?.split_once(')')?.1;
    name_in(behind).filter(|name| name.contains('/') && !is_of_people(name))
}

/// What stands behind `compatible;`, up to what ends a word.
fn name_in(text: &str) -> Option<&str> {
    text.split_once("compatible;")?.1.trim_start().split([';', ')', ' ']).next()
}

/// The word around a place.
fn word_at(text: &str, at: usize) -> &str {
    let is_end = |c: char| matches!(c, ' ' | '(' | ')' | ';' | ',' | '"' | '[' | ']');
    let start = text[..at].rfind(is_end).map_or(0, |end| end + 1);
    let rest = &text[start..];
    &rest[..rest.find(is_end).unwrap_or(rest.len())]
}

/// `Mozilla/5.0 (compatible; Thing/1.0; …)`: what names no browser behind it is none. Old Internet
/// Explorers, Konqueror and toolbars say the same of themselves.
fn is_merely_compatible(user_agent: &str) -> bool {
    const BROWSERS: [&str; 13] = [
        "MSIE",
        "msie",
        "Galeon",
        "iCab",
        "Netscape",
        "Teleca",
        "Konqueror",
        "Google Desktop",
        "Trident",
        "Windows NT",
        "AmigaOS",
        "Haiku",
        "Syllable",
    ];
    user_agent.starts_with("Mozilla/5.0 (compatible;")
        && !BROWSERS.iter().any(|browser| user_agent.contains(browser))
}

#[cfg(test)]
mod tests {
    use super::super::program::{own_name, program_word};
    use super::*;

    #[test]
    fn what_declares_itself() {
        for (user_agent, token) in [
            ("Mozilla/5.0 (compatible; ExampleBot/1.0)", "ExampleBot"),
            ("my-crawler", "my-crawler"),
            ("ExampleCrawlerPlus/3", "ExampleCrawlerPlus"),
            ("Mozilla/5.0 (Linux; Android 6.0) AppleWebKit/537 (compatible; NewBot/1.0)", "NewBot"),
            (
                "Mozilla/5.0 (X11; Thing/1.0; +https://thing.example/about) Gecko/20100101",
                "+https://thing.example/about",
            ),
            ("reader/2.0 (https://reader.example)", "https://reader.example"),
            (
                "Mozilla/5.0 (X11; Linux) Safari/537.36 (scanner.thing.example)",
                "scanner.thing.example",
            ),
            (
                "Mozilla/5.0 (X11; Linux) Chrome/131.0 Safari/537.36 (https://a.example)",
                "https://a.example",
            ),
            (
                "Mozilla/5.0 (X11; Linux) Chrome/131.0 Safari/537.36 [me@thing.example]",
                "me@thing.example",
            ),
            ("Mozilla/5.0 (X11; Linux) Firefox/131.0 - me(at)thing.example", "(at)"),
            ("Mozilla/5.0 (X11; Linux; +thing.example) Firefox/131.0", "thing.example"),
            ("Mozilla/5.0 (X11; https://thing.example) Firefox/131.0", "https://thing.example"),
            ("Mozilla/5.0 (X11; Linux) Safari/537.36 (Thing, thing.example)", "thing.example"),
            ("Mozilla/5.0 (X11; Linux) Firefox/131.0 http://thing.example", "http://thing.example"),
            ("Mozilla/5.0 (compatible; Thing/1.0; help@thing.example)", "Thing/1.0"),
            ("Mozilla/4.0 (compatible; MSIE 5.0) via proxy gateway Thing/3.0", "Thing/3.0"),
            (
                "Mozilla/4.0 (MSIE 5.0; <a href=http://a.example>A</a>)",
                "href=http://a.example>A</a>",
            ),
            ("Mozilla/5.0 (X11; Linux) Safari/537.36 (compatible; Thing/1.0)", "Thing/1.0"),
            ("Mozilla/5.0 (X11; Linux) Safari/537.36 ThingScan/2", "ThingScan"),
            ("Mozilla/5.0 (X11; Linux) Firefox/131.0 thing-monitor/1", "thing-monitor"),
            ("Mozilla/5.0 (compatible; Thing; https://thing.example/)", "Thing"),
        ] {
            assert_eq!(declared(user_agent), Some(token), "{user_agent}");
        }
    }

    #[test]
    fn what_it_calls_itself() {
        for (user_agent, name) in [
            ("ExampleBot/1.0", Some("ExampleBot")),
            ("Mozilla/5.0 (compatible; Thing/1.0; +https://thing.example)", Some("Thing")),
            ("Mozilla/5.0 (X11; Linux) Safari/537.36 (https://thing.example)", None),
            (
                "Mozilla/5.0 (X11; Linux) Safari/537.36 Thing/2 (+https://thing.example)",
                Some("Thing"),
            ),
            ("reader/2.0 (https://reader.example)", Some("reader")),
            ("Some thing 1.0 (me@thing.example)", Some("Some")),
            ("thing.example.com", None),
            ("Some thing (me at thing dot com)", Some("Some")),
            ("Thing File Fetcher/1.0", Some("Thing File Fetcher")),
            ("Windsurf/1.0 (me@thing.example)", Some("Windsurf")),
        ] {
            let word = declared(user_agent).or_else(|| program_word(user_agent)).unwrap();
            assert_eq!(own_name(user_agent, word), name, "{user_agent}");
        }
    }

    #[test]
    fn what_does_not() {
        for user_agent in [
            "Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 10; M bot 54 Build/QP1A) AppleWebKit/537.36 Chrome/131.0",
            "Mozilla/5.0 (Linux; Android 7; VR BOT) AppleWebKit/537.36 Chrome/131.0",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Safari/537.36 Talbots/7.0",
            "Mozilla/5.0 (Linux; Android 8; Spider 8) AppleWebKit/537.36 Chrome/131.0",
            "Dalvik/2.1.0 (Linux; U; Android 9; Cubot Note 7)",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
            "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; http://bsalsa.com)",
            "Mozilla/5.0 (compatible; Konqueror/3.5; Linux) KHTML/3.5 (like Gecko) http://kde.example",
            "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/527 QtWeb Internet Browser/2 http://www.QtWeb.net",
            "Mozilla/5.0 (Linux; Android 9; LM-X410.FGN) AppleWebKit/537.36 Chrome/79.0 Mobile Safari/537.36",
            "VLC/3.0.18 LibVLC/3.0.18",
            "Mozilla/5.0 (Linux; Android 8) AppleWebKit/537.36 Chrome/77.0 client/1.3 (App/1.3; net.example.universal)",
            "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.1; EmbeddedWB 14.52 from: http://www.bsalsa.com/)",
            "Mozilla/5.0 (compatible; Linux x64) WebKit Version/8.0 Epiphany",
            "Mozilla/5.0 (X11; U; Linux) Gecko/2009 Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1) Opera 7.03",
            "Mozilla/5.0 (X11; Linux) Safari/537.36 (like Lighthouse)",
            "Mozilla/5.0 (X11; Linux) Firefox/115.0 (compatible; Debian)",
            "Mozilla/5.0 (X11; Linux) Chrome/131.0 Safari/537.36 via Facebook",
            "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; Check_Point; rv:11.0) like Gecko",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Fetch/3.60",
            "Mozilla/5.0 (Macintosh) Safari/605.1.15 Skyscanner/7.120",
            "Mozilla/5.0 (Macintosh) Harvest/2.3 Chrome/131.0 Electron/28.0 Safari/537.36 Monitor/1",
            "Mozilla/5.0 (Linux; Android 9; M bot 54) AppleWebKit/537.36 Instagram 355.1 Android (28/9; M bot; M bot 54; qcom)",
            "Mozilla/5.0 (Linux; Android 9; M bot 54) AppleWebKit/537.36 [FBAN/FB4A;FBDV/M bot 54;FBSV/9]",
            "Mozilla/5.0 (Linux; Android 9; Scan 54 Build/QP1A) AppleWebKit/537.36 Chrome/131.0",
            "",
        ] {
            assert_eq!(declared(user_agent), None, "{user_agent}");
        }
    }
}
