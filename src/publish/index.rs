//! Writes the index that the list of terms is searched by, and the manifest.

use serde::Serialize;

use crate::classify::Rules;
use crate::render::{OutputFormat, json_line};
use crate::report::{Cell, DataTable, LinkTarget};

use super::error::PublishError;
use super::links::SiteLinks;
use super::term_files::{TermNames, percent_encoded};
use super::writer::FileWriter;

/// The mark of the files.
const GENERATOR: &str = "guestbook";

/// Writes the index that the list of terms is searched by, and the manifest.
pub(super) fn write_index(
    writer: &mut FileWriter<'_>,
    all: &DataTable,
    links: &SiteLinks<'_>,
    names: &TermNames,
    formats: &[OutputFormat],
    rules: &Rules,
) -> Result<(), PublishError> {
    #[derive(Serialize)]
    struct Index {
        generator: &'static str,
        columns: [&'static str; 8],
        rows: Vec<Vec<serde_json::Value>>,
    }
    #[derive(Serialize)]
    struct Manifest {
        schema: u32,
        generator: &'static str,
        terms: Vec<serde_json::Value>,
    }
    let (mut rows, mut terms) = (Vec::new(), Vec::new());
    for row in &all.rows {
        let Cell::Link(title, target) = &row[0] else { continue };
        let LinkTarget::Term(term) = target else { continue };
        let path = links.path(target).unwrap_or_default();
        let cells = row[1..].iter().map(|cell| match cell {
            Cell::Bars(days) => days.clone().into(),
            Cell::Count(count) => (*count).into(),
            Cell::Day(day) => day.to_string().into(),
            _ => serde_json::Value::Null,
        });
        let head = [title.clone().into(), term.clone().into(), path.clone().into()];
        rows.push(head.into_iter().chain(cells).collect());
        let files = names.files(term, formats).zip(formats).map(|(path, format)| {
            let path = percent_encoded(&path.display().to_string());
            (format.name().to_owned(), serde_json::Value::from(path))
        });
        terms.push(serde_json::json!({
            "term": term,
            "title": title,
            "page": path,
            "url": rules.terms.catalogue().get(term).and_then(|entry| entry.url.as_deref()),
            "files": files.collect::<serde_json::Map<_, _>>(),
        }));
    }
    let columns =
        ["title", "term", "page", "days", "window_pings", "total_pings", "views", "last_day"];
    writer
        .write("terms.json".into(), &json_line(&Index { generator: GENERATOR, columns, rows }))?;
    let schema = crate::report::JSON_SCHEMA;
    writer.write(
        "manifest.json".into(),
        &json_line(&Manifest { schema, generator: GENERATOR, terms }),
    )
}
