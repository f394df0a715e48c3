//! The list of all pages with a history.

use crate::report::{Cell, DataTable, LinkTarget, TermHistory};

use super::facts::SiteView;
use super::parts::last;

/// The days without a ping after which a page counts as long not visited.
const SILENT_DAYS: i32 = 90;

/// The most pages in the lists of never and long not visited ones.
const SILENT_MAX: usize = 50;

/// The tables of pages with a history.
pub struct TermList {
    /// All, the most visited in the window first.
    pub all: DataTable,
    pub never: DataTable,
    pub long_not: DataTable,
}

/// Returns the tables of all pages with a history.
pub fn terms(view: &SiteView<'_>) -> TermList {
    let mut pages = view.books.histories();
    let window = |page: &TermHistory<'_>| -> u64 { last(page.days, view.query.days).iter().sum() };
    pages.sort_by_cached_key(|page| {
        (std::cmp::Reverse((window(page), page.total, page.views)), page.term.to_owned())
    });
    let columns = [
        "term:Term",
        "days:Days",
        "window_pings:Window",
        "total_pings:All time",
        "views:Views",
        "last_day:Last ping",
    ];
    let mut all = DataTable::new("terms", "All terms", &columns);
    all.rows = pages
        .iter()
        .map(|page| {
            let mut bars = last(page.days, view.query.days).to_vec();
            if bars.iter().all(|pings| *pings == 0) {
                bars.clear();
            }
            vec![
                link(page),
                Cell::Bars(bars),
                Cell::Count(window(page)),
                Cell::Count(page.total),
                Cell::Count(page.views),
                Cell::day(page.last_day),
            ]
        })
        .collect();
    let mut never =
        DataTable::new("never", "Never visited by an agent", &["term:Term", "views:Views"]);
    let unseen = pages.iter().filter(|page| page.total == 0);
    never.rows = unseen.map(|page| vec![link(page), Cell::Count(page.views)]).collect();
    never.show_at_most(SILENT_MAX);
    let title = format!("Not visited for {SILENT_DAYS} days");
    let columns = ["term:Term", "last_day:Last ping", "total_pings:All time"];
    let mut long_not = DataTable::new("long_not", title, &columns);
    let limit = view.query.today.plus(-SILENT_DAYS);
    let mut silent: Vec<&TermHistory<'_>> =
        pages.iter().filter(|page| page.last_day.is_some_and(|day| day < limit)).collect();
    silent.sort_by_key(|page| (page.last_day, page.term));
    long_not.rows = silent
        .into_iter()
        .map(|page| vec![link(page), Cell::day(page.last_day), Cell::Count(page.total)])
        .collect();
    long_not.show_at_most(SILENT_MAX);
    TermList { all, never, long_not }
}

fn link(page: &TermHistory<'_>) -> Cell {
    Cell::Link(page.title.to_owned(), LinkTarget::Term(page.term.to_owned()))
}
