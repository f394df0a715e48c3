//! Tests of naming user agents through the command line.

use std::fs;

use guestbook::agents::{Catalogue, CatalogueFile, Namer};
use guestbook::format::{Format, LineReader};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::program::{Site, root};

#[test]
fn classify_prints_one_result_per_line() {
    let site = Site::plain();
    let input = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)\n\
                 Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0\n\
                 \n-\nStrangeBot/1.0\n";
    let result = site.run_with_input(&["classify", "--format", "json", "-"], input.as_bytes());
    let lines: Vec<Value> =
        result.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let empty = |user_agent: &str| {
        json!({"user_agent": user_agent, "kind": "empty", "agent": null, "family": null, "operator": null,
               "purpose": null, "rule": "empty", "source": "default", "docs": null, "also": []})
    };
    let expected = [
        json!({"user_agent": input.lines().next(), "kind": "agent", "agent": "GPTBot", "family": "ChatGPT",
               "operator": "OpenAI", "purpose": "training", "rule": "token GPTBot", "source": "catalogue",
               "docs": "https://developers.openai.com/api/docs/bots", "also": []}),
        json!({"user_agent": input.lines().nth(1), "kind": "person", "agent": null, "family": null, "operator": null,
               "purpose": null, "rule": "browser Firefox", "source": "woothee", "docs": null, "also": []}),
        empty(""),
        empty("-"),
        json!({"user_agent": "StrangeBot/1.0", "kind": "agent", "agent": "StrangeBot", "family": "Unknown AI",
               "operator": null, "purpose": "other", "rule": "says StrangeBot", "source": "declared",
               "docs": null, "also": []}),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn control_characters_in_user_agents_are_not_printed() {
    let output =
        Site::plain().succeed(&["classify", "link\u{1b}[31m-check\u{7}er/1.0", "\u{9b}Bot/1"]);
    assert!(!output.contains(|c: char| c.is_control() && c != '\n'), "{output:?}");
    assert!(output.contains("family Unknown AI"), "{output}");
}

#[test]
fn agents_in_the_config_take_precedence() {
    let site = Site::new(
        "[[agents]]\nname = \"Ours\"\nfamily = \"House\"\noperator = \"Us\"\npurpose = \"monitoring\"\ntokens = [\"GPTBot\"]\n",
    );
    let output = site.succeed(&["classify", "GPTBot/1.2"]);
    assert_eq!(output, "GPTBot/1.2\n  Ours of Us, family House, monitoring: token GPTBot\n");
    let agents = site.succeed(&["agents", "--format", "json"]);
    let first: Value = serde_json::from_str(agents.lines().next().unwrap()).unwrap();
    assert_eq!((first["agent"].clone(), first["own"].clone()), (json!("Ours"), json!(true)));
}

#[test]
fn unknown_agents_are_ranked_until_the_config_names_them() {
    let site = Site::plain();
    let line = |time: &str, path: &str, user_agent: &str| {
        crate::program::line(&format!("{time}/May/2026:10:00:00 +0000"), path, 200, user_agent)
    };
    let log = [
        line("18", "/t/a", "Mozilla/5.0 (compatible; NewBot/1.0)"),
        line("20", "/t/b", "Mozilla/5.0 (compatible; NewBot/1.0)"),
        line("20", "/other", "LinkThing/2.0"),
        line("20", "/t/a", "-"),
        line("20", "/t/a", "GPTBot/1.2"),
    ];
    site.write("access.log", log.concat());
    site.succeed(&["ingest"]);
    let unknown = || -> Vec<Value> {
        let output = site.succeed(&["agents", "--unknown", "--format", "json"]);
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let found = unknown();
    let row = |index: usize| {
        let keys = ["user_agent", "rule", "pings", "requests", "first_day", "last_day"];
        keys.map(|key| found[index][key].clone())
    };
    let new = ["Mozilla/5.0 (compatible; NewBot/1.0)", "says NewBot"].map(|text| json!(text));
    assert_eq!(row(0)[..2], new);
    assert_eq!(row(0)[2..], [json!(2), json!(2), json!("2026-05-18"), json!("2026-05-20")]);
    assert_eq!(
        (found[1]["user_agent"].clone(), found[1]["requests"].clone()),
        (json!(""), json!(1))
    );
    assert_eq!(
        row(2)[1..4],
        [json!("says LinkThing/2.0, and names no browser"), json!(0), json!(1)]
    );
    assert_eq!(found.len(), 3);
    let text = site.succeed(&["agents", "--unknown"]);
    assert!(text.lines().nth(1).unwrap().contains("NewBot"), "{text}");
    site.append("config.toml", "\n[[agents]]\nname = \"NewBot\"\ntokens = [\"NewBot\"]\n");
    assert_eq!(unknown().len(), 2);
}

#[test]
fn pings_of_purposes_that_do_not_sign_are_stored_but_not_reported() {
    let config = "[[logs]]\npaths = [\"access.log\"]\n[terms]\npattern = '^/t/(?<term>[^/]+)$'\n";
    let site = Site::new(config);
    let time = "20/May/2026:10:00:00 +0000";
    let text = crate::program::line(time, "/t/a", 200, "GPTBot/1.2")
        + &crate::program::line(time, "/t/a", 200, "curl/8.5.0");
    site.write("access.log", text);
    site.succeed(&["ingest"]);
    // By default, tools that fetch pages for a script do not sign.
    assert_eq!(site.term("a", "2026-05-20")["total_pings"], 1);
    let all = "[guestbook]\nsign = [\"training\", \"http-tool\"]\n";
    site.write("config.toml", config.to_owned() + all);
    assert_eq!(site.term("a", "2026-05-20")["total_pings"], 2);
    site.write("config.toml", config.to_owned() + "[guestbook]\nsign = [\"training\"]\n");
    let report = site.term("a", "2026-05-20");
    assert_eq!(
        (report["total_pings"].clone(), report["families"][0]["family"].clone()),
        (json!(1), json!("ChatGPT"))
    );
}

/// Encodes a user agent as IIS, CloudFront, and older versions of CloudFront do, which encoded it twice. The first
/// element of each pair is the column that identifies CloudFront, or is empty.
fn encodings(user_agent: &str) -> [(&'static str, String); 3] {
    let percent = |text: &str| -> String {
        let encode = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'/' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(encode).collect()
    };
    [
        ("", user_agent.replace(' ', "+")),
        ("x-edge-location", percent(user_agent)),
        ("x-edge-location", percent(user_agent).replace('%', "%25")),
    ]
}

#[test]
fn samples_are_named_the_same_in_every_header_encoding() {
    let namer = Namer::new(Catalogue::with(Vec::new()).unwrap());
    let format = Format::named("w3c", &TimeZone::UTC).unwrap();
    let catalogue = root().join("src/agents/agents.toml");
    let catalogue = CatalogueFile::parse(&fs::read_to_string(catalogue).unwrap()).unwrap();
    for entry in catalogue.agent {
        let samples = entry.samples.iter().filter(|sample| !sample.contains('%'));
        for (sample, (edge, encoded)) in
            samples.flat_map(|sample| encodings(sample).map(|encoded| (sample, encoded)))
        {
            let fields = format!("#Fields: date time cs-uri-stem cs(User-Agent) {edge}");
            let edge = if edge.is_empty() { "" } else { " FRA1" };
            let line = format!("2026-05-20 10:00:00 /t/a {encoded}{edge}");
            let columns = format.columns(fields.as_bytes()).unwrap();
            let mut reader = LineReader::new(&format, columns);
            let record = reader.read(line.as_bytes()).unwrap();
            let sent = record.header(record.user_agent.unwrap()).into_owned();
            let sent = String::from_utf8(sent).unwrap();
            let verdict = namer.name(&sent);
            assert_eq!(verdict.agent, Some(&*entry.name), "{sample}: {encoded}: {sent}");
        }
    }
}
