//! The agents that nobody has a name for: what a person may name in config, and see the past renamed.

use serde::Serialize;

use crate::classify::{Kind, Rules, Source};
use crate::day::Day;
use crate::names::Map;
use crate::store::{PingRow, Share, Store};

use super::ReportError;
use super::guestbooks::NO_TERM_ID;
use super::question::Question;

/// A user agent without a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnknownAgent {
    /// The user agent.
    pub user_agent: String,
    /// What gave it away.
    pub rule: String,
    /// Its requests for terms, as they count.
    pub pings: u64,
    /// All its requests.
    pub requests: u64,
    /// The day of the first.
    pub first_day: Day,
    /// The day of the last.
    pub last_day: Day,
}

/// All user agents of the store that declare themselves automated and are in no catalogue, and the empty one as
/// a row of its own: most pings first, then most requests.
pub fn unknown_agents(
    store: &Store,
    rules: &Rules,
    question: &Question,
) -> Result<Vec<UnknownAgent>, ReportError> {
    let mut unknown: Map<i64, UnknownAgent> = Map::default();
    let mut texts: Map<i64, (String, String)> = Map::default();
    let _snapshot = store.snapshot()?;
    for (id, user_agent) in store.user_agents()? {
        let verdict = rules.namer.name(&user_agent);
        if verdict.source == Source::Declared || verdict.kind == Kind::Empty {
            let rule = verdict.rule.into_owned();
            texts.insert(id, (user_agent, rule));
        }
    }
    let mut add = |row: PingRow| {
        let Some((user_agent, rule)) = texts.get(&row.user_agent) else { return };
        let counts = row.term != NO_TERM_ID
            && !user_agent.is_empty()
            && question.statuses.contains(&row.status);
        let sum = unknown.entry(row.user_agent).or_insert_with(|| UnknownAgent {
            user_agent: user_agent.clone(),
            rule: rule.clone(),
            pings: 0,
            requests: 0,
            first_day: row.day,
            last_day: row.day,
        });
        sum.pings += if counts { row.requests } else { 0 };
        sum.requests += row.requests;
        sum.first_day = sum.first_day.min(row.day);
        sum.last_day = sum.last_day.max(row.day);
    };
    for share in Share::all() {
        store.each_row_in(share, &mut add, |_| ())?;
    }
    let mut list: Vec<UnknownAgent> = unknown.into_values().collect();
    list.sort_by(|a, b| {
        (b.pings, b.requests, &a.user_agent).cmp(&(a.pings, a.requests, &b.user_agent))
    });
    Ok(list)
}
