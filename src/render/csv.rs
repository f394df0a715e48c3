//! CSV: one table in long form, so that every row says what it counts.

use crate::report::{Book, ListsSeen, SiteReport, TermReport};

use super::safe::cell;

/// `section,name,count`; days that no log covers have no count.
pub(super) fn term(report: &TermReport) -> String {
    let mut rows = Rows::new(&report.book);
    for row in &report.came_from {
        rows.add("came_from", &row.from, row.views);
    }
    rows.0
}

/// As of a term, with each term's pings in the window, of all time, and its views.
pub(super) fn site(report: &SiteReport) -> String {
    let mut rows = Rows::new(&report.book);
    for row in &report.terms {
        rows.add("term_window_pings", &row.term, row.window_pings);
        rows.add("term_total_pings", &row.term, row.total_pings);
        rows.add("term_views", &row.term, row.views);
    }
    for row in &report.elsewhere {
        rows.add("elsewhere_requests", &row.request_type, row.requests);
    }
    rows.0
}

struct Rows(String);

impl Rows {
    fn new(book: &Book) -> Rows {
        let mut rows = Rows("section,name,count\n".into());
        for day in &book.days {
            let gap = day.pings == 0 && !day.covered;
            let count = if gap { String::new() } else { day.pings.to_string() };
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
        if let Some(ListsSeen { count, oldest, newest }) = book.basis.ip_lists {
            rows.add("ip_lists", &format!("{oldest} to {newest}"), count);
        }
        rows
    }

    fn add(&mut self, section: &str, name: &str, count: u64) {
        self.row(section, name, &count.to_string());
    }

    fn row(&mut self, section: &str, name: &str, count: &str) {
        self.0.push_str(&format!("{section},{},{count}\n", cell(name)));
    }
}
