//! Counts over the store's rows, by polars.

use polars::prelude::{Column, DataFrame, NamedFrom, PolarsResult, Series};

/// A table of pings, one row for each row of the store that counts.
pub(super) struct Frame {
    table: DataFrame,
}

/// A row for the table. All of it but the count is what sums can be asked by.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameRow {
    pub(super) term: i64,
    pub(super) day: i64,
    pub(super) family: i64,
    pub(super) request: i64,
    pub(super) trust: i64,
    pub(super) pings: u64,
    /// Seconds since the Unix epoch.
    pub(super) first: i64,
}

/// The sum of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    /// The group's values, in the order of the columns that were asked for.
    pub(super) key: Vec<i64>,
    pub(super) pings: u64,
    /// The first of its pings.
    pub(super) first: i64,
}

impl Frame {
    pub(super) fn new(rows: &[FrameRow]) -> PolarsResult<Frame> {
        let integers = |name: &str, value: fn(&FrameRow) -> i64| -> Column {
            Series::new(name.into(), rows.iter().map(value).collect::<Vec<i64>>()).into()
        };
        let pings: Vec<u64> = rows.iter().map(|row| row.pings).collect();
        let columns = vec![
            integers("term", |row| row.term),
            integers("day", |row| row.day),
            integers("family", |row| row.family),
            integers("request", |row| row.request),
            integers("trust", |row| row.trust),
            Series::new("pings".into(), pings).into(),
            integers("first", |row| row.first),
        ];
        Ok(Frame { table: DataFrame::new(rows.len(), columns)? })
    }

    /// Sums the pings by the named columns.
    #[expect(
        deprecated,
        reason = "the successor is the lazy engine, which makes the program four times as large and is \
                  no faster here"
    )]
    pub(super) fn sum_by(&self, columns: &[&str]) -> PolarsResult<Vec<Sum>> {
        if self.table.height() == 0 {
            return Ok(Vec::new());
        }
        let groups = || self.table.group_by_stable(columns.iter().copied());
        let pings = groups()?.select(["pings"]).sum()?;
        let first = groups()?.select(["first"]).min()?;
        let first = first.column("first_min")?.i64()?.clone();
        let sums = pings.column("pings_sum")?.u64()?.clone();
        let keys = columns
            .iter()
            .map(|name| pings.column(name).and_then(|column| column.i64().cloned()))
            .collect::<PolarsResult<Vec<_>>>()?;
        let row = |at| Sum {
            key: keys.iter().map(|column| column.get(at).unwrap_or_default()).collect(),
            pings: sums.get(at).unwrap_or_default(),
            first: first.get(at).unwrap_or_default(),
        };
        Ok((0..pings.height()).map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_firsts_by_any_columns() {
        let row = |day, family, pings, first| FrameRow {
            term: 1,
            day,
            family,
            request: 0,
            trust: 2,
            pings,
            first,
        };
        let frame = Frame::new(&[row(1, 7, 2, 30), row(1, 8, 1, 20), row(2, 7, 5, 10)]).unwrap();
        let sum = |key: &[i64], pings, first| Sum { key: key.to_vec(), pings, first };
        assert_eq!(frame.sum_by(&["family"]).unwrap(), [sum(&[7], 7, 10), sum(&[8], 1, 20)]);
        assert_eq!(
            frame.sum_by(&["term", "day"]).unwrap(),
            [sum(&[1, 1], 3, 20), sum(&[1, 2], 5, 10)]
        );
        assert_eq!(Frame::new(&[]).unwrap().sum_by(&["day"]).unwrap(), []);
    }
}
