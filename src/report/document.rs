//! A page of plain data: charts, tables and figures in their order, final for all output formats.

use crate::day::Day;

/// A page about the site or a part of it.
#[derive(Clone, Debug)]
pub struct Document {
    pub title: String,
    /// The kind of thing that the page is about, such as `Family`. Empty for the site itself.
    pub kind: &'static str,
    /// The first and the last day that the page is about.
    pub from: Day,
    pub to: Day,
    pub blocks: Vec<Block>,
}

/// A part of a page.
#[derive(Clone, Debug)]
pub enum Block {
    /// A sentence of the program's own.
    Note(String),
    /// Single values, each with its label.
    Facts(Vec<(&'static str, Cell)>),
    /// Numbers that stand out.
    Tiles(Vec<Tile>),
    Chart(BarChart),
    Heat(HeatMap),
    Table(DataTable),
    /// Lines to copy.
    Snippet {
        title: &'static str,
        text: String,
    },
}

/// A number that stands out, with its change.
#[derive(Clone, Debug)]
pub struct Tile {
    pub label: &'static str,
    pub pings: u64,
    /// True if any log covers the time.
    pub covered: bool,
    /// The pings of as many full days before, and of the last full days. `None` if they can't be compared.
    pub change: Option<(u64, u64)>,
}

/// A chart of stacked bars, one for each part of the time.
#[derive(Clone, Debug)]
pub struct BarChart {
    pub id: &'static str,
    pub title: String,
    /// The unit of the values in the singular, such as `ping`.
    pub unit: &'static str,
    pub buckets: Vec<Bucket>,
    /// The series from the bottom to the top.
    pub series: Vec<Series>,
}

/// The days of one bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub from: Day,
    pub to: Day,
    /// True if any log covers any of the days.
    pub covered: bool,
}

/// The values of a chart that have one colour.
#[derive(Clone, Debug)]
pub struct Series {
    pub name: String,
    /// The value of each bucket.
    pub values: Vec<u64>,
}

/// Rows of numbers, drawn as fields of different strength.
#[derive(Clone, Debug)]
pub struct HeatMap {
    pub id: &'static str,
    pub title: String,
    pub unit: &'static str,
    /// The title of the rows' names, such as `Page`.
    pub row_label: &'static str,
    pub columns: Vec<HeatColumn>,
    pub rows: Vec<(Cell, Vec<u64>)>,
}

/// A column of a heat map.
#[derive(Clone, Debug)]
pub struct HeatColumn {
    pub name: String,
    /// True if any log covers it.
    pub covered: bool,
}

/// A table.
#[derive(Clone, Debug)]
pub struct DataTable {
    /// A name that is unique in its page, for links and files.
    pub id: &'static str,
    pub title: String,
    /// An explanation, or empty.
    pub note: String,
    pub columns: Vec<TableColumn>,
    /// All rows, which are those of CSV and JSON.
    pub rows: Vec<Vec<Cell>>,
    /// The most rows that are shown.
    pub shown_max: usize,
}

/// The most rows of a table, shown or not.
const ROWS_MAX: usize = 10_000;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct TableColumn {
    /// The name in JSON and CSV.
    pub name: &'static str,
    /// The name that people see.
    pub label: &'static str,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Empty,
    /// A word of the program's own.
    Word(String),
    /// Text that others chose: an agent, a title, a path.
    Name(String),
    /// A name with a page.
    Link(String, LinkTarget),
    Count(u64),
    /// A part of a whole.
    Share {
        part: u64,
        all: u64,
    },
    /// The change from one number to another. There is none if no logs cover the time before.
    Change {
        before: Option<u64>,
        now: u64,
    },
    /// The quotient of two numbers, such as pings for each view.
    Ratio {
        of: u64,
        to: u64,
    },
    Day(Day),
    /// The numbers of successive days.
    Bars(Vec<u64>),
}

/// The page that a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    Family(String),
    Agent(String),
    Term(String),
    /// A file beside the pages, by its path.
    File(String),
    /// An address elsewhere.
    Url(String),
}

/// The most days that have a bar each. More share bars by week, and by month past two years.
pub const DAILY_MAX: i32 = 45;
const WEEKLY_MAX: i32 = 750;

