//! Recognises the clients that people use: browsers, apps, devices and the systems that they run on.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Returns a matcher for any of a few words, in any case. It is quick to build.
pub(super) fn word_matcher<'w>(words: impl IntoIterator<Item = &'w &'static str>) -> AhoCorasick {
    build_matcher(AhoCorasickKind::ContiguousNFA, words)
}

/// Returns a matcher for words that every user agent is searched for. Compared to [`word_matcher`], it takes longer to
/// build and half the time to search.
pub(super) fn hot_word_matcher<'w>(
    words: impl IntoIterator<Item = &'w &'static str>,
) -> AhoCorasick {
    build_matcher(AhoCorasickKind::DFA, words)
}

fn build_matcher<'w>(
    kind: AhoCorasickKind,
    words: impl IntoIterator<Item = &'w &'static str>,
) -> AhoCorasick {
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true).kind(Some(kind)).build(words).expect("a few words")
}

/// Words in the user agents of browsers, apps and devices, and names of the systems that they run on.
#[rustfmt::skip]
static HUMAN_CLIENTS: LazyLock<AhoCorasick> = LazyLock::new(|| word_matcher(&[
    "AppleWebKit", "Gecko", "Android", "Dalvik", "iOS", "iPhone", "iPad", "CFNetwork", "Darwin",
    "Mac OS", "Macintosh", "watchOS", "tvOS", "Windows", "Win64", "MIDP", "CLDC", "UCWEB",
    "UP.Link", "Nokia", "Samsung", "SonyEricsson", "BlackBerry", "Huawei", "LG-", "LG/", "MAUI",
    "HbbTV", "SmartTV", "Roku", "Tizen", "Web0S", "PlayStation", "Nintendo", "ELinks",
    "Lynx", "w3m", "Dillo", "VLC", "Player", "Radio", "Podcast", "OS X", "MacOS", "Amiga",
    "Symbian", "BSD;", "Vita", "Alamofire", "Firefox", "Midori", "NetSurf", "Kazehakase",
    "edbrowse", "amaya", "Eudora", "Barca", "portalmmm", "Arachne", "AWeb", "Charon", "Contiki",
    "Cyberdog", "Emacs", "Explorer", "FOMA", "Foxmail", "Galaxy", "HotJava", "IBrowse", "iCab",
    "iTunes", "KreaTV", "luakit", "Minefield", "Motorola", "NetFront", "Obigo", "OmniWeb", "OPR/",
    "Outlook", "PocoMail", "Polycom", "QuickTime", "Shiira", "Sleipnir", "Teleca", "The Bat",
    "Thunderbird", "Toolbar", "uzbl", "Vimprobable", "Win32", "X-Smiles", "ZTE", "Chrome",
    "Chromium", "Vivaldi", "Brave", "Ladybird", "Kodi", "Wii", "Fuchsia", "Serenity", "Instagram",
    "MicroMessenger", "GSA/", "DuckDuckGo/", "Reeder", "Mail/", "Falkon", "qutebrowser", "Waterfox",
    "Pale Moon", "PaleMoon", "SeaMonkey", "Iceweasel", "Epiphany", "Konqueror", "Netscape",
    "Palmscape", "Xiino", "Galeon", " Build/", "Device model:", "BrightSign",
]));

/// Browser names that count only as whole words, since bots begin with them: `Operator`, `Browser-Use`, `MosaicML`.
const WHOLE_WORDS: [&str; 3] = ["Opera", "Browser", "Mosaic"];

/// Browser names that count only at the start: elsewhere, bots are compatible with `MSIE`, or show links.
const FIRST_WORDS: [&str; 12] = [
    "Edge",
    "Microsoft Edge",
    "Links",
    "Safari",
    "Apple Safari",
    "MSIE",
    "Dooble",
    "Flock",
    "Lunascape",
    "Maxthon",
    "OperaMini",
    "Puffin",
];

static WHOLE_WORD_MATCHER: LazyLock<AhoCorasick> = LazyLock::new(|| word_matcher(&WHOLE_WORDS));

/// Systems and engines that browsers have named after `Mozilla/`, since the first browsers.
#[rustfmt::skip]
static SYSTEMS: LazyLock<AhoCorasick> = LazyLock::new(|| word_matcher(&[
    "Mozilla", "Win", "X11", "Linux", "Unix", "BSD", "SunOS", "IRIX", "AIX", "HP-UX", "OS/2", "Mac",
    "PPC", "BeOS", "Haiku", "RISC", "QNX", "MSIE", "KHTML", "Konqueror", "Safari", "Presto",
    "Trident", "WebTV", "Palm", "DreamPassport", "DDIPOCKET", "Solaris", "Desktop", "BREW",
    "Polaris", "DTV", "AOLTV", "Dreamcast", "Planetweb", "WebKit", "Ubuntu", "Tablet",
]));

/// Phone makers and carriers. A user agent may be a phone's model alone: `LG KF700`, `MOT-V3r`, `HTC_Touch_HD_T8282`.
#[rustfmt::skip]
const PHONE_MAKERS: [&str; 43] = [
    "Acer", "Alcatel", "Amoi", "Asus", "Audiovox", "BenQ", "Bird", "Coolpad", "DoCoMo", "Dopod",
    "Ericsson", "Gionee", "GT-", "Haier", "Hisense", "HTC", "J-PHONE", "Karbonn", "KDDI-",
    "Kyocera", "Lenovo", "LG", "LGE", "Micromax", "MOT-", "NEC-", "Panasonic", "Pantech", "Philips",
    "Sagem", "Sanyo", "SCH-", "SEC-", "SGH-", "Sharp", "SIE-", "SoftBank", "Sony", "TCL", "Toshiba",
    "UTStarcom", "Vodafone", "Xiaomi",
];

