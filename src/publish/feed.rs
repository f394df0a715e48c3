//! Makes the feed of the news.

use xxhash_rust::xxh3::xxh3_64;

use crate::day::Day;
use crate::render::{Feed, FeedEntry};
use crate::site::News;

/// The most entries of the feed.
const ENTRIES_MAX: usize = 100;

/// Returns the feed. `url` is that of the reports, if it is known.
pub(super) fn feed(site: &str, url: Option<&str>, news: &[News], today: Day) -> String {
    let id = match url {
        Some(url) => format!("{url}feed.xml"),
        None => format!("urn:guestbook:{:016x}", xxh3_64(site.as_bytes())),
    };
    let entries = news.iter().take(ENTRIES_MAX).map(|news| FeedEntry {
        id: format!("{id}#{:016x}", xxh3_64(news.key.as_bytes())),
        day: news.day,
        text: &news.text,
    });
    let entries: Vec<FeedEntry<'_>> = entries.collect();
    let updated = entries.first().map_or(today, |entry| entry.day);
    Feed { site, id, url, updated, entries }.xml()
}
