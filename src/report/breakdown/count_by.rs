//! Adds up the rows of the store by some columns.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::convert::Infallible;
use std::ops::Range;

use crate::classify::Rules;
use crate::day::Day;
use crate::interner::Map;
use crate::nearest::nearest;
use crate::parallel::cores;
use crate::report::data::JSON_SCHEMA;
use crate::report::day_ranges::on_all_days;
use crate::report::error::ReportError;
use crate::report::query::Query;
use crate::store::{CoverageRow, Store, StoreError};

use super::condition::Condition;
use super::dimension::{Dimension, FactSource};
use super::dimensions::{Dimensions, Fact};
use super::site_facts::SiteFacts;
use super::sums::{Conditions, Counted, Key, Sums};
use super::table::{BreakdownRow, BreakdownTable, Measures};

/// The fewest rows from which those that are not listed are dropped while the others are looked at.
const ROWS_KEPT: usize = 10_000;

/// A question to the store.
#[derive(Clone, Debug)]
pub struct Breakdown {
    /// The columns, at least one.
    pub by: Vec<Dimension>,
    /// The conditions that all must be met.
    pub only: Vec<Condition>,
    /// The conditions of which none must be met.
    pub not: Vec<Condition>,
    pub from: Day,
    pub to: Day,
    pub compare: Option<Compare>,
    /// `None` for the order of time if the first column is one of time, else for most pings first.
    pub sort: Option<SortBy>,
    /// The most rows to list.
    pub top: usize,
}

/// The days that an answer is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// As many days right before.
    Previous,
    /// The same days a year earlier.
    Year,
}

/// The order of the rows: most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    Pings,
    Requests,
    Bytes,
    Views,
    Terms,
    Agents,
}

impl Breakdown {
    /// Answers the question from the store.
    pub fn answer(
        &self,
        store: &Store,
        rules: &Rules,
        query: &Query,
    ) -> Result<BreakdownTable, ReportError> {
        let mut readers = store.readers(cores())?;
        let mut dimensions = Dimensions::read(&readers[0], rules, query)?;
        let coverage = readers[0].coverage()?;
        if coverage.is_empty() {
            return Err(ReportError::Empty);
        }
        let source = self.source()?;
        let facts = match source {
            FactSource::Requests => Vec::new(),
            FactSource::Failures => {
                let days = self.all_days();
                let failures = dimensions.read_failures(&readers[0], days)?;
                failures.into_iter().map(Fact::Failure).collect()
            }
            FactSource::Hours => {
                let days = self.all_days();
                let hours = readers[0].hours(days.start, days.end.plus(-1))?;
                hours.into_iter().map(Fact::Hour).collect()
            }
        };
        for condition in self.only.iter().chain(&self.not) {
            self.check(condition, &dimensions)?;
        }
        let conditions = Conditions::of(&self.only, &self.not, &dimensions);
        let sums = || Sums::new(&self.by, &conditions, &dimensions);
        let mut count = |days: Range<Day>| -> Result<Map<Key, Counted>, StoreError> {
            match source {
                FactSource::Requests => count_stored(&mut readers, &coverage, &days, sums),
                FactSource::Failures | FactSource::Hours => {
                    let mut sums = sums();
                    facts
                        .iter()
                        .filter(|fact| days.contains(&fact.day()))
                        .for_each(|fact| sums.add(fact));
                    Ok(sums.into_map())
                }
            }
        };
        self.answer_by(&mut count, &coverage, &dimensions).map_err(ReportError::from)
    }

    /// Answers the question from the site's facts, if it asks for no term.
    pub fn answer_from(&self, facts: &SiteFacts<'_>) -> BreakdownTable {
        let conditions = Conditions::of(&self.only, &self.not, &facts.dimensions);
        let source = self.source().unwrap_or(FactSource::Requests);
        let mut count = |days: Range<Day>| -> Result<Map<Key, Counted>, Infallible> {
            let mut sums = Sums::new(&self.by, &conditions, &facts.dimensions);
            facts.each_in(source, &days, |fact| sums.add(fact));
            Ok(sums.into_map())
        };
        match self.answer_by(&mut count, &facts.coverage, &facts.dimensions) {
            Ok(table) => table,
        }
    }

