//! Builds a book from totals: looks up names, orders lists, and adds the days of the window.

use std::cmp::Reverse;
use std::collections::HashSet;

use crate::agents::OTHER;
use crate::classify::Rules;
use crate::day::Day;
use crate::interner::Map;
use crate::store::{CoverageRow, Store, StoreError};

use super::count::Count;
use super::data::{
    AgentPings, Book, CameFrom, DayPings, FamilyCount, FamilyPings, ListAges, RequestTypeCount,
    RequestTypePings, TrustBasis,
};
use super::error::ReportError;
use super::families::{FamilyIndex, NO_AGENT};
use super::query::Query;
use super::ranking::{PRE_TRACKING, ranked};
use super::totals::{SignerTotal, Totals};

/// The most agents of a family that are listed. Bots choose their names.
const AGENTS_MAX: usize = 50;

/// The data that all books of one query share: the names behind the ids in totals, and the covered days.
pub(super) struct ReportContext<'r> {
    pub(super) rules: &'r Rules,
    pub(super) query: &'r Query,
    pub(super) coverage: Vec<CoverageRow>,
    request_types: Map<i64, String>,
    came_from: Map<i64, String>,
    basis: TrustBasis,
}

impl<'r> ReportContext<'r> {
    /// Reads the context. Fails if the window ends before the first covered day.
    pub(super) fn read(
        store: &Store,
        rules: &'r Rules,
        query: &'r Query,
    ) -> Result<ReportContext<'r>, ReportError> {
        let coverage = store.coverage()?;
        let first = coverage.first().ok_or(ReportError::Empty)?.day;
        if query.today < first {
            return Err(ReportError::BeforeData { today: query.today, first });
        }
        Ok(ReportContext {
            rules,
            query,
            coverage,
            request_types: store.request_types()?.into_iter().collect(),
            came_from: store.came_from()?.into_iter().collect(),
            basis: trust_basis(store)?,
        })
    }

    /// Returns the book of some totals.
    pub(super) fn book(&self, totals: &Totals, families: &FamilyIndex) -> Book {
        let Query { today, timezone, caption, .. } = self.query;
        let days = self.days(totals);
        let today_families = family_counts(&totals.today, families);
        let yesterday_families = family_counts(&totals.yesterday, families);
        let sum = |counts: &[FamilyCount]| counts.iter().map(|count| count.pings).sum();
        Book {
            timezone: timezone.clone(),
            today_date: *today,
            window_pings: days.iter().map(|day| day.pings).sum(),
            days,
            today_pings: sum(&today_families),
            yesterday_pings: sum(&yesterday_families),
            total_pings: totals.pings,
            views: totals.view_count(),
            families: self.families(totals, families),
            today_families,
            yesterday_families,
            request_types: self.request_types(totals),
            trust: totals.trust,
            catalogue: self.rules.namer.catalogue().version().to_owned(),
            basis: self.basis,
            caption: caption.clone(),
        }
    }

    fn days(&self, totals: &Totals) -> Vec<DayPings> {
        let covered: HashSet<Day> = self.coverage.iter().map(|row| row.day).collect();
        let pings = totals.last_days(self.query.days);
        let day = |(date, pings): (Day, u64)| {
            let covered = covered.contains(&date);
            DayPings { date, weekday: date.weekday(), pings, covered }
        };
        self.query.window().zip(pings).map(day).collect()
    }

    fn families(&self, totals: &Totals, families: &FamilyIndex) -> Vec<FamilyPings> {
        let mut referred: Map<&str, u64> = Map::default();
        for (source, count) in &totals.views {
            if let Some(family) = self.rules.referrers.family(self.source(*source)) {
                *referred.entry(family).or_default() += count.n;
            }
        }
        let by_number = totals.families();
        let by_name: Map<&str, u64> = by_number
            .iter()
            .map(|(family, total)| (families.name(*family), total.verified))
            .collect();
        let entries = by_number.iter().map(|(family, total)| (families.name(*family), total.count));
        let mut agents: Map<&str, Vec<(&str, SignerTotal)>> = Map::default();
        let named = totals.agents.iter().filter(|(signer, _)| signer.agent != NO_AGENT);
        for (signer, total) in named {
            let agent = (families.name(signer.agent), *total);
            agents.entry(families.name(signer.family)).or_default().push(agent);
        }
        let row = |(family, pings): (String, u64)| {
            let agents = agents.remove(&*family).map(agent_rows).unwrap_or_default();
            let verified = by_name.get(&*family).copied().unwrap_or_default();
            let referred = referred.get(&*family).copied().unwrap_or_default();
            FamilyPings { family, pings, verified, referred, agents }
        };
        ranked(entries).into_iter().map(row).collect()
    }

    fn request_types(&self, totals: &Totals) -> Vec<RequestTypePings> {
        // Carried counts have no day, so they come last among equal counts.
        let carried = Count { n: totals.carried, first_seen: i64::MAX };
        let carried = Some((PRE_TRACKING, carried)).filter(|_| totals.carried > 0);
        let types = totals.requests.iter().map(|(id, count)| (self.request_type(*id), *count));
        let ranking = ranked(types.chain(carried)).into_iter();
        ranking.map(|(request_type, pings)| RequestTypePings { request_type, pings }).collect()
    }

    /// Returns views by source.
    pub(super) fn sources(&self, totals: &Totals) -> Vec<CameFrom> {
        let entries = totals.views.iter().map(|(id, count)| (self.source(*id), *count));
        ranked(entries).into_iter().map(|(from, views)| CameFrom { from, views }).collect()
    }

    /// Returns requests for other paths than terms, by type.
    pub(super) fn elsewhere(&self, requests: &Map<i64, Count>) -> Vec<RequestTypeCount> {
        let entries = requests.iter().map(|(id, count)| (self.request_type(*id), *count));
        let ranking = ranked(entries).into_iter();
        ranking
            .map(|(request_type, requests)| RequestTypeCount { request_type, requests })
            .collect()
    }

    fn request_type(&self, id: i64) -> &str {
        self.request_types.get(&id).map_or("", |name| name)
    }

    fn source(&self, id: i64) -> &str {
        self.came_from.get(&id).map_or("", |name| name)
    }
}

