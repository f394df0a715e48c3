//! Orders lists by count, most first; ties by time of the first, then by name.

use std::cmp::Reverse;

use super::count::Count;

/// The request type of counts that were carried over from before there were logs.
pub const PRE_TRACKING: &str = "pre-tracking";

/// Returns the names in order, each with its count.
pub(super) fn ranked<'n>(entries: impl Iterator<Item = (&'n str, Count)>) -> Vec<(String, u64)> {
    let mut list: Vec<(&str, Count)> = entries.collect();
    list.sort_by_key(|(name, count)| (Reverse(count.n), count.first_seen, *name));
    list.into_iter().map(|(name, count)| (name.to_owned(), count.n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_ordered_by_time_of_the_first() {
        let entries = [("B", 2, 9), ("A", 2, 5), ("C", 4, 7), ("D", 2, 5)];
        let entries = entries.map(|(name, n, first_seen)| (name, Count { n, first_seen }));
        let list = ranked(entries.into_iter());
        let names: Vec<(&str, u64)> = list.iter().map(|(name, n)| (&**name, *n)).collect();
        assert_eq!(names, [("C", 4), ("A", 2), ("D", 2), ("B", 2)]);
    }
}
