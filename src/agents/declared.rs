//! Recognises user agents that declare themselves automated, without a catalogue.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use memchr::memchr_iter;

use super::people::{hot_word_matcher, is_human_client};
use super::program::{
    DESKTOP_SYSTEMS, OBFUSCATED_MAIL, begins_like_browser, is_mail, looks_like_domain,
    obfuscated_mail,
};
use super::tokens::{CANDIDATES_MAX, is_in_url_or_comparison, is_word_byte};

/// Suffixes of words by which programs declare themselves automated.
const BOT_SUFFIXES: [&str; 9] =
    ["bot", "bots", "crawler", "spider", "scraper", "fetcher", "archiver", "indexer", "robot"];

/// Strings that declare the same anywhere in a word: `ExampleCrawlerPlus`.
const BOT_SUBSTRINGS: [&str; 4] = ["crawler", "spider", "scraper", "headless"];

/// Tasks of programs that run a whole browser: `… Safari/537.36 ThingSynthetics/2`. A task must be a word, or begin
/// with a capital within a name, since people use apps such as Skyscanner.
#[rustfmt::skip]
const TASKS: [&str; 34] = [
    "check", "checker", "validator", "monitor", "monitoring", "fetch", "fetcher", "scan", "scanner",
    "scanning", "harvester", "collector", "extractor", "index", "indexer", "survey", "probe",
    "prober", "analyzer", "synthetic", "synthetics", "screenshot", "snapshot", "inspector",
    "diagnostics", "archive", "archiver", "verify", "verifier", "audit", "auditor", "scraping",
    "lighthouse", "uptime",
];

/// Names of phones, shops and people that end like a bot's.
const NOT_BOTS: [&str; 3] = ["cubot", "talbot", "abbot"];

/// A prefilter: a user agent without any of these words declares nothing, unless by a domain. Few browsers have one.
static PREFILTER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    const CONTACTS: [&str; 8] =
        ["compatible;", "+http", "http://", "https://", "www.", "@", "href=", " via "];
    let bot_words = BOT_SUFFIXES.iter().chain(&BOT_SUBSTRINGS).chain(&TASKS);
    hot_word_matcher(bot_words.chain(&CONTACTS).chain(&OBFUSCATED_MAIL))
});

/// Returns the part of a user agent that declares it automated: a word such as `ExampleBot`, or a contact address such
/// as crawlers have.
pub(super) fn declaration(user_agent: &str) -> Option<&str> {
    if !PREFILTER.is_match(user_agent) {
        return bare_domain(user_agent);
    }
    let device = device_comment(user_agent);
    words(user_agent)
        .filter(|(_, word)| is_automated(word))
        .filter(|(at, _)| !device.contains(at) && !repeats_device(user_agent, &device, *at))
        .take(CANDIDATES_MAX)
        .find(|&(start, _)| !is_in_url_or_comparison(user_agent.as_bytes(), start))
        .map(|(_, word)| word)
        .or_else(|| contact(user_agent))
        .or_else(|| bare_domain(user_agent))
        .or_else(|| task(user_agent))
}

/// Returns the word that names a task, after the device of a desktop browser. Mobile apps and Electron apps are
/// skipped, since they may have any name.
fn task(user_agent: &str) -> Option<&str> {
    let (device, text) = user_agent.strip_prefix("Mozilla/5.0 (")?.split_once(')')?;
    let is_desktop = DESKTOP_SYSTEMS.iter().any(|system| device.starts_with(system));
    if !is_desktop || text.contains("Electron/") {
        return None;
    }
    let mut words = words(text);
    let (_, word) = words.find(|(start, word)| {
        let is_task = |part: &str| TASKS.iter().any(|task| part.eq_ignore_ascii_case(task));
        parts(word).any(is_task) && !is_in_url_or_comparison(text.as_bytes(), *start)
    })?;
    Some(word)
}

