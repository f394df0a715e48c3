//! Looks up the families of user agents in the catalogue that is in force now.

use crate::classify::Rules;
use crate::interner::{Interner, Map};
use crate::parallel::map_chunks;
use crate::store::Carried;

/// The families of user agents, by number.
pub(super) struct FamilyIndex {
    names: Interner,
    /// Agents by the user agent's id. User agents that do not sign are missing.
    by_user_agent: Map<i64, Signer>,
}

/// The number of the agent of counts from before there were logs, which have none.
pub(super) const NO_AGENT: u32 = u32::MAX;

/// An agent that signs the guestbook, by the numbers of its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Signer {
    pub(super) family: u32,
    pub(super) agent: u32,
}

/// The fewest user agents for a thread of their own. Naming fewer is faster in one thread.
const CHUNK_MIN: usize = 500;

impl FamilyIndex {
    /// Looks up the family of each user agent.
    pub(super) fn new<'n>(user_agents: &'n [(i64, String)], rules: &'n Rules) -> FamilyIndex {
        let families = map_chunks(user_agents, CHUNK_MIN, |chunk| -> Vec<_> {
            chunk.iter().map(|(_, text)| signing_names(text, rules)).collect()
        });
        let (mut names, mut by_user_agent) = (Interner::default(), Map::default());
        for ((id, _), family) in user_agents.iter().zip(families.into_iter().flatten()) {
            if let Some((family, agent)) = family {
                let (family, agent) = (names.number(family), names.number(agent));
                by_user_agent.insert(*id, Signer { family, agent });
            }
        }
        FamilyIndex { names, by_user_agent }
    }

    /// Returns the agent that a user agent signs as, if it signs.
    pub(super) fn of_user_agent(&self, user_agent: i64) -> Option<Signer> {
        self.by_user_agent.get(&user_agent).copied()
    }

    /// Returns the number of the family of a carried count.
    pub(super) fn of_carried(&mut self, carried: &Carried) -> u32 {
        self.names.number(&carried.family)
    }

    /// Returns the name of a family or of an agent.
    pub(super) fn name(&self, number: u32) -> &str {
        self.names.text(number)
    }
}

/// Returns the family and the agent of a user agent if its purpose is one of those that sign.
fn signing_names<'n>(text: &'n str, rules: &'n Rules) -> Option<(&'n str, &'n str)> {
    let verdict = rules.namer.name(text);
    let family = verdict.family.filter(|_| verdict.signs(&rules.sign))?;
    Some((family, verdict.agent.unwrap_or(family)))
}
