//! Counts which pages the first lines of the logs ask for: those that are terms, and those that no pattern takes.

use std::io::{self, Write};
use std::ops::ControlFlow;

use crate::config::Settings;
use crate::format::{Columns, Content, Format, LineReader, Record};
use crate::interner::Map;
use crate::pages::OTHER_PAGE;
use crate::pipeline::LogInput;
use crate::render::{count, counted, printable};

/// The number of pages that are shown of each kind.
const SHOWN: usize = 10;

/// The most pages of each kind that are distinguished, so that memory is bounded.
const PAGES_MAX: usize = 50_000;

/// The pages that were asked for, with their numbers of requests.
#[derive(Default)]
pub(super) struct AskedPages {
    requests: u64,
    terms: Map<String, u64>,
    others: Map<String, u64>,
}

impl AskedPages {
    /// Adds the requests in some lines whose method and status count.
    pub(super) fn add(
        &mut self,
        settings: &Settings,
        input: &LogInput,
        format: &Format,
        text: &[u8],
    ) {
        let _ = LineReader::new(format, Columns::default()).each(text, |line| {
            if let Content::Record { record, .. } = &line.content
                && (input.hosts.is_empty() || record.is_for_host(&input.hosts))
                && settings.rules.counting.counts(record)
            {
                self.add_record(settings, record);
            }
            ControlFlow::Continue(())
        });
    }

    fn add_record(&mut self, settings: &Settings, record: &Record<'_>) {
        self.requests += 1;
        let Some(path) = record.path.map(|path| record.decoded_path(path)) else { return };
        let (terms, requests) = (&settings.rules.terms, &settings.rules.requests);
        let page = String::from_utf8_lossy(&path);
        match terms.find(&page, record.plain_query().as_deref()) {
            Some(term) => add_to(&mut self.terms, term),
            None if requests.elsewhere_name(&path) == OTHER_PAGE => {
                add_to(&mut self.others, page.into_owned());
            }
            None => {}
        }
    }

    /// Writes the most frequent pages of each kind.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let asked = counted(self.requests, "request");
        if !self.terms.is_empty() {
            let number = counted(self.terms.len() as u64, "term");
            writeln!(out, "found   {number} in the first {asked}: {}", most_frequent(&self.terms))?;
        }
        if !self.others.is_empty() {
            let number = counted(self.others.len() as u64, "page");
            let pages = most_frequent(&self.others);
            writeln!(out, "no term {number} in the first {asked}: {pages}")?;
        }
        Ok(())
    }
}

fn add_to(pages: &mut Map<String, u64>, page: String) {
    if pages.len() < PAGES_MAX || pages.contains_key(&page) {
        *pages.entry(page).or_default() += 1;
    }
}

/// Returns the most frequent pages, each with its number of requests, and how many more there are.
fn most_frequent(pages: &Map<String, u64>) -> String {
    let mut sorted: Vec<(&str, u64)> =
        pages.iter().map(|(page, requests)| (&**page, *requests)).collect();
    sorted.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    let shown = sorted.iter().take(SHOWN).map(|(page, requests)| {
        format!("{} ({})", printable(&excerpt(page)), counted(*requests, "request"))
    });
    let mut words = shown.collect::<Vec<_>>().join(", ");
    if let Some(more) = sorted.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        words += &format!(" and {} more", count(more as u64));
    }
    words
}

/// Returns the start of a page's path, since visitors may write paths of any length.
fn excerpt(page: &str) -> String {
    const CHARS_MAX: usize = 60;
    match page.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &page[..end]),
        None => page.to_owned(),
    }
}
