//! Refreshes the lists of IP ranges that operators publish.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::day::Day;

use super::fetch::{FetchError, Fetched, Validators};
use super::lists::PublishedList;
use super::networks::Networks;

/// The number of concurrent requests. Most of the time is spent waiting.
const CONCURRENT_MAX: usize = 8;

/// The result of fetching one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshedList {
    pub url: String,
    pub outcome: ListOutcome,
    /// The list to store, if there is anything new.
    pub list: Option<PublishedList>,
}

/// The outcome of fetching a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListOutcome {
    /// The list was not stored before.
    New { networks: usize },
    /// The list has changed. The old version stays in force for earlier days.
    Changed { before: usize, networks: usize },
    /// The list is the same as before.
    Unchanged,
    /// The response is not a list, or has lost more than half of the stored networks.
    Refused(String),
    /// The list could not be fetched.
    Failed(String),
}

/// Fetches the lists at some URLs with `fetch`, several at once. Returns the outcome of each, in the order of the URLs.
///
/// `stored` are the versions that are stored, in the order of their days. A list that has lost more than half of its
/// networks is refused unless `force` is set.
pub fn refresh_lists(
    stored: &[PublishedList],
    urls: &BTreeSet<&str>,
    fetch: impl Fn(&str, &Validators) -> Result<Fetched, FetchError> + Sync,
    today: Day,
    force: bool,
) -> Vec<RefreshedList> {
    let urls: Vec<&str> = urls.iter().copied().collect();
    let last = |url: &str| stored.iter().rfind(|list| list.url == url);
    let next = AtomicUsize::new(0);
    let fetched = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..CONCURRENT_MAX.min(urls.len()) {
            scope.spawn(|| {
                while let Some(url) = urls.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (outcome, list) = refresh_one(url, last(url), &fetch, today, force);
                    let refreshed = RefreshedList { url: (*url).to_owned(), outcome, list };
                    fetched.lock().expect("no thread panics while it holds this").push(refreshed);
                }
            });
        }
    });
    let mut fetched = fetched.into_inner().expect("no thread panics while it holds this");
    fetched.sort_by(|a, b| a.url.cmp(&b.url));
    fetched
}

fn refresh_one(
    url: &str,
    last: Option<&PublishedList>,
    fetch: impl Fn(&str, &Validators) -> Result<Fetched, FetchError>,
    today: Day,
    force: bool,
) -> (ListOutcome, Option<PublishedList>) {
    let validators = last.map(|list| Validators {
        etag: list.etag.clone(),
        last_modified: list.last_modified.clone(),
    });
    let (text, validators) = match fetch(url, &validators.unwrap_or_default()) {
        Err(error) => return (ListOutcome::Failed(error.to_string()), None),
        Ok(Fetched::Unchanged) => {
            let list = last.map(|list| PublishedList { last_day: today, ..list.clone() });
            return (ListOutcome::Unchanged, list);
        }
        Ok(Fetched::Changed { text, validators }) => (text, validators),
    };
    let lines = match Networks::parse(&text) {
        Err(error) => return (ListOutcome::Refused(error.to_string()), None),
        Ok(networks) => networks.lines(),
    };
    let networks = lines.len();
    let list = PublishedList {
        url: url.to_owned(),
        first_day: today,
        last_day: today,
        etag: validators.etag,
        last_modified: validators.last_modified,
        networks: lines.join("\n"),
    };
    let Some(last) = last else { return (ListOutcome::New { networks }, Some(list)) };
    let before = last.networks.lines().count();
    if last.networks == list.networks {
        let list = PublishedList { first_day: last.first_day, ..list };
        return (ListOutcome::Unchanged, Some(list));
    }
    if networks * 2 < before && !force {
        let reason = format!("the list has shrunk from {before} networks to {networks}");
        return (ListOutcome::Refused(reason), None);
    }
    (ListOutcome::Changed { before, networks }, Some(list))
}
