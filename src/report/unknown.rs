//! Ranks the agents that match no catalogue entry, so that the site owner can name them in the config.

use serde::Serialize;

use crate::agents::{Kind, NamedBy};
use crate::classify::Rules;
use crate::day::Day;
use crate::interner::Map;
use crate::store::{NO_TERM_ID, PingRow, Store};

use super::error::ReportError;
use super::query::Query;

/// A user agent that matches no catalogue entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnknownAgent {
    pub user_agent: String,
    /// The part of the user agent by which it was recognised as a program.
    pub rule: String,
    pub pings: u64,
    /// All its requests, including those that do not count as pings.
    pub requests: u64,
    pub first_day: Day,
    pub last_day: Day,
}

/// Returns all stored user agents of bots that match no catalogue entry, and the missing user agent as a row of its
/// own, ordered by pings, then by requests, most first.
pub fn unknown_agents(
    store: &Store,
    rules: &Rules,
    query: &Query,
) -> Result<Vec<UnknownAgent>, ReportError> {
    let mut unknown: Map<i64, UnknownAgent> = Map::default();
    let mut texts: Map<i64, (String, String, bool)> = Map::default();
    let _snapshot = store.snapshot()?;
    for (id, user_agent) in store.user_agents()? {
        let verdict = rules.namer.name(&user_agent);
        if verdict.source == NamedBy::Declared || verdict.kind == Kind::Empty {
            let signs = verdict.signs(&rules.sign);
            let rule = verdict.rule.into_owned();
            texts.insert(id, (user_agent, rule, signs));
        }
    }
    store.each_ping_in(Day::MIN..Day::MAX, |row: PingRow| {
        let Some((user_agent, rule, signs)) = texts.get(&row.user_agent) else { return };
        let counts = row.term != NO_TERM_ID
            && *signs
            && !user_agent.is_empty()
            && query.statuses.contains(&row.status);
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
    })?;
    let mut list: Vec<UnknownAgent> = unknown.into_values().collect();
    list.sort_by(|a, b| {
        (b.pings, b.requests, &a.user_agent).cmp(&(a.pings, a.requests, &b.user_agent))
    });
    Ok(list)
}
