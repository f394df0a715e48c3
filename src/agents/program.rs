//! Recognises programs by a user agent that names neither a browser nor a system that browsers run on.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::people::{
    hot_word_matcher, is_browser_or_system, is_human_client, names_system, program_product,
    word_matcher,
};

/// Words for tasks of programs that fetch pages on their own.
static TASK_WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    const WORDS: [&str; 18] = [
        "check", "valid", "monitor", "search", "fetch", "link", "url", "seo", "scan", "harvest",
        "collect", "extract", "index", "survey", "probe", "analy", "grab", "feed",
    ];
    word_matcher(&WORDS)
});

/// Returns the word that identifies a program, in a user agent that names no client of people and no system: a mail
/// address, a domain, a task, or else its first word. Returns `None` for all others, and if the user agent cannot be a
/// name: an attack, a number, a few letters.
pub(super) fn program_word(user_agent: &str) -> Option<&str> {
    if let Some(product) = program_product(user_agent) {
        return Some(product);
    }
    let (is_mozilla, user_agent) = without_mozilla(user_agent);
    if is_human_client(user_agent) || is_mozilla && names_system(user_agent) {
        return None;
    }
    let is_separator =
        |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';' | ',' | '"' | '<' | '>');
    let is_program =
        |word: &&str| looks_like_domain(word) || is_mail(word) || TASK_WORDS.is_match(*word);
    let words = || user_agent.split(is_separator);
    words().find(is_program).or_else(|| words().next().filter(|_| is_name(user_agent)))
}

/// Returns the part of a user agent that attacks whoever reads it: markup, code, SQL, a path out of a folder.
pub(super) fn attack(user_agent: &str) -> Option<&'static str> {
    const ATTACKS: [&str; 22] = [
        "<script",
        "<?php",
        "<img",
        "<svg",
        "${jndi:",
        "${",
        "() {",
        "union select",
        "union all",
        "' or ",
        "\" or ",
        "' and ",
        "sleep(",
        "waitfor delay",
        "benchmark(",
        "xp_cmdshell",
        "../../",
        "etc/passwd",
        "base64_decode",
        "eval(",
        "$(",
        "| wget ",
    ];
    static MATCHER: LazyLock<AhoCorasick> = LazyLock::new(|| hot_word_matcher(&ATTACKS));
    MATCHER.find(user_agent).map(|found| ATTACKS[found.pattern().as_usize()])
}

/// Suffixes of the names of tools that fetch pages on their own.
const TOOL_SUFFIXES: [&str; 11] = [
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

/// Returns the word that names a tool, even if the user agent also names a system: `URLTester/1 CFNetwork/974.1 …`.
/// Returns `None` for a user agent that begins like a browser's.
pub(super) fn tool_word(user_agent: &str) -> Option<&str> {
    if begins_like_browser(user_agent) {
        return None;
    }
    let product = user_agent.split('(').next()?.split(" CFNetwork").next()?;
    let is_separator = |c: char| !c.is_ascii_alphanumeric();
    let mut words = product.split("%20").flat_map(|part| part.split(is_separator));
    words.find(|word| {
        let word = word.to_ascii_lowercase();
        TOOL_SUFFIXES.iter().any(|suffix| word.ends_with(suffix))
    })
}

/// Prefixes of the comment in which a desktop browser names its system.
pub(super) const DESKTOP_SYSTEMS: [&str; 3] = ["X11", "Macintosh", "Windows NT"];

/// Returns the name before a desktop browser's user agent: `PagePreview Mozilla/5.0 (X11; Linux x86_64) …`. Phones are
/// skipped, since they put their own names there.
pub(super) fn name_before_browser(user_agent: &str) -> Option<&str> {
    if user_agent.starts_with("Mozilla") {
        return None; // A name that contains this word is a browser's.
    }
    let (name, browser) = user_agent.split_once(" Mozilla/5.0 (")?;
    let is_desktop = DESKTOP_SYSTEMS.iter().any(|system| browser.starts_with(system));
    let word = name.split([' ', '(']).next()?;
    let letters = name.chars().filter(char::is_ascii_alphabetic).collect::<String>();
    let is_header = letters.eq_ignore_ascii_case("useragent");
    (is_desktop && !is_header && is_name(name) && !is_human_client(name) && !names_system(name))
        .then_some(word)
}

/// Returns whether a user agent begins with `Mozilla/`, and the text after `Mozilla/5.0 (compatible; ` if it does.
fn without_mozilla(user_agent: &str) -> (bool, &str) {
    let Some(rest) = user_agent.strip_prefix("Mozilla/") else { return (false, user_agent) };
    let rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let name = ["compatible", "Compatible"].iter().find_map(|word| rest.strip_prefix(word));
    (true, name.map_or(rest, |name| name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric())))
}

