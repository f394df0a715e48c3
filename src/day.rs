//! Civil days in the site's time zone.

use std::fmt;
use std::ops::Range;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Serialize, Serializer};

/// A civil day, numbered from 1970-01-01 (which is 0).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// Earlier than every day of a log.
    pub const MIN: Day = Day(i32::MIN);

    /// Later than every day of a log.
    pub const MAX: Day = Day(i32::MAX);

    /// Returns the day with a number, counted from 1970-01-01.
    pub fn from_number(number: i32) -> Day {
        Day(number)
    }

    /// Returns the days since 1970-01-01, negative before it.
    pub fn number(self) -> i32 {
        self.0
    }

    /// Returns the day of a calendar date.
    pub fn from_date(date: Date) -> Day {
        Day(days_from_civil(i32::from(date.year()), date.month() as u8, date.day() as u8))
    }

    /// Parses a date of the form `2026-05-20`. Returns `None` for other forms and for dates that do not exist.
    pub fn parse(text: &str) -> Option<Day> {
        if text.len() != "2026-05-20".len() {
            return None;
        }
        text.parse::<Date>().ok().map(Day::from_date)
    }

    /// Returns the calendar date, clamped to the years that `Date` supports (-9999 to 9999).
    pub fn date(self) -> Date {
        Date::constant(1970, 1, 1).saturating_add(self.0.days())
    }

    /// Returns the day `days` later, or earlier if negative.
    #[must_use]
    pub fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// Returns the weekday: `Mon`, `Tue` … `Sun`.
    pub fn weekday(self) -> &'static str {
        const NAMES: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        NAMES[self.0.rem_euclid(7) as usize]
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Returns the days from 1970-01-01 to a date of the proleptic Gregorian calendar. `month` is 1 to 12.
///
/// Counts years from 1 March, so that the leap day comes last (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
pub fn days_from_civil(year: i32, month: u8, day: u8) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (i32::from(month) + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i32::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The seconds for which an hour is cached: time zones change their offset at such times only.
const QUARTER: i64 = 900;

/// Converts timestamps to civil days and hours of one time zone.
///
/// Caches the bounds of the last day, since logs are nearly in order. Days of 23 or 25 hours cost nothing extra.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    last: Day,
    bounds: Range<i64>,
    last_hour: u8,
    hour_bounds: Range<i64>,
}

impl Calendar {
    pub fn new(zone: TimeZone) -> Calendar {
        Calendar { zone, last: Day(0), bounds: 0..0, last_hour: 0, hour_bounds: 0..0 }
    }

    /// Returns the civil day of a timestamp, given in seconds since the Unix epoch.
    #[inline]
    pub fn day(&mut self, seconds: i64) -> Day {
        if !self.bounds.contains(&seconds) {
            self.update(seconds);
        }
        self.last
    }

    /// Returns the civil hour of a timestamp, 0 to 23.
    #[inline]
    pub fn hour(&mut self, seconds: i64) -> u8 {
        if !self.hour_bounds.contains(&seconds) {
            self.last_hour = self.datetime(seconds).hour().unsigned_abs();
            let start = seconds.saturating_sub(seconds.rem_euclid(QUARTER));
            self.hour_bounds = start..start.saturating_add(QUARTER);
        }
        self.last_hour
    }

    fn datetime(&self, seconds: i64) -> DateTime {
        let limits = Timestamp::MIN.as_second()..=Timestamp::MAX.as_second();
        let clamped = seconds.clamp(*limits.start(), *limits.end());
        self.zone.to_datetime(Timestamp::from_second(clamped).unwrap_or_default())
    }

    fn update(&mut self, seconds: i64) {
        let date = self.datetime(seconds).date();
        self.last = Day::from_date(date);
        self.bounds = match (self.start_of(date), date.tomorrow().ok().map(|d| self.start_of(d))) {
            (Some(start), Some(Some(end))) => start..end,
            _ => seconds..seconds, // The first and last days of the supported range are not cached.
        };
    }

    fn start_of(&self, date: Date) -> Option<i64> {
        self.zone.to_timestamp(date.to_datetime(Time::midnight())).ok().map(Timestamp::as_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_agree() {
        for (text, number, weekday) in [
            ("1970-01-01", 0, "Thu"),
            ("2000-02-29", 11_016, "Tue"),
            ("2026-05-20", 20_593, "Wed"),
            ("1969-12-31", -1, "Wed"),
        ] {
            let day = Day::parse(text).unwrap();
            assert_eq!((day.number(), day.weekday()), (number, weekday), "{text}");
            assert_eq!(Day::from_number(number).to_string(), text);
        }
        for invalid in ["2026-02-30", "20260520", "2026-5-20", "today", "2026-05-20T00:00:00"] {
            assert_eq!(Day::parse(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn a_day_may_have_23_or_25_hours() {
        let mut calendar = Calendar::new(TimeZone::get("Europe/Rome").unwrap());
        for (time, day) in [
            ("2026-03-29T00:59:59+01:00", "2026-03-29"),
            ("2026-03-29T23:59:59+02:00", "2026-03-29"),
            ("2026-03-30T00:00:00+02:00", "2026-03-30"),
            ("2026-10-25T02:30:00+02:00", "2026-10-25"),
            ("2026-10-25T02:30:00+01:00", "2026-10-25"),
            ("2026-10-25T23:59:59+01:00", "2026-10-25"),
            ("2026-10-25T21:59:59-02:00", "2026-10-26"),
            ("2026-03-28T22:59:59Z", "2026-03-28"),
        ] {
            let seconds = time.parse::<Timestamp>().unwrap().as_second();
            assert_eq!(calendar.day(seconds).to_string(), day, "{time}");
        }
    }

    #[test]
    fn hours_are_those_of_the_clock_when_it_is_changed() {
        let mut calendar = Calendar::new(TimeZone::get("Europe/Rome").unwrap());
        for (time, hour) in [
            ("2026-03-29T00:59:59Z", 1),
            ("2026-03-29T01:00:00Z", 3),
            ("2026-10-25T00:30:00Z", 2),
            ("2026-10-25T01:30:00Z", 2),
            ("2026-10-25T02:00:00Z", 3),
            ("1969-12-31T23:59:59Z", 0),
        ] {
            let seconds = time.parse::<Timestamp>().unwrap().as_second();
            assert_eq!(calendar.hour(seconds), hour, "{time}");
        }
    }

    #[test]
    fn no_timestamp_panics() {
        let mut calendar = Calendar::new(TimeZone::UTC);
        for seconds in [i64::MIN, i64::MAX, 0, 253_402_207_200, -377_705_023_201] {
            calendar.day(seconds);
            calendar.hour(seconds);
        }
    }
}
