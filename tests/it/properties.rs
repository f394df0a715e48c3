//! Properties that hold for any log, cut in any way, read by any number of workers.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use guestbook::classify::{
    Catalogue, Counting, Judge, Lists, Namer, Question, Referrers, RequestRule, RequestRules,
    Rules, StatusClass, TermRules, Told, Trust,
};
use guestbook::day::{Calendar, Day};
use guestbook::format::{Columns, Detection, Format, Malformed, detect};
use guestbook::pipeline::{self, Desk, Ingest, Summary, Work};
use guestbook::source::{Chunk, Chunks, LINE_BYTES_MAX, Place};
use guestbook::store::{PingRow, Share, Store};
use guestbook::tally::{Lines, Tally};
use jiff::tz::TimeZone;
use proptest::collection::vec;
use proptest::prelude::*;

fn rules() -> Rules {
    let json = RequestRule {
        name: "crawler_json".into(),
        path: Some(r"\.json$".into()),
        ..RequestRule::default()
    };
    Rules {
        namer: Namer::new(Catalogue::with(Vec::new()).unwrap()),
        terms: TermRules::new(Some(r"^/t/(?<term>[^/.]+)")).unwrap(),
        requests: RequestRules::new(&[json]).unwrap(),
        referrers: Referrers::new(None),
        counting: Counting::default(),
        lists: Lists::default(),
    }
}

/// One request of a log, and what becomes of it by the rules above.
#[derive(Clone, Debug)]
enum Line {
    Request { day: u8, term: Option<u8>, json: bool, status: u16, visitor: usize },
    Blank,
    Junk(String),
}

/// User agents with their family; none for people.
const VISITORS: [(&str, Option<&str>); 5] = [
    ("Mozilla/5.0 (compatible; GPTBot/1.2)", Some("ChatGPT")),
    ("ClaudeBot/1.0", Some("Claude")),
    ("NeverSeenBot/7", Some("Unknown AI")),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0", None),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36",
        None,
    ),
];

fn any_line() -> impl Strategy<Value = Line> {
    let request = (
        1..28_u8,
        proptest::option::of(0..6_u8),
        any::<bool>(),
        prop_oneof![Just(200_u16), Just(304), Just(404)],
        0..VISITORS.len(),
    )
        .prop_map(|(day, term, json, status, visitor)| Line::Request {
            day,
            term,
            json,
            status,
            visitor,
        });
    prop_oneof![8 => request, 1 => Just(Line::Blank), 1 => "[a-z \"]{1,40}".prop_map(Line::Junk)]
}

fn written(lines: &[Line]) -> Vec<u8> {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        match line {
            Line::Request { day, term, json, status, visitor } => {
                let path = match term {
                    Some(term) => format!("/t/{term}{}", if *json { ".json" } else { "" }),
                    None => "/elsewhere".into(),
                };
                let (hour, minute) = (at / 60 % 24, at % 60);
                text += &format!(
                    "203.0.113.9 - - [{day:02}/May/2026:{hour:02}:{minute:02}:00 +0000] \"GET {path} HTTP/1.1\" {status} 7 \"-\" \"{}\"\n",
                    VISITORS[*visitor].0
                );
            }
            Line::Blank => text.push('\n'),
            Line::Junk(junk) => text += &format!("{}\n", junk.trim()),
        }
    }
    text.into_bytes()
}

/// What the tally must come to, counted in the plainest way.
fn naive(lines: &[Line]) -> (BTreeMap<(String, u8, String), u64>, Lines) {
    let (mut pings, mut counted) = (BTreeMap::new(), Lines::default());
    for line in lines {
        counted.lines += 1;
        match line {
            Line::Blank => counted.blank += 1,
            Line::Junk(junk) if junk.trim().is_empty() => counted.blank += 1,
            Line::Junk(junk) => {
                let open = junk.matches('"').count() % 2 == 1;
                let reason = if open { Malformed::Cut } else { Malformed::Shape };
                counted.malformed[reason as usize] += 1;
            }
            Line::Request { day, term, status, visitor, .. } => {
                let counts = *status != 404;
                match (term, VISITORS[*visitor]) {
                    (Some(term), (user_agent, Some(_))) if counts => {
                        counted.pings += 1;
                        *pings
                            .entry((term.to_string(), *day, user_agent.to_owned()))
                            .or_default() += 1;
                    }
                    (Some(_), (_, None)) if counts => counted.views += 1,
                    _ => counted.other += 1,
                }
            }
        }
    }
    counted.bytes = written(lines).len() as u64;
    (pings, counted)
}

