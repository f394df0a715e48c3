//! Writes CSV (RFC 4180): any table, and reports as one table in long form.

use std::io::{self, Write};

use ::csv::{ErrorKind, Terminator, Writer, WriterBuilder};

use crate::report::{Book, ListAges, SiteReport, TermReport};

use super::escape::guard_formula;

/// A CSV writer whose cells are never run as formulas by a spreadsheet, and never control a terminal.
pub struct CsvWriter<W: Write>(Writer<W>);

impl<W: Write> CsvWriter<W> {
    pub fn new(out: W) -> CsvWriter<W> {
        CsvWriter(WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out))
    }

    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) -> io::Result<()> {
        for cell in cells {
            self.0.write_field(&*guard_formula(cell.as_ref())).map_err(io_error)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(io_error)
    }

    /// Flushes the buffer.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Returns the error of the writer. The crate's own conversion loses its kind.
fn io_error(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Returns the rows `section,name,count`. Days that no log covers have no count.
pub(super) fn term(report: &TermReport) -> Vec<u8> {
    let mut rows = Rows::new(&report.book);
    for row in &report.came_from {
        rows.add("came_from", &row.from, row.views);
    }
    for answer in &report.answers {
        rows.add("answer_requests", answer.status.name(), answer.requests);
    }
    rows.finish()
}

/// Returns the same rows for the site, with each term's pings in the window and of all time, and its views.
pub(super) fn site(report: &SiteReport) -> Vec<u8> {
    let mut rows = Rows::new(&report.book);
    for row in &report.terms {
        rows.add("term_window_pings", &row.term, row.window_pings);
        rows.add("term_total_pings", &row.term, row.total_pings);
        rows.add("term_views", &row.term, row.views);
    }
    for row in &report.elsewhere {
        rows.add("elsewhere_requests", &row.request_type, row.requests);
    }
    rows.finish()
}

struct Rows(CsvWriter<Vec<u8>>);

impl Rows {
    fn new(book: &Book) -> Rows {
        let mut rows = Rows(CsvWriter::new(Vec::new()));
        rows.row("section", "name", "count");
        for day in &book.days {
            let is_gap = day.pings == 0 && !day.covered;
            let count = if is_gap { String::new() } else { day.pings.to_string() };
            rows.row("day_pings", &day.date.to_string(), &count);
        }
        rows.add("total", "window_pings", book.window_pings);
        rows.add("total", "today_pings", book.today_pings);
        rows.add("total", "yesterday_pings", book.yesterday_pings);
        rows.add("total", "total_pings", book.total_pings);
        rows.add("total", "views", book.views);
        for row in &book.families {
            rows.add("family_pings", &row.family, row.pings);
        }
        for row in book.families.iter().filter(|row| row.verified > 0) {
            rows.add("family_verified", &row.family, row.verified);
        }
        for row in book.families.iter().filter(|row| row.referred > 0) {
            rows.add("family_referred_views", &row.family, row.referred);
        }
        for row in &book.request_types {
            rows.add("request_type_pings", &row.request_type, row.pings);
        }
        rows.add("trust_pings", "verified", book.trust.verified);
        rows.add("trust_pings", "impostor", book.trust.impostor);
        rows.add("trust_pings", "unverifiable", book.trust.unverifiable);
        rows.add("trust_pings", "unchecked", book.trust.unchecked);
        rows.row("catalogue", &book.catalogue, "");
        if let Some(ListAges { count, oldest, newest }) = book.basis.ip_lists {
            rows.add("ip_lists", &format!("{oldest} to {newest}"), count);
        }
        rows
    }

    fn add(&mut self, section: &str, name: &str, count: u64) {
        self.row(section, name, &count.to_string());
    }

    fn row(&mut self, section: &str, name: &str, count: &str) {
        self.0.row([section, name, count]).expect("writing to memory can't fail");
    }

    fn finish(self) -> Vec<u8> {
        self.0.0.into_inner().expect("writing to memory can't fail")
    }
}
