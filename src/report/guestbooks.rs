//! The guestbooks of all terms, counted in one pass over the store.

use std::ops::Range;

use crate::classify::Rules;
use crate::day::Day;
use crate::interner::Map;
use crate::parallel::cores;
use crate::store::{NO_TERM_ID, PingRow, Store, StoreError, ViewRow};

use super::book::ReportContext;
use super::breakdown::{Dimensions, SiteFacts, SiteRows};
use super::count::Count;
use super::data::{Book, TermReport};
use super::day_ranges::on_all_days;
use super::error::ReportError;
use super::families::{FamilyIndex, Signer};
use super::query::Query;
use super::term::term_report;
use super::totals::Totals;

/// The store's id of the missing user agent.
const NO_USER_AGENT_ID: i64 = 0;

/// The totals of every term. The memory grows with the number of terms, not with the years in the store.
pub struct Guestbooks<'r> {
    pub(super) context: ReportContext<'r>,
    pub(super) families: FamilyIndex,
    /// Term ids, by the names in the current catalogue.
    pub(super) ids: Map<String, i64>,
    pub(super) terms: Map<i64, Totals>,
    all: Totals,
    /// Requests of agents for other paths, by request type.
    pub(super) elsewhere: Map<i64, Count>,
}

impl<'r> Guestbooks<'r> {
    /// Reads and counts all rows of the store once, for the guestbooks of terms and for all questions about the site.
    pub fn read_with_facts(
        store: &Store,
        rules: &'r Rules,
        query: &'r Query,
    ) -> Result<(Guestbooks<'r>, SiteFacts<'r>), ReportError> {
        Guestbooks::read_with(store, rules, query, Need::Pages)
    }

    /// Reads all rows of the store once, for all questions about the site. The guestbooks have no terms.
    pub fn read_facts(
        store: &Store,
        rules: &'r Rules,
        query: &'r Query,
    ) -> Result<(Guestbooks<'r>, SiteFacts<'r>), ReportError> {
        Guestbooks::read_with(store, rules, query, Need::Facts)
    }

    fn read_with(
        store: &Store,
        rules: &'r Rules,
        query: &'r Query,
        need: Need,
    ) -> Result<(Guestbooks<'r>, SiteFacts<'r>), ReportError> {
        let (books, parts) = Guestbooks::read_for(store, rules, query, need)?;
        let (dimensions, rows) = parts.ok_or(ReportError::Empty)?;
        Ok((books, SiteFacts::new(store, dimensions, rows)?))
    }

    /// Reads and counts all rows for the site's guestbook. Those of terms lack their agents and request types, so that less
    /// memory is needed.
    pub(super) fn read_for_site(
        store: &Store,
        rules: &'r Rules,
        query: &'r Query,
    ) -> Result<Guestbooks<'r>, ReportError> {
        Ok(Guestbooks::read_for(store, rules, query, Need::Site)?.0)
    }

    fn read_for(
        store: &Store,
        rules: &'r Rules,
        query: &'r Query,
        need: Need,
    ) -> Result<(Guestbooks<'r>, Option<SiteParts<'r>>), ReportError> {
        let mut readers = store.readers(cores())?;
        let reader = &readers[0];
        let context = ReportContext::read(reader, rules, query)?;
        let mut families = FamilyIndex::new(&reader.user_agents()?, rules);
        let (ids, aliases) = canonical_terms(reader.terms()?, rules);
        let canonical = |term: i64| match aliases.is_empty() {
            true => term,
            false => aliases.get(&term).copied().unwrap_or(term),
        };
        let carried = reader.carried()?;
        let dimensions = match need.has_facts() {
            true => Some(Dimensions::read(reader, rules, query)?),
            false => None,
        };
        let first_user_agents =
            dimensions.as_ref().map(Dimensions::first_user_agents).unwrap_or_default();
        let parts =
            on_all_days::<_, StoreError>(&mut readers, &context.coverage, |reader, days| {
                let mut totals = SiteTotals::new(need);
                totals.read(
                    reader,
                    days,
                    &|row| RowNames {
                        signer: families.of_user_agent(row.user_agent),
                        term: canonical(row.term),
                        fact: dimensions.as_ref().and_then(|dimensions| {
                            let first = first_user_agents.get(&row.user_agent)?;
                            Some((*first, dimensions.are_pings(row)))
                        }),
                    },
                    query,
                    &canonical,
                )?;
                Ok(totals)
            })?;
        let mut site = SiteTotals::default();
        for part in parts {
            site.merge(part);
        }
        for row in &carried {
            let family = families.of_carried(row);
            site.terms.entry(canonical(row.term)).or_default().add_carried(row, family);
            site.all.iter_mut().for_each(|all| all.add_carried(row, family));
        }
        let SiteTotals { terms, elsewhere, all, rows, .. } = site;
        let all = all.unwrap_or_else(|| {
            let mut all = Totals::default();
            terms.values().for_each(|totals| all += totals);
            all
        });
        let books = Guestbooks { context, families, ids, terms, all, elsewhere };
        Ok((books, dimensions.zip(rows)))
    }

    /// Returns the guestbook of a term. `term` is its name, not an alias.
    pub fn term(&self, term: &str) -> TermReport {
        let empty = Totals::default();
        let totals = self.totals(term).unwrap_or(&empty);
        term_report(term, totals, &self.families, &self.context)
    }

    /// Returns the book of all terms together.
    pub(super) fn book(&self) -> Book {
        self.context.book(&self.all, &self.families)
    }

    pub(super) fn totals(&self, term: &str) -> Option<&Totals> {
        self.ids.get(term).and_then(|id| self.terms.get(id))
    }
}