fn family_counts(counts: &Map<u32, Count>, families: &FamilyIndex) -> Vec<FamilyCount> {
    let entries = counts.iter().map(|(family, count)| (families.name(*family), *count));
    ranked(entries).into_iter().map(|(family, pings)| FamilyCount { family, pings }).collect()
}

fn trust_basis(store: &Store) -> Result<TrustBasis, StoreError> {
    let days = store.ip_list_days()?;
    let (oldest, newest) = (days.iter().min().copied(), days.iter().max().copied());
    let count = days.len() as u64;
    let lists = oldest.zip(newest).map(|(oldest, newest)| ListAges { count, oldest, newest });
    Ok(TrustBasis { ip_lists: lists, reverse_dns: store.has_asked_dns()? })
}

/// Returns the rows of a family's agents. Those past the limit share one.
fn agent_rows(mut agents: Vec<(&str, SignerTotal)>) -> Vec<AgentPings> {
    agents.sort_by_key(|(name, total)| (Reverse(total.count.n), total.count.first_seen, *name));
    let mut rows: Vec<AgentPings> = Vec::new();
    for (name, SignerTotal { count, verified, .. }) in agents {
        match rows.last_mut().filter(|last| last.agent == OTHER) {
            Some(last) => {
                last.pings += count.n;
                last.verified += verified;
            }
            None => {
                let is_last = rows.len() + 1 == AGENTS_MAX;
                let agent = if is_last { OTHER } else { name }.to_owned();
                rows.push(AgentPings { agent, pings: count.n, verified });
            }
        }
    }
    rows
}
