//! Adds up the rows of the store by some columns.

use std::borrow::Cow;
use std::convert::Infallible;
use std::ops::Range;

use crate::classify::Rules;
use crate::day::Day;
use crate::nearest::nearest;
use crate::parallel::cores;
use crate::report::data::JSON_SCHEMA;
use crate::report::error::ReportError;
use crate::report::query::Query;
use crate::store::{CoverageRow, Store, StoreError};

use super::condition::Condition;
use super::counted::Counted;
use super::dimension::{Dimension, FactSource};
use super::dimensions::{Dimensions, Fact};
use super::listing::{ListedRow, Listing, SortBy};
use super::pass::Pass;
use super::site_facts::SiteFacts;
use super::stored::{PassError, ROWS_MAX, StoredFacts};
use super::sum_table::SumTable;
use super::sums::{Conditions, Sums};
use super::table::{BreakdownRow, BreakdownTable, Measures};

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
        self.answer_within(ROWS_MAX, store, rules, query)
    }

    /// Answers the question with about `rows_max` rows of it in memory, besides those that are listed. Reads the store more
    /// than once if the answer has more.
    pub fn answer_within(
        &self,
        rows_max: usize,
        store: &Store,
        rules: &Rules,
        query: &Query,
    ) -> Result<BreakdownTable, ReportError> {
        let readers = store.readers(cores())?;
        let mut dimensions = Dimensions::read(&readers[0], rules, query)?;
        let coverage = readers[0].coverage()?;
        if coverage.is_empty() {
            return Err(ReportError::Empty);
        }
        let (source, days) = (self.source()?, self.all_days());
        let facts: Vec<Fact> = match source {
            FactSource::Requests => Vec::new(),
            FactSource::Failures => {
                let failures = dimensions.read_failures(&readers[0], days)?;
                failures.into_iter().map(Fact::Failure).collect()
            }
            FactSource::Hours => {
                let hours = readers[0].hours(days.start, days.end.plus(-1))?;
                hours.into_iter().map(Fact::Hour).collect()
            }
        };
        for condition in self.only.iter().chain(&self.not) {
            self.check(condition, &dimensions)?;
        }
        if source == FactSource::Requests {
            let rows_max = if self.compare.is_some() { rows_max / 2 } else { rows_max };
            let mut stored = StoredFacts { readers, coverage, rows_max };
            return Ok(self.answer_stored(&mut stored, &dimensions)?);
        }
        let conditions = Conditions::of(&self.only, &self.not, &dimensions);
        let count = |days: &Range<Day>| {
            let mut sums = Sums::new(&self.by, &conditions, &dimensions, Pass::ONLY);
            let in_days = facts.iter().filter(|fact| days.contains(&fact.day()));
            in_days.for_each(|fact| sums.add(fact));
            sums.table
        };
        Ok(self.answer_counted(count, &coverage, &dimensions))
    }

    /// Answers a question about pings and views, in more than one pass if there are too many rows for the memory.
    fn answer_stored(
        &self,
        stored: &mut StoredFacts,
        dimensions: &Dimensions<'_>,
    ) -> Result<BreakdownTable, StoreError> {
        let conditions = Conditions::of(&self.only, &self.not, dimensions);
        let mut count = 1;
        loop {
            match self.list_stored(stored, count, &conditions, dimensions) {
                Ok(listing) => return Ok(self.table(listing, dimensions)),
                Err(PassError::TooManyRows) => count *= 2,
                Err(PassError::Store(error)) => return Err(error),
            }
        }
    }

    /// Lists the rows of the store in `count` passes.
    fn list_stored<'l>(
        &'l self,
        stored: &mut StoredFacts,
        count: u64,
        conditions: &Conditions,
        dimensions: &'l Dimensions<'l>,
    ) -> Result<Listing<'l>, PassError> {
        let mut listing = self.listing(dimensions);
        let days = self.from..self.to.plus(1);
        for number in 0..count {
            let sums = || Sums::new(&self.by, conditions, dimensions, Pass { number, count });
            match self.by.iter().copied().filter(|column| column.is_span()).min() {
                Some(column) if self.by.len() > 1 => {
                    stored.count_by_time(&days, column, sums, |key, counted| {
                        listing.add(key, counted, None)
                    })?
                }
                _ => {
                    let coverage = stored.coverage.clone();
                    let count = |days: &Range<Day>| stored.count(days, sums);
                    self.list_counted(&mut listing, count, &coverage)?;
                }
            }
        }
        Ok(listing)
    }

    /// Answers the question from the site's facts, if it asks for no term.
    pub fn answer_from(&self, facts: &SiteFacts<'_>) -> BreakdownTable {
        let conditions = Conditions::of(&self.only, &self.not, &facts.dimensions);
        let source = self.source().unwrap_or(FactSource::Requests);
        let count = |days: &Range<Day>| {
            let mut sums = Sums::new(&self.by, &conditions, &facts.dimensions, Pass::ONLY);
            facts.each_in(source, days, |fact| sums.add(fact));
            sums.table
        };
        self.answer_counted(count, &facts.coverage, &facts.dimensions)
    }

    /// Answers the question from facts that are in memory. `count` can't fail.
    fn answer_counted(
        &self,
        count: impl Fn(&Range<Day>) -> SumTable,
        coverage: &[CoverageRow],
        dimensions: &Dimensions<'_>,
    ) -> BreakdownTable {
        let mut listing = self.listing(dimensions);
        let count = |days: &Range<Day>| -> Result<SumTable, Infallible> { Ok(count(days)) };
        match self.list_counted(&mut listing, count, coverage) {
            Ok(()) => self.table(listing, dimensions),
        }
    }

    /// Counts the days of the question and those that it compares with, and lists the rows.
    fn list_counted<E>(
        &self,
        listing: &mut Listing<'_>,
        mut count: impl FnMut(&Range<Day>) -> Result<SumTable, E>,
        coverage: &[CoverageRow],
    ) -> Result<(), E> {
        let mut counted = count(&(self.from..self.to.plus(1)))?;
        let previous = match self.previous_days() {
            Some((from, to)) => Some(count(&(from..to.plus(1)))?),
            None => None,
        };
        if self.by == [Dimension::Day] && self.only.is_empty() && self.not.is_empty() {
            // A covered day without any request is a zero, a day without a log is a gap.
            for row in coverage.iter().filter(|row| (self.from..=self.to).contains(&row.day)) {
                let key = [Dimension::Day.time_key(row.day), 0, 0, 0];
                counted.entry(key, row.day);
            }
        }
        let measures = |counted: &Counted| counted.measures(&self.by);
        // A key that only the other time has gets a row too.
        let gone = previous.iter().flat_map(|previous| previous.rows());
        for (key, before) in gone.filter(|(key, _)| counted.get(key).is_none()) {
            listing.add(*key, before.emptied(), Some(measures(before)));
        }
        for (key, counted) in counted.take_rows() {
            let before = previous.as_ref().map(|previous| previous.get(&key).map(measures));
            listing.add(key, counted, before.map(Option::unwrap_or_default));
        }
        Ok(())
    }

    fn listing<'l>(&'l self, dimensions: &'l Dimensions<'l>) -> Listing<'l> {
        Listing::new(&self.by, self.sort, self.top, dimensions)
    }

    /// Returns the days of the question, up to those that it compares with.
    fn all_days(&self) -> Range<Day> {
        let first = self.previous_days().map_or(self.from, |(first, _)| first);
        first.min(self.from)..self.to.plus(1)
    }

    /// Returns the first and the last of the days that the question compares with.
    fn previous_days(&self) -> Option<(Day, Day)> {
        self.compare.map(|compare| compare.days(self.from, self.to))
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
    fn table(&self, listing: Listing<'_>, dimensions: &Dimensions<'_>) -> BreakdownTable {
        let (total, row_count) = (listing.total(), listing.row_count);
        let rows = listing.into_rows().into_iter().map(|ListedRow { key, counted, before }| {
            let values = self.by.iter().zip(key);
            let values = values.map(|(column, number)| {
                (column.name(), label(*column, number, dimensions).into_owned())
            });
            BreakdownRow {
                values: values.collect(),
                measures: counted.measures(&self.by),
                first_day: counted.first_day,
                last_day: counted.last_day,
                previous: before.map(|before| *before),
            }
        });
        BreakdownTable {
            schema: JSON_SCHEMA,
            from: self.from,
            to: self.to,
            previous: self.previous_days(),
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
