//! What is asked: which days, who counts as a guest, and what the site calls itself.

use serde::Deserialize;

use crate::classify::{Purpose, StatusClass};
use crate::day::Day;

/// A question to the store.
#[derive(Clone, Debug)]
pub struct Question {
    /// The last day of the window. Nothing after it counts, so a report can be made again.
    pub today: Day,
    /// The window's length in days.
    pub days: u16,
    /// The purposes whose agents sign the guestbook.
    pub sign: Vec<Purpose>,
    /// The answers that count as pings.
    pub statuses: Vec<StatusClass>,
    /// What becomes of impostors' pings.
    pub impostors: Impostors,
    /// The site's name.
    pub site: String,
    /// The name of the site's time zone.
    pub timezone: String,
    /// The site owner's words under the guestbook.
    pub caption: String,
}

/// What becomes of pings that an impostor left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Impostors {
    /// They are told, but not among the guests.
    Separate,
    /// They are left out.
    Hide,
    /// They count like any other.
    Count,
}

impl Question {
    /// The first day of the window.
    pub fn first_day(&self) -> Day {
        self.today.plus(1 - i32::from(self.days))
    }

    /// The days of the window, oldest first.
    pub fn window(&self) -> impl Iterator<Item = Day> + use<> {
        let first = self.first_day();
        (0..i32::from(self.days)).map(move |n| first.plus(n))
    }
}