fn read(desk: &mut Desk<'_>, text: &[u8], chunk_bytes: usize) {
    let input = std::io::Cursor::new(text.to_vec());
    let mut chunks = Chunks::with_chunk_bytes(Box::new(input), true, chunk_bytes).unwrap();
    let (mut chunk, format) = (Chunk::default(), Format::named("ncsa", &TimeZone::UTC).unwrap());
    while chunks.next(&mut chunk).unwrap() {
        desk.read(&chunk, &format, Columns::default(), &[]);
    }
}

fn tally(rules: &Rules, text: &[u8], chunk_bytes: usize) -> Tally {
    let mut desk = Desk::new(rules, Calendar::new(TimeZone::UTC));
    read(&mut desk, text, chunk_bytes);
    desk.hand_in()
}

/// The rows of a store, under their texts.
fn stored(store: &Store) -> BTreeMap<(String, i32, String, i64), (u64, i64)> {
    let texts = |list: Vec<(i64, String)>| list.into_iter().collect::<BTreeMap<_, _>>();
    let (terms, user_agents) = (texts(store.terms().unwrap()), texts(store.user_agents().unwrap()));
    let key = |row: &PingRow| {
        let term = terms.get(&row.term).cloned().unwrap_or_default();
        (
            term,
            row.day.number(),
            user_agents[&row.user_agent].clone(),
            row.request * 10 + row.status as i64,
        )
    };
    let mut rows = BTreeMap::new();
    let insert = |row| {
        rows.insert(key(&row), (row.requests, row.first));
    };
    each_ping(store, insert);
    rows
}

fn each_ping(store: &Store, mut each: impl FnMut(PingRow)) {
    for share in Share::all() {
        store.each_row_in(share, &mut each, |_| ()).unwrap();
    }
}

/// All requests of agents in a store.
fn requests(store: &Store) -> u64 {
    let mut requests = 0;
    each_ping(store, |row| requests += row.requests);
    requests
}

fn ingest(folder: &Path, files: &[&str], threads: usize) -> (Store, Lines) {
    ingest_into(&folder.join(format!("{}-{threads}.db", files.len())), folder, files, threads)
}

fn ingest_into(database: &Path, folder: &Path, files: &[&str], threads: usize) -> (Store, Lines) {
    let summary = summary_of(database, folder, files, threads);
    assert_eq!(summary.failures().count(), 0);
    (Store::open(database, "UTC").unwrap(), summary.lines)
}

