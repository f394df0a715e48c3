//! Fuzzes the outputs: any texts as the site's name, a term, a query, a user agent and a referrer, in every format that is
//! text.
#![no_main]

use guestbook::format::Format;
use guestbook_fuzz::Site;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The elements of the published pages and charts.
const ELEMENTS: [&str; 53] = [
    "section", "style", "header", "footer", "main", "nav", "h1", "h2", "h3", "p", "small", "ol", "ul", "li", "dl", "dt", "dd",
    "div", "span", "b", "bdi", "i", "abbr", "svg", "rect", "path", "g", "title", "table", "thead", "tbody", "tr", "th", "td",
    "text", "a", "html", "head", "body", "link", "script", "details", "summary", "pre", "code", "feed", "id", "generator",
    "updated", "author", "name", "entry", "content",
];

// The texts are separated by line ends.
fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut texts = text.split('\n');
    let mut next = || texts.next().unwrap_or_default();
    let [name, term, query, user_agent, referrer] = [next(), next(), next(), next(), next()];
    let line = |user_agent: &str| {
        let uri = format!("/t/{}?{query}", term.replace('?', "%3F"));
        let line = serde_json::json!({
            "time": "2026-05-20T10:00:00Z", "remote_addr": "203.0.113.9", "method": "GET", "uri": uri, "status": 200,
            "user_agent": user_agent, "referrer": referrer,
        });
        format!("{line}\n")
    };
    let log = line("GPTBot/1.2") + &line(user_agent) + &line("Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0");
    Site::with(|site| {
        site.set_name(name);
        site.set_format(Format::named("json", &TimeZone::UTC));
        site.ingest(log.as_bytes());
        if site.stored() == 0 {
            return;
        }
        for (name, text) in site.publish() {
            match name.rsplit('.').next() {
                Some("html" | "svg" | "xml") => check_markup(&name, &text),
                Some("json") => drop(serde_json::from_str::<serde_json::Value>(&text).expect("JSON")),
                Some("csv") => check_csv(&name, &text),
                _ => {}
            }
            check_characters(&name, &text);
        }
    });
});

/// Checks that the markup is well-formed and has no element, event handler or URL of a visitor's.
fn check_markup(name: &str, text: &str) {
    // The void elements in the head of a page are HTML and not XML.
    let is_xml = |line: &&str| {
        !["<!doctype", "<meta", "<link rel=\"stylesheet", "<link rel=\"icon", "<link rel=\"alternate"]
            .iter()
            .any(|start| line.starts_with(start))
    };
    let text: String = text.lines().filter(is_xml).map(|line| format!("{line}\n")).collect();
    let text = text.replace("pages.js\" defer>", "pages.js\">");
    let mut reader = Reader::from_str(&text);
    loop {
        let tag = match reader.read_event().unwrap_or_else(|error| panic!("{name}: {error}\n{text}")) {
            Event::Start(tag) | Event::Empty(tag) => tag,
            Event::Eof => break,
            _ => continue,
        };
        let element = tag.local_name();
        assert!(ELEMENTS.contains(&element.as_ref()), "{name}: <{}>", element.as_ref());
        for attribute in tag.attributes() {
            let attribute = attribute.unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
            assert!(!attribute.key.as_ref().starts_with("on"), "{name}: {text}");
            let is_link = ["href", "src"].contains(&attribute.key.as_ref());
            let own = attribute.value.trim_start_matches("../");
            // The page of a term has the rows of its tables in links.
            let data = own.strip_prefix("data:text/csv;charset=utf-8,");
            let is_data = data.is_some_and(|csv| !csv.contains(['<', '>', '"', ' ', '#']));
            // The page of an agent links to its operator's documentation.
            let is_docs = name.contains("/agents/") && own.starts_with("https://");
            let is_own = !own.contains(':') && !own.starts_with('/');
            assert!(!is_link || is_own || is_docs || is_data, "{name}: {own}\n{text}");
        }
    }
}

/// Checks that no cell is a formula. Negative numbers are none.
fn check_csv(name: &str, text: &str) {
    for cell in text.lines().flat_map(|line| line.split("\",\"")) {
        let is_formula = cell.starts_with(['=', '+', '@']) || cell.starts_with('-') && cell.parse::<f64>().is_err();
        assert!(!is_formula, "{name}: {cell}");
    }
}

fn check_characters(name: &str, text: &str) {
    let is_end = |c: char| c == '\n' || c == '\r' && name.ends_with(".csv");
    let is_control = |c: char| c.is_control() && !is_end(c) || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.contains(is_control), "{name}: {text:?}");
}
