//! The guestbooks of a whole site, counted in one pass over the store.

use crate::classify::Rules;
use crate::names::Map;
use crate::store::{Carried, CoverageRow, PingRow, Share, Store, ViewRow};

use super::book::{Counted, Shared, check_day, trust_basis};
use super::frame::{Frame, Sums};
use super::guests::{Guests, Picked, take_impostors};
use super::question::Question;
use super::term::Views;
use super::{Book, ReportError, TermReport, TrustBasis, rank};

/// The store's id of no term, under which stands what agents asked for elsewhere.
pub(super) const NO_TERM_ID: i64 = 0;

/// The store's id of the user agent that says nothing: no agent.
const NO_USER_AGENT_ID: i64 = 0;

/// Everything that the reports of one question are made from. Memory grows with terms and days of the
/// window, and not with the years that the store holds.
pub struct Guestbooks<'r> {
    pub(super) rules: &'r Rules,
    pub(super) question: &'r Question,
    pub(super) coverage: Vec<CoverageRow>,
    pub(super) request_types: Vec<(i64, String)>,
    basis: TrustBasis,
    /// The terms' ids, by the names that the catalogue gives them today.
    pub(super) ids: Map<String, i64>,
    /// What agents asked for beside the terms, by request type: how often, and the first time.
    pub(super) elsewhere: Map<i64, (u64, i64)>,
    came_from: Vec<(i64, String)>,
    guests: Guests,
    all: Sums,
    terms: Map<i64, Sums>,
    views: Map<i64, Views>,
    carried: Map<i64, Vec<Carried>>,
    impostors: Map<i64, u64>,
}

impl<'r> Guestbooks<'r> {
    /// Reads and counts what the store holds.
    pub fn read(
        store: &Store,
        rules: &'r Rules,
        question: &'r Question,
    ) -> Result<Guestbooks<'r>, ReportError> {
        let _snapshot = store.snapshot()?;
        let coverage = store.coverage()?;
        check_day(question, &coverage)?;
        let guests = Guests::new(&store.user_agents()?, &rules.namer, question);
        let (ids, moved) = canonical_terms(store.terms()?, rules);
        let canonical = |term: i64| moved.get(&term).copied().unwrap_or(term);
        let (mut picked, mut elsewhere) = (Picked::new(question), Map::default());
        let mut views: Map<i64, Views> = Map::default();
        for share in Share::all() {
            let add_ping = |mut row: PingRow| {
                if row.term != NO_TERM_ID {
                    row.term = canonical(row.term);
                    guests.family_of(row.user_agent).inspect(|family| picked.add(&row, *family));
                } else if row.user_agent != NO_USER_AGENT_ID && row.day <= question.today {
                    let sum = elsewhere.entry(row.request).or_insert(rank::NOTHING);
                    rank::add(sum, row.requests, row.first);
                }
            };
            let add_view = |row: ViewRow| {
                views.entry(canonical(row.term)).or_default().add(&row, question.today);
            };
            store.each_row_in(share, add_ping, add_view)?;
            picked.end_share();
        }
        let mut rows = picked.finish();
        let impostors = take_impostors(&mut rows, question);
        let terms = Frame::new(&rows)?.sums_by_term()?;
        let mut carried: Map<i64, Vec<Carried>> = Map::default();
        for row in store.carried()? {
            carried.entry(canonical(row.term)).or_default().push(row);
        }
        Ok(Guestbooks {
            rules,
            question,
            coverage,
            request_types: store.request_types()?,
            basis: trust_basis(store)?,
            ids,
            elsewhere,
            came_from: store.came_from()?,
            guests,
            all: Sums::of_all(terms.values()),
            terms,
            views,
            carried,
            impostors,
        })
    }

    /// The guestbook of a term, by its own name.
    pub fn term(&self, term: &str) -> TermReport {
        let came_from = self.views_of(term).map(|views| views.came_from(&self.came_from));
        let came_from = came_from.unwrap_or_default();
        let none = Sums::default();
        let id = self.ids.get(term).copied();
        let counted = Counted {
            sums: id.and_then(|id| self.terms.get(&id)).unwrap_or(&none),
            impostors: id.and_then(|id| self.impostors.get(&id)).copied().unwrap_or_default(),
            carried: self.carried_of(term),
            views: self.views_of(term).map_or(0, Views::total),
            referred: &Views::by_family(&came_from, &self.rules.referrers),
        };
        let book = Book::new(&counted, &self.shared());
        TermReport::of(term, self.rules, book, came_from)
    }

    /// The book of all terms together.
    pub(super) fn all(&self) -> Book {
        let mut carried: Vec<Carried> = self.carried.values().flatten().cloned().collect();
        carried.sort_by_key(|row| row.term);
        let each = self.views.values().map(|views| views.came_from(&self.came_from));
        let came_from = each.collect::<Vec<_>>().concat();
        let counted = Counted {
            sums: &self.all,
            impostors: self.impostors.values().sum(),
            carried: &carried,
            views: self.views.values().map(Views::total).sum(),
            referred: &Views::by_family(&came_from, &self.rules.referrers),
        };
        Book::new(&counted, &self.shared())
    }

    /// A term's pings by day; days before the window are one.
    pub(super) fn days_of(&self, term: &str) -> &[(i64, u64)] {
        let sums = self.ids.get(term).and_then(|id| self.terms.get(id));
        sums.map_or(&[], |sums| &sums.days)
    }

    pub(super) fn carried_of(&self, term: &str) -> &[Carried] {
        self.ids.get(term).and_then(|id| self.carried.get(id)).map_or(&[], |rows| rows)
    }

    pub(super) fn views_of(&self, term: &str) -> Option<&Views> {
        self.ids.get(term).and_then(|id| self.views.get(id))
    }

    fn shared(&self) -> Shared<'_> {
        let Guestbooks { question, coverage, guests, request_types, basis, .. } = self;
        let catalogue = self.rules.namer.catalogue().version();
        Shared { question, coverage, guests, request_types, basis: *basis, catalogue }
    }
}

/// The ids of the stored terms by the names that the catalogue gives them today; and where what stands
/// under an alias belongs, as when an alias was listed after the page had been seen under it.
fn canonical_terms(terms: Vec<(i64, String)>, rules: &Rules) -> (Map<String, i64>, Map<i64, i64>) {
    let catalogue = rules.terms.catalogue();
    let (mut by_name, mut moved): (Map<String, i64>, Map<i64, i64>) = Default::default();
    for (id, name) in terms {
        let name = catalogue.get(&name).map_or(name, |entry| entry.term.clone());
        let first = *by_name.entry(name).or_insert(id);
        if first != id {
            moved.insert(id, first);
        }
    }
    (by_name, moved)
}
