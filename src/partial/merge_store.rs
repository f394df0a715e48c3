//! Adds the counts of another store.

use crate::day::Day;
use crate::interner::Map;
use crate::store::{
    Acquaintance, FailureRow, Merge, NamedFailure, NamedHour, NamedPing, NamedView, PingRow, Store,
    StoreError, ViewRow,
};

use super::error::PartialError;
use super::merged::Merged;

/// Adds the sources and counts of another store. Its counts are of all its logs together, so none of these may be known.
pub(super) fn add_store(
    merge: &mut Merge<'_>,
    name: &str,
    other: &Store,
) -> Result<Merged, PartialError> {
    let _snapshot = other.snapshot()?;
    let mut merged = Merged::default();
    let mut in_part = Vec::new();
    for source in other.sources()? {
        match merge.add_source(&source, &other.anchors_of(source.id)?)? {
            Acquaintance::New => merged.added += 1,
            Acquaintance::Known(_) => merged.known.push(source.name),
            Acquaintance::InPart(of) => in_part.push(format!("{} ({of})", source.name)),
        }
    }
    if !in_part.is_empty() {
        return Err(PartialError::InPart { name: name.into(), sources: in_part });
    }
    if merged.added + merged.known.len() == 0 && !other.coverage()?.is_empty() {
        return Err(PartialError::NoSources { name: name.into() });
    }
    if !merged.known.is_empty() {
        if merged.added == 0 {
            return Ok(merged);
        }
        return Err(PartialError::Mixed { name: name.into(), sources: merged.known });
    }
    add_facts(merge, other, &mut merged)?;
    let terms: Map<i64, String> = other.terms()?.into_iter().collect();
    for row in other.carried()? {
        let term = terms.get(&row.term).cloned().unwrap_or_default();
        if let Some(known) = merge.add_carried(&term, &row.family, row.pings)? {
            let (name, family, found) = (name.to_owned(), row.family, row.pings);
            return Err(PartialError::Carried { name, term, family, found, known });
        }
    }
    for list in other.ip_lists()? {
        merge.add_ip_list(&list)?;
    }
    if let Some(day) = other.pruned_to()? {
        merge.set_pruned_to(day)?;
    }
    Ok(merged)
}

fn add_facts(merge: &mut Merge<'_>, other: &Store, merged: &mut Merged) -> Result<(), StoreError> {
    let by_id = |rows: Vec<(i64, String)>| rows.into_iter().collect::<Map<i64, String>>();
    let terms = by_id(other.terms()?);
    let user_agents = by_id(other.user_agents()?);
    let requests = by_id(other.request_types()?);
    let sources = by_id(other.came_from()?);
    let coverage = other.coverage()?;
    merge.add_coverage(&coverage)?;
    merged.rows += coverage.len() as u64;
    for row in &coverage {
        let day = row.day..row.day.plus(1);
        let mut pings: Vec<PingRow> = Vec::new();
        other.each_ping_in(day.clone(), |row| pings.push(row))?;
        let facts = pings.iter().map(|row| NamedPing {
            day: row.day,
            term: of(&terms, row.term),
            user_agent: of(&user_agents, row.user_agent),
            request: of(&requests, row.request),
            trust: row.trust,
            status: row.status,
            requests: row.requests,
            bytes: row.bytes,
            first_seen: row.first_seen,
        });
        merge.add_pings(&facts.collect::<Vec<_>>())?;
        let mut views: Vec<ViewRow> = Vec::new();
        other.each_view_in(day.clone(), |row| views.push(row))?;
        let facts = views.iter().map(|row| NamedView {
            day: row.day,
            term: of(&terms, row.term),
            came_from: of(&sources, row.came_from),
            views: row.views,
        });
        merge.add_views(&facts.collect::<Vec<_>>())?;
        let mut failures: Vec<FailureRow> = Vec::new();
        other.each_failure_in(day, |row| failures.push(row))?;
        let facts = failures.iter().map(|row| NamedFailure {
            day: row.day,
            path: &row.path,
            user_agent: of(&user_agents, row.user_agent),
            code: row.code,
            requests: row.requests,
        });
        merge.add_failures(&facts.collect::<Vec<_>>())?;
        merged.rows += (pings.len() + views.len() + failures.len()) as u64;
    }
    let hours = other.hours(Day::MIN, Day::MAX)?;
    let facts = hours.iter().map(|row| NamedHour {
        day: row.day,
        hour: row.hour,
        user_agent: of(&user_agents, row.user_agent),
        requests: row.requests,
    });
    merge.add_hours(&facts.collect::<Vec<_>>())?;
    merged.rows += hours.len() as u64;
    Ok(())
}

fn of(names: &Map<i64, String>, id: i64) -> &str {
    names.get(&id).map(String::as_str).unwrap_or_default()
}
