//! Tells what people use: browsers, what else they hold in their hands, and the systems that these run on.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Finds any of a few words, in any case.
pub(super) fn any_of<'w>(words: impl IntoIterator<Item = &'w &'static str>) -> AhoCorasick {
    any_by(AhoCorasickKind::ContiguousNFA, words)
}

/// The same for what every user agent is searched for: it takes longer to build, and half as long to search.
pub(super) fn any_of_often<'w>(words: impl IntoIterator<Item = &'w &'static str>) -> AhoCorasick {
    any_by(AhoCorasickKind::DFA, words)
}

fn any_by<'w>(
    kind: AhoCorasickKind,
    words: impl IntoIterator<Item = &'w &'static str>,
) -> AhoCorasick {
    let mut builder = AhoCorasick::builder();
    builder.ascii_case_insensitive(true).kind(Some(kind)).build(words).expect("a few words")
}

/// What is said by browsers, by programs that people hold in their hands, and by the systems that these run on.
#[rustfmt::skip]
static PEOPLES: LazyLock<AhoCorasick> = LazyLock::new(|| any_of(&[
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

/// Browsers' words with which others begin: `Operator`, `Browser-Use`, `MosaicML`.
const WHOLE_WORDS: [&str; 3] = ["Opera", "Browser", "Mosaic"];

/// Words by which only what begins with them is known for a browser: others are compatible with `MSIE`, or show links.
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

static BY_WORD: LazyLock<AhoCorasick> = LazyLock::new(|| any_of(&WHOLE_WORDS));

/// What else browsers have said behind `Mozilla/`, since the first.
#[rustfmt::skip]
static SYSTEMS: LazyLock<AhoCorasick> = LazyLock::new(|| any_of(&[
    "Mozilla", "Win", "X11", "Linux", "Unix", "BSD", "SunOS", "IRIX", "AIX", "HP-UX", "OS/2", "Mac",
    "PPC", "BeOS", "Haiku", "RISC", "QNX", "MSIE", "KHTML", "Konqueror", "Safari", "Presto",
    "Trident", "WebTV", "Palm", "DreamPassport", "DDIPOCKET", "Solaris", "Desktop", "BREW",
    "Polaris", "DTV", "AOLTV", "Dreamcast", "Planetweb", "WebKit", "Ubuntu", "Tablet",
]));

/// Those who make phones, and networks: a phone says `LG KF700`, `MOT-V3r`, `HTC_Touch_HD_T8282`, and no more.
#[rustfmt::skip]
const MAKERS: [&str; 43] = [
    "Acer", "Alcatel", "Amoi", "Asus", "Audiovox", "BenQ", "Bird", "Coolpad", "DoCoMo", "Dopod",
    "Ericsson", "Gionee", "GT-", "Haier", "Hisense", "HTC", "J-PHONE", "Karbonn", "KDDI-",
    "Kyocera", "Lenovo", "LG", "LGE", "Micromax", "MOT-", "NEC-", "Panasonic", "Pantech", "Philips",
    "Sagem", "Sanyo", "SCH-", "SEC-", "SGH-", "Sharp", "SIE-", "SoftBank", "Sony", "TCL", "Toshiba",
    "UTStarcom", "Vodafone", "Xiaomi",
];

/// Whether a text names what people use.
pub(super) fn is_of_people(text: &str) -> bool {
    let goes_on = |c: char| c.is_ascii_alphabetic() || c == '-';
    let ends_there = |rest: &str| !rest.starts_with(goes_on);
    PEOPLES.is_match(text)
        || BY_WORD.find_iter(text).any(|word| ends_there(&text[word.end()..]))
        || FIRST_WORDS.iter().any(|word| behind(text, word).is_some_and(ends_there))
        || is_phone(text)
}

/// Whether a name is itself one of the words by which browsers, or the systems that they run on, are known.
pub(super) fn is_browsers_name(name: &str) -> bool {
    let is_all = |words: &AhoCorasick| words.find_iter(name).any(|word| word.len() == name.len());
    is_all(&PEOPLES) || is_all(&SYSTEMS) || is_all(&BY_WORD) || is_phone(name)
}

/// Whether a text names a system on which browsers run, or have run.
pub(super) fn names_a_system(text: &str) -> bool {
    SYSTEMS.is_match(text)
}

/// Whether a text begins with the name of who made a phone, and goes on with that of the phone.
fn is_phone(text: &str) -> bool {
    let makes = |maker: &&str| {
        behind(text, maker).is_some_and(|rest| maker.ends_with('-') || is_model(rest))
    };
    MAKERS.iter().any(makes)
}

/// What stands behind a text's first word, in any case, if it is this one.
fn behind<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

/// ` KF700`, `-OT-355`, `_Touch_HD`, `KF700`
fn is_model(text: &str) -> bool {
    const LETTERS_MAX: usize = 3;
    let behind_letters = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
    let is_number = behind_letters.starts_with(|c: char| c.is_ascii_digit());
    text.starts_with(['-', '_', ' ', '.'])
        || is_number && text.len() - behind_letters.len() <= LETTERS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_use() {
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
            assert_eq!(is_of_people(text), expected, "{text}");
        }
    }
}
