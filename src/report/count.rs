//! A count of requests or views, with the time of the first.

use std::ops::AddAssign;

/// A number of requests or views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub n: u64,
    /// The time of the first, in seconds since the Unix epoch for pings, or the day's number for views.
    pub first_seen: i64,
}

impl Default for Count {
    /// Returns a count of zero, whose `first_seen` is later than any other.
    fn default() -> Count {
        Count { n: 0, first_seen: i64::MAX }
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Count) {
        self.n += other.n;
        self.first_seen = self.first_seen.min(other.first_seen);
    }
}