    /// Counts the days of the question and those that it compares with. Returns the table.
    fn answer_by<E>(
        &self,
        count: &mut impl FnMut(Range<Day>) -> Result<Map<Key, Counted>, E>,
        coverage: &[CoverageRow],
        dimensions: &Dimensions<'_>,
    ) -> Result<BreakdownTable, E> {
        let mut counted = count(self.from..self.to.plus(1))?;
        let previous_days = self.compare.map(|compare| compare.days(self.from, self.to));
        let previous = match previous_days {
            Some((from, to)) => Some(count(from..to.plus(1))?),
            None => None,
        };
        if self.by == [Dimension::Day] && self.only.is_empty() && self.not.is_empty() {
            // A covered day without any request is a zero, a day without a log is a gap.
            for row in coverage.iter().filter(|row| (self.from..=self.to).contains(&row.day)) {
                let key = [Dimension::Day.time_key(row.day), 0, 0, 0];
                counted.entry(key).or_insert(Counted::on(row.day));
            }
        }
        Ok(self.table(counted, previous, previous_days, dimensions))
    }

    /// Returns the days of the question, up to those that it compares with.
    fn all_days(&self) -> Range<Day> {
        let first = self.compare.map_or(self.from, |compare| compare.days(self.from, self.to).0);
        first.min(self.from)..self.to.plus(1)
    }

    /// Returns the table that has all columns. Fails if none has.
    fn source(&self) -> Result<FactSource, ReportError> {
        let conditions = self.only.iter().chain(&self.not).map(|condition| condition.column);
        let columns = || self.by.iter().copied().chain(conditions.clone());
        let special = columns().find(|column| column.table() != FactSource::Requests);
        let Some(special) = special else { return Ok(FactSource::Requests) };
        match columns().find(|column| !column.is_in(special.table())) {
            Some(other) => {
                Err(ReportError::ColumnsApart { one: special.name(), other: other.name() })
            }
            None => Ok(special.table()),
        }
    }

    /// Checks that a condition names values that there are.
    fn check(&self, condition: &Condition, dimensions: &Dimensions<'_>) -> Result<(), ReportError> {
        let known = dimensions.values(condition.column);
        for value in condition.values.iter().filter(|value| !value.contains('*')) {
            if !known.iter().any(|known| known.eq_ignore_ascii_case(value)) {
                let column = condition.column.name();
                let nearest = nearest(value, known.iter().copied());
                return Err(ReportError::NoValue { column, value: value.clone(), nearest });
            }
        }
        Ok(())
    }

    /// Returns the rows in their order.
    fn table(
        &self,
        mut counted: Map<Key, Counted>,
        previous: Option<Map<Key, Counted>>,
        previous_days: Option<(Day, Day)>,
        dimensions: &Dimensions<'_>,
    ) -> BreakdownTable {
        let total = self.total(&counted);
        // A key that only the other time has gets a row too.
        for (key, before) in previous.iter().flatten() {
            counted.entry(*key).or_insert_with(|| before.emptied());
        }
        let row_count = counted.len();
        let sorted = self.listed(counted, dimensions);
        let rows = sorted.into_iter().map(|(key, counted)| {
            let values = self.by.iter().zip(key);
            let values = values.map(|(column, number)| {
                (column.name(), label(*column, number, dimensions).into_owned())
            });
            let before = previous.as_ref().map(|previous| {
                previous.get(&key).map(|counted| counted.measures(&self.by)).unwrap_or_default()
            });
            let measures = counted.measures(&self.by);
            let Counted { first_day, last_day, .. } = counted;
            BreakdownRow {
                values: values.collect(),
                measures,
                first_day,
                last_day,
                previous: before,
            }
        });
        BreakdownTable {
            schema: JSON_SCHEMA,
            from: self.from,
            to: self.to,
            previous: previous_days,
            measures: match self.source() {
                Ok(FactSource::Failures | FactSource::Hours) => Measures::OF_REQUESTS,
                _ => Measures::ALL,
            },
            by: self.by.iter().map(|column| column.name()).collect(),
            row_count,
            total,
            rows: rows.collect(),
        }
    }

    /// Returns the rows that are listed, in their order. There may be millions: only those that may be listed are kept.
    fn listed(
        &self,
        counted: Map<Key, Counted>,
        dimensions: &Dimensions<'_>,
    ) -> Vec<(Key, Counted)> {
        let order =
            |one: &(Key, Counted), other: &(Key, Counted)| self.order(one, other, dimensions);
        let keep_most = |sorted: &mut Vec<(Key, Counted)>| {
            if self.top < sorted.len() {
                sorted.select_nth_unstable_by(self.top, order);
                sorted.truncate(self.top);
            }
        };
        let mut sorted = Vec::new();
        for row in counted {
            sorted.push(row);
            if sorted.len() >= self.top.saturating_mul(2).max(ROWS_KEPT) {
                keep_most(&mut sorted);
            }
        }
        keep_most(&mut sorted);
        sorted.sort_unstable_by(order);
        sorted
    }

