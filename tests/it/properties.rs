//! Property tests of reading logs with any chunk size, memory limit and number of workers.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::LazyLock;

use guestbook::agents::{Catalogue, Namer};
use guestbook::classify::{Classifier, Counting, Rules};
use guestbook::day::{Calendar, Day};
use guestbook::format::{Columns, Detection, Format, LineReader, Malformed, detect};
use guestbook::pages::{Referrers, RequestRule, RequestRules, StatusClass, TermRules};
use guestbook::pipeline::{self, BATCH_BYTES, Ingest, LogInput, StopSignal, Summary, Worker};
use guestbook::source::{Chunk, Chunks, LINE_BYTES_MAX, Location};
use guestbook::store::{PingRow, Store};
use guestbook::tally::{Lines, RequestCount, Tally};
use guestbook::trust::{Fcrdns, FcrdnsQuery, Lists, Trust};
use jiff::tz::TimeZone;
use proptest::collection::vec;
use proptest::prelude::*;

/// Rules take long to build, so all cases share them.
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let json = RequestRule {
        name: "crawler_json".into(),
        path: Some(r"\.json$".into()),
        ..RequestRule::default()
    };
    Rules {
        namer: Namer::new(Catalogue::with(Vec::new()).unwrap()),
        terms: TermRules::new(Some(r"^/t/(?<term>[^/.]+)")).unwrap(),
        requests: RequestRules::new(&[json]).unwrap(),
        referrers: Referrers::new(None).unwrap(),
        counting: Counting::default(),
        sign: guestbook::agents::Purpose::ALL.to_vec(),
        lists: Lists::default(),
    }
});

/// Every known format.
static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let named = |name: &str| Format::named(name, &TimeZone::UTC).unwrap();
    Format::preset_names().into_iter().map(named).collect()
});

static NCSA: LazyLock<Format> = LazyLock::new(|| Format::named("ncsa", &TimeZone::UTC).unwrap());

/// One line of a log.
#[derive(Clone, Debug)]
enum Line {
    Request { day: u8, term: Option<u8>, json: bool, status: u16, visitor: usize },
    Blank,
    Junk(String),
}

/// User agents with their family. Browsers have none.
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

