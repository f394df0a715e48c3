//! Tells what declares itself automated without being in any list.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::token::{is_word, names_nobody};

/// How the words end by which programs call themselves automated.
const ENDINGS: [&str; 9] =
    ["bot", "bots", "crawler", "spider", "scraper", "fetcher", "archiver", "indexer", "robot"];

/// Words that stand for it wherever they are in a longer one: `ExampleCrawlerPlus`.
const PARTS: [&str; 3] = ["crawler", "spider", "scraper"];

/// Names that end like a bot's: of phones, shops and people.
const NO_BOTS: [&str; 3] = ["cubot", "talbot", "abbot"];

/// Without one of these nothing below can be found. Few browsers have one, so that one pass decides.
static MARKS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    const CONTACTS: [&str; 5] = ["compatible;", "+http", "http://", "https://", "@"];
    any_of(ENDINGS.iter().chain(&PARTS).chain(&CONTACTS))
});

/// Finds any of a few words, in any case.
fn any_of<'w>(words: impl IntoIterator<Item = &'w &'static str>) -> AhoCorasick {
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA));
    builder.build(words).expect("a few words")
}

/// The part of a user agent that says that a program is at work: a word such as `ExampleBot`, or a
/// contact address as crawlers leave one. `None` if it claims nothing of the kind.
pub(super) fn declared(user_agent: &str) -> Option<&str> {
    if !MARKS.is_match(user_agent) {
        return None;
    }
    let device = device_comment(user_agent);
    words(user_agent)
        .filter(|(start, _)| !device.contains(start))
        .find(|&(start, word)| is_automated(word) && !names_nobody(user_agent.as_bytes(), start))
        .map(|(_, word)| word)
        .or_else(|| contact(user_agent))
}

/// What is said by browsers, by programs that people hold in their hands, and by the systems that these run on.
static PEOPLES: LazyLock<AhoCorasick> = LazyLock::new(|| {
    const WORDS: [&str; 99] = [
        "Opera",
        "AppleWebKit",
        "Gecko",
        "Browser",
        "Android",
        "Dalvik",
        "iOS",
        "iPhone",
        "iPad",
        "CFNetwork",
        "Darwin",
        "Mac OS",
        "Macintosh",
        "watchOS",
        "tvOS",
        "Windows",
        "Win64",
        "MIDP",
        "CLDC",
        "UCWEB",
        "UP.Link",
        "Nokia",
        "Samsung",
        "SonyEricsson",
        "BlackBerry",
        "Huawei",
        "LG-",
        "LG/",
        "MAUI",
        "HbbTV",
        "SmartTV",
        "Roku",
        "Tizen",
        "Web0S",
        "PlayStation",
        "Nintendo",
        "Links",
        "Lynx",
        "w3m",
        "Dillo",
        "VLC",
        "Player",
        "Radio",
        "Podcast",
        "OS X",
        "MacOS",
        "Amiga",
        "Symbian",
        "BSD;",
        "Vita",
        "Alamofire",
        "Chrome/",
        "Firefox",
        "Midori",
        "NetSurf",
        "Kazehakase",
        "edbrowse",
        "amaya",
        "Eudora",
        "Barca",
        "portalmmm",
        "Arachne",
        "AWeb",
        "Charon",
        "Contiki",
        "Cyberdog",
        "Emacs",
        "Explorer",
        "FOMA",
        "Foxmail",
        "Galaxy",
        "HotJava",
        "IBrowse",
        "iCab",
        "iTunes",
        "KreaTV",
        "luakit",
        "Minefield",
        "Mosaic",
        "Motorola",
        "NetFront",
        "Obigo",
        "OmniWeb",
        "OPR/",
        "Outlook",
        "PocoMail",
        "Polycom",
        "QuickTime",
        "Shiira",
        "Sleipnir",
        "Teleca",
        "The Bat",
        "Thunderbird",
        "Toolbar",
        "uzbl",
        "Vimprobable",
        "Win32",
        "X-Smiles",
        "ZTE",
    ];
    any_of(&WORDS)
});