    /// Returns the measures of all rows together.
    fn total(&self, counted: &Map<Key, Counted>) -> Measures {
        let mut total: Option<Counted> = None;
        let (mut terms, mut agents) = (HashSet::new(), HashSet::new());
        for (key, counted) in counted {
            for (column, number) in self.by.iter().zip(key) {
                match column {
                    Dimension::Term if counted.has_term => drop(terms.insert(*number)),
                    Dimension::Agent => drop(agents.insert(*number)),
                    _ => {}
                }
            }
            match &mut total {
                Some(total) => total.merge(counted),
                None => total = Some(counted.clone()),
            }
        }
        let total = total.map(|total| total.measures(&self.by)).unwrap_or_default();
        let is_by = |column| self.by.contains(&column);
        Measures {
            terms: if is_by(Dimension::Term) { terms.len() as u64 } else { total.terms },
            agents: if is_by(Dimension::Agent) { agents.len() as u64 } else { total.agents },
            ..total
        }
    }

    fn order(
        &self,
        one: &(Key, Counted),
        other: &(Key, Counted),
        dimensions: &Dimensions<'_>,
    ) -> Ordering {
        let is_in_time = self.sort.is_none() && self.by[0].is_in_order();
        let most = |counted: &Counted| {
            let Measures { pings, requests, bytes, views, .. } = counted.measures;
            Reverse(match self.sort {
                None | Some(SortBy::Pings) => (pings, requests, views),
                Some(SortBy::Requests) => (requests, pings, views),
                Some(SortBy::Bytes) => (bytes, requests, pings),
                Some(SortBy::Views) => (views, pings, requests),
                Some(SortBy::Terms) => (counted.measures(&self.by).terms, pings, requests),
                Some(SortBy::Agents) => (counted.measures(&self.by).agents, pings, requests),
            })
        };
        let by_time = if is_in_time { one.0[0].cmp(&other.0[0]) } else { Ordering::Equal };
        let by_text = || {
            let columns = self.by.iter().zip(one.0.iter().zip(&other.0));
            let mut texts = columns.map(|(column, (one, other))| match column.is_in_order() {
                true => one.cmp(other),
                false => dimensions.texts.text(*one).cmp(dimensions.texts.text(*other)),
            });
            texts.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        };
        by_time.then_with(|| most(&one.1).cmp(&most(&other.1))).then_with(by_text)
    }
}

/// Returns the text of a number in a column.
fn label<'d>(column: Dimension, number: u32, dimensions: &'d Dimensions<'_>) -> Cow<'d, str> {
    match column.is_in_order() {
        true => column.time_label(number).into(),
        false => dimensions.texts.text(number).into(),
    }
}

impl Compare {
    /// Returns the first and the last day that some days are compared with.
    fn days(self, from: Day, to: Day) -> (Day, Day) {
        match self {
            Compare::Previous => {
                let length = to.number() - from.number() + 1;
                (from.plus(-length), to.plus(-length))
            }
            Compare::Year => {
                let year = jiff::Span::new().years(1);
                let earlier = |day: Day| Day::from_date(day.date().saturating_sub(year));
                (earlier(from), earlier(to))
            }
        }
    }
}

/// Counts the rows of the store in some days, on all cores.
fn count_stored<'s>(
    readers: &mut [Store],
    coverage: &[CoverageRow],
    days: &Range<Day>,
    sums: impl Fn() -> Sums<'s> + Sync,
) -> Result<Map<Key, Counted>, StoreError> {
    let coverage: Vec<CoverageRow> =
        coverage.iter().filter(|row| days.contains(&row.day)).copied().collect();
    let parts = on_all_days(readers, &coverage, |reader, part| {
        let part = part.start.max(days.start)..part.end.min(days.end);
        let mut sums = sums();
        reader.each_ping_in(part.clone(), |row| sums.add(&Fact::Ping(row)))?;
        reader.each_view_in(part, |row| sums.add(&Fact::View(row)))?;
        Ok(sums.into_map())
    })?;
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    for (key, counted) in parts.flatten() {
        match all.entry(key) {
            Entry::Occupied(mut sum) => sum.get_mut().merge(&counted),
            Entry::Vacant(free) => drop(free.insert(counted)),
        }
    }
    Ok(all)
}