/// The names and the rows from which [`SiteFacts`] is made.
type SiteParts<'r> = (Dimensions<'r>, SiteRows);

/// The counts that are needed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// The site with all its agents, and the terms without theirs, which takes less memory.
    Site,
    /// The terms, and the facts of the site.
    Pages,
    /// The facts of the site alone.
    Facts,
}

impl Need {
    fn has_facts(self) -> bool {
        matches!(self, Need::Pages | Need::Facts)
    }
}

/// The totals of every term in some days.
#[derive(Default)]
struct SiteTotals {
    terms: Map<i64, Totals>,
    elsewhere: Map<i64, Count>,
    /// The sum of all terms, if those lack their agents.
    all: Option<Totals>,
    /// The facts of the site, if they are needed.
    rows: Option<SiteRows>,
    /// True if the terms are counted.
    has_terms: bool,
}

/// The meaning of the ids in a row.
struct RowNames {
    signer: Option<Signer>,
    term: i64,
    /// The user agent that stands for all of the same agent, and whether the requests are pings, for the facts of the site.
    fact: Option<(i64, bool)>,
}

impl SiteTotals {
    fn new(need: Need) -> SiteTotals {
        SiteTotals {
            all: (need == Need::Site).then(Totals::default),
            rows: need.has_facts().then(SiteRows::default),
            has_terms: need != Need::Facts,
            ..SiteTotals::default()
        }
    }

    fn read(
        &mut self,
        store: &Store,
        days: Range<Day>,
        names: &impl Fn(&PingRow) -> RowNames,
        query: &Query,
        canonical: &impl Fn(i64) -> i64,
    ) -> Result<(), StoreError> {
        let SiteTotals { terms, elsewhere, all, rows, has_terms } = self;
        let has_terms = *has_terms;
        store.each_ping_in(days.clone(), |row: PingRow| {
            let names = names(&row);
            if let Some(rows) = rows.as_mut().filter(|_| row.day <= query.today)
                && let Some((first, is_ping)) = names.fact
            {
                rows.add_ping(&row, first, is_ping);
            }
            if !has_terms {
                return;
            }
            if row.term != NO_TERM_ID {
                let Some(signer) = names.signer else { return };
                let totals: &mut Totals = terms.entry(names.term).or_default();
                match all {
                    Some(all) => {
                        all.add_ping(&row, signer, query);
                        totals.add_unsigned(&row, query);
                    }
                    None => totals.add_ping(&row, signer, query),
                }
            } else if row.user_agent != NO_USER_AGENT_ID && row.day <= query.today {
                let count = Count { n: row.requests, first_seen: row.first_seen };
                *elsewhere.entry(row.request).or_default() += count;
            }
        })?;
        store.each_view_in(days, |row: ViewRow| {
            if has_terms {
                terms.entry(canonical(row.term)).or_default().add_view(&row, query);
            }
            all.iter_mut().for_each(|all| all.add_view(&row, query));
            if let Some(rows) = rows.as_mut().filter(|_| row.day <= query.today) {
                rows.add_view(&row);
            }
        })
    }

    fn merge(&mut self, other: SiteTotals) {
        if self.terms.is_empty() {
            self.terms = other.terms;
        } else {
            for (term, totals) in &other.terms {
                *self.terms.entry(*term).or_default() += totals;
            }
        }
        match (&mut self.all, other.all) {
            (Some(all), Some(other)) => *all += &other,
            (all, other) => *all = all.take().or(other),
        }
        match (&mut self.rows, other.rows) {
            (Some(rows), Some(other)) => rows.merge(other),
            (rows, other) => *rows = rows.take().or(other),
        }
        for (request, count) in other.elsewhere {
            *self.elsewhere.entry(request).or_default() += count;
        }
    }
}

/// Returns the ids of stored terms by their names in the current catalogue, and the term's id for the id of each alias.
/// A page may have been stored under an alias before the catalogue listed that.
fn canonical_terms(terms: Vec<(i64, String)>, rules: &Rules) -> (Map<String, i64>, Map<i64, i64>) {
    let catalogue = rules.terms.catalogue();
    let (mut by_name, mut aliases): (Map<String, i64>, Map<i64, i64>) = Default::default();
    for (id, name) in terms {
        let name = catalogue.get(&name).map_or(name, |entry| entry.term.clone());
        let first = *by_name.entry(name).or_insert(id);
        if first != id {
            aliases.insert(id, first);
        }
    }
    (by_name, aliases)
}
