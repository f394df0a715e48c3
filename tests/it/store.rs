//! The questions of docs/store.md, asked of the sample site's store, and what other programs may do to a store.

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::program::{Site, is_blessing, root};

/// The document shows this many rows of an answer.
const ROWS_SHOWN: usize = 6;

/// Runs a query, and returns its answer as the document shows it.
fn answer(connection: &Connection, query: &str) -> String {
    let mut statement = connection.prepare(query).unwrap();
    let mut lines = vec![statement.column_names().map(str::to_owned).collect()];
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let cell = |at: usize| match row.get_ref(at).unwrap() {
            ValueRef::Null => String::new(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
            other => panic!("{other:?} in the answer of {query}"),
        };
        lines.push((0..columns).map(cell).collect::<Vec<String>>());
    }
    let is_cut = lines.len() > ROWS_SHOWN + 1;
    lines.truncate(ROWS_SHOWN + 1);
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let padded = |line: &Vec<String>| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let more = if is_cut { "…\n" } else { "" };
    lines.iter().map(padded).collect::<String>() + more
}

#[test]
fn the_questions_of_the_document_have_its_answers() {
    let site = Site::sample();
    site.succeed(&["ingest"]);
    let connection = Connection::open(site.path("guestbook.db")).unwrap();
    let path = root().join("docs/store.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut parts = text.split("```sql\n");
    let mut written = parts.next().unwrap().to_owned();
    let mut questions = 0;
    for part in parts {
        let (query, after) = part.split_once("```\n").unwrap();
        let after = match after.strip_prefix("\n```text\n") {
            Some(answer) => answer.split_once("```\n").unwrap().1,
            None => after,
        };
        let answer = answer(&connection, query);
        written += &format!("```sql\n{query}```\n\n```text\n{answer}```\n{after}");
        questions += 1;
    }
    assert_eq!(questions, 10);
    if is_blessing() {
        std::fs::write(&path, &written).unwrap();
    }
    let is_same = std::fs::read_to_string(&path).unwrap() == written;
    assert!(is_same, "docs/store.md has another answer: run GUESTBOOK_BLESS=1 cargo test");
}

#[test]
fn the_view_has_every_row_and_every_name() {
    let site = Site::sample();
    site.succeed(&["ingest"]);
    let connection = Connection::open(site.path("guestbook.db")).unwrap();
    let number =
        |query: &str| -> i64 { connection.query_row(query, [], |row| row.get(0)).unwrap() };
    assert!(number("SELECT count(*) FROM pings") > 1_000);
    assert_eq!(number("SELECT count(*) FROM pings_by_name"), number("SELECT count(*) FROM pings"));
    assert_eq!(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    let unnamed =
        "SELECT count(*) FROM user_agent WHERE id NOT IN (SELECT user_agent FROM agent_of)";
    assert_eq!(number(unnamed), 0);
    // Every run writes the names anew from the catalogue in force.
    let family = "SELECT count(*) FROM agent_of WHERE family = 'Renamed'";
    assert_eq!(number(family), 0);
    let agent = "\n[[agents]]\nname = \"GPTBot\"\nfamily = \"Renamed\"\ntokens = [\"GPTBot\"]\n";
    site.append("config.toml", agent);
    site.succeed(&["ingest"]);
    assert!(number(family) > 0);
}

/// Returns the rows of an exported table as CSV, without the header.
fn exported(site: &Site, table: &str) -> Vec<String> {
    let csv = site.succeed(&["export", table]);
    csv.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn an_export_has_every_fact() {
    let site = Site::sample();
    site.succeed(&["ingest"]);
    let connection = Connection::open(site.path("guestbook.db")).unwrap();
    for table in ["pings", "views", "coverage", "carried"] {
        let count = format!("SELECT count(*) FROM {table}");
        let rows: i64 = connection.query_row(&count, [], |row| row.get(0)).unwrap();
        assert_eq!(exported(&site, table).len() as i64, rows, "{table}");
    }
    let requests: u64 = connection
        .query_row("SELECT sum(requests) FROM pings", [], |row| row.get::<_, i64>(0))
        .unwrap()
        .cast_unsigned();
    // The tenth column, and before it no cell of the sample has a comma.
    let tenth = |row: &String| row.split(',').nth(9).unwrap().parse::<u64>().unwrap();
    assert_eq!(exported(&site, "pings").iter().map(tenth).sum::<u64>(), requests);
    let first = &exported(&site, "coverage")[0];
    assert!(first.starts_with("2026-03-15,"), "{first}");
}

#[test]
fn an_export_in_ndjson_has_the_same_values() {
    let site = Site::sample();
    site.succeed(&["ingest"]);
    for table in ["pings", "views", "coverage", "carried"] {
        let csv = site.succeed(&["export", table]);
        let mut csv = csv::Reader::from_reader(csv.as_bytes());
        let names = csv.headers().unwrap().clone();
        let ndjson = site.succeed(&["export", table, "--format", "ndjson"]);
        let mut lines = ndjson.lines();
        for row in csv.records() {
            let object: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(lines.next().unwrap()).unwrap();
            assert!(
                object.len() == names.len() && names.iter().all(|name| object.contains_key(name))
            );
            for (name, cell) in names.iter().zip(&row.unwrap()) {
                let value = match &object[name] {
                    serde_json::Value::Null => String::new(),
                    serde_json::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                // In CSV, a text that a spreadsheet would take for a formula begins with a quote.
                assert_eq!(value, cell.strip_prefix('\'').unwrap_or(cell), "{name}");
            }
        }
        assert_eq!(lines.next(), None, "{table}");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn an_export_in_parquet_has_the_same_rows() {
    use polars::prelude::{ParquetReader, SerReader};
    let site = Site::sample();
    site.succeed(&["ingest"]);
    for table in ["pings", "views", "coverage", "carried"] {
        let args = ["export", table, "--format", "parquet", "-o", "table.parquet"];
        assert_eq!(site.succeed(&args), "");
        let file = std::fs::File::open(site.path("table.parquet")).unwrap();
        let frame = ParquetReader::new(file).finish().unwrap();
        assert_eq!(frame.height(), exported(&site, table).len(), "{table}");
        let names: Vec<String> =
            frame.get_column_names().iter().map(|name| name.to_string()).collect();
        let header = site.succeed(&["export", table]);
        assert_eq!(names.join(","), header.lines().next().unwrap());
    }
}

#[test]
fn the_numbers_in_the_schema_are_those_of_the_program() {
    let site = Site::plain();
    site.write("access.log", "");
    site.succeed(&["ingest"]);
    let connection = Connection::open(site.path("guestbook.db")).unwrap();
    let names = |table: &str| -> Vec<String> {
        let query = format!("SELECT id, name FROM {table} ORDER BY id");
        let mut statement = connection.prepare(&query).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let rows: Vec<(i64, String)> = rows.collect::<Result<_, _>>().unwrap();
        assert!(rows.iter().enumerate().all(|(at, (id, _))| *id == at as i64), "{rows:?}");
        rows.into_iter().map(|(_, name)| name).collect()
    };
    assert_eq!(names("trust"), guestbook::trust::Trust::ALL.map(|trust| trust.name()));
    assert_eq!(names("status"), guestbook::pages::StatusClass::ALL.map(|status| status.name()));
}
