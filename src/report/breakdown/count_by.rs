//! Adds up the rows of the store by some columns.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::classify::Rules;
use crate::day::Day;
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
use super::listing::{Listing, SortBy};
use super::site_facts::SiteFacts;
use super::sum_table::SumTable;
use super::sums::{Conditions, Sums};
use super::table::{BreakdownRow, BreakdownTable, Measures};

/// The rows that a thread counts on its own before it adds them to those of all.
const ROWS_APART: usize = 50_000;

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
        if source == FactSource::Requests && self.by.len() > 1 && self.by.contains(&Dimension::Day)
        {
            let listing = self.listing(&dimensions);
            let days = self.from..self.to.plus(1);
            let listing = list_by_day(&mut readers, &coverage, &days, sums, listing)?;
            return Ok(self.table(listing, None, None, &dimensions));
        }
        let mut count = |days: Range<Day>| -> Result<SumTable, StoreError> {
            match source {
                FactSource::Requests => count_stored(&mut readers, &coverage, &days, sums),
                FactSource::Failures | FactSource::Hours => {
                    let mut sums = sums();
                    let in_days = facts.iter().filter(|fact| days.contains(&fact.day()));
                    in_days.for_each(|fact| sums.add(fact));
                    Ok(sums.table)
                }
            }
        };
        self.answer_by(&mut count, &coverage, &dimensions).map_err(ReportError::from)
    }

    /// Answers the question from the site's facts, if it asks for no term.
    pub fn answer_from(&self, facts: &SiteFacts<'_>) -> BreakdownTable {
        let conditions = Conditions::of(&self.only, &self.not, &facts.dimensions);
        let source = self.source().unwrap_or(FactSource::Requests);
        let mut count = |days: Range<Day>| -> Result<SumTable, Infallible> {
            let mut sums = Sums::new(&self.by, &conditions, &facts.dimensions);
            facts.each_in(source, &days, |fact| sums.add(fact));
            Ok(sums.table)
        };
        match self.answer_by(&mut count, &facts.coverage, &facts.dimensions) {
            Ok(table) => table,
        }
    }

    /// Counts the days of the question and those that it compares with. Returns the table.
    fn answer_by<E>(
        &self,
        count: &mut impl FnMut(Range<Day>) -> Result<SumTable, E>,
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
                counted.entry(key, row.day);
            }
        }
        let mut listing = self.listing(dimensions);
        // A key that only the other time has gets a row too.
        let gone = previous.iter().flat_map(|previous| previous.rows());
        for (key, before) in gone.filter(|(key, _)| counted.get(key).is_none()) {
            listing.add(*key, before.emptied());
        }
        counted.take_rows().for_each(|(key, counted)| listing.add(key, counted));
        Ok(self.table(listing, previous.as_ref(), previous_days, dimensions))
    }

    fn listing<'l>(&'l self, dimensions: &'l Dimensions<'l>) -> Listing<'l> {
        Listing::new(&self.by, self.sort, self.top, dimensions)
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

    /// Returns the answer with the listed rows.
    fn table(
        &self,
        listing: Listing<'_>,
        previous: Option<&SumTable>,
        previous_days: Option<(Day, Day)>,
        dimensions: &Dimensions<'_>,
    ) -> BreakdownTable {
        let (total, row_count) = (listing.total(), listing.row_count);
        let rows = listing.into_rows().into_iter().map(|(key, counted)| {
            let values = self.by.iter().zip(key);
            let values = values.map(|(column, number)| {
                (column.name(), label(*column, number, dimensions).into_owned())
            });
            let before = previous.map(|previous| {
                previous.get(&key).map(|counted| counted.measures(&self.by)).unwrap_or_default()
            });
            BreakdownRow {
                values: values.collect(),
                measures: counted.measures(&self.by),
                first_day: counted.first_day,
                last_day: counted.last_day,
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

/// Counts the rows of the store in some days, on all cores. Only one table has all keys.
fn count_stored<'s>(
    readers: &mut [Store],
    coverage: &[CoverageRow],
    days: &Range<Day>,
    sums: impl Fn() -> Sums<'s> + Sync,
) -> Result<SumTable, StoreError> {
    let all = Mutex::new(SumTable::default());
    let add = |sums: &mut Sums<'s>| {
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        sums.table.take_rows().for_each(|(key, counted)| all.add(key, counted));
    };
    on_all_days(readers, &covered_in(coverage, days), |reader, part| {
        let part = part.start.max(days.start)..part.end.min(days.end);
        let mut sums = sums();
        let mut count = |fact: &Fact| {
            sums.add(fact);
            if sums.table.len() >= ROWS_APART {
                add(&mut sums);
            }
        };
        reader.each_ping_in(part.clone(), |row| count(&Fact::Ping(row)))?;
        reader.each_view_in(part, |row| count(&Fact::View(row)))?;
        add(&mut sums);
        Ok(())
    })?;
    Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Counts the rows of the store day by day, on all cores, for questions whose rows are each of one day: with the day they are
/// complete, and only those that may be listed are kept.
fn list_by_day<'s, 'l>(
    readers: &mut [Store],
    coverage: &[CoverageRow],
    days: &Range<Day>,
    sums: impl Fn() -> Sums<'s> + Sync,
    listing: Listing<'l>,
) -> Result<Listing<'l>, StoreError> {
    let listing = Mutex::new(listing);
    let coverage = covered_in(coverage, days);
    on_all_days(readers, &coverage, |reader, part| {
        let mut sums = sums();
        for day in coverage.iter().map(|row| row.day).filter(|day| part.contains(day)) {
            reader.each_ping_in(day..day.plus(1), |row| sums.add(&Fact::Ping(row)))?;
            reader.each_view_in(day..day.plus(1), |row| sums.add(&Fact::View(row)))?;
            let mut listing = listing.lock().unwrap_or_else(PoisonError::into_inner);
            sums.table.take_rows().for_each(|(key, counted)| listing.add(key, counted));
        }
        Ok(())
    })?;
    Ok(listing.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn covered_in(coverage: &[CoverageRow], days: &Range<Day>) -> Vec<CoverageRow> {
    coverage.iter().filter(|row| days.contains(&row.day)).copied().collect()
}
