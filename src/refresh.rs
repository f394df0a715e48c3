//! Brings the lists of addresses that operators publish up to date.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::classify::Networks;
use crate::day::Day;
use crate::fetch::{Answer, Fetcher, Known};
use crate::store::{KeptList, Store, StoreError};

/// So many servers are asked at once: most of the time goes by waiting.
const AT_ONCE: usize = 8;

/// What became of one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// Where it is published.
    pub url: String,
    /// What came of asking for it.
    pub outcome: ListOutcome,
}

/// What came of asking for a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListOutcome {
    /// It was not known before.
    New {
        /// How many networks it has.
        networks: usize,
    },
    /// It is another than before, which is kept for the days until now.
    Changed {
        /// How many networks it had.
        before: usize,
        /// How many it has now.
        networks: usize,
    },
    /// It is as it was.
    Unchanged,
    /// What was answered is no list that could take the place of the one that is kept, or of none.
    Refused(String),
    /// There was no answer.
    Failed(String),
}

/// Asks for the lists at some URLs, keeps what is new, and tells what came of each, in the order of the URLs.
///
/// An answer that is no list, or has less than half of the networks that were known, never takes the place of
/// one that is kept; the latter does where `is_forced`. Each list is kept for itself, whole or not at all.
pub fn refresh(
    store: &mut Store,
    urls: &BTreeSet<&str>,
    fetcher: &Fetcher,
    today: Day,
    is_forced: bool,
) -> Result<Vec<Refreshed>, StoreError> {
    let urls: Vec<&str> = urls.iter().copied().collect();
    let kept = store.ip_lists()?;
    let last = |url: &str| kept.iter().rfind(|list| list.url == url);
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(urls.len()) {
            scope.spawn(|| {
                while let Some(url) = urls.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let news = ask(url, last(url), fetcher, today, is_forced);
                    answers.lock().expect("no asker panics while it holds this").push(news);
                }
            });
        }
    });
    let mut answers = answers.into_inner().expect("no asker panics while it holds this");
    answers.sort_by(|(a, _), (b, _)| a.url.cmp(&b.url));
    for list in answers.iter().filter_map(|(_, list)| list.as_ref()) {
        store.keep_ip_list(list)?;
    }
    Ok(answers.into_iter().map(|(refreshed, _)| refreshed).collect())
}

/// What came of asking for a list, and what is to be kept.
fn ask(
    url: &str,
    last: Option<&KeptList>,
    fetcher: &Fetcher,
    today: Day,
    is_forced: bool,
) -> (Refreshed, Option<KeptList>) {
    let known = last.map(|list| {
        let (etag, last_modified) = (list.etag.clone(), list.last_modified.clone());
        Known { etag, last_modified }
    });
    let told = |outcome| Refreshed { url: url.to_owned(), outcome };
    let (text, known) = match fetcher.fetch(url, &known.unwrap_or_default()) {
        Err(error) => return (told(ListOutcome::Failed(error.to_string())), None),
        Ok(Answer::Unchanged) => {
            let seen = last.map(|list| KeptList { last_day: today, ..list.clone() });
            return (told(ListOutcome::Unchanged), seen);
        }
        Ok(Answer::Changed { text, known }) => (text, known),
    };
    let lines = match Networks::read(&text) {
        Err(error) => return (told(ListOutcome::Refused(error.to_string())), None),
        Ok(networks) => networks.lines(),
    };
    let networks = lines.len();
    let list = KeptList {
        url: url.to_owned(),
        first_day: today,
        last_day: today,
        etag: known.etag,
        last_modified: known.last_modified,
        networks: lines.join("\n"),
    };
    let Some(last) = last else { return (told(ListOutcome::New { networks }), Some(list)) };
    let before = last.networks.lines().count();
    if last.networks == list.networks {
        let list = KeptList { first_day: last.first_day, ..list };
        return (told(ListOutcome::Unchanged), Some(list));
    }
    if networks * 2 < before && !is_forced {
        let words = format!("it has shrunk from {before} networks to {networks}");
        return (told(ListOutcome::Refused(words)), None);
    }
    (told(ListOutcome::Changed { before, networks }), Some(list))
}
