//! Adds up the rows of the store by some columns.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
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
use super::dimension::Dimension;
use super::dimensions::{Dimensions, Fact};
use super::table::{BreakdownRow, BreakdownTable, Measures};

/// The most columns of an answer.
pub const COLUMNS_MAX: usize = 4;

/// The fewest rows from which those that are not listed are dropped while the others are looked at.
const ROWS_KEPT: usize = 10_000;

/// The numbers of a row's values. Those that no column has are 0.
type Key = [u32; COLUMNS_MAX];

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
}

/// The sums of a key, with its first and last day.
#[derive(Clone, Copy, Debug)]
struct Counted {
    measures: Measures,
    first_day: Day,
    last_day: Day,
}

impl Breakdown {
    /// Answers the question.
    pub fn answer(
        &self,
        store: &Store,
        rules: &Rules,
        query: &Query,
    ) -> Result<BreakdownTable, ReportError> {
        let mut readers = store.readers(cores())?;
        let dimensions = Dimensions::read(&readers[0], rules, query)?;
        for condition in self.only.iter().chain(&self.not) {
            self.check(condition, &dimensions)?;
        }
        let coverage = readers[0].coverage()?;
        if coverage.is_empty() {
            return Err(ReportError::Empty);
        }
        let conditions = Conditions::of(self, &dimensions);
        let mut count =
            |days: Range<Day>| self.count(&mut readers, &coverage, &days, &dimensions, &conditions);
        let mut counted = count(self.from..self.to.plus(1))?;
        let previous_days = self.compare.map(|compare| compare.days(self.from, self.to));
        let previous = match previous_days {
            Some((from, to)) => Some(count(from..to.plus(1))?),
            None => None,
        };
        if self.by == [Dimension::Day] && self.only.is_empty() && self.not.is_empty() {
            // A covered day without any request is a zero, a day without a log is a gap.
            for row in coverage.iter().filter(|row| (self.from..=self.to).contains(&row.day)) {
                if let Some(key) = self.key(|column| Some(column.time_key(row.day))) {
                    counted.entry(key).or_insert(Counted::on(row.day));
                }
            }
        }
        Ok(self.table(counted, previous, previous_days, &dimensions))
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

    fn key(&self, value: impl Fn(Dimension) -> Option<u32>) -> Option<Key> {
        let mut key = Key::default();
        for (slot, column) in key.iter_mut().zip(&self.by) {
            *slot = value(*column)?;
        }
        Some(key)
    }

    fn count(
        &self,
        readers: &mut [Store],
        coverage: &[CoverageRow],
        days: &Range<Day>,
        dimensions: &Dimensions<'_>,
        conditions: &Conditions,
    ) -> Result<Map<Key, Counted>, StoreError> {
        let coverage: Vec<CoverageRow> =
            coverage.iter().filter(|row| days.contains(&row.day)).copied().collect();
        let parts = on_all_days(readers, &coverage, |reader, part| {
            let part = part.start.max(days.start)..part.end.min(days.end);
            let mut counted: Map<Key, Counted> = Map::default();
            let mut add = |fact: &Fact, day: Day, measures: &Measures| {
                if conditions.are_met(fact, dimensions)
                    && let Some(key) = self.key(|column| dimensions.value(column, fact))
                {
                    counted.entry(key).or_insert(Counted::on(day)).add(day, measures);
                }
            };
            reader.each_ping_in(part.clone(), |row| {
                let pings = if dimensions.are_pings(&row) { row.requests } else { 0 };
                let (requests, bytes) = (row.requests, row.bytes);
                let measures = Measures { pings, requests, bytes, views: 0 };
                add(&Fact::Ping(row), row.day, &measures);
            })?;
            reader.each_view_in(part, |row| {
                let measures = Measures { views: row.views, ..Measures::default() };
                add(&Fact::View(row), row.day, &measures);
            })?;
            Ok(counted)
        })?;
        let mut parts = parts.into_iter();
        let mut all = parts.next().unwrap_or_default();
        for (key, counted) in parts.flatten() {
            all.entry(key).or_insert(Counted::on(counted.first_day)).merge(&counted);
        }
        Ok(all)
    }

    /// Returns the rows in their order.
    fn table(
        &self,
        mut counted: Map<Key, Counted>,
        previous: Option<Map<Key, Counted>>,
        previous_days: Option<(Day, Day)>,
        dimensions: &Dimensions<'_>,
    ) -> BreakdownTable {
        let mut total = Measures::default();
        counted.values().for_each(|counted| total.add(&counted.measures));
        // A key that only the other time has gets a row too.
        for (key, before) in previous.iter().flatten() {
            let gone = Counted { measures: Measures::default(), ..*before };
            counted.entry(*key).or_insert(gone);
        }
        let row_count = counted.len();
        // There may be millions of rows: only those that may be listed are kept, and get their texts.
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
        let rows = sorted.into_iter().map(|(key, counted)| {
            let values = self.by.iter().zip(key);
            let values = values.map(|(column, number)| {
                (column.name(), label(*column, number, dimensions).into_owned())
            });
            let before = previous.as_ref().map(|previous| {
                previous.get(&key).map(|counted| counted.measures).unwrap_or_default()
            });
            let Counted { measures, first_day, last_day } = counted;
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
            by: self.by.iter().map(|column| column.name()).collect(),
            row_count,
            total,
            rows: rows.collect(),
        }
    }

    fn order(
        &self,
        one: &(Key, Counted),
        other: &(Key, Counted),
        dimensions: &Dimensions<'_>,
    ) -> Ordering {
        let is_in_time = self.sort.is_none() && self.by[0].is_of_time();
        let most = |counted: &Counted| {
            let Measures { pings, requests, bytes, views } = counted.measures;
            Reverse(match self.sort {
                None | Some(SortBy::Pings) => (pings, requests, views),
                Some(SortBy::Requests) => (requests, pings, views),
                Some(SortBy::Bytes) => (bytes, requests, pings),
                Some(SortBy::Views) => (views, pings, requests),
            })
        };
        let by_time = if is_in_time { one.0[0].cmp(&other.0[0]) } else { Ordering::Equal };
        let by_text = || {
            let columns = self.by.iter().zip(one.0.iter().zip(&other.0));
            let mut texts = columns.map(|(column, (one, other))| match column.is_of_time() {
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
    match column.is_of_time() {
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

impl Counted {
    fn on(day: Day) -> Counted {
        Counted { measures: Measures::default(), first_day: day, last_day: day }
    }

    fn add(&mut self, day: Day, measures: &Measures) {
        self.measures.add(measures);
        self.first_day = self.first_day.min(day);
        self.last_day = self.last_day.max(day);
    }

    fn merge(&mut self, other: &Counted) {
        self.add(other.first_day, &other.measures);
        self.last_day = self.last_day.max(other.last_day);
    }
}

/// The conditions of a question: of each text, by its number, whether it matches.
struct Conditions {
    only: Vec<(Dimension, Vec<bool>)>,
    not: Vec<(Dimension, Vec<bool>)>,
}

impl Conditions {
    fn of(breakdown: &Breakdown, dimensions: &Dimensions<'_>) -> Conditions {
        let numbers = |conditions: &[Condition]| {
            let pair = |condition: &Condition| (condition.column, dimensions.matching(condition));
            conditions.iter().map(pair).collect()
        };
        Conditions { only: numbers(&breakdown.only), not: numbers(&breakdown.not) }
    }

    fn are_met(&self, fact: &Fact, dimensions: &Dimensions<'_>) -> bool {
        let is_one = |(column, matches): &(Dimension, Vec<bool>)| {
            dimensions.value(*column, fact).is_some_and(|value| matches[value as usize])
        };
        self.only.iter().all(is_one) && !self.not.iter().any(is_one)
    }
}