impl DataTable {
    /// Returns a table without rows. Each column is `name:Label`.
    pub fn new(id: &'static str, title: impl Into<String>, columns: &[&'static str]) -> DataTable {
        let column = |text: &&'static str| {
            let (name, label) = text.split_once(':').unwrap_or((text, text));
            TableColumn { name, label }
        };
        let columns = columns.iter().map(column).collect();
        let (note, rows) = (String::new(), Vec::new());
        DataTable { id, title: title.into(), note, columns, rows, shown_max: usize::MAX }
    }

    /// Returns the same table without its title and rows.
    #[must_use]
    pub fn clone_head(&self) -> DataTable {
        DataTable {
            title: String::new(),
            note: self.note.clone(),
            rows: Vec::new(),
            columns: self.columns.clone(),
            ..*self
        }
    }

    /// Shows only the first rows. CSV and JSON have up to 10,000.
    pub fn show_at_most(&mut self, rows_max: usize) {
        self.shown_max = rows_max;
        self.rows.truncate(ROWS_MAX);
    }

    /// Returns the rows that are shown.
    pub fn shown(&self) -> &[Vec<Cell>] {
        &self.rows[..self.rows.len().min(self.shown_max)]
    }

    /// Returns the number of rows that are not shown.
    pub fn more(&self) -> usize {
        self.rows.len() - self.shown().len()
    }
}

impl Cell {
    pub fn name(text: &str) -> Cell {
        Cell::Name(text.to_owned())
    }

    pub fn word(text: impl Into<String>) -> Cell {
        Cell::Word(text.into())
    }

    pub fn day(day: Option<Day>) -> Cell {
        day.map_or(Cell::Empty, Cell::Day)
    }

    /// Returns whether the value is a number, so that a column of it is aligned to the right.
    pub fn is_number(&self) -> bool {
        matches!(
            self,
            Cell::Count(_) | Cell::Share { .. } | Cell::Change { .. } | Cell::Ratio { .. }
        )
    }
}

impl BarChart {
    /// Returns a chart of one series with the values of successive days up to `to`.
    pub fn of_days(
        id: &'static str,
        title: impl Into<String>,
        days: &[u64],
        to: Day,
        is_covered: impl Fn(Day) -> bool,
    ) -> BarChart {
        let length = i32::try_from(days.len()).unwrap_or(i32::MAX);
        let from = to.plus(1 - length);
        let buckets = Bucket::divide(from, to, is_covered);
        let values = buckets.iter().map(|bucket| {
            let at = |day: Day| usize::try_from(day.number() - from.number()).unwrap_or_default();
            days[at(bucket.from)..=at(bucket.to)].iter().sum()
        });
        let series = vec![Series { name: String::new(), values: values.collect() }];
        BarChart { id, title: title.into(), unit: "ping", buckets, series }
    }

    /// Returns the sum of each bucket.
    pub fn totals(&self) -> Vec<u64> {
        let sum = |at: usize| self.series.iter().map(|series| series.values[at]).sum();
        (0..self.buckets.len()).map(sum).collect()
    }
}

impl Bucket {
    /// Divides some days into parts that a chart has room for: days, weeks or months.
    pub fn divide(from: Day, to: Day, is_covered: impl Fn(Day) -> bool) -> Vec<Bucket> {
        let length = to.number() - from.number() + 1;
        let is_start = |day: Day| {
            if length <= DAILY_MAX {
                true
            } else if length <= WEEKLY_MAX {
                day.weekday() == "Mon"
            } else {
                day.date().day() == 1
            }
        };
        let mut buckets: Vec<Bucket> = Vec::new();
        for day in (0..length).map(|at| from.plus(at)) {
            let covered = is_covered(day);
            match buckets.last_mut().filter(|_| !is_start(day)) {
                Some(last) => {
                    last.to = day;
                    last.covered |= covered;
                }
                None => buckets.push(Bucket { from: day, to: day, covered }),
            }
        }
        buckets
    }

    /// Returns the bucket that a day belongs to.
    pub fn find(buckets: &[Bucket], day: Day) -> Option<usize> {
        let at = buckets.partition_point(|bucket| bucket.to < day);
        buckets.get(at).filter(|bucket| bucket.from <= day).map(|_| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_share_bars_when_there_are_many() {
        let day = |text| Day::parse(text).unwrap();
        let to = day("2026-05-20");
        for (length, count, first_end) in [
            (30, 30, "2026-04-21"),
            (90, 14, "2026-02-22"),
            (365, 53, "2025-05-25"),
            (1096, 37, "2023-05-31"),
        ] {
            let buckets = Bucket::divide(to.plus(1 - length), to, |_| true);
            assert_eq!((buckets.len(), buckets[0].to), (count, day(first_end)), "{length}");
            let days: i32 = buckets.iter().map(|one| one.to.number() - one.from.number() + 1).sum();
            assert_eq!(days, length);
            for at in 0..length {
                let day = to.plus(-at);
                let bucket = buckets[Bucket::find(&buckets, day).unwrap()];
                assert!(bucket.from <= day && day <= bucket.to);
            }
            assert_eq!(Bucket::find(&buckets, to.plus(1)), None);
            assert_eq!(Bucket::find(&buckets, to.plus(-length)), None);
        }
    }
}