/// Iterates over the parts of a name: `Thing`, `Scan` and `2` of `ThingScan-2`.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(['-', '_']).flat_map(|mut rest| {
        std::iter::from_fn(move || {
            let mut chars = rest.char_indices().skip(1);
            let next = chars.find(|(_, c)| c.is_ascii_uppercase());
            let (part, others) = rest.split_at(next.map_or(rest.len(), |(at, _)| at));
            rest = others;
            (!part.is_empty()).then_some(part)
        })
    })
}

/// Returns a domain that is the only content of the last brackets, or an item of its own after the device:
/// `… Safari/537.36 (scanner.example.com)`, `Mozilla/5.0 (X11; Linux; +thing.example) …`.
fn bare_domain(user_agent: &str) -> Option<&str> {
    // Fast path: a domain has a letter after a dot, while browsers have dots only in numbers.
    let bytes = user_agent.as_bytes();
    let is_letter = |at: usize| bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
    if !memchr_iter(b'.', bytes).any(is_letter) {
        return None;
    }
    let last = user_agent.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    if let Some((_, inner)) = last.filter(|(_, inner)| looks_like_domain(inner)) {
        return Some(inner);
    }
    let text = after_device(user_agent)?;
    let mut parts =
        text.split(['(', ')', ';', ',']).map(|part| part.trim().trim_start_matches('+'));
    // A product that is named like a domain has a version.
    parts.find(|part| {
        looks_like_domain(part) && !part.contains(|c: char| c == '/' || c.is_ascii_uppercase())
    })
}

/// Returns the first URL after the device. Only three browsers have one.
fn url_after_device(user_agent: &str) -> Option<&str> {
    let is_browser =
        ["QtWeb", "Konqueror", "EmbeddedWB"].iter().any(|name| user_agent.contains(name));
    let text = after_device(user_agent).filter(|_| !is_browser)?;
    let mut words = text.split([' ', '(', ')', ';', ',']);
    words.find(|word| ["http://", "https://", "www."].iter().any(|start| word.starts_with(start)))
}

/// Returns the text after the device of a `Mozilla/5.0` user agent.
fn after_device(user_agent: &str) -> Option<&str> {
    user_agent.strip_prefix("Mozilla/5.0")?;
    user_agent.get(device_comment(user_agent).end..)
}

fn is_automated(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let is_exception = NOT_BOTS.iter().any(|name| word.starts_with(name));
    let name = word.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_'));
    let is_bot = BOT_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        || BOT_SUBSTRINGS.iter().any(|part| word.contains(part));
    is_bot && !is_exception
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = text.as_bytes();
        while at < bytes.len() && !is_word_byte(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_word_byte(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, &text[start..at]))
    })
}

/// Returns the range of the comment that names an Android device: `Mozilla/5.0 (Linux; Android 9; M bot 54) …`. Device
/// names may look like bots. A crawler has `compatible` in this comment, so the range is then empty.
fn device_comment(user_agent: &str) -> Range<usize> {
    let Some(start) = user_agent.strip_prefix("Mozilla/5.0 (").map(|_| "Mozilla/5.0 (".len())
    else {
        return 0..0;
    };
    let end = user_agent[start..].find(')').map_or(user_agent.len(), |at| start + at);
    let comment = &user_agent[start..end];
    let is_device = comment.contains("Android") && !comment.contains("compatible");
    if is_device { start..end } else { 0..0 }
}

/// Returns whether a word is in a second comment, in which a mobile app repeats the device: `… Instagram 355.1 Android
/// (30/11; M bot 54; …)`, `[FBAN/FB4A;FBDV/M bot 54]`. A crawler has `compatible` or an address in such a comment.
fn repeats_device(user_agent: &str, device: &Range<usize>, start: usize) -> bool {
    let before = &user_agent[..start];
    let comment = before.rfind(['(', '[']).filter(|at| !before[*at..].contains([')', ']']));
    comment.is_some_and(|at| {
        let comment = &user_agent[at..];
        let comment = &comment[..comment.find([')', ']']).unwrap_or(comment.len())];
        let is_crawler = ["compatible", "http", "@"].iter().any(|sign| comment.contains(sign));
        !device.is_empty() && at > device.end && !is_crawler
    })
}

