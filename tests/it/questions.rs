//! Tests of `report --by`: the same facts added up by any columns.

use guestbook::config::Settings;
use guestbook::day::Day;
use guestbook::report::{Breakdown, Compare, Dimension};
use guestbook::store::Store;
use serde_json::Value;

use crate::program::{Site, line};

fn sample() -> Site {
    let site = Site::sample();
    site.succeed(&["ingest", "--quiet"]);
    site
}

fn ask(site: &Site, args: &str) -> Value {
    let args: Vec<&str> =
        ["report", "--format", "json"].into_iter().chain(args.split(' ')).collect();
    serde_json::from_str(&site.succeed(&args)).unwrap()
}

fn sum(answer: &Value, measure: &str) -> u64 {
    answer["rows"].as_array().unwrap().iter().map(|row| row[measure].as_u64().unwrap()).sum()
}

#[test]
fn every_column_adds_up_to_the_same_and_to_the_guestbook() {
    let site = sample();
    let report: Value =
        serde_json::from_str(&site.succeed(&["report", "--format", "json"])).unwrap();
    let all = ask(&site, "--by day --top 1000");
    assert_eq!(all["total"]["pings"], report["window_pings"]);
    let columns = [
        "day", "week", "month", "weekday", "term", "agent", "family", "operator", "purpose",
        "request", "status", "trust",
    ];
    for column in columns {
        let answer = ask(&site, &format!("--by {column} --top 1000"));
        assert_eq!(answer["total"]["pings"], all["total"]["pings"], "{column}");
        for measure in ["pings", "requests", "bytes"] {
            assert_eq!(
                sum(&answer, measure),
                all["total"][measure].as_u64().unwrap(),
                "{column} {measure}"
            );
        }
        if column == "family" {
            continue;
        }
        let two = ask(&site, &format!("--by {column},family --top 10000"));
        assert_eq!(sum(&two, "requests"), sum(&answer, "requests"), "{column}");
    }
    // Days are those of the guestbook, and views those that it shows.
    for (day, row) in report["days"].as_array().unwrap().iter().zip(all["rows"].as_array().unwrap())
    {
        assert_eq!((&day["date"], &day["pings"]), (&row["day"], &row["pings"]));
    }
    let views = ask(&site, "--by came_from --from 2000-01-01 --top 1000");
    assert_eq!(sum(&views, "views"), report["views"].as_u64().unwrap());
    // All time, the families of the guestbook have the same pings, but for counts from before there were logs.
    let families = ask(&site, "--by family --from 2000-01-01 --top 1000");
    let carried = report["request_types"].as_array().unwrap().iter();
    let carried: u64 = carried
        .filter(|row| row["type"] == "pre-tracking")
        .map(|row| row["pings"].as_u64().unwrap())
        .sum();
    assert_eq!(sum(&families, "pings") + carried, report["total_pings"].as_u64().unwrap());
}

#[test]
fn the_agents_of_each_family_stand_below_it() {
    let site = sample();
    let report: Value =
        serde_json::from_str(&site.succeed(&["report", "--format", "json"])).unwrap();
    let by_agent = ask(&site, "--by family,agent --from 2000-01-01 --top 1000");
    let mut agents = 0;
    for family in report["families"].as_array().unwrap() {
        for agent in family["agents"].as_array().unwrap() {
            let rows = by_agent["rows"].as_array().unwrap();
            let row = rows
                .iter()
                .find(|row| row["family"] == family["family"] && row["agent"] == agent["agent"]);
            assert_eq!(row.unwrap()["pings"], agent["pings"]);
            agents += agent["pings"].as_u64().unwrap();
        }
    }
    assert_eq!(agents, sum(&by_agent, "pings"));
    // Bots choose their names, so the list is bounded and still adds up.
    let site = Site::plain();
    let log = (0..200).map(|n| {
        line(
            "20/May/2026:10:00:00 +0000",
            "/t/a",
            200,
            &format!("Bot{n}x/1.0 (+http://b{n}.example/bot)"),
        )
    });
    site.write("access.log", log.collect::<String>());
    site.succeed(&["ingest"]);
    let term = site.term("a", "2026-05-20");
    let agents = term["families"][0]["agents"].as_array().unwrap();
    assert_eq!((agents.len(), &agents[49]["agent"]), (50, &"(other)".into()));
    assert_eq!(agents.iter().map(|agent| agent["pings"].as_u64().unwrap()).sum::<u64>(), 200);
}