/// What else browsers have said behind `Mozilla/`, since the first.
static SYSTEMS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    const WORDS: [&str; 37] = [
        "Mozilla",
        "Win",
        "X11",
        "Linux",
        "Unix",
        "BSD",
        "SunOS",
        "IRIX",
        "AIX",
        "HP-UX",
        "OS/2",
        "Mac",
        "PPC",
        "BeOS",
        "Haiku",
        "RISC",
        "QNX",
        "MSIE",
        "KHTML",
        "Konqueror",
        "Safari",
        "Presto",
        "Trident",
        "WebTV",
        "Palm",
        "DreamPassport",
        "DDIPOCKET",
        "Solaris",
        "BREW",
        "Polaris",
        "DTV",
        "AOLTV",
        "Dreamcast",
        "Planetweb",
        "WebKit",
        "Ubuntu",
        "Tablet",
    ];
    any_of(&WORDS)
});

/// What programs do that fetch pages for nobody.
static WORK: LazyLock<AhoCorasick> = LazyLock::new(|| {
    const WORDS: [&str; 18] = [
        "check", "valid", "monitor", "search", "fetch", "link", "url", "seo", "scan", "harvest",
        "collect", "extract", "index", "survey", "probe", "analy", "grab", "feed",
    ];
    any_of(&WORDS)
});

/// The word by which a user agent gives itself away that names no browser, no system and nothing else that
/// people use: a mail address, a domain, what such programs do, or else what it calls itself. `None` for all
/// others, and for what is no name: an attack, a number, a few letters.
pub(super) fn program_word(user_agent: &str) -> Option<&str> {
    let (is_mozilla, user_agent) = without_mozilla(user_agent);
    if PEOPLES.is_match(user_agent) || is_mozilla && SYSTEMS.is_match(user_agent) {
        return None;
    }
    let apart = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';' | ',' | '"' | '<' | '>');
    let word = |text: &str| is_domain(text) || text.contains('@') || WORK.is_match(text);
    let words = || user_agent.split(apart);
    words().find(|text| word(text)).or_else(|| words().next().filter(|_| is_name(user_agent)))
}

/// The rest of what begins like nearly all browsers, behind `Mozilla/5.0 (compatible; `; and whether it did.
fn without_mozilla(user_agent: &str) -> (bool, &str) {
    let Some(rest) = user_agent.strip_prefix("Mozilla/") else { return (false, user_agent) };
    let rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let named = ["compatible", "Compatible"].iter().find_map(|word| rest.strip_prefix(word));
    (true, named.map_or(rest, |name| name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric())))
}

/// Whether a text is what a program may call itself: letters above all, and nothing that attacks are made of.
fn is_name(text: &str) -> bool {
    const LETTERS_MIN: usize = 3;
    const MARKS: &str = " .,:;-_/+&!'()[]#@%*~=";
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || MARKS.contains(c);
    let letters = text.chars().take_while(|c| *c != '/').filter(char::is_ascii_alphabetic).count();
    // Whoever sends a header's name in the header has copied it, as people do too.
    let is_header = text.split_once(": ").is_some();
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && letters >= LETTERS_MIN
        && !is_header
        && text.chars().all(is_of_names)
}

