//! Measures each stage separately: `cargo bench --bench stages [-- NAME]`.

#[allow(dead_code, reason = "each benchmark uses only a part of it")]
mod log;

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::ControlFlow;
use std::sync::LazyLock;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use guestbook::agents::{Catalogue, CatalogueFile, Namer};
use guestbook::classify::{Classifier, Rules};
use guestbook::day::{Calendar, Day};
use guestbook::format::{Columns, Content, Format, LineReader, detect};
use guestbook::pipeline::{self, BATCH_BYTES, Ingest, LogInput, StopSignal, Worker};
use guestbook::source::{Chunk, Chunks, Location};
use guestbook::store::Store;
use guestbook::trust::Networks;
use jiff::tz::TimeZone;
use log::{Form, Kind, Site};

const LINES: u64 = 50_000;

static COMBINED: LazyLock<Vec<u8>> = LazyLock::new(|| generate("combined"));
static JSON: LazyLock<Vec<u8>> = LazyLock::new(|| generate("nginx_json"));
static W3C: LazyLock<Vec<u8>> = LazyLock::new(|| generate("iis"));
static RULES: LazyLock<Rules> = LazyLock::new(log::rules);

fn main() {
    divan::main();
}

fn generate(name: &str) -> Vec<u8> {
    let form: Form = log::form(name).expect("a fixture that logs can be generated from");
    let (mut site, mut text) = (Site::new(400), form.head().to_vec());
    (0..LINES).for_each(|at| form.print(&site.request(at, LINES), &mut text));
    text
}

/// Cuts a stream into chunks of whole lines.
#[divan::bench]
fn cut(bencher: Bencher<'_, '_>) {
    bencher.counter(BytesCount::of_slice(&COMBINED[..])).bench(|| {
        let mut chunks = Chunks::new(Box::new(&COMBINED[..]), true).expect("reading from memory");
        let mut chunk = Chunk::default();
        while chunks.next(&mut chunk).expect("reading from memory") {
            black_box(chunk.text());
        }
    });
}

/// Detects the format of a log.
#[divan::bench]
fn detection(bencher: Bencher<'_, '_>) {
    bencher.bench(|| detect(black_box(&COMBINED), &TimeZone::UTC));
}

/// Parses lines.
#[divan::bench(args = ["combined", "nginx_json", "iis"])]
fn lines(bencher: Bencher<'_, '_>, name: &str) {
    let (text, format): (&[u8], _) = match name {
        "combined" => (&COMBINED, "ncsa"),
        "nginx_json" => (&JSON, "json"),
        _ => (&W3C, "w3c"),
    };
    let format = Format::named(format, &TimeZone::UTC).expect("a preset");
    bencher.counter(BytesCount::of_slice(text)).counter(ItemsCount::new(LINES)).bench(|| {
        let _ = LineReader::new(&format, Columns::default()).each(text, |line| {
            black_box(line);
            ControlFlow::Continue(())
        });
    });
}

/// Classifies records whose user agents and paths are in the cache.
#[divan::bench]
fn classify(bencher: Bencher<'_, '_>) {
    let format = Format::named("ncsa", &TimeZone::UTC).expect("a preset");
    let mut classifier = Classifier::new(&RULES, Calendar::new(TimeZone::UTC));
    let mut run = || {
        let _ = LineReader::new(&format, Columns::default()).each(&COMBINED, |line| {
            if let Content::Record { record, .. } = &line.content {
                black_box(classifier.classify(record, &[]));
            }
            ControlFlow::Continue(())
        });
    };
    run();
    bencher.counter(ItemsCount::new(LINES)).bench_local(run);
}

/// Parses, classifies and counts records.
#[divan::bench]
fn count(bencher: Bencher<'_, '_>) {
    let format = Format::named("ncsa", &TimeZone::UTC).expect("a preset");
    let mut worker = Worker::new(&RULES, Calendar::new(TimeZone::UTC));
    let mut chunks = Chunks::with_chunk_bytes(Box::new(&COMBINED[..]), true, COMBINED.len() + 1)
        .expect("reading from memory");
    let mut chunk = Chunk::default();
    chunks.next(&mut chunk).expect("reading from memory");
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
        worker.read(&chunk, &format, Columns::default(), &[]);
        black_box(worker.take_tally());
    });
}

/// Names user agents without a cache.
#[divan::bench(args = ["agents", "people"])]
fn names(bencher: Bencher<'_, '_>, kind: &str) {
    let mut site = Site::new(400);
    let kind = if kind == "agents" { Kind::Agent } else { Kind::Person };
    let user_agents: Vec<String> = (0..2_000).map(|_| site.user_agent(kind).to_owned()).collect();
    bencher.counter(ItemsCount::new(user_agents.len())).bench(|| {
        for user_agent in &user_agents {
            black_box(RULES.namer.name(user_agent));
        }
    });
}

/// Names agents with catalogues of different sizes.
#[divan::bench(args = [10, 1_000, 10_000])]
fn catalogue(bencher: Bencher<'_, '_>, entries: usize) {
    let agent = |n: usize| format!("[[agent]]\nname = \"Bot{n}\"\ntokens = [\"Bot{n}\"]\n");
    let list: String = (0..entries).map(agent).collect();
    let file = CatalogueFile::parse(&format!("version = \"x\"\nreplaces = true\n{list}"));
    let catalogue = Catalogue::of(Vec::new(), Some(file.expect("a catalogue")));
    let namer = Namer::new(catalogue.expect("valid entries"));
    let user_agents: Vec<String> = (0..1_000)
        .map(|n| {
            format!(
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Bot{}/1.0)",
                n % entries
            )
        })
        .collect();
    bencher.counter(ItemsCount::new(user_agents.len())).bench(|| {
        for user_agent in &user_agents {
            black_box(namer.name(user_agent));
        }
    });
}

/// Looks up a million addresses in 40 lists of 1,000 networks each.
#[divan::bench(sample_count = 5)]
fn addresses(bencher: Bencher<'_, '_>) {
    const LISTS: u32 = 40;
    let list = |n: u32| {
        let network = |k: u32| format!("{}/24\n", Ipv4Addr::from((n * 1_000 + k) << 10 | 1 << 24));
        Networks::parse(&(0..1_000).map(network).collect::<String>()).expect("networks")
    };
    let lists: Vec<Networks> = (0..LISTS).map(list).collect();
    bencher.counter(ItemsCount::new(1_000_000_u64)).bench(|| {
        for n in 0..1_000_000_u32 {
            let ip = IpAddr::V4(Ipv4Addr::from(n.wrapping_mul(2_654_435_761)));
            black_box(lists.iter().filter(|list| list.contains(ip)).count());
        }
    });
}

/// Ingests a log into a new store.
#[divan::bench(sample_count = 10)]
fn ingest(bencher: Bencher<'_, '_>) {
    let folder = tempfile::tempdir().expect("a folder for the log");
    let log = folder.path().join("access.log");
    fs::write(&log, &COMBINED[..]).expect("the log can be written");
    let mut run = 0;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
        run += 1;
        let store = Store::open_or_create(&folder.path().join(format!("{run}.db")), "UTC");
        let input = LogInput::new(Location::File(log.clone()), TimeZone::UTC);
        let ingest = Ingest {
            inputs: vec![input],
            rules: RULES.clone(),
            zone: TimeZone::UTC,
            threads: 1,
            batch_bytes: BATCH_BYTES,
            resolver: None,
            meter: Default::default(),
            stop: StopSignal::new(),
            today: Day::from_number(20_000),
        };
        runtime.block_on(pipeline::ingest(ingest, store.expect("a new store"))).expect("the log")
    });
}
