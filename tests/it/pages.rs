//! Tests of the site's pages: their links, their data, their sizes, and what happens to a site with hardly anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{Site, line, root};

/// Returns all published files with an extension, relative to the reports' folder.
fn published(site: &Site, extension: &str) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(site.path("reports").join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn read(site: &Site, path: &Path) -> String {
    fs::read_to_string(site.path("reports").join(path)).unwrap()
}

/// Returns the values of an attribute in a page.
fn attributes<'t>(page: &'t str, name: &str) -> Vec<&'t str> {
    let start = format!(" {name}=\"");
    page.split(&*start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// Checks that every link and file of every page leads to a file.
fn check_links(site: &Site) -> usize {
    let mut checked = 0;
    for path in published(site, "html").iter().filter(|path| !path.starts_with("terms")) {
        let page = read(site, path);
        for link in attributes(&page, "href").into_iter().chain(attributes(&page, "src")) {
            if link.starts_with(['#', 'h', '/']) || link.starts_with("data:text/csv;") {
                continue; // A place in the page, an address of the site's own, or a table's data.
            }
            let folder = path.parent().unwrap();
            let target = folder.join(link.replace("&#39;", "'").replace("%25", "%"));
            assert!(site.path("reports").join(&target).exists(), "{path:?} links to {link}");
            checked += 1;
        }
    }
    checked
}

#[test]
fn every_link_of_every_page_leads_to_a_file() {
    let site = Site::sample();
    site.succeed(&["nightly", "--quiet"]);
    assert!(check_links(&site) > 1000);
    // Every page can be reached from the overview.
    let (mut seen, mut open) = (BTreeSet::new(), vec![PathBuf::from("index.html")]);
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let page = read(&site, &path);
        for link in attributes(&page, "href").iter().filter(|link| link.ends_with(".html")) {
            let is_up = link.starts_with("../");
            let folder = if is_up { Path::new("") } else { path.parent().unwrap() };
            open.push(folder.join(link.trim_start_matches("../")));
        }
    }
    let pages: BTreeSet<PathBuf> = published(&site, "html").into_iter().collect();
    let missing: Vec<&PathBuf> = pages.difference(&seen).collect();
    assert_eq!(missing, [Path::new("site.html")]);
}

#[test]
fn json_follows_its_schemas() {
    let site = Site::sample();
    site.succeed(&["nightly", "--quiet"]);
    let validator = |name: &str| {
        let text = fs::read_to_string(root().join("docs/schemas").join(name)).unwrap();
        jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
    };
    let check = |name: &str, json: &str, of: &str| {
        let value: Value =
            serde_json::from_str(json).unwrap_or_else(|error| panic!("{of}: {error}"));
        let errors: Vec<String> = validator(name)
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{of} does not follow {name}: {errors:?}");
    };
    let mut checked = BTreeSet::new();
    for path in published(&site, "json") {
        let folder = path.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
        let name = match &*folder {
            "terms" => "term.json",
            "data" => "table.json",
            "families" | "agents" => "document.json",
            "terms.json" | "manifest.json" | "site.json" => &*folder,
            other => panic!("{other} has no schema"),
        };
        check(name, &read(&site, &path), &path.display().to_string());
        checked.insert(name.to_owned());
    }
    let questions = [
        "--by day",
        "--by family,agent --compare previous",
        "--by path,code",
        "--by hour",
        "--by term --only family=ChatGPT",
        "--by came_from",
    ];
    for question in questions {
        let args = ["report", "--format", "json"].into_iter().chain(question.split(' '));
        check("answer.json", &site.succeed(&args.collect::<Vec<_>>()), question);
    }
    check("run.json", &site.succeed(&["nightly", "--format", "json"]), "nightly");
    check("run.json", &site.succeed(&["runs", "--format", "json", "--last", "1"]), "runs");
    for args in [["--family", "ChatGPT"], ["--agent", "GPTBot"]] {
        let args = [&["report", "--format", "json"][..], &args].concat();
        check("document.json", &site.succeed(&args), "report");
    }
    let lines: [(&str, &[&str]); 11] = [
        ("log.json", &["scan", "--list"]),
        ("outcome.json", &["scan", "--outcomes", "-o", "all.parquet"]),
        ("parse.json", &["parse"]),
        ("classify.json", &["classify", "--format", "json", "GPTBot/1.2", "Mozilla/5.0", ""]),
        ("classify.json", &["classify", "--format", "json", "GPTBot/1.2", "--ip", "192.0.2.1"]),
        ("agent.json", &["agents", "--format", "json"]),
        ("unknown.json", &["agents", "--unknown", "--format", "json"]),
        ("export.json", &["export", "pings", "--format", "ndjson"]),
        ("export.json", &["export", "views", "--format", "ndjson"]),
        ("export.json", &["export", "coverage", "--format", "ndjson"]),
        ("export.json", &["export", "carried", "--format", "ndjson"]),
    ];
    for (name, args) in lines {
        let text = site.succeed(args);
        assert!(text.lines().count() > 0, "{args:?}");
        // The first lines and some of the others.
        for line in text.lines().enumerate().filter(|(at, _)| at % 37 < 3).map(|(_, line)| line) {
            check(name, line, &args.join(" "));
        }
        checked.insert(name.to_owned());
    }
    checked.extend(["answer.json".to_owned(), "run.json".to_owned()]);
    let all: BTreeSet<String> = fs::read_dir(root().join("docs/schemas"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(checked, all, "a schema was not used");
}

#[test]
fn the_data_beside_a_table_has_its_rows() {
    let site = Site::sample();
    site.succeed(&["nightly", "--quiet"]);
    let mut tables = 0;
    for path in published(&site, "csv").iter().filter(|path| path.starts_with("data")) {
        let mut csv = csv::Reader::from_path(site.path("reports").join(path)).unwrap();
        let names: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
        let json: Value = serde_json::from_str(&read(&site, &path.with_extension("json"))).unwrap();
        let rows = json["rows"].as_array().unwrap();
        let records: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), rows.len(), "{path:?}");
        for (record, row) in records.iter().zip(rows) {
            for (name, cell) in names.iter().zip(record) {
                let value = match &row[name] {
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    Value::Array(days) => {
                        days.iter().map(Value::to_string).collect::<Vec<_>>().join(" ")
                    }
                    number => number.to_string(),
                };
                let is_equal = value == cell
                    || value.parse::<f64>().is_ok_and(|one| Ok(one) == cell.parse::<f64>());
                assert!(is_equal || cell == format!("'{value}"), "{path:?} {name}: {value} {cell}");
            }
        }
        tables += 1;
    }
    assert!(tables > 20, "{tables}");
}