/// Systems that programs name too: `npm/10 node/v20 darwin arm64`, `aws-cli/2 Python/3.11 Darwin/23`.
const DESKTOP_SYSTEMS: [&str; 8] =
    ["Darwin", "Mac OS", "MacOS", "OS X", "Macintosh", "Windows", "Win64", "Win32"];

/// Returns the product and version with which a user agent starts, if it names nothing that people use but a desktop's
/// system: it is that of a program.
pub(super) fn program_product(user_agent: &str) -> Option<&str> {
    let (product, version) = user_agent.split_once('/')?;
    let is_product_char = |c: char| c.is_ascii_alphanumeric() || "-_.+@".contains(c);
    let version = version.strip_prefix('v').unwrap_or(version);
    let has_name = product.chars().filter(char::is_ascii_alphabetic).count() > 2;
    let is_browser = FIRST_WORDS.iter().any(|word| product.eq_ignore_ascii_case(word))
        || ["Mozilla", "Opera"].contains(&product);
    if !has_name
        || is_browser
        || !product.chars().all(is_product_char)
        || !version.starts_with(|c: char| c.is_ascii_digit())
        || user_agent.contains("CFNetwork")
        || is_phone(user_agent)
    {
        return None;
    }
    let is_system = |found: aho_corasick::Match| {
        let from = user_agent.get(found.start()..).unwrap_or_default();
        DESKTOP_SYSTEMS.iter().any(|system| strip_word(from, system).is_some())
    };
    let is_program = HUMAN_CLIENTS.find_iter(user_agent).all(is_system)
        && !WHOLE_WORD_MATCHER.is_match(user_agent);
    user_agent.split([' ', '(', ';']).next().filter(|_| is_program)
}

/// Returns whether a text names a client that people use.
pub(super) fn is_human_client(text: &str) -> bool {
    let is_word_char = |c: char| c.is_ascii_alphabetic() || c == '-';
    let is_word_end = |rest: &str| !rest.starts_with(is_word_char);
    HUMAN_CLIENTS.is_match(text)
        || WHOLE_WORD_MATCHER.find_iter(text).any(|word| is_word_end(&text[word.end()..]))
        || FIRST_WORDS.iter().any(|word| strip_word(text, word).is_some_and(is_word_end))
        || is_phone(text)
}

/// Returns whether a name as a whole is that of a browser, a system or a phone.
pub(super) fn is_browser_or_system(name: &str) -> bool {
    let is_word = |words: &AhoCorasick| words.find_iter(name).any(|word| word.len() == name.len());
    is_word(&HUMAN_CLIENTS) || is_word(&SYSTEMS) || is_word(&WHOLE_WORD_MATCHER) || is_phone(name)
}

/// Returns whether a text names a system that browsers run on, or once did.
pub(super) fn names_system(text: &str) -> bool {
    SYSTEMS.is_match(text)
}

/// Returns whether a text begins with a phone maker followed by a model.
fn is_phone(text: &str) -> bool {
    let is_made_by = |maker: &&str| {
        strip_word(text, maker).is_some_and(|rest| maker.ends_with('-') || is_model(rest))
    };
    PHONE_MAKERS.iter().any(is_made_by)
}

/// Returns the rest of a text that begins with `word`, in any case.
fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

/// Returns whether a text begins like a phone's model: ` KF700`, `-OT-355`, `_Touch_HD`, `KF700`.
fn is_model(text: &str) -> bool {
    const LETTERS_MAX: usize = 3;
    let after_letters = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let is_number = after_letters.starts_with(|c: char| c.is_ascii_digit());
    text.starts_with(['-', '_', ' ', '.'])
        || is_number && text.len() - after_letters.len() <= LETTERS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_people_are_recognised() {
        for (text, expected) in [
            ("Opera/9.80 (Windows NT 6.1)", true),
            ("Operator/1.0", false),
            ("OperaMini and Opera", true),
            ("Some Browser 2", true),
            ("Browserbase/1.0", false),
            ("Browser-Use/1.0", false),
            ("Links/0.98 (Win32; 80x25)", true),
            ("ELinks (0.4; Linux)", true),
            ("ShowLinks/1.0", false),
            ("MSIE 10.0 (X11; I; OpenBSD 5.2 vax)", true),
            ("safari - mac", true),
            ("Flocker/1.0", false),
            ("Thing/1.0 (compatible; MSIE 5.5)", false),
            ("MOT-V3r", true),
            ("htc_Touch_HD_T8282", true),
            ("LG KF700", true),
            ("LGKF700", true),
            ("LGTM/1.0", false),
            ("HTC", false),
            ("Sharp/1.0", false),
            ("GalleryScan MOT-V3r", false),
            ("SonyC6603 Build/10.1.1.A.1.253", true),
        ] {
            assert_eq!(is_human_client(text), expected, "{text}");
        }
    }
}
