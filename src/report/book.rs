//! Who came and when, from rows of the store: of one term, or of all.

use crate::classify::Namer;
use crate::store::{Carried, CoverageRow, PingRow};

use super::frame::Frame;
use super::guests::Guests;
use super::question::Question;
use super::{Book, ReportError, rank};

/// The rows that a book is made from, and the texts behind their ids.
pub(super) struct Rows<'r> {
    pub(super) pings: &'r [PingRow],
    pub(super) carried: &'r [Carried],
    pub(super) coverage: &'r [CoverageRow],
    pub(super) user_agents: &'r [(i64, String)],
    pub(super) request_types: &'r [(i64, String)],
    /// Views that count, added up.
    pub(super) views: u64,
}

impl Book {
    /// The book, and the pings that it counts for whoever asks more of them.
    pub(super) fn new(
        rows: &Rows<'_>,
        namer: &Namer,
        question: &Question,
    ) -> Result<(Book, Frame), ReportError> {
        let guests = Guests::new(rows.user_agents, namer, question);
        let (frame, impostor) = guests.frame(rows.pings, question)?;
        let days = rank::days(&frame, question, rows.coverage)?;
        let families = rank::families(&frame, &guests, rows.carried)?;
        let today_families = rank::families_on(&frame, &guests, question.today)?;
        let yesterday_families = rank::families_on(&frame, &guests, question.today.plus(-1))?;
        let book = Book {
            timezone: question.timezone.clone(),
            today_date: question.today,
            window_pings: days.iter().map(|day| day.pings).sum(),
            days,
            today_pings: today_families.iter().map(|family| family.pings).sum(),
            yesterday_pings: yesterday_families.iter().map(|family| family.pings).sum(),
            total_pings: families.iter().map(|family| family.pings).sum(),
            views: rows.views,
            families,
            today_families,
            yesterday_families,
            request_types: rank::request_types(&frame, rows.request_types, rows.carried)?,
            trust: rank::trust(&frame, impostor, rows.carried)?,
            caption: question.caption.clone(),
        };
        Ok((book, frame))
    }
}

/// A window that ends before the first log would be all gaps.
pub(super) fn check_day(question: &Question, coverage: &[CoverageRow]) -> Result<(), ReportError> {
    let first = coverage.first().ok_or(ReportError::Empty)?.day;
    let today = question.today;
    if today < first { Err(ReportError::BeforeData { today, first }) } else { Ok(()) }
}
