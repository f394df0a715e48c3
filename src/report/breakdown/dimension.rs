//! The columns by which rows can be added up.

use crate::day::Day;

/// The tables of the store that an answer is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FactSource {
    /// All requests of agents, and views.
    Requests,
    /// Requests of agents that failed, with their paths.
    Failures,
    /// Requests of agents by hour.
    Hours,
}

/// A column of an answer. Those of time come first, the shortest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    Day,
    /// The Monday of the week.
    Week,
    Month,
    Weekday,
    Term,
    Agent,
    Family,
    Operator,
    Purpose,
    Request,
    Status,
    Trust,
    CameFrom,
    /// The path of a request that failed.
    Path,
    /// The HTTP status of a request that failed.
    Code,
    /// The hour of the day.
    Hour,
}

impl Dimension {
    /// Every column with its name.
    pub const NAMES: [(&str, Dimension); 16] = [
        ("day", Dimension::Day),
        ("week", Dimension::Week),
        ("month", Dimension::Month),
        ("weekday", Dimension::Weekday),
        ("term", Dimension::Term),
        ("agent", Dimension::Agent),
        ("family", Dimension::Family),
        ("operator", Dimension::Operator),
        ("purpose", Dimension::Purpose),
        ("request", Dimension::Request),
        ("status", Dimension::Status),
        ("trust", Dimension::Trust),
        ("came_from", Dimension::CameFrom),
        ("path", Dimension::Path),
        ("code", Dimension::Code),
        ("hour", Dimension::Hour),
    ];

    pub fn name(self) -> &'static str {
        Dimension::NAMES.iter().find(|(_, column)| *column == self).map_or("", |(name, _)| name)
    }

    /// Returns whether the column divides time into days, weeks, months or weekdays.
    pub fn is_of_time(self) -> bool {
        matches!(self, Dimension::Day | Dimension::Week | Dimension::Month | Dimension::Weekday)
    }

    /// Returns whether each value is a span of days.
    pub(super) fn is_span(self) -> bool {
        matches!(self, Dimension::Day | Dimension::Week | Dimension::Month)
    }

    /// Returns whether the values are numbers, whose rows are in their order.
    pub fn is_in_order(self) -> bool {
        self.is_of_time() || self == Dimension::Hour
    }

    /// Returns the table that has the column, if `pings` and `views` do not.
    pub(super) fn table(self) -> FactSource {
        match self {
            Dimension::Path | Dimension::Code => FactSource::Failures,
            Dimension::Hour => FactSource::Hours,
            _ => FactSource::Requests,
        }
    }

    /// Returns whether the rows of a table have the column.
    pub(super) fn is_in(self, source: FactSource) -> bool {
        match source {
            FactSource::Requests => self.table() == FactSource::Requests,
            FactSource::Failures | FactSource::Hours => match self {
                Dimension::Agent | Dimension::Family | Dimension::Operator | Dimension::Purpose => {
                    true
                }
                Dimension::Status => source == FactSource::Failures,
                time => time.is_of_time() || time.table() == source,
            },
        }
    }

    /// Returns the number of the part of time that a day belongs to. Numbers are in the order of time.
    pub(super) fn time_key(self, day: Day) -> u32 {
        let date = day.date();
        let from_monday = i32::from(date.weekday().to_monday_zero_offset());
        match self {
            Dimension::Week => key_of(day.plus(-from_monday)),
            Dimension::Month => key_of(Day::from_date(date.first_of_month())),
            Dimension::Weekday => from_monday.unsigned_abs(),
            _ => key_of(day),
        }
    }

    /// Returns the text for a number of [`Dimension::time_key`].
    pub(super) fn time_label(self, key: u32) -> String {
        match self {
            Dimension::Weekday => {
                // 1970-01-05 was a Monday.
                Day::from_number(4)
                    .plus(i32::try_from(key).unwrap_or_default())
                    .weekday()
                    .to_owned()
            }
            Dimension::Month => day_of(key).to_string()[..7].to_owned(),
            Dimension::Hour => format!("{key:02}"),
            _ => day_of(key).to_string(),
        }
    }
}

/// Returns a number for a day that keeps the order, also before 1970.
fn key_of(day: Day) -> u32 {
    day.number().cast_unsigned() ^ (1 << 31)
}

fn day_of(key: u32) -> Day {
    Day::from_number((key ^ (1 << 31)).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_belong_to_weeks_months_and_weekdays() {
        for (day, week, month, weekday) in [
            ("2026-05-20", "2026-05-18", "2026-05", "Wed"),
            ("2026-03-01", "2026-02-23", "2026-03", "Sun"),
            ("1969-12-31", "1969-12-29", "1969-12", "Wed"),
        ] {
            let label =
                |column: Dimension| column.time_label(column.time_key(Day::parse(day).unwrap()));
            assert_eq!(label(Dimension::Day), day);
            assert_eq!(label(Dimension::Week), week);
            assert_eq!(label(Dimension::Month), month);
            assert_eq!(label(Dimension::Weekday), weekday);
        }
        let key = |day| Dimension::Day.time_key(Day::parse(day).unwrap());
        assert!(key("1969-12-31") < key("1970-01-01"));
    }
}
