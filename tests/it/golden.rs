//! Compares the output for the sample site with the committed files.
//!
//! `GUESTBOOK_BLESS=1 cargo test` rewrites them; review its changes like code.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::program::{Site, is_blessing, root};

fn ingested_site() -> Site {
    let site = Site::sample();
    site.succeed(&["ingest", "--quiet"]);
    site
}

fn check(golden: &Path, actual: &[u8]) {
    if is_blessing() {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(golden, actual).unwrap();
    }
    let expected = fs::read(golden).unwrap_or_default();
    assert!(
        expected == actual,
        "{} differs. If that is intended, run GUESTBOOK_BLESS=1 cargo test. New content:\n{}",
        golden.display(),
        String::from_utf8_lossy(actual)
    );
}

/// Returns all files below a folder, as paths relative to it.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = PathBuf::from(path.file_name().unwrap());
        if path.is_dir() {
            found.extend(files(&path).iter().map(|below| name.join(below)));
        } else {
            found.insert(name);
        }
    }
    found
}

#[test]
fn nightly_publishes_the_committed_reports() {
    let site = Site::sample();
    let output = site.succeed(&["nightly"]);
    check(&root().join("tests/golden/nightly.txt"), output.as_bytes());
    let (published, committed) = (site.path("reports"), root().join("reports"));
    for file in files(&published) {
        check(&committed.join(&file), &fs::read(published.join(&file)).unwrap());
    }
    assert_eq!(files(&published), files(&committed), "reports/ has files that are not published");
    // A second night reads no line and changes no file.
    let output = site.succeed(&["nightly"]);
    assert!(output.contains("Read 0 new lines"), "{output}");
    assert!(output.contains(", 0 changed"), "{output}");
}

#[test]
fn reports_of_every_text_format_match_the_committed_files() {
    let site = ingested_site();
    for format in ["text", "csv", "md", "json", "html", "svg"] {
        for (name, args) in [("asyncio", &["--term", "asyncio"][..]), ("site", &["--top", "5"])] {
            let args = [&["report", "--format", format][..], args].concat();
            let golden = root().join(format!("tests/golden/{name}.{format}"));
            check(&golden, site.succeed(&args).as_bytes());
        }
    }
}

#[test]
fn asyncio_has_the_counts_of_the_reference_page() {
    let report = ingested_site().term("asyncio", "2026-05-20");
    let days: Vec<u64> = report["days"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| day["pings"].as_u64().unwrap())
        .collect();
    let expected =
        [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 2, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0];
    assert_eq!(days, expected);
    let date = |index: usize| {
        (report["days"][index]["date"].clone(), report["days"][index]["weekday"].clone())
    };
    assert_eq!(date(0), (json!("2026-04-21"), json!("Tue")));
    assert_eq!(date(29), (json!("2026-05-20"), json!("Wed")));
    let families = [
        ("Amazonbot", 16),
        ("Perplexity", 8),
        ("ChatGPT", 6),
        ("Unknown AI", 4),
        ("Google", 4),
        ("Ahrefs", 4),
        ("Scrapy", 4),
        ("Meta AI", 2),
        ("Claude", 2),
        ("Bing", 2),
        ("PetalBot", 1),
    ];
    assert_eq!(crate::program::families(&report), families.map(|(name, n)| (name.to_owned(), n)));
    let types = [("crawler", 48), ("crawler_json", 4), ("pre-tracking", 1)];
    let types: Vec<Value> =
        types.iter().map(|(name, pings)| json!({"type": name, "pings": pings})).collect();
    assert_eq!(report["request_types"], json!(types));
    for (key, value) in [
        ("schema", json!(1)),
        ("title", json!("Python async/await & asyncio")),
        ("today_date", json!("2026-05-20")),
        ("window_pings", json!(9)),
        ("today_pings", json!(0)),
        ("yesterday_pings", json!(0)),
        ("total_pings", json!(53)),
        ("views", json!(61)),
    ] {
        assert_eq!(report[key], value, "{key}");
    }
    let trust: u64 =
        report["trust"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(trust, 53);
}

#[test]
fn days_are_in_the_time_zone_of_the_site() {
    let report = ingested_site().term("gil", "2026-05-19");
    // The time in the log is 18 May, 22:30 UTC.
    assert_eq!(report["days"][29]["date"], "2026-05-19");
    let claude = json!({"family": "Claude", "pings": 1});
    assert!(report["today_families"].as_array().unwrap().contains(&claude), "{report}");
}

#[test]
fn the_png_has_a_bar_for_each_day_with_pings() {
    let site = ingested_site();
    let result = site.run(&["report", "--term", "asyncio", "--format", "png"]);
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&result.stdout));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(info.width, 1280);
    assert!(result.stdout.len() < 60_000, "{} bytes", result.stdout.len());
    let width = info.width as usize;
    let is_bar = |x: usize, y: usize| pixels[(y * width + x) * 3..][..3] == [0x4c, 0x6e, 0xf5];
    // In a row of pixels near the bottom of the bars, each run of their colour is a day with pings.
    let row = (0..info.height as usize).find(|&y| (0..width).any(|x| is_bar(x, y))).unwrap() + 100;
    let runs = (1..width).filter(|&x| is_bar(x, row) && !is_bar(x - 1, row)).count();
    assert_eq!(runs, 7);
}
