//! Counts over the store's rows, by polars.

use polars::prelude::{Column, DataFrame, NamedFrom, PolarsResult, Series};

use crate::classify::Trust;
use crate::names::Map;

use super::rank::{self, Tallied};

const VERIFIED: i64 = Trust::Verified as i64;

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
struct Sum {
    /// The group's values, in the order of the columns that were asked for.
    key: Vec<i64>,
    pings: u64,
    /// The first of its pings.
    first: i64,
}

/// The sums that a book is made from: of all rows, or of one term's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// By day; those before the days that are kept apart are one.
    pub(super) days: Vec<(i64, u64)>,
    pub(super) families: Vec<Group>,
    /// By day and family.
    pub(super) guests: Vec<(i64, Group)>,
    pub(super) requests: Vec<Group>,
    pub(super) trust: Vec<Group>,
    /// By family, of those that are verified.
    pub(super) verified: Vec<Group>,
}

/// The pings of one family, request type or trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) number: i64,
    pub(super) pings: u64,
    /// The first of them.
    pub(super) first: i64,
}

impl Sum {
    /// The group by its last column.
    fn group(&self) -> Group {
        let number = self.key.last().copied().unwrap_or_default();
        Group { number, pings: self.pings, first: self.first }
    }
}

impl Sums {
    /// The sums of a few rows, as one term has them: until a table of polars has begun, they are done.
    pub(super) fn of_few(rows: &[FrameRow]) -> Sums {
        let by = |key: fn(&FrameRow) -> [i64; 2]| {
            summed(rows.iter().map(move |row| {
                let ([of, number], &FrameRow { pings, first, .. }) = (key(row), row);
                (of, Group { number, pings, first })
            }))
        };
        let groups = |key: fn(&FrameRow) -> [i64; 2]| by(key).map(|(_, group)| group).collect();
        let verified = by(|row| [row.trust, row.family]).filter(|(trust, _)| *trust == VERIFIED);
        Sums {
            days: by(|row| [row.day, 0]).map(|(day, group)| (day, group.pings)).collect(),
            families: groups(|row| [0, row.family]),
            guests: by(|row| [row.day, row.family]).collect(),
            requests: groups(|row| [0, row.request]),
            trust: groups(|row| [0, row.trust]),
            verified: verified.map(|(_, group)| group).collect(),
        }
    }

    /// The sums of all terms, of those of each.
    pub(super) fn of_all<'s>(terms: impl Iterator<Item = &'s Sums> + Clone) -> Sums {
        let groups = |of: fn(&Sums) -> &[Group]| {
            let all = terms.clone().flat_map(of).map(|group| (0, *group));
            summed(all).map(|(_, group)| group).collect()
        };
        let days = terms.clone().flat_map(|sums| &sums.days);
        let days = days.map(|&(day, pings)| (day, Group { number: 0, pings, first: 0 }));
        Sums {
            days: summed(days).map(|(day, group)| (day, group.pings)).collect(),
            families: groups(|sums| &sums.families),
            guests: summed(terms.clone().flat_map(|sums| sums.guests.iter().copied())).collect(),
            requests: groups(|sums| &sums.requests),
            trust: groups(|sums| &sums.trust),
            verified: groups(|sums| &sums.verified),
        }
    }
}

/// Adds up groups of what has one number, each beside what it is a group of.
fn summed(groups: impl Iterator<Item = (i64, Group)>) -> impl Iterator<Item = (i64, Group)> {
    let mut sums: Map<(i64, i64), Tallied> = Map::default();
    for (of, Group { number, pings, first }) in groups {
        rank::add(sums.entry((of, number)).or_insert(rank::NOTHING), pings, first);
    }
    sums.into_iter().map(|((of, number), (pings, first))| (of, Group { number, pings, first }))
}

impl Frame {
    /// The sums of each term's rows, at once for all terms.
    pub(super) fn sums_by_term(&self) -> PolarsResult<Map<i64, Sums>> {
        let mut terms: Map<i64, Sums> = Map::default();
        for sum in self.sum_by(&["term", "day"])? {
            terms.entry(sum.key[0]).or_default().days.push((sum.key[1], sum.pings));
        }
        for sum in self.sum_by(&["term", "day", "family"])? {
            terms.entry(sum.key[0]).or_default().guests.push((sum.key[1], sum.group()));
        }
        for sum in self.sum_by(&["term", "family"])? {
            terms.entry(sum.key[0]).or_default().families.push(sum.group());
        }
        for sum in self.sum_by(&["term", "request"])? {
            terms.entry(sum.key[0]).or_default().requests.push(sum.group());
        }
        for sum in self.sum_by(&["term", "trust"])? {
            terms.entry(sum.key[0]).or_default().trust.push(sum.group());
        }
        let by_trust = self.sum_by(&["term", "trust", "family"])?;
        for sum in by_trust.iter().filter(|sum| sum.key[1] == VERIFIED) {
            terms.entry(sum.key[0]).or_default().verified.push(sum.group());
        }
        Ok(terms)
    }

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
    fn sum_by(&self, columns: &[&str]) -> PolarsResult<Vec<Sum>> {
        if self.table.height() == 0 {
            return Ok(Vec::new());
        }
        // Grouping is what takes the time, so it is done once for both.
        let groups =
            self.table.group_by_stable(columns.iter().copied())?.select(["pings", "first"]);
        let (pings, first) = (groups.sum()?, groups.min()?);
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
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn in_order(mut sums: Sums) -> Sums {
        let Sums { days, families, guests, requests, trust, verified } = &mut sums;
        days.sort_unstable();
        guests.sort_unstable();
        [families, requests, trust, verified].into_iter().for_each(|groups| groups.sort_unstable());
        sums
    }

    proptest! {
        #[test]
        fn few_rows_have_the_sums_that_polars_finds_and_all_terms_those_of_each(
            rows in vec((0..3_i64, 0..3_i64, 0..3_i64, 0..2_i64, 0..2_i64, 1..9_u64, 0..99_i64), 0..30),
        ) {
            let row = |(term, day, family, request, trust, pings, first)| {
                FrameRow { term, day, family, request, trust, pings, first }
            };
            let rows: Vec<FrameRow> = rows.into_iter().map(row).collect();
            let mut by_term = Frame::new(&rows).unwrap().sums_by_term().unwrap();
            prop_assert_eq!(in_order(Sums::of_few(&rows)), in_order(Sums::of_all(by_term.values())));
            for term in 0..3 {
                let of_term: Vec<FrameRow> =
                    rows.iter().filter(|row| row.term == term).copied().collect();
                let expected = by_term.remove(&term).unwrap_or_default();
                prop_assert_eq!(in_order(Sums::of_few(&of_term)), in_order(expected));
            }
        }
    }

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