/// Returns the name of a program that is compatible with a browser, or a contact address. Crawlers have written it as
/// `+http…` since the 1990s. Outside of browser-like user agents, the plus is optional. Browsers have neither mail
/// addresses nor links, nor URLs alone in brackets.
fn contact(user_agent: &str) -> Option<&str> {
    if let Some(name) = compatible(user_agent) {
        return Some(name);
    }
    let in_brackets = || {
        let urls = ["(http://", "(https://"].map(|start| user_agent.find(start));
        urls.into_iter().flatten().min().map(|at| at + 1)
    };
    let anywhere = || {
        let urls = ["http://", "https://"].map(|scheme| user_agent.find(scheme));
        urls.into_iter().flatten().min().filter(|_| !begins_like_browser(user_agent))
    };
    let link = || user_agent.find("href=");
    let url = user_agent.find("+http").or_else(in_brackets).or_else(anywhere).or_else(link);
    let mail = || {
        let word = word_at(user_agent, user_agent.find('@')?);
        is_mail(word).then_some(word)
    };
    url.map(|at| word_at(user_agent, at))
        .or_else(mail)
        .or_else(|| url_after_device(user_agent))
        .or_else(|| obfuscated_mail(user_agent))
        .or_else(|| gateway(user_agent))
}

/// Returns the gateway that appended its name: `Mozilla/4.0 (…) via proxy gateway CERN-HTTPD/3.0 libwww/2.17`.
fn gateway(user_agent: &str) -> Option<&str> {
    let (_, by) = user_agent.split_once(" via ")?;
    let is_gateway = by.starts_with("HTTP/1.") || by.contains("proxy") || by.contains("ateway");
    by.split(' ').rfind(|word| is_gateway && word.len() > 4)
}

/// Returns the name after `compatible;`, in a user agent that names no browser, or after the first comment:
/// `Mozilla/5.0 (X11; Linux) … Safari/537.36 (compatible; Thing/1.0)`.
fn compatible(user_agent: &str) -> Option<&str> {
    #[rustfmt::skip]
    const BROWSER_WORDS: [&str; 11] = [
        "MSIE", "IE", "KHTML", "Firefox", "Origyn", "Linux", "Windows", "Macintosh", "Ubuntu",
        "Fedora", "X11",
    ];
    if is_merely_compatible(user_agent) {
        let is_browser = |name: &str| BROWSER_WORDS.contains(&name) || name.starts_with("rv:");
        return name_after_compatible(user_agent)
            .filter(|name| !name.is_empty() && !is_browser(name));
    }
    // Browsers name their vendor there. Only a program has a version.
    let after_comment = user_agent.strip_prefix("Mozilla/5.0 (")?.split_once(')')?.1;
    name_after_compatible(after_comment).filter(|name| name.contains('/') && !is_human_client(name))
}

/// Returns the word after `compatible;`.
fn name_after_compatible(text: &str) -> Option<&str> {
    text.split_once("compatible;")?.1.trim_start().split([';', ')', ' ']).next()
}

/// Returns the word around an offset.
fn word_at(text: &str, at: usize) -> &str {
    let is_end = |c: char| matches!(c, ' ' | '(' | ')' | ';' | ',' | '"' | '[' | ']');
    let start = text[..at].rfind(is_end).map_or(0, |end| end + 1);
    let rest = &text[start..];
    &rest[..rest.find(is_end).unwrap_or(rest.len())]
}

/// Returns whether a user agent is of the form `Mozilla/5.0 (compatible; Thing/1.0; …)` and names no browser. Old
/// Internet Explorers, Konqueror and toolbars have that form too.
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
    fn declarations_are_found() {
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
            assert_eq!(declaration(user_agent), Some(token), "{user_agent}");
        }
    }

    #[test]
    fn own_names_are_found() {
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
            let word = declaration(user_agent).or_else(|| program_word(user_agent)).unwrap();
            assert_eq!(own_name(user_agent, word), name, "{user_agent}");
        }
    }

    #[test]
    fn clients_of_people_declare_nothing() {
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
            assert_eq!(declaration(user_agent), None, "{user_agent}");
        }
    }
}