fn summary_of(database: &Path, folder: &Path, files: &[&str], threads: usize) -> Summary {
    let store = Store::create(database, "UTC").unwrap();
    let work = files.iter().map(|name| Work {
        place: Place::File(folder.join(name)),
        format: None,
        zone: TimeZone::UTC,
        hosts: Vec::new(),
        header: None,
    });
    let (work, zone, resolver) = (work.collect(), TimeZone::UTC, None);
    let ingest = Ingest { work, rules: rules(), zone, threads, resolver };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(pipeline::ingest(ingest, store)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_tally_is_the_naive_count_however_the_log_is_cut(lines in vec(any_line(), 0..60), cut in 300..3000_usize) {
        let rules = rules();
        let text = written(&lines);
        let (pings, counted) = naive(&lines);
        let whole = tally(&rules, &text, LINE_BYTES_MAX);
        let cut = tally(&rules, &text, cut);
        prop_assert_eq!(whole.by_text(), cut.by_text());
        let by_text = whole.by_text();
        let (rows, total) = (&by_text.pings, by_text.lines);
        prop_assert!(total.is_balanced());
        prop_assert_eq!(total, counted);
        let mut found = BTreeMap::new();
        for ((term, day, user_agent, _, trust, status), requests) in rows {
            prop_assert!(*trust == Trust::Unverifiable || *trust == Trust::Unchecked);
            let counts = (*status as usize) < 2;
            if !term.is_empty() && counts {
                let day = u8::try_from(day.date().day()).unwrap();
                *found.entry(((*term).to_owned(), day, (*user_agent).to_owned())).or_default() += requests.count;
            }
        }
        prop_assert_eq!(found, pings);
    }

    #[test]
    fn merging_is_commutative_and_associative(parts in vec(vec(any_line(), 0..20), 3)) {
        let rules = rules();
        let tallies: Vec<Tally> = parts.iter().map(|part| tally(&rules, &written(part), LINE_BYTES_MAX)).collect();
        let merge = |order: &[usize]| {
            let mut sum = Tally::default();
            order.iter().for_each(|&at| sum.merge(tallies[at].clone()));
            sum
        };
        let first = merge(&[0, 1, 2]);
        let mut right = merge(&[1, 2]);
        right.merge(tallies[0].clone());
        for other in [merge(&[2, 1, 0]), merge(&[1, 0, 2]), right] {
            prop_assert_eq!(first.by_text(), other.by_text());
        }
        let together = tally(&rules, &written(&parts.concat()), LINE_BYTES_MAX);
        // The sums agree; the first of each row is told by the time in its part.
        prop_assert_eq!(first.counts.lines, together.counts.lines);
    }

    #[test]
    fn what_was_open_is_counted_once_under_its_answer(visits in vec((0..9_u8, 0..4_u8, any::<bool>()), 0..60), cut in 0..60_usize) {
        let entry = "name = 'NamedBot'\ntokens = ['NamedBot']\nreverse_dns = ['crawl.example']";
        let named = vec![toml::from_str(entry).unwrap()];
        let mut rules = Rules { namer: Namer::new(Catalogue::with(named).unwrap()), ..rules() };
        rules.lists.ask_names(rules.namer.catalogue());
        let line = |&(host, term, is_open): &(u8, u8, bool)| {
            let user_agent = if is_open { "NamedBot/3.0" } else { "NeverSeenBot/7" };
            format!("192.0.2.{host} - - [01/May/2026:00:00:00 +0000] \"GET /t/x{term} HTTP/1.1\" 200 1 \"-\" \"{user_agent}\"\n")
        };
        // Every third address is the operator's, every third another's, and of every third nobody knows.
        let told = |host: u8| [Told::Yes, Told::No, Told::Nothing][usize::from(host % 3)];
        let answer = |question: &Question| match question.ip {
            IpAddr::V4(ip) => told(ip.octets()[3]),
            IpAddr::V6(_) => Told::Nothing,
        };
        let cut = cut.min(visits.len());
        let parts = [&visits[..cut], &visits[cut..]].map(|part| {
            let text: String = part.iter().map(line).collect();
            tally(&rules, text.as_bytes(), LINE_BYTES_MAX)
        });
        let [mut settled_first, mut open] = [Tally::default(), Tally::default()];
        for part in parts {
            open.merge(part.clone());
            let mut part = part;
            part.settle(answer);
            settled_first.merge(part);
        }
        let unanswered = open.settle(answer);
        prop_assert_eq!(open.by_text(), settled_first.by_text());
        let expected = |trust: Trust| {
            let fits = |&&(host, _, is_open): &&(u8, u8, bool)| match told(host) {
                _ if !is_open => trust == Trust::Unverifiable,
                Told::Yes => trust == Trust::Verified,
                Told::No => trust == Trust::Impostor,
                Told::Nothing => trust == Trust::Unchecked,
            };
            visits.iter().filter(fits).count() as u64
        };
        let by_text = open.by_text();
        for trust in Trust::ALL {
            let rows = by_text.pings.iter().filter(|(key, _)| key.4 == trust);
            prop_assert_eq!(rows.map(|(_, requests)| requests.count).sum::<u64>(), expected(trust));
        }
        prop_assert_eq!(unanswered, expected(Trust::Unchecked));
    }

    #[test]
    fn any_number_of_workers_stores_the_same(files in vec(vec(any_line(), 1..80), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..files.len()).map(|n| format!("{n}.log")).collect();
        for (at, (name, lines)) in names.iter().zip(&files).enumerate() {
            // A first line of its own: without it two files could be one stream.
            let first = format!("203.0.113.{at} - - [01/May/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"\n");
            std::fs::write(folder.path().join(name), [first.as_bytes(), &written(lines)].concat()).unwrap();
        }
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        let (one, lines) = ingest(folder.path(), &names, 1);
        for threads in [2, 5] {
            let (other, counted) = ingest(folder.path(), &names, threads);
            prop_assert_eq!(counted, lines);
            prop_assert_eq!(stored(&one), stored(&other));
            prop_assert_eq!(one.coverage().unwrap(), other.coverage().unwrap());
        }
    }

    #[test]
    fn past_the_limit_totals_stay_exact(count in 1..200_u64, limit in 0..4000_usize) {
        let rules = rules();
        let text: String = (0..count)
            .map(|n| format!("203.0.113.9 - - [01/May/2026:00:00:00 +0000] \"GET /t/x{n} HTTP/1.1\" 200 1 \"-\" \"New{n}Bot/1\"\n"))
            .collect();
        let judge = Judge::new(&rules, Calendar::new(TimeZone::UTC)).with_memory(4 * limit);
        let mut desk = Desk::with_judge(judge);
        read(&mut desk, text.as_bytes(), LINE_BYTES_MAX);
        let tally = desk.hand_in();
        let by_text = tally.by_text();
        prop_assert_eq!(by_text.lines.pings, count);
        prop_assert_eq!(by_text.pings.values().map(|requests| requests.count).sum::<u64>(), count);
    }

    #[test]
    fn with_any_bound_of_memory_every_sum_is_the_same(
        lines in vec(any_line(), 1..200),
        bytes in 0..20_000_usize,
        chunk_bytes in 2_000..20_000_usize,
    ) {
        let rules = rules();
        let text = written(&lines);
        // What a full table takes away is whose and what for; never how many, on which day, with which answer.
        let sums = |tally: &Tally| {
            let by_text = tally.by_text();
            let mut pings: BTreeMap<(Day, StatusClass), (u64, u64)> = BTreeMap::new();
            for ((_, day, _, _, _, status), requests) in &by_text.pings {
                let sum = pings.entry((*day, *status)).or_default();
                *sum = (sum.0 + requests.count, sum.1 + requests.bytes);
            }
            let mut views: BTreeMap<(Day, u8), u64> = BTreeMap::new();
            for ((_, day, from), count) in &by_text.views {
                *views.entry((*day, *from)).or_default() += count;
            }
            (pings, views, by_text.lines)
        };
        let judge = Judge::new(&rules, Calendar::new(TimeZone::UTC)).with_memory(bytes);
        let mut desk = Desk::with_judge(judge);
        read(&mut desk, &text, chunk_bytes);
        prop_assert_eq!(sums(&desk.hand_in()), sums(&tally(&rules, &text, LINE_BYTES_MAX)));
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in vec(any::<u8>(), 0..400), text in "\\PC{0,200}", template in "[%$a-z{}<>!,\"'\\[\\] ;_]{0,60}") {
        for name in Format::known() {
            let format = Format::named(name, &TimeZone::UTC).unwrap();
            let mut reader = format.reader(Columns::default());
            reader.note(b"#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent)");
            let _ = reader.read(&bytes);
            let _ = reader.read(text.as_bytes());
            let _ = reader.read(&[b"{\"ts\":".as_slice(), &bytes, b"}"].concat());
        }
        let _ = matches!(detect(&bytes, &TimeZone::UTC), Detection::Yes(_));
        let namer = Namer::new(Catalogue::with(Vec::new()).unwrap());
        let _ = namer.name(&String::from_utf8_lossy(&bytes));
        let _ = namer.name(&text);
        for compiled in [Format::nginx(&template, &TimeZone::UTC), Format::apache(&template, &TimeZone::UTC)].into_iter().flatten() {
            let _ = compiled.reader(Columns::default()).read(&bytes);
        }
        let mut desk_text = b"203.0.113.9 - - [01/May/2026:00:00:00 +0000] \"GET /t/".to_vec();
        desk_text.extend_from_slice(&bytes);
        desk_text.extend_from_slice(b" HTTP/1.1\" 200 1 \"-\" \"");
        desk_text.extend_from_slice(&bytes);
        let total = tally(&rules(), &desk_text, 512).counts.lines;
        prop_assert!(total.is_balanced());
        prop_assert_eq!(total.bytes, desk_text.len() as u64);
    }
}

proptest! {
    /// Text made of what the notations are made of: most of it is broken in a new way.
    #[test]
    fn no_broken_notation_holds_a_reader_up(
        json in "[{}\\[\\],:\"\\\\ a1]{0,40}",
        pairs in "[a=:\"\\\\ \t1]{0,40}",
        around in "[<>\\[\\]\\{\\}|: a1TZF./-]{0,30}",
    ) {
        for name in Format::known() {
            let format = Format::named(name, &TimeZone::UTC).unwrap();
            let mut reader = format.reader(Columns::default());
            reader.note(b"#Fields: date time c-ip cs-uri-stem");
            for text in [&json, &pairs, &around, &format!("{{\"a\":[{json}"), &format!("{around}{{\"log\":\"{json}\"}}")] {
                let _ = reader.read(text.as_bytes());
            }
        }
        let _ = detect(format!("{around}{json}\n{pairs}\n{json}").as_bytes(), &TimeZone::UTC);
    }
}

/// A log of several chunks, with a first line of its own.
fn long_log(first: &str, lines: usize) -> Vec<u8> {
    let mut text = format!(
        "{first} - - [01/May/2026:00:00:00 +0000] \"GET /t/a HTTP/1.1\" 200 1 \"-\" \"GPTBot/1.2\"\n"
    );
    for n in 1..lines {
        let (hour, minute, second) = (n / 3600 % 24, n / 60 % 60, n % 60);
        text += &format!(
            "203.0.113.9 - - [{:02}/May/2026:{hour:02}:{minute:02}:{second:02} +0000] \"GET /t/{} HTTP/1.1\" 200 7 \"-\" \"GPTBot/1.{}\"\n",
            1 + n % 28,
            n % 50,
            n % 300
        );
    }
    text.into_bytes()
}

#[test]
fn copies_of_one_stream_count_once_however_many_workers_meet() {
    let folder = tempfile::tempdir().unwrap();
    let (log, other) = (long_log("203.0.113.1", 25_000), long_log("203.0.113.2", 2_000));
    // Lines end where a copy ends: it is an older one of the same stream.
    let half = log[..log.len() / 2].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    let names = ["a.log", "b.log", "c.log.gz", "d.log", "e.log", "f.log"];
    let gz = crate::program::gzip(&log);
    for (name, bytes) in names.iter().zip([&log[..], &log[..half], &gz, &log, &log[..half], &other])
    {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    for run in 0..12 {
        let threads = [2, 3, 4, 8][run % 4];
        let database = folder.path().join(format!("{run}.db"));
        let (store, lines) = ingest_into(&database, folder.path(), &names, threads);
        assert_eq!((lines.lines, lines.pings), (27_000, 27_000), "{threads} threads");
        let stored = requests(&store);
        assert_eq!(stored, 27_000, "{threads} threads");
    }
}

#[test]
fn steps_end_where_rows_are_too_many_and_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    // Every request a row of its own: more rows than a step holds.
    let text: String = (0..130_000)
        .map(|n| format!("203.0.113.9 - - [{:02}/May/2026:00:00:00 +0000] \"GET /t/{} HTTP/1.1\" 200 7 \"-\" \"New{}Bot\"\n", 1 + n % 28, n / 28 % 100, n / 2800))
        .collect();
    std::fs::write(folder.path().join("a.log"), text).unwrap();
    let (one, lines) = ingest(folder.path(), &["a.log"], 1);
    assert_eq!(lines.pings, 130_000);
    for threads in [2, 5] {
        let (other, counted) = ingest(folder.path(), &["a.log"], threads);
        assert_eq!(counted, lines);
        assert!(stored(&one) == stored(&other));
    }
}

#[test]
fn two_streams_that_begin_alike_keep_a_cursor_each() {
    let folder = tempfile::tempdir().unwrap();
    let first = long_log("203.0.113.1", 1);
    std::fs::write(folder.path().join("a.log"), &first).unwrap();
    std::fs::write(folder.path().join("b.log"), &first).unwrap();
    let database = folder.path().join("store.db");
    ingest_into(&database, folder.path(), &["a.log", "b.log"], 2);
    for (name, host) in [("a.log", "203.0.113.3"), ("b.log", "203.0.113.4")] {
        let text = [first.clone(), long_log(host, 3_000)].concat();
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for _ in 0..3 {
        let (store, _) = ingest_into(&database, folder.path(), &["a.log", "b.log"], 2);
        let stored = requests(&store);
        assert_eq!(stored, 6_001);
    }
}

#[test]
fn a_failure_behind_a_line_too_long_stops_only_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = 1_u32;
    let mut noise = |len: usize| -> Vec<u8> {
        (0..len)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b'a' + (state >> 24) as u8 % 26
            })
            .collect()
    };
    let text =
        [long_log("203.0.113.1", 20), noise(2 << 20), b"\n".to_vec(), noise(3 << 20)].concat();
    let gz = crate::program::gzip(&text);
    std::fs::write(folder.path().join("cut.log.gz"), &gz[..gz.len() - 50_000]).unwrap();
    std::fs::write(folder.path().join("whole.log"), long_log("203.0.113.2", 30)).unwrap();
    let database = folder.path().join("store.db");
    let summary = summary_of(&database, folder.path(), &["cut.log.gz", "whole.log"], 2);
    assert_eq!(summary.failures().count(), 1);
    assert_eq!(summary.lines.pings, 50);
    assert_eq!(summary.lines.malformed_total(), 1);
}
