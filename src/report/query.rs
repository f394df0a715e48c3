//! The query of a report: its days, its agents, and the pings that count.

use serde::Deserialize;

use crate::day::Day;
use crate::pages::StatusClass;

/// A query to the store.
#[derive(Clone, Debug)]
pub struct Query {
    /// The last day of the window. Nothing after it counts, so that reports are reproducible.
    pub today: Day,
    /// The length of the window in days.
    pub days: u16,
    /// The days up to the last one that are counted day by day, at least as many as the window has.
    pub history: u16,
    /// The status classes that count as pings.
    pub statuses: Vec<StatusClass>,
    pub impostors: Impostors,
    /// The site's name.
    pub site: String,
    /// The name of the site's time zone.
    pub timezone: String,
    /// The site owner's text for the guestbook.
    pub caption: String,
}

/// The treatment of impostors' pings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Impostors {
    /// Count them by trust only.
    Separate,
    /// Leave them out.
    Hide,
    /// Count them like any other ping.
    Count,
}

impl Query {
    /// Returns the first day of the window.
    pub fn first_day(&self) -> Day {
        self.today.plus(1 - i32::from(self.days))
    }

    /// Iterates over the days of the window, oldest first.
    pub fn window(&self) -> impl Iterator<Item = Day> + use<> {
        let first = self.first_day();
        (0..i32::from(self.days)).map(move |n| first.plus(n))
    }
}
