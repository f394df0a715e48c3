//! Who came and when, from rows of the store: of one term, or of all.

use crate::day::Day;
use crate::names::Map;
use crate::store::{Carried, CoverageRow, Store, StoreError};

use super::frame::Sums;
use super::guests::Guests;
use super::question::Question;
use super::{Book, ListsSeen, ReportError, TrustBasis, rank};

/// What a book is made from.
pub(super) struct Counted<'r> {
    pub(super) sums: &'r Sums,
    /// Pings of impostors that are told, but not among the guests.
    pub(super) impostors: u64,
    pub(super) carried: &'r [Carried],
    /// Views that count, added up.
    pub(super) views: u64,
    /// Those of them that a family's products have sent.
    pub(super) referred: &'r Map<String, u64>,
}

/// What the books of one question share.
pub(super) struct Shared<'r> {
    pub(super) question: &'r Question,
    pub(super) coverage: &'r [CoverageRow],
    pub(super) guests: &'r Guests,
    pub(super) request_types: &'r [(i64, String)],
    pub(super) basis: TrustBasis,
    pub(super) catalogue: &'r str,
}

impl Book {
    pub(super) fn new(counted: &Counted<'_>, shared: &Shared<'_>) -> Book {
        let &Counted { sums, impostors, carried, views, referred } = counted;
        let &Shared { question, coverage, guests, request_types, basis, catalogue } = shared;
        let days = rank::days(sums, question, coverage);
        let families = rank::families(sums, guests, carried, referred);
        let today_families = rank::families_on(sums, guests, question.today);
        let yesterday_families = rank::families_on(sums, guests, question.today.plus(-1));
        Book {
            timezone: question.timezone.clone(),
            today_date: question.today,
            window_pings: days.iter().map(|day| day.pings).sum(),
            days,
            today_pings: today_families.iter().map(|family| family.pings).sum(),
            yesterday_pings: yesterday_families.iter().map(|family| family.pings).sum(),
            total_pings: families.iter().map(|family| family.pings).sum(),
            views,
            families,
            today_families,
            yesterday_families,
            request_types: rank::request_types(sums, request_types, carried),
            trust: rank::trust(sums, impostors, carried),
            catalogue: catalogue.to_owned(),
            basis,
            caption: question.caption.clone(),
        }
    }
}

/// By what addresses are judged, and how old the lists among that are.
pub(super) fn trust_basis(store: &Store) -> Result<TrustBasis, StoreError> {
    let days: Vec<Day> = store.ip_lists_seen()?;
    let (oldest, newest) = (days.iter().min().copied(), days.iter().max().copied());
    let count = days.len() as u64;
    let lists = oldest.zip(newest).map(|(oldest, newest)| ListsSeen { count, oldest, newest });
    Ok(TrustBasis { ip_lists: lists, reverse_dns: store.has_asked_names()? })
}

/// A window that ends before the first log would be all gaps.
pub(super) fn check_day(question: &Question, coverage: &[CoverageRow]) -> Result<(), ReportError> {
    let first = coverage.first().ok_or(ReportError::Empty)?.day;
    let today = question.today;
    if today < first { Err(ReportError::BeforeData { today, first }) } else { Ok(()) }
}