/// Writes lines in the combined format.
fn log_of(lines: &[Line]) -> Vec<u8> {
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

/// Counts lines by their definition. Returns the pings by term, day and user agent, and the line counts.
fn expected_counts(lines: &[Line]) -> (BTreeMap<(String, u8, String), u64>, Lines) {
    let (mut pings, mut totals) = (BTreeMap::new(), Lines::default());
    for line in lines {
        totals.lines += 1;
        match line {
            Line::Blank => totals.blank += 1,
            Line::Junk(junk) if junk.trim().is_empty() => totals.blank += 1,
            Line::Junk(junk) => {
                let open = junk.matches('"').count() % 2 == 1;
                let reason = if open { Malformed::Cut } else { Malformed::Shape };
                totals.malformed[reason as usize] += 1;
            }
            Line::Request { day, term, status, visitor, .. } => {
                let counts = *status != 404;
                match (term, VISITORS[*visitor]) {
                    (Some(term), (user_agent, Some(_))) if counts => {
                        totals.pings += 1;
                        *pings
                            .entry((term.to_string(), *day, user_agent.to_owned()))
                            .or_default() += 1;
                    }
                    (Some(_), (_, None)) if counts => totals.views += 1,
                    _ => totals.other += 1,
                }
            }
        }
    }
    totals.bytes = log_of(lines).len() as u64;
    (pings, totals)
}

/// Reads a text, and calls `each` after each chunk.
fn read(
    worker: &mut Worker<'_>,
    text: &[u8],
    chunk_bytes: usize,
    mut each: impl FnMut(&mut Worker<'_>),
) {
    let input = std::io::Cursor::new(text.to_vec());
    let mut chunks = Chunks::with_chunk_bytes(Box::new(input), true, chunk_bytes).unwrap();
    let mut chunk = Chunk::default();
    while chunks.next(&mut chunk).unwrap() {
        worker.read(&chunk, &NCSA, Columns::default(), &[]);
        each(worker);
    }
}

fn tally(rules: &Rules, text: &[u8], chunk_bytes: usize) -> Tally {
    let mut worker = Worker::new(rules, Calendar::new(TimeZone::UTC));
    read(&mut worker, text, chunk_bytes, |_| ());
    worker.take_tally()
}

/// The sums of some tallies, by text. All queries of the tallies must be settled.
#[derive(Debug, Default, PartialEq, Eq)]
struct ByText {
    pings: BTreeMap<(String, Day, String, u8, Trust, StatusClass), RequestCount>,
    views: BTreeMap<(String, Day, u8), u64>,
    lines: Lines,
}

fn by_text<'t>(tallies: impl IntoIterator<Item = &'t Tally>) -> ByText {
    let mut sums = ByText::default();
    for tally in tallies {
        let term = |number: u32| tally.texts.terms.text(number).to_owned();
        for (key, count) in &tally.counts.pings {
            let user_agent = tally.texts.user_agents.text(key.user_agent).to_owned();
            let trust = tally.trust(key.trust);
            let key = (term(key.term), key.day, user_agent, key.request, trust, key.status);
            sums.pings.entry(key).and_modify(|sum| *sum += *count).or_insert(*count);
        }
        for (key, views) in &tally.counts.views {
            *sums.views.entry((term(key.term), key.day, key.came_from)).or_default() += views;
        }
        sums.lines += &tally.counts.lines;
    }
    sums
}

/// Returns the rows of a store, by text.
fn stored(store: &Store) -> BTreeMap<(String, i32, String, i64), (u64, i64)> {
    let texts = |list: Vec<(i64, String)>| list.into_iter().collect::<BTreeMap<_, _>>();
    let (terms, user_agents) = (texts(store.terms().unwrap()), texts(store.user_agents().unwrap()));
    let key = |row: &PingRow| {
        let term = terms.get(&row.term).cloned().unwrap_or_default();
        let user_agent = user_agents[&row.user_agent].clone();
        (term, row.day.number(), user_agent, row.request * 10 + row.status as i64)
    };
    let mut rows = BTreeMap::new();
    each_ping(store, |row| {
        rows.insert(key(&row), (row.requests, row.first_seen));
    });
    rows
}

fn each_ping(store: &Store, each: impl FnMut(PingRow)) {
    store.each_ping_in(Day::MIN..Day::MAX, each).unwrap();
}

/// Returns the number of all agents' requests in a store.
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
    assert_eq!(summary.failures(), 0);
    (Store::open_read_only(database, "UTC").unwrap(), summary.lines)
}

fn summary_of(database: &Path, folder: &Path, files: &[&str], threads: usize) -> Summary {
    try_ingest(database, folder, files, threads, BATCH_BYTES).unwrap()
}