/// `example.com`, `www.example.com/bot`: of versions and files' names the last part is no letters, or stands
/// behind a digit.
fn is_domain(word: &str) -> bool {
    let name = word.split(['/', ':']).next().unwrap_or(word);
    let Some((before, last)) = name.rsplit_once('.') else { return false };
    let letters = |text: &str| text.chars().all(|c| c.is_ascii_alphabetic());
    (2..=12).contains(&last.len())
        && letters(last)
        && before.len() > 1
        && before.contains(|c: char| c.is_ascii_alphabetic())
        && before.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
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
fn device_comment(user_agent: &str) -> std::ops::Range<usize> {
    let Some(start) = user_agent.strip_prefix("Mozilla/5.0 (").map(|_| "Mozilla/5.0 (".len())
    else {
        return 0..0;
    };
    let end = user_agent[start..].find(')').map_or(user_agent.len(), |at| start + at);
    let comment = &user_agent[start..end];
    let device = comment.contains("Android") && !comment.contains("compatible");
    if device { start..end } else { 0..0 }
}

/// The name of what is merely compatible with a browser, or the address that a program left: `+http…`
/// is how crawlers have done it since the 1990s, and what is no browser may leave out the plus. A mail address, or a URL alone
/// in brackets, is no browser's either.
fn contact(user_agent: &str) -> Option<&str> {
    if is_merely_compatible(user_agent) {
        let rest = user_agent.split_once("compatible;").map_or("", |(_, rest)| rest).trim_start();
        let end = rest.find([';', ')', ' ']).unwrap_or(rest.len());
        return Some(&rest[..end]).filter(|name| !name.is_empty());
    }
    let in_brackets = || {
        let urls = ["(http://", "(https://"].map(|mark| user_agent.find(mark));
        urls.into_iter().flatten().min().map(|at| at + 1)
    };
    let anywhere = || {
        let browser = user_agent.starts_with("Mozilla/") || user_agent.starts_with("Opera/");
        let urls = ["http://", "https://"].map(|scheme| user_agent.find(scheme));
        urls.into_iter().flatten().min().filter(|_| !browser)
    };
    let url = user_agent.find("+http").or_else(in_brackets).or_else(anywhere);
    url.map(|at| word_at(user_agent, at)).or_else(|| {
        let word = word_at(user_agent, user_agent.find('@')?);
        let (name, domain) = word.split_once('@')?;
        (!name.is_empty() && is_domain(domain)).then_some(word)
    })
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
    const BROWSERS: [&str; 8] = [
        "MSIE",
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
                "Mozilla/5.0 (X11; Linux) Chrome/131.0 Safari/537.36 (https://a.example)",
                "https://a.example",
            ),
            (
                "Mozilla/5.0 (X11; Linux) Chrome/131.0 Safari/537.36 [me@thing.example]",
                "me@thing.example",
            ),
            ("Mozilla/5.0 (compatible; Thing/1.0; help@thing.example)", "Thing/1.0"),
            ("Mozilla/5.0 (compatible; Thing; https://thing.example/)", "Thing"),
        ] {
            assert_eq!(declared(user_agent), Some(token), "{user_agent}");
        }
    }

    #[test]
    fn programs_without_a_bots_word() {
        for (user_agent, word) in [
            ("thing.example.com", Some("thing.example.com")),
            ("My Thing (me@thing.example)", Some("me@thing.example")),
            ("Link Valet Online 1.1", Some("Link")),
            ("SiteMonitor/2 linux", Some("SiteMonitor/2")),
            ("thing/1.0", Some("thing/1.0")),
            ("Some thing 1.0.beta", Some("Some")),
            ("ab", None),
            ("${jndi:ldap://192.0.2.1/a}", None),
            ("() { :;}; echo x", None),
            ("Accept-Encoding: gzip, deflate", None),
            ("192", None),
            ("Some Browser 2", None),
            ("Mozilla/5.0 (Some check)", Some("check")),
            ("Mozilla/3.0 (Compatible;Thing/1.8)", Some("Thing/1.8")),
            ("Mozilla/5.0", None),
            ("Mozilla/4.7 [en] (WinNT; I)", None),
            ("Mozilla/3.04 (X11; I; SunOS 5.5.1 sun4u)", None),
            ("Mozilla/3.0 (DreamPassport/3.0)", None),
            ("Mozilla/5.0 (search.example)", Some("search.example")),
            ("Weather/1.0 (example.com) CFNetwork/1410.0.3 Darwin/22.6.0", None),
            ("Search/7.1 (Android 14; Pixel 8)", None),
            ("VLC/3.0.18 LibVLC/3.0.18", None),
        ] {
            assert_eq!(program_word(user_agent), word, "{user_agent}");
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
            "VLC/3.0.18 LibVLC/3.0.18",
            "",
        ] {
            assert_eq!(declared(user_agent), None, "{user_agent}");
        }
    }
}