/// Returns the answer to a question as JSON.
fn ask(site: &Site, args: &str) -> Value {
    let args: Vec<&str> =
        ["report", "--format", "json"].into_iter().chain(args.split(' ')).collect();
    serde_json::from_str(&site.succeed(&args)).unwrap()
}

#[test]
fn the_guestbook_of_a_family_agrees_with_questions_and_with_the_sites() {
    let site = Site::sample();
    site.succeed(&["nightly", "--quiet"]);
    let family = ask(&site, "--family chatgpt");
    let facts = &family["facts"];
    let recent = ask(&site, "--by family --only family=ChatGPT");
    assert_eq!(facts["pings_in_these_days"], recent["rows"][0]["pings"]);
    let all = ask(&site, "--by family --only family=ChatGPT --from 2000-01-01");
    for (fact, measure) in [
        ("pings_in_all_logs", "pings"),
        ("requests_in_all_logs", "requests"),
        ("people_it_sent", "views"),
    ] {
        assert_eq!(facts[fact], all["rows"][0][measure], "{fact}");
    }
    // People who came from the family's products are no visit of it.
    let trust = ask(&site, "--by trust --only family=ChatGPT --from 2000-01-01");
    let first =
        trust["rows"].as_array().unwrap().iter().map(|row| row["first_day"].as_str().unwrap());
    assert_eq!(facts["first_seen"], first.min().unwrap());
    // The published file says the same, though it was counted another way.
    let file: Value =
        serde_json::from_str(&read(&site, Path::new("families/chatgpt.json"))).unwrap();
    assert_eq!(file, family);
    let agents: Vec<&str> = family["tables"]["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["agent"].as_str().unwrap())
        .collect();
    assert_eq!(agents, ["GPTBot", "ChatGPT-User", "OAI-SearchBot"]);
    let robots = ask(&site, "--by request --only family=ChatGPT --from 2000-01-01");
    let robots =
        robots["rows"].as_array().unwrap().iter().find(|row| row["request"] == "robots.txt");
    assert_eq!(facts["robots_txt_fetches"], robots.unwrap()["requests"]);
    for format in ["text", "md", "csv", "html", "svg"] {
        let shown = site.succeed(&["report", "--family", "ChatGPT", "--format", format]);
        assert!(shown.contains("GPTBot") || format == "svg", "{format}: {shown}");
        let shown = site.succeed(&["report", "--agent", "gptbot", "--format", format]);
        assert!(shown.contains("GPTBot"), "{format}: {shown}");
    }
    let result = site.run(&["report", "--agent", "GPTBott"]);
    assert_eq!(result.code, 1);
    assert!(result.stderr.contains("the nearest are \"GPTBot\""), "{}", result.stderr);
}

#[test]
fn the_overview_agrees_with_questions() {
    let site = Site::sample();
    site.succeed(&["nightly", "--quiet"]);
    for days in [7, 30, 90] {
        let name = if days == 30 { "index".to_owned() } else { format!("index-{days}") };
        let page = read(&site, Path::new(&format!("{name}.html")));
        let file = format!("data/{name}-agents.json");
        let table: Value = serde_json::from_str(&read(&site, Path::new(&file))).unwrap();
        let answer = ask(&site, &format!("--by agent --days {days} --top 100"));
        for row in table["rows"].as_array().unwrap() {
            let rows = answer["rows"].as_array().unwrap();
            let asked = rows.iter().find(|asked| asked["agent"] == row["agent"]).unwrap();
            assert_eq!((&row["pings"], &row["requests"]), (&asked["pings"], &asked["requests"]));
        }
        // The numbers of the chart are in its table, and their sum is that of the answer.
        let chart = page.split("As a table</summary>").nth(1).unwrap();
        let chart = chart.split("</table>").next().unwrap();
        let sum: u64 = chart
            .split("<tr>")
            .skip(2)
            .map(|row| row.split("<td class=\"n\">").nth(1).unwrap().split('<').next().unwrap())
            .map(|cell| cell.replace(',', "").parse::<u64>().unwrap())
            .sum();
        assert_eq!(sum, answer["total"]["pings"].as_u64().unwrap(), "{days}");
    }
}

#[test]
fn scripts_and_pages_are_small() {
    let site = Site::sample();
    site.succeed(&["nightly", "--quiet"]);
    let size = |path: &Path| fs::metadata(site.path("reports").join(path)).unwrap().len();
    assert!(size(Path::new("guestbook.js")) <= 3 * 1024);
    assert!(size(Path::new("pages.js")) <= 10_000);
    for page in published(&site, "html") {
        assert!(size(&page) <= 200_000, "{page:?}");
        let text = read(&site, &page);
        if !page.starts_with("terms") && page != Path::new("site.html") {
            assert!(!text.contains("<style") && !text.contains(" style=\""), "{page:?}");
        }
    }
}

#[test]
fn a_site_with_hardly_anything_has_pages() {
    // One request that is for no term; one page that nobody visited; one day.
    let site = Site::plain();
    site.write("access.log", line("20/May/2026:10:00:00 +0000", "/", 200, "GPTBot/1.2"));
    site.succeed(&["ingest", "--quiet"]);
    for as_of in ["2026-05-20", "2028-05-20"] {
        site.succeed(&["publish", "--as-of", as_of]);
        check_links(&site);
    }
    for format in ["text", "md", "html"] {
        site.succeed(&["digest", "--as-of", "2026-05-20", "--format", format]);
    }
    let long = "long ".repeat(2000);
    let site = Site::plain();
    let catalogue = format!("[[term]]\nterm = \"a\"\ntitle = \"{long}\"\n[[term]]\nterm = \"b\"\n");
    site.write("terms.toml", catalogue);
    let config = fs::read_to_string(site.path("config.toml")).unwrap();
    site.write("config.toml", config.replace("[terms]", "[terms]\ncatalog = \"terms.toml\""));
    let log = ["/t/a", "/t/A", "/t/Ab", "/t/aB"]
        .map(|path| line("20/May/2026:10:00:00 +0000", path, 200, "GPTBot/1.2"))
        .concat();
    site.write("access.log", log);
    site.succeed(&["ingest", "--quiet"]);
    site.succeed(&["publish", "--as-of", "2026-05-20"]);
    check_links(&site);
    // Terms that differ only in case have files that differ without it.
    let names: Vec<String> = published(&site, "html")
        .iter()
        .map(|path| path.display().to_string().to_lowercase())
        .collect();
    let distinct: BTreeSet<&String> = names.iter().collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
    assert!(read(&site, Path::new("terms.html")).contains("Never visited by an agent"));
}

/// Returns lines of one agent on a range of days of 2026-04 and 2026-05, counted from the first of April.
fn visits(days: std::ops::Range<u32>, path: &str, user_agent: &str) -> String {
    let time = |day: u32| match day {
        ..30 => format!("{:02}/Apr/2026:10:00:00 +0000", day + 1),
        day => format!("{:02}/May/2026:10:00:00 +0000", day - 29),
    };
    days.map(|day| line(&time(day), path, 200, user_agent)).collect()
}

#[test]
fn the_feed_and_the_digest_tell_the_news() {
    let site = Site::plain();
    let mut log = visits(0..60, "/t/a", "Googlebot/2.1");
    // ClaudeBot falls silent, GPTBot is new and reads a new page.
    log += &visits(0..35, "/t/a", "ClaudeBot/1.0");
    log += &visits(50..60, "/t/new", "GPTBot/1.2");
    // 20 May has no log.
    log = log
        .lines()
        .filter(|line| !line.contains("20/May"))
        .map(|line| format!("{line}\n"))
        .collect();
    site.write("access.log", log);
    site.succeed(&["ingest", "--quiet"]);
    site.succeed(&["publish", "--as-of", "2026-05-30"]);
    let feed = read(&site, Path::new("feed.xml"));
    for (day, words) in [
        ("2026-05-21", "GPTBot (ChatGPT) came for the first time."),
        ("2026-05-21", "new was first read by an agent: ChatGPT."),
        ("2026-05-19", "Claude has not come for 14 days, since 2026-05-05."),
        ("2026-05-20", "No log covers 2026-05-20."),
    ] {
        let entry = feed.split("<entry>").find(|entry| entry.contains(&format!("<title>{words}")));
        let entry = entry.unwrap_or_else(|| panic!("{words}\n{feed}"));
        assert!(entry.contains(&format!("<updated>{day}T00:00:00Z")), "{words}: {entry}");
    }
    // Google and the page that it reads are as old as the logs, so they are not new.
    assert!(!feed.contains("Googlebot"), "{feed}");
    assert_eq!(feed.matches("<entry>").count(), 4, "{feed}");
    // The ids stay when the feed is made again on the next day.
    let ids = |feed: &str| -> BTreeSet<String> {
        feed.split("<id>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
    };
    site.succeed(&["publish", "--as-of", "2026-05-31"]);
    let next = read(&site, Path::new("feed.xml"));
    assert!(ids(&next).is_superset(&ids(&feed)), "{next}");
    for format in ["text", "md", "html"] {
        let digest =
            site.succeed(&["digest", "--days", "30", "--as-of", "2026-05-30", "--format", format]);
        assert!(digest.contains("Claude has not come for 14 days"), "{digest}");
    }
    // A week later, the digest of a week has nothing of it.
    let digest = site.succeed(&["digest", "--as-of", "2026-05-30"]);
    assert!(!digest.contains("Claude has not come"), "{digest}");
}

#[test]
fn terms_whose_names_look_like_files_have_files_of_their_own() {
    let site = Site::plain();
    let terms =
        ["a", "a.badge", "a.html", "a.svg", "a.narrow", "A", "A~d0d496e05c553485", "a.html.html"];
    let mut log = String::new();
    for (at, term) in terms.iter().enumerate() {
        for _ in 0..=at {
            let path = format!("/t/{term}");
            log += &line("20/May/2026:10:00:00 +0000", &path, 200, "GPTBot/1.2");
        }
    }
    site.write("access.log", log);
    let config = fs::read_to_string(site.path("config.toml")).unwrap();
    let formats = "[reports]\nformats = [\"html\", \"svg\", \"json\", \"badge\", \"narrow\"]\n";
    site.write("config.toml", config + formats);
    site.succeed(&["ingest", "--quiet"]);
    site.succeed(&["publish", "--as-of", "2026-05-20"]);
    check_links(&site);
    let manifest: Value = serde_json::from_str(&read(&site, Path::new("manifest.json"))).unwrap();
    let (mut files, mut seen) = (BTreeSet::new(), 0);
    for entry in manifest["terms"].as_array().unwrap() {
        let term = entry["term"].as_str().unwrap();
        let path = |value: &Value| PathBuf::from(value.as_str().unwrap().replace("%25", "%"));
        let page = read(&site, &path(&entry["page"]));
        assert!(page.contains(&format!("<h1><bdi>{term}</bdi></h1>")), "{term}");
        assert!(files.insert(path(&entry["page"])));
        for (format, file) in entry["files"].as_object().unwrap() {
            assert!(files.insert(path(file)), "{term} {format}");
            let pings = terms.iter().position(|known| *known == term).unwrap() + 1;
            let text = read(&site, &path(file));
            match &**format {
                "badge" => {
                    assert!(text.contains(&format!("{pings} &#xb7; 30 d")), "{term}: {text}")
                }
                "json" => assert!(text.contains(&format!("\"window_pings\": {pings},"))),
                _ => assert!(text.contains(&format!("AI Guestbook: {term}\"")), "{term} {format}"),
            }
        }
        seen += 1;
    }
    assert_eq!(seen, terms.len());
}

#[test]
fn a_gap_is_no_fall_and_an_unfinished_day_no_news() {
    let site = Site::plain();
    let log = |days: &[std::ops::Range<u32>]| -> String {
        let days = days.iter().cloned();
        days.map(|days| visits(days, "/t/a", "GPTBot/1.2").repeat(6)).collect()
    };
    // Six pings a day; no log of three days; the last night reads the day before.
    site.write("access.log", log(&[0..44, 47..50]));
    site.succeed(&["ingest", "--quiet"]);
    site.succeed(&["publish", "--as-of", "2026-05-21"]);
    let feed = read(&site, Path::new("feed.xml"));
    let gaps: Vec<&str> =
        feed.split("<title>No log covers ").skip(1).map(|rest| &rest[..10]).collect();
    assert_eq!(gaps, ["2026-05-17", "2026-05-16", "2026-05-15"], "{feed}");
    let digest = site.succeed(&["digest", "--as-of", "2026-05-21"]);
    assert!(!digest.contains(" %") && !digest.contains("fell"), "{digest}");
    let today = digest.lines().find(|line| line.starts_with("Today so far")).unwrap();
    assert!(today.ends_with(" no log"), "{today}");
    // Without a gap, today has one of six pings so far, and nothing fell.
    let site = Site::plain();
    let today = visits(50..51, "/t/a", "GPTBot/1.2");
    site.write("access.log", log(&[0..25, 25..50]) + &today);
    site.succeed(&["ingest", "--quiet"]);
    let digest = site.succeed(&["digest", "--as-of", "2026-05-21"]);
    assert!(digest.contains("as before") && !digest.contains("fell"), "{digest}");
}

#[test]
fn files_of_somebody_elses_stay() {
    let site = Site::plain();
    site.write("access.log", line("20/May/2026:10:00:00 +0000", "/t/a", 200, "GPTBot/1.2"));
    site.succeed(&["ingest", "--quiet"]);
    site.write("reports/data/customers.new", "mine");
    for name in
        ["feed.xml", "icon.svg", "pages.css", "agents-7.html", "pages/a.html", "manifest.json"]
    {
        site.write(&format!("reports/{name}"), "mine");
        let result = site.run(&["publish", "--as-of", "2026-05-20"]);
        assert_eq!(result.code, 1, "{name}");
        assert!(
            result.stderr.contains("was not written by guestbook"),
            "{name}: {}",
            result.stderr
        );
        assert_eq!(read(&site, Path::new(name)), "mine");
        fs::remove_file(site.path("reports").join(name)).unwrap();
    }
    site.succeed(&["publish", "--as-of", "2026-05-20"]);
    assert_eq!(read(&site, Path::new("data/customers.new")), "mine");
    // Without pages, a page of the owner's own is none of its business.
    fs::remove_dir_all(site.path("reports")).unwrap();
    site.write("reports/index.html", "mine");
    let config = fs::read_to_string(site.path("config.toml")).unwrap();
    site.write("config.toml", config + "[reports]\npages = false\n");
    site.succeed(&["publish", "--as-of", "2026-05-20"]);
    assert_eq!(read(&site, Path::new("index.html")), "mine");
    assert!(site.path("reports/terms/a.html").exists() && !site.path("reports/pages").exists());
}

#[test]
fn a_page_of_somebody_elses_is_never_replaced() {
    let site = Site::plain();
    site.write("access.log", line("20/May/2026:10:00:00 +0000", "/t/a", 200, "GPTBot/1.2"));
    site.succeed(&["ingest", "--quiet"]);
    site.write("reports/people.html", "<h1>Our guestbook</h1>");
    let result = site.run(&["publish", "--as-of", "2026-05-20"]);
    assert_eq!(result.code, 1);
    assert!(
        result.stderr.contains("people.html was not written by guestbook"),
        "{}",
        result.stderr
    );
    assert_eq!(read(&site, Path::new("people.html")), "<h1>Our guestbook</h1>");
}