pub(crate) fn try_ingest(
    database: &Path,
    folder: &Path,
    files: &[&str],
    threads: usize,
    batch_bytes: usize,
) -> Result<Summary, pipeline::IngestError> {
    let store = Store::open_or_create(database, "UTC").unwrap();
    let input = |name| LogInput::new(Location::File(folder.join(name)), TimeZone::UTC);
    let inputs = files.iter().map(input);
    let job = Ingest {
        inputs: inputs.collect(),
        rules: RULES.clone(),
        zone: TimeZone::UTC,
        threads,
        batch_bytes,
        resolver: None,
        meter: Default::default(),
        stop: StopSignal::new(),
        today: Day::from_number(20_000),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(pipeline::ingest(job, store)).map(|(summary, _)| summary)
}

/// Rules with an agent that is verified by reverse DNS.
static PENDING_RULES: LazyLock<Rules> = LazyLock::new(|| {
    let entry = "name = 'NamedBot'\ntokens = ['NamedBot']\nreverse_dns = ['crawl.example']";
    let own = vec![toml::from_str(entry).unwrap()];
    let mut rules = Rules { namer: Namer::new(Catalogue::with(own).unwrap()), ..RULES.clone() };
    rules.lists.enable_reverse_dns(rules.namer.catalogue());
    rules
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_tally_is_exact_for_any_chunk_size(lines in vec(any_line(), 0..60), cut in 300..3000_usize) {
        let text = log_of(&lines);
        let (pings, expected_total) = expected_counts(&lines);
        let whole = by_text(&[tally(&RULES, &text, LINE_BYTES_MAX)]);
        let cut = by_text(&[tally(&RULES, &text, cut)]);
        prop_assert_eq!(&whole, &cut);
        let (rows, total) = (&whole.pings, whole.lines);
        prop_assert!(total.is_balanced());
        prop_assert_eq!(total, expected_total);
        let mut found = BTreeMap::new();
        for ((term, day, user_agent, _, trust, status), requests) in rows {
            prop_assert!(*trust == Trust::Unverifiable || *trust == Trust::Unchecked);
            let counts = (*status as usize) < 2;
            if !term.is_empty() && counts {
                let day = u8::try_from(day.date().day()).unwrap();
                *found.entry(((*term).to_owned(), day, (*user_agent).to_owned())).or_default() += requests.requests;
            }
        }
        prop_assert_eq!(found, pings);
    }

    #[test]
    fn pings_of_pending_queries_are_counted_under_the_answer(visits in vec((0..9_u8, 0..4_u8, any::<bool>()), 0..60), cut in 0..60_usize) {
        let rules = &*PENDING_RULES;
        let line = |&(host, term, is_pending): &(u8, u8, bool)| {
            let user_agent = if is_pending { "NamedBot/3.0" } else { "NeverSeenBot/7" };
            format!("192.0.2.{host} - - [01/May/2026:00:00:00 +0000] \"GET /t/x{term} HTTP/1.1\" 200 1 \"-\" \"{user_agent}\"\n")
        };
        // One of three addresses is confirmed, one is refuted, and one has no answer.
        let result = |host: u8| [Fcrdns::Confirmed, Fcrdns::Refuted, Fcrdns::NoAnswer][usize::from(host % 3)];
        let answer = |query: &FcrdnsQuery| match query.ip {
            IpAddr::V4(ip) => result(ip.octets()[3]),
            IpAddr::V6(_) => Fcrdns::NoAnswer,
        };
        let settled = |visits: &[(u8, u8, bool)]| {
            let text: String = visits.iter().map(line).collect();
            let mut tally = tally(rules, text.as_bytes(), LINE_BYTES_MAX);
            let unanswered = tally.settle(answer);
            (tally, unanswered)
        };
        let cut = cut.min(visits.len());
        let (whole, unanswered) = settled(&visits);
        let parts = [settled(&visits[..cut]).0, settled(&visits[cut..]).0];
        let whole = by_text(&[whole]);
        prop_assert_eq!(&whole, &by_text(&parts));
        let expected = |trust: Trust| {
            let matches = |&&(host, _, is_pending): &&(u8, u8, bool)| match result(host) {
                _ if !is_pending => trust == Trust::Unverifiable,
                Fcrdns::Confirmed => trust == Trust::Verified,
                Fcrdns::Refuted => trust == Trust::Impostor,
                Fcrdns::NoAnswer => trust == Trust::Unchecked,
            };
            visits.iter().filter(matches).count() as u64
        };
        for trust in Trust::ALL {
            let rows = whole.pings.iter().filter(|(key, _)| key.4 == trust);
            prop_assert_eq!(rows.map(|(_, count)| count.requests).sum::<u64>(), expected(trust));
        }
        prop_assert_eq!(unanswered, expected(Trust::Unchecked));
    }

    #[test]
    fn the_stored_rows_are_the_same_for_any_number_of_workers(files in vec(vec(any_line(), 1..80), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..files.len()).map(|n| format!("{n}.log")).collect();
        for (at, (name, lines)) in names.iter().zip(&files).enumerate() {
            // A unique first line. Without it two files could be taken for one stream.
            let first = format!("203.0.113.{at} - - [01/May/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"\n");
            std::fs::write(folder.path().join(name), [first.as_bytes(), &log_of(lines)].concat()).unwrap();
        }
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        let (one, lines) = ingest(folder.path(), &names, 1);
        for threads in [2, 5] {
            let (other, other_lines) = ingest(folder.path(), &names, threads);
            prop_assert_eq!(other_lines, lines);
            prop_assert_eq!(stored(&one), stored(&other));
            prop_assert_eq!(one.coverage().unwrap(), other.coverage().unwrap());
        }
    }

    #[test]
    fn totals_are_exact_beyond_the_memory_limit(count in 1..200_u64, limit in 0..4000_usize) {
        let text: String = (0..count)
            .map(|n| format!("203.0.113.9 - - [01/May/2026:00:00:00 +0000] \"GET /t/x{n} HTTP/1.1\" 200 1 \"-\" \"New{n}Bot/1\"\n"))
            .collect();
        let classifier = Classifier::new(&RULES, Calendar::new(TimeZone::UTC)).with_memory(4 * limit);
        let mut worker = Worker::with_classifier(classifier);
        read(&mut worker, text.as_bytes(), LINE_BYTES_MAX, |_| ());
        let sums = by_text(&[worker.take_tally()]);
        prop_assert_eq!(sums.lines.pings, count);
        prop_assert_eq!(sums.pings.values().map(|count| count.requests).sum::<u64>(), count);
    }

    #[test]
    fn sums_are_the_same_for_any_memory_limit(
        lines in vec(any_line(), 1..200),
        bytes in 0..20_000_usize,
        chunk_bytes in 2_000..20_000_usize,
    ) {
        let text = log_of(&lines);
        // At the memory limit, user agents are lost, but not the sums by day, term and status.
        let sums = |tallies: &[Tally]| {
            let by_text = by_text(tallies);
            let mut pings: BTreeMap<(String, Day, StatusClass), (u64, u64)> = BTreeMap::new();
            for ((term, day, _, _, _, status), count) in by_text.pings {
                let sum = pings.entry((term, day, status)).or_default();
                *sum = (sum.0 + count.requests, sum.1 + count.bytes);
            }
            (pings, by_text.views, by_text.lines)
        };
        let classifier = Classifier::new(&RULES, Calendar::new(TimeZone::UTC)).with_memory(bytes);
        let mut worker = Worker::with_classifier(classifier);
        let mut tallies = Vec::new();
        // After each tally, texts beyond the limit are forgotten.
        read(&mut worker, &text, chunk_bytes, |worker| tallies.push(worker.take_tally()));
        prop_assert_eq!(sums(&tallies), sums(&[tally(&RULES, &text, LINE_BYTES_MAX)]));
    }

    #[test]
    fn no_input_makes_a_parser_panic(bytes in vec(any::<u8>(), 0..400), text in "\\PC{0,200}", template in "[%$a-z{}<>!,\"'\\[\\] ;_]{0,60}") {
        for format in &*FORMATS {
            let mut reader = LineReader::new(format, Columns::default());
            reader.update_columns(b"#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent)");
            let _ = reader.read(&bytes);
            let _ = reader.read(text.as_bytes());
            let _ = reader.read(&[b"{\"ts\":".as_slice(), &bytes, b"}"].concat());
        }
        let _ = matches!(detect(&bytes, &TimeZone::UTC), Detection::Yes(_));
        let _ = RULES.namer.name(&String::from_utf8_lossy(&bytes));
        let _ = RULES.namer.name(&text);
        for compiled in [Format::nginx(&template, &TimeZone::UTC), Format::apache(&template, &TimeZone::UTC)].into_iter().flatten() {
            let _ = LineReader::new(&compiled, Columns::default()).read(&bytes);
        }
        let mut log = b"203.0.113.9 - - [01/May/2026:00:00:00 +0000] \"GET /t/".to_vec();
        log.extend_from_slice(&bytes);
        log.extend_from_slice(b" HTTP/1.1\" 200 1 \"-\" \"");
        log.extend_from_slice(&bytes);
        let total = tally(&RULES, &log, 512).counts.lines;
        prop_assert!(total.is_balanced());
        prop_assert_eq!(total.bytes, log.len() as u64);
    }
}

proptest! {
    /// The texts consist of delimiters, so most of them are malformed.
    #[test]
    fn malformed_delimiters_make_no_parser_panic_or_hang(
        json in "[{}\\[\\],:\"\\\\ a1]{0,40}",
        pairs in "[a=:\"\\\\ \t1]{0,40}",
        around in "[<>\\[\\]\\{\\}|: a1TZF./-]{0,30}",
    ) {
        for format in &*FORMATS {
            let mut reader = LineReader::new(format, Columns::default());
            reader.update_columns(b"#Fields: date time c-ip cs-uri-stem");
            for text in [&json, &pairs, &around, &format!("{{\"a\":[{json}"), &format!("{around}{{\"log\":\"{json}\"}}")] {
                let _ = reader.read(text.as_bytes());
            }
        }
        let _ = detect(format!("{around}{json}\n{pairs}\n{json}").as_bytes(), &TimeZone::UTC);
    }
}

/// Returns a log whose first line begins with `first`.
fn long_log(first: &str, lines: usize) -> Vec<u8> {
    let mut text = format!(
        "{first} - - [01/May/2026:00:00:00 +0000] \"GET /t/a HTTP/1.1\" 200 1 \"-\" \"GPTBot/1.2\"\n"
    );
    // Logs with other first lines are not copies of each other.
    let own = first.rsplit('.').next().unwrap();
    for n in 1..lines {
        let (hour, minute, second) = (n / 3600 % 24, n / 60 % 60, n % 60);
        text += &format!(
            "203.0.113.9 - - [{:02}/May/2026:{hour:02}:{minute:02}:{second:02} +0000] \"GET /t/{} HTTP/1.1\" 200 7{own} \"-\" \"GPTBot/1.{}\"\n",
            1 + n % 28,
            n % 50,
            n % 300
        );
    }
    text.into_bytes()
}

#[test]
fn copies_of_one_stream_are_counted_once_by_any_number_of_workers() {
    let folder = tempfile::tempdir().unwrap();
    let (log, other) = (long_log("203.0.113.1", 25_000), long_log("203.0.113.2", 2_000));
    // A shorter copy ends with a complete line, like an older copy of the same stream.
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
fn the_batch_size_does_not_change_the_stored_rows() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.log"), distinct_rows(40_000)).unwrap();
    let (one, lines) = ingest(folder.path(), &["a.log"], 1);
    assert_eq!(lines.pings, 40_000);
    for threads in [1, 2, 5] {
        let database = folder.path().join(format!("small-{threads}.db"));
        let batch_bytes = 100_000;
        let summary = try_ingest(&database, folder.path(), &["a.log"], threads, batch_bytes);
        assert_eq!(summary.unwrap().lines, lines);
        assert!(stored(&one) == stored(&Store::open_read_only(&database, "UTC").unwrap()));
    }
}

/// Returns a log in which every request makes a separate row.
fn distinct_rows(count: usize) -> String {
    let line = |n: usize| {
        let (day, term, agent) = (1 + n / 2_000, n % 100, n / 100);
        format!(
            "203.0.113.9 - - [{day:02}/May/2026:00:00:00 +0000] \"GET /t/{term} HTTP/1.1\" 200 7 \"-\" \"New{agent}Bot\"\n"
        )
    };
    (0..count).map(line).collect()
}

#[test]
fn a_failed_commit_stores_nothing_of_later_batches() {
    for threads in [1, 2, 5] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.log"), distinct_rows(40_000)).unwrap();
        let database = folder.path().join("store.db");
        drop(Store::open_or_create(&database, "UTC").unwrap());
        let connection = rusqlite::Connection::open(&database).unwrap();
        // Only rows of 15 May fail, so later batches could be stored.
        let failing = "CREATE TRIGGER fail BEFORE INSERT ON pings WHEN NEW.day = 20588
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
        connection.execute_batch(failing).unwrap();
        let batch_bytes = 100_000;
        let error = try_ingest(&database, folder.path(), &["a.log"], threads, batch_bytes);
        assert!(error.unwrap_err().to_string().contains("the disk is full"));
        let store = Store::open_read_only(&database, "UTC").unwrap();
        let stored_before = requests(&store);
        assert!((1..28_000).contains(&stored_before), "{stored_before}");
        // The next run reads what was not stored, exactly once.
        connection.execute_batch("DROP TRIGGER fail").unwrap();
        let summary = try_ingest(&database, folder.path(), &["a.log"], threads, batch_bytes);
        assert_eq!(summary.unwrap().lines.lines, 40_000 - stored_before);
        assert_eq!(requests(&store), 40_000);
    }
}

#[test]
fn two_streams_with_the_same_beginning_have_separate_cursors() {
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
fn a_failure_after_an_overlong_line_stops_only_its_source() {
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
    assert_eq!(summary.failures(), 1);
    assert_eq!(summary.lines.pings, 50);
    assert_eq!(summary.lines.malformed_total(), 1);
}
