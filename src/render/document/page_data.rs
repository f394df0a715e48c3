//! Links from a page to its numbers.

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

use crate::report::DataTable;

use super::data::table_csv;

/// The bytes that are percent-encoded in a data URL (RFC 2397), besides those that are not ASCII.
const IN_DATA_URL: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>');

/// The files with a page's numbers, by their paths from the folder of the pages.
#[derive(Clone, Debug)]
pub enum PageData {
    None,
    /// Each table has its own, whose names start with this.
    Tables(String),
    /// The page has one as CSV and one as JSON.
    Page([String; 2]),
    /// Each table carries its rows as CSV. All numbers of the page are in one JSON file, if it is published.
    Inline {
        json: Option<String>,
    },
}

/// A link to the data of a table.
pub(super) struct FileView {
    pub(super) label: &'static str,
    pub(super) href: String,
    /// The name under which a browser saves it, if the link has the data itself.
    pub(super) name: String,
}

impl PageData {
    /// Returns links to the data of a table. `root` is the way to the folder of the pages.
    pub(super) fn table_files(&self, table: &DataTable, root: &str) -> Vec<FileView> {
        let file = |label, href| FileView { label, href, name: String::new() };
        match self {
            PageData::None | PageData::Page(_) => Vec::new(),
            PageData::Tables(data) => {
                let path = format!("{root}{data}-{}", table.id);
                vec![file("CSV", format!("{path}.csv")), file("JSON", format!("{path}.json"))]
            }
            PageData::Inline { json } => {
                let csv = table_csv(table);
                let csv = FileView {
                    label: "CSV",
                    href: format!(
                        "data:text/csv;charset=utf-8,{}",
                        percent_encode(&csv, IN_DATA_URL)
                    ),
                    name: format!("{}.csv", table.id),
                };
                let json = json.iter().map(|path| file("JSON", format!("{root}{path}")));
                [csv].into_iter().chain(json).collect()
            }
        }
    }
}