/// Returns whether a text can be a program's name: with enough letters, and without the characters that attacks use.
fn is_name(text: &str) -> bool {
    const LETTERS_MIN: usize = 3;
    const PUNCTUATION: &str = " .,:;-_/+&!'()[]#@%*~=";
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || PUNCTUATION.contains(c);
    let letters = text.chars().take_while(|c| *c != '/').filter(char::is_ascii_alphabetic).count();
    // A header's name within the value was copied there, and people do that too.
    let is_header = text.split_once(": ").is_some();
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && letters >= LETTERS_MIN
        && !is_header
        && text.chars().all(is_name_char)
}

/// Returns the name of a program, given the word that identified it as one: that word without its version, or if the
/// word is an address, the product at the start or before the address. Returns `None` if it has no name.
pub(super) fn own_name<'t>(user_agent: &'t str, word: &'t str) -> Option<&'t str> {
    let is_address = |text: &str| {
        text.contains("://")
            || text.contains('@')
            || looks_like_domain(text)
            || obfuscated_mail(text).is_some()
    };
    let product = |text: &'t str| {
        let name = text.split('/').next()?.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_browser = is_browser_or_system(name) || name == "compatible";
        let is_name = name.len() > 1 && name.contains(|c: char| c.is_ascii_alphabetic());
        (is_name && !is_browser).then_some(name)
    };
    if !is_address(word) {
        return product(word).map(|name| full_name(user_agent, name));
    }
    let is_separator =
        |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ';' | ',' | '"' | '[' | ']');
    let before = user_agent.find(word).map_or(user_agent, |at| &user_agent[..at]);
    let (is_mozilla, _) = without_mozilla(user_agent);
    let mut products =
        before.split(is_separator).filter(|text| !text.is_empty() && !is_address(text));
    if is_mozilla { product(products.next_back()?) } else { product(products.next()?) }
}

/// Returns the start of a user agent if it is a name of a few words that ends with `name`: `Thing File Downloader/1.0`.
/// Otherwise returns `name`.
fn full_name<'t>(user_agent: &'t str, name: &'t str) -> &'t str {
    const WORDS_MAX: usize = 4;
    let start = user_agent.split(['/', '(', ';', ',']).next().unwrap_or(user_agent).trim_end();
    let is_word = |word: &str| word.starts_with(|c: char| c.is_ascii_uppercase()) && is_name(word);
    let is_full_name = start.ends_with(name) && start.split(' ').all(is_word);
    if is_full_name && start.split(' ').count() <= WORDS_MAX { start } else { name }
}

/// Returns whether a user agent begins like that of nearly every browser.
pub(super) fn begins_like_browser(user_agent: &str) -> bool {
    user_agent.starts_with("Mozilla/") || user_agent.starts_with("Opera/")
}

/// Parts of a mail address that is obfuscated so that programs do not recognise it.
pub(super) const OBFUSCATED_MAIL: [&str; 6] =
    ["(at)", "[at]", "at gmail", "dot com", "dot net", "dot org"];

/// Returns the part that shows an obfuscated mail address: `me(at)example.com`, `me at example dot com`.
pub(super) fn obfuscated_mail(text: &str) -> Option<&'static str> {
    OBFUSCATED_MAIL.into_iter().find(|part| text.contains(part))
}

/// Returns whether a word is a mail address.
pub(super) fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && looks_like_domain(domain))
}

/// Returns whether a label is a common top-level domain.
fn is_top_level(label: &str) -> bool {
    const TOP_LEVEL_DOMAINS: [&str; 26] = [
        "com", "net", "org", "edu", "gov", "info", "io", "app", "de", "uk", "fr", "it", "nl", "br",
        "cn", "jp", "kr", "ru", "pl", "es", "se", "ch", "at", "au", "ca", "eu",
    ];
    TOP_LEVEL_DOMAINS.contains(&label)
}

/// Returns whether a word is a domain, with or without a path: `example.com`, `www.example.com/bot`. Version numbers
/// and file names are not: their last part has other characters than letters, or follows a digit. Nor are app ids,
/// which begin with a top-level domain: `com.example.app`, `net.example.app`.
pub(super) fn looks_like_domain(word: &str) -> bool {
    let name = word.split(['/', ':']).next().unwrap_or(word);
    let Some((before, last)) = name.rsplit_once('.') else { return false };
    let is_letters = |text: &str| text.chars().all(|c| c.is_ascii_alphabetic());
    (2..=12).contains(&last.len())
        && is_letters(last)
        && (is_top_level(last) || !name.split('.').next().is_some_and(is_top_level))
        && before.len() > 1
        && before.contains(|c: char| c.is_ascii_alphabetic())
        && before.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_found_whatever_they_run_on() {
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
    fn names_before_a_browser_are_found() {
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
    fn programs_without_a_bot_word_are_found() {
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
