//! Looks up the families of user agents in the catalogue that is in force now.

use crate::agents::{Kind, Namer};
use crate::interner::{Interner, Map};
use crate::parallel::map_chunks;
use crate::store::Carried;

use super::query::Query;

/// The families of user agents, by number.
pub(super) struct FamilyIndex {
    names: Interner,
    /// Families by the user agent's id. User agents that do not sign are missing.
    by_user_agent: Map<i64, u32>,
}

/// The fewest user agents for a thread of their own. Naming fewer is faster in one thread.
const CHUNK_MIN: usize = 500;

impl FamilyIndex {
    /// Looks up the family of each user agent.
    pub(super) fn new<'n>(
        user_agents: &'n [(i64, String)],
        namer: &'n Namer,
        query: &Query,
    ) -> FamilyIndex {
        let families = map_chunks(user_agents, CHUNK_MIN, |chunk| -> Vec<Option<&str>> {
            chunk.iter().map(|(_, text)| signing_family(text, namer, query)).collect()
        });
        let (mut names, mut by_user_agent) = (Interner::default(), Map::default());
        for ((id, _), family) in user_agents.iter().zip(families.into_iter().flatten()) {
            if let Some(family) = family {
                by_user_agent.insert(*id, names.number(family));
            }
        }
        FamilyIndex { names, by_user_agent }
    }

    /// Returns the number of the family that a user agent signs for, if it signs.
    pub(super) fn of_user_agent(&self, user_agent: i64) -> Option<u32> {
        self.by_user_agent.get(&user_agent).copied()
    }

    /// Returns the number of the family of a carried count.
    pub(super) fn of_carried(&mut self, carried: &Carried) -> u32 {
        self.names.number(&carried.family)
    }

    pub(super) fn name(&self, family: u32) -> &str {
        self.names.text(family)
    }
}

/// Returns the family of a user agent if its purpose is one of those that sign.
fn signing_family<'n>(text: &'n str, namer: &'n Namer, query: &Query) -> Option<&'n str> {
    let verdict = namer.name(text);
    let signs = verdict.purpose.is_some_and(|purpose| query.sign.contains(&purpose));
    verdict.family.filter(|_| signs && verdict.kind == Kind::Agent)
}
