//! The current time, which `main` gives.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{ConfigError, Settings, date};
use crate::day::Day;

/// Returns the current time.
#[derive(Clone, Copy)]
pub(super) struct Clock<'c>(pub(super) &'c dyn Fn() -> Timestamp);

impl Clock<'_> {
    pub(super) fn now(self) -> Timestamp {
        (self.0)()
    }

    /// Returns the current day in a time zone.
    fn today(self, zone: &TimeZone) -> Day {
        Day::from_date(zone.to_datetime(self.now()).date())
    }

    /// Returns the day that counts as today: from `--as-of`, else from the config, else the current one.
    pub(super) fn as_of(self, settings: &Settings, flag: Option<&str>) -> Result<Day, ConfigError> {
        match flag {
            Some(text) => date("--as-of", text),
            None => Ok(settings.as_of.unwrap_or_else(|| self.today(&settings.zone))),
        }
    }
}