#[test]
fn conditions_divide_the_facts() {
    let site = sample();
    let all = ask(&site, "--by day --top 1000")["total"]["requests"].as_u64().unwrap();
    for condition in [
        "family=ChatGPT",
        "family=chatgpt,claude",
        "status=client_error",
        "term=*er*",
        "purpose=training",
    ] {
        let only = ask(&site, &format!("--by day --top 1000 --only {condition}"));
        let not = ask(&site, &format!("--by day --top 1000 --not {condition}"));
        let (only, not) = (sum(&only, "requests"), sum(&not, "requests"));
        assert!(only > 0 && not > 0, "{condition}");
        assert_eq!(only + not, all, "{condition}");
    }
    let both = ask(&site, "--by agent --only family=ChatGPT --only status=ok");
    let rows = both["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["agent"] == "GPTBot"), "{both}");
    assert!(rows.iter().all(|row| row["agent"] != "ClaudeBot"), "{both}");
}

#[test]
fn a_time_is_compared_with_the_one_before() {
    let site = Site::plain();
    let request = |day: &str, path: &str, agent: &str| {
        line(&format!("{day}:10:00:00 +0000"), path, 200, agent)
    };
    let log = request("10/May/2026", "/t/a", "GPTBot/1.2")
        + &request("10/May/2026", "/t/b", "CCBot/2.0")
        + &request("20/May/2026", "/t/a", "GPTBot/1.2").repeat(3)
        + &request("20/May/2026", "/t/b", "ClaudeBot/1.0")
        + &request("20/May/2025", "/t/a", "GPTBot/1.2").repeat(6);
    site.write("access.log", log);
    site.succeed(&["ingest"]);
    let days = "--as-of 2026-05-20 --days 10";
    let answer = ask(&site, &format!("--by family --compare previous {days}"));
    assert_eq!(answer["previous"], serde_json::json!(["2026-05-01", "2026-05-10"]));
    let previous = |answer: &Value, family: &str| {
        let rows = answer["rows"].as_array().unwrap().clone();
        let row = rows.into_iter().find(|row| row["family"] == family).unwrap();
        (row["pings"].as_u64().unwrap(), row["previous"]["pings"].as_u64().unwrap())
    };
    assert_eq!(previous(&answer, "ChatGPT"), (3, 1));
    assert_eq!(previous(&answer, "Claude"), (1, 0));
    assert_eq!(previous(&answer, "Common Crawl"), (0, 1), "what is gone has a row");
    let year = ask(&site, &format!("--by family --compare year {days}"));
    assert_eq!(previous(&year, "ChatGPT"), (3, 6));
    let text = site.succeed(&[
        "report",
        "--by",
        "family",
        "--compare",
        "previous",
        "--as-of",
        "2026-05-20",
        "--days",
        "10",
    ]);
    assert!(text.contains("+200 %") && text.contains("from 0") && text.contains("gone"), "{text}");
    // A day without a log is a gap, one without requests of agents would be a zero.
    let by_day = ask(&site, "--by day --month 2026-05");
    assert_eq!(by_day["rows"].as_array().unwrap().len(), 2);
    assert_eq!((&by_day["from"], &by_day["to"]), (&"2026-05-01".into(), &"2026-05-31".into()));
}

#[test]
fn tables_are_read_by_people_and_by_programs() {
    let site = sample();
    let markdown = site.succeed(&["report", "--by", "family", "--format", "md", "--top", "2"]);
    assert!(markdown.starts_with("| family | pings |"), "{markdown}");
    assert!(markdown.ends_with("more rows\n"), "{markdown}");
    let csv = site.succeed(&["report", "--by", "term,agent", "--format", "csv", "--top", "1000"]);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().unwrap().len(), 2 + 6 + 2);
    assert!(reader.records().all(|record| record.unwrap().len() == 10));
    let sorted = ask(&site, "--by family --sort bytes --top 3");
    let bytes: Vec<u64> = sorted["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["bytes"].as_u64().unwrap())
        .collect();
    assert!(bytes.is_sorted_by(|one, other| one >= other) && bytes.len() == 3, "{sorted}");
}

#[test]
fn a_question_that_can_not_be_answered_says_why() {
    let site = sample();
    for (args, message) in [
        (&["--by", "famly"][..], "it is one of day, week"),
        (
            &["--by", "family", "--only", "family=ChatGTP"],
            "there is no family \"ChatGTP\"; the nearest are \"ChatGPT\"",
        ),
        (&["--by", "family", "--only", "family"], "not of the form KEY=VALUE"),
        (&["--by", "family", "--only", "colour=red"], "there is no column \"colour\""),
        (&["--by", "family", "--not", "day=2026-05-20"], "use --from, --to or --month"),
        (&["--by", "week", "--compare", "previous"], "leave out week"),
        (&["--by", "hour", "--only", "hour=14"], "hours can't be a condition"),
        (&["--by", "agent,agent"], "names agent twice"),
        (&["--by", "family", "--compare", "year"], "so there is nothing to compare with"),
        (&["--term", "asyncio", "--only", "family=ChatGPT"], "cannot be used with"),
        (&["--agent", "GPTBot", "--month", "2026-04"], "cannot be used with"),
        (&["--by", "day,week,month,term,agent"], "4 are the most"),
        (&["--by", "family", "--month", "May"], "is no month such as 2026-05"),
        (&["--by", "family", "--from", "2026-05-20", "--to", "2026-05-01"], "is after the last"),
        (&["--by", "family", "--format", "svg"], "text, json, csv, md, html or parquet"),
        (&["--only", "family=ChatGPT"], "--by"),
    ] {
        let result = site.run(&[&["report"][..], args].concat());
        assert_eq!(result.code, 1, "{args:?}");
        assert!(result.stderr.contains(message), "{args:?}: {}", result.stderr);
    }
}

#[test]
fn hostile_names_are_inert_in_every_table() {
    let site = Site::plain();
    let log = line("20/May/2026:10:00:00 +0000", "/t/%3D1+1%7C%1B[31m", 200, "=cmd|GPTBot/1.2");
    site.write(
        "access.log",
        log + &line("20/May/2026:10:00:00 +0000", "/t/=1+1|<b>", 200, "GPTBot/1.2"),
    );
    site.succeed(&["ingest"]);
    for format in ["text", "json", "csv", "md"] {
        let args = ["report", "--by", "term,agent", "--as-of", "2026-05-20", "--format", format];
        let output = site.succeed(&args);
        assert!(!output.contains('\u{1b}'), "{format}: {output:?}");
        assert!(format != "csv" || output.contains("'=1+1|<b>"), "{output}");
        assert!(format != "md" || !output.contains("| =1+1|"), "{output}");
    }
}

#[test]
fn failed_requests_are_told_by_path_and_add_up_to_their_statuses() {
    let site = sample();
    let failed = "--only status=redirect,client_error,server_error --from 2000-01-01 --top 1000";
    let by_status = ask(&site, &format!("--by status {failed}"));
    assert!(sum(&by_status, "requests") > 0);
    for columns in ["path", "code", "path,agent,code", "month,path", "status,family"] {
        let answer = ask(&site, &format!("--by {columns} {failed}"));
        assert_eq!(sum(&answer, "requests"), sum(&by_status, "requests"), "{columns}");
    }
    let before = ask(&site, &format!("--by path,agent,code {failed}"));
    site.succeed(&["rebuild", "--quiet"]);
    assert_eq!(ask(&site, &format!("--by path,agent,code {failed}")), before);
    let error = site.run(&["report", "--by", "path,term"]).stderr;
    assert!(error.contains("path and term can't be combined"), "{error}");
}

#[test]
fn a_flood_of_failed_paths_shares_a_row_and_the_sum_stays_exact() {
    let site = Site::plain();
    let mut log = String::new();
    for at in 0..3000 {
        let path = if at % 60 == 0 { "/missing".into() } else { format!("/scan/{at}?id={at}") };
        log += &line("19/May/2026:10:00:00 +0000", &path, 404, "GPTBot/1.2");
    }
    site.write("access.log", &log);
    site.succeed(&["ingest", "--quiet", "access.log"]);
    let answer = ask(&site, "--by path --only status=client_error --from 2000-01-01 --top 5000");
    let rows = answer["rows"].as_array().unwrap();
    assert_eq!(sum(&answer, "requests"), 3000);
    assert!(rows.len() <= 401, "{}", rows.len());
    let of = |path: &str| rows.iter().find(|row| row["path"] == path).unwrap()["requests"].clone();
    assert_eq!(of("/missing"), 50);
    assert!(of("(other)").as_u64().unwrap() > 1500);
}

#[test]
fn hours_are_those_of_the_sites_clock_for_the_last_30_days() {
    let site = sample();
    let by_hour = ask(&site, "--by hour --days 30 --top 1000");
    let by_day = ask(&site, "--by day --days 30 --top 1000");
    assert_eq!(sum(&by_hour, "requests"), sum(&by_day, "requests"));
    let hours: Vec<&str> = by_hour["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["hour"].as_str().unwrap())
        .collect();
    assert!(hours.is_sorted() && hours.iter().all(|hour| *hour < "24"), "{hours:?}");
    let all = ask(&site, "--by hour --from 2000-01-01 --top 1000");
    assert_eq!(sum(&all, "requests"), sum(&by_hour, "requests"));
}

#[test]
fn terms_and_agents_are_counted_once() {
    let site = sample();
    let rows = |answer: &Value, name: &str| -> u64 {
        let rows = answer["rows"].as_array().unwrap().iter();
        rows.filter(|row| row[name] != "(elsewhere)").count() as u64
    };
    let days = "--from 2000-01-01 --top 10000";
    for only in ["", " --only family=ChatGPT", " --only status=ok --not purpose=search"] {
        let terms = ask(&site, &format!("--by term {days}{only}"));
        let agents = ask(&site, &format!("--by agent {days}{only}"));
        let months = ask(&site, &format!("--by month {days}{only}"));
        assert_eq!(agents["total"]["terms"], months["total"]["terms"], "{only}");
        assert_eq!(terms["total"]["agents"], months["total"]["agents"], "{only}");
        assert_eq!(agents["total"]["agents"], rows(&agents, "agent"), "{only}");
        assert_eq!(terms["total"]["agents"], agents["total"]["agents"], "{only}");
        if !only.is_empty() {
            // Views have no agent, so only requests are left.
            assert_eq!(agents["total"]["terms"], rows(&terms, "term"), "{only}");
        }
        let pairs = ask(&site, &format!("--by term,agent {days}{only}"));
        for row in agents["rows"].as_array().unwrap() {
            let pairs = pairs["rows"].as_array().unwrap().iter();
            let of = pairs.filter(|pair| pair["agent"] == row["agent"]);
            let terms = of.filter(|pair| pair["term"] != "(elsewhere)").count() as u64;
            assert_eq!(row["terms"], terms, "{only} {row}");
        }
    }
    let most = ask(&site, "--by agent --sort terms");
    let terms: Vec<u64> =
        most["rows"].as_array().unwrap().iter().map(|row| row["terms"].as_u64().unwrap()).collect();
    assert!(terms.is_sorted_by(|one, other| one >= other), "{terms:?}");
}

#[test]
fn hours_of_older_days_are_told_to_be_missing() {
    let site = Site::plain();
    let mut log = String::new();
    for day in 1..=31 {
        log += &line(&format!("{day:02}/Mar/2026:10:00:00 +0000"), "/t/a", 200, "GPTBot/1.2");
    }
    for day in 1..=20 {
        log += &line(&format!("{day:02}/Apr/2026:11:00:00 +0000"), "/t/a", 200, "GPTBot/1.2");
    }
    // A line with a wrong date takes the place of one day only.
    log += &line("01/Jan/2027:11:00:00 +0000", "/t/a", 200, "GPTBot/1.2");
    site.write("access.log", log);
    site.succeed(&["ingest", "--quiet"]);
    let recent = ask(&site, "--by hour --days 29 --as-of 2026-04-20");
    assert_eq!(sum(&recent, "requests"), 29);
    let result = site.run(&["report", "--by", "hour", "--days", "90", "--as-of", "2026-04-20"]);
    assert!(
        result.stderr.contains("hours are kept of the last 30 covered days: since 2026-03-23"),
        "{}",
        result.stderr
    );
}

#[test]
fn an_answer_is_the_same_however_few_rows_fit_into_memory() {
    use Dimension::{Agent, Family, Month, Request, Status, Term, Trust, Week, Weekday};
    let site = sample();
    let settings = Settings::load(&site.path("config.toml")).unwrap();
    let (from, to) = (Day::parse("2026-05-06").unwrap(), Day::parse("2026-05-20").unwrap());
    let query = settings.query(to, 30);
    let store = Store::open_read_only(&site.path("guestbook.db"), &query.timezone).unwrap();
    let questions: [(&[Dimension], Option<Compare>); 5] = [
        (&[Agent, Term, Week], None),
        (&[Month, Family, Request], None),
        (&[Weekday, Agent, Term], None),
        (&[Agent, Term, Status, Trust], None),
        (&[Agent, Term], Some(Compare::Previous)),
    ];
    for (by, compare) in questions {
        let (only, not, sort) = (Vec::new(), Vec::new(), None);
        let question = Breakdown { by: by.into(), only, not, from, to, compare, sort, top: 500 };
        let answer = question.answer(&store, &settings.rules, &query).unwrap();
        assert!(answer.row_count > 40, "{by:?}: {}", answer.row_count);
        for rows_max in [60, 400] {
            let within = question.answer_within(rows_max, &store, &settings.rules, &query).unwrap();
            assert_eq!(within, answer, "{by:?} {rows_max}");
        }
    }
}
