//! The values that the rows of a store have in each column.

use crate::agents::{Kind, Namer};
use crate::classify::Rules;
use crate::interner::{Interner, Map};
use crate::parallel::map_chunks;
use crate::report::guestbooks::NO_TERM_ID;
use crate::report::query::{Impostors, Query};
use crate::store::{PingRow, Store, StoreError, ViewRow};
use crate::trust::Trust;

use super::condition::Condition;
use super::dimension::Dimension;

/// The value of rows that are for no term.
const ELSEWHERE: &str = "(elsewhere)";

/// The value of requests without a user agent.
const NO_USER_AGENT: &str = "(no user agent)";

/// The value of agents whose operator is unknown.
const UNKNOWN: &str = "(unknown)";

/// The fewest user agents for a thread of their own.
const CHUNK_MIN: usize = 500;

/// The numbers of an agent's values, and whether its requests may be pings.
#[derive(Clone, Copy)]
struct AgentNumbers {
    agent: u32,
    family: u32,
    operator: u32,
    purpose: u32,
    signs: bool,
}

/// The values of all columns that do not divide time, by the ids in the store.
pub(super) struct Dimensions<'q> {
    pub(super) texts: Interner,
    agents: Map<i64, AgentNumbers>,
    terms: Map<i64, u32>,
    requests: Map<i64, u32>,
    /// The source, and the family that it belongs to.
    came_from: Map<i64, (u32, u32)>,
    statuses: Vec<u32>,
    trusts: Vec<u32>,
    query: &'q Query,
}

/// A row of the store.
#[derive(Clone, Copy)]
pub(super) enum Fact {
    Ping(PingRow),
    View(ViewRow),
}

impl<'q> Dimensions<'q> {
    pub(super) fn read(
        store: &Store,
        rules: &Rules,
        query: &'q Query,
    ) -> Result<Dimensions<'q>, StoreError> {
        let mut texts = Interner::default();
        let agents = read_agents(store, &rules.namer, query, &mut texts)?;
        let catalogue = rules.terms.catalogue();
        let terms = store.terms()?.into_iter().map(|(id, name)| {
            let name = catalogue.get(&name).map_or(name.as_str(), |entry| &entry.term);
            (id, texts.number(name))
        });
        let mut terms: Map<i64, u32> = terms.collect();
        terms.insert(NO_TERM_ID, texts.number(ELSEWHERE));
        let requests = store.request_types()?.into_iter();
        let requests = requests.map(|(id, name)| (id, texts.number(&name))).collect();
        let came_from = store.came_from()?.into_iter().map(|(id, name)| {
            let family = rules.referrers.family(&name).to_owned();
            (id, (texts.number(&name), texts.number(&family)))
        });
        let came_from = came_from.collect();
        let statuses = crate::pages::StatusClass::ALL.map(|status| texts.number(status.name()));
        let trusts = Trust::ALL.map(|trust| texts.number(trust.name()));
        let (statuses, trusts) = (statuses.to_vec(), trusts.to_vec());
        Ok(Dimensions { texts, agents, terms, requests, came_from, statuses, trusts, query })
    }

    /// Returns the number of a fact's value. `None` if the column does not apply: people have no agent.
    pub(super) fn value(&self, column: Dimension, fact: &Fact) -> Option<u32> {
        match fact {
            Fact::Ping(row) => {
                let agent = self.agents.get(&row.user_agent)?;
                Some(match column {
                    Dimension::Term => *self.terms.get(&row.term)?,
                    Dimension::Agent => agent.agent,
                    Dimension::Family => agent.family,
                    Dimension::Operator => agent.operator,
                    Dimension::Purpose => agent.purpose,
                    Dimension::Request => *self.requests.get(&row.request)?,
                    Dimension::Status => self.statuses[row.status as usize],
                    Dimension::Trust => self.trusts[row.trust as usize],
                    Dimension::CameFrom => return None,
                    time => time.time_key(row.day),
                })
            }
            Fact::View(row) => {
                let (came_from, family) = *self.came_from.get(&row.came_from)?;
                match column {
                    Dimension::Term => self.terms.get(&row.term).copied(),
                    Dimension::Family => Some(family),
                    Dimension::CameFrom => Some(came_from),
                    time if time.is_of_time() => Some(time.time_key(row.day)),
                    _ => None,
                }
            }
        }
    }

    /// Returns whether a row's requests are pings, by the rules of the guestbook.
    pub(super) fn are_pings(&self, row: &PingRow) -> bool {
        row.term != NO_TERM_ID
            && self.query.statuses.contains(&row.status)
            && (row.trust != Trust::Impostor || self.query.impostors == Impostors::Count)
            && self.agents.get(&row.user_agent).is_some_and(|agent| agent.signs)
    }

    /// Returns for each text, by its number, whether a condition matches it.
    pub(super) fn matching(&self, condition: &Condition) -> Vec<bool> {
        self.texts.iter().map(|text| condition.matches(text)).collect()
    }

    /// Returns all values that a column has in the store.
    pub(super) fn values(&self, column: Dimension) -> Vec<&str> {
        let numbers: Vec<u32> = match column {
            Dimension::Term => self.terms.values().copied().collect(),
            Dimension::Agent => self.agents.values().map(|agent| agent.agent).collect(),
            Dimension::Family => {
                let referred = self.came_from.values().map(|(_, family)| *family);
                self.agents.values().map(|agent| agent.family).chain(referred).collect()
            }
            Dimension::Operator => self.agents.values().map(|agent| agent.operator).collect(),
            Dimension::Purpose => self.agents.values().map(|agent| agent.purpose).collect(),
            Dimension::Request => self.requests.values().copied().collect(),
            Dimension::Status => self.statuses.clone(),
            Dimension::Trust => self.trusts.clone(),
            Dimension::CameFrom => self.came_from.values().map(|(source, _)| *source).collect(),
            Dimension::Day | Dimension::Week | Dimension::Month | Dimension::Weekday => Vec::new(),
        };
        numbers.into_iter().map(|number| self.texts.text(number)).collect()
    }
}

fn read_agents(
    store: &Store,
    namer: &Namer,
    query: &Query,
    texts: &mut Interner,
) -> Result<Map<i64, AgentNumbers>, StoreError> {
    let user_agents = store.user_agents()?;
    let named = map_chunks(&user_agents, CHUNK_MIN, |chunk| -> Vec<_> {
        chunk.iter().map(|(id, text)| (*id, namer.name(text))).collect()
    });
    let mut agents = Map::default();
    for (id, verdict) in named.into_iter().flatten() {
        let other = match verdict.kind {
            Kind::Empty => NO_USER_AGENT,
            // A later catalogue may find that what was an agent is a person's program.
            Kind::Agent | Kind::Person => UNKNOWN,
        };
        let purpose = verdict.purpose.map_or(other.into(), |purpose| purpose.to_string());
        let signs = verdict.kind == Kind::Agent
            && verdict.purpose.is_some_and(|purpose| query.sign.contains(&purpose));
        let numbers = AgentNumbers {
            agent: texts.number(verdict.agent.unwrap_or(other)),
            family: texts.number(verdict.family.unwrap_or(other)),
            operator: texts.number(verdict.operator.unwrap_or(other)),
            purpose: texts.number(&purpose),
            signs,
        };
        agents.insert(id, numbers);
    }
    Ok(agents)
}
