//! The values that the rows of a store have in each column.

use std::ops::Range;

use crate::agents::Kind;
use crate::classify::Rules;
use crate::day::Day;
use crate::interner::{Interner, Map};
use crate::pages::StatusClass;
use crate::parallel::map_chunks;
use crate::report::query::{Impostors, Query};
use crate::store::{FailureRow, HourRow, NO_TERM_ID, PingRow, Store, StoreError, ViewRow};
use crate::trust::Trust;

use super::condition::Condition;
use super::dimension::Dimension;
use super::table::Measures;

/// The value of rows that are for no term.
const ELSEWHERE: &str = "(elsewhere)";

/// The value of requests without a user agent.
pub const NO_USER_AGENT: &str = "(no user agent)";

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
pub(in crate::report) struct Dimensions<'q> {
    pub(super) texts: Interner,
    agents: Map<i64, AgentNumbers>,
    terms: Map<i64, u32>,
    requests: Map<i64, u32>,
    /// The source, and the family that it belongs to, if it is a product of one.
    came_from: Map<i64, (u32, Option<u32>)>,
    statuses: Vec<u32>,
    trusts: Vec<u32>,
    /// The numbers of the statuses of failed requests.
    codes: Map<u16, u32>,
    paths: Vec<u32>,
    query: &'q Query,
}

/// A row of the store.
#[derive(Clone, Copy)]
pub(super) enum Fact {
    Ping(PingRow),
    View(ViewRow),
    Failure(FailureFact),
    Hour(HourRow),
}

/// A row of failed requests, with the number of its path.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailureFact {
    pub(super) day: Day,
    path: u32,
    user_agent: i64,
    code: u16,
    pub(super) requests: u64,
}

impl Fact {
    pub(super) fn day(&self) -> Day {
        match self {
            Fact::Ping(row) => row.day,
            Fact::View(row) => row.day,
            Fact::Failure(row) => row.day,
            Fact::Hour(row) => row.day,
        }
    }
}

impl<'q> Dimensions<'q> {
    pub(in crate::report) fn read(
        store: &Store,
        rules: &Rules,
        query: &'q Query,
    ) -> Result<Dimensions<'q>, StoreError> {
        let mut texts = Interner::default();
        let agents = read_agents(store, rules, &mut texts)?;
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
            let family = rules.referrers.family(&name).map(|family| texts.number(family));
            (id, (texts.number(&name), family))
        });
        let came_from = came_from.collect();
        let statuses = StatusClass::ALL.map(|status| texts.number(status.name()));
        let trusts = Trust::ALL.map(|trust| texts.number(trust.name()));
        let (statuses, trusts) = (statuses.to_vec(), trusts.to_vec());
        let (codes, paths) = (Map::default(), Vec::new());
        Ok(Dimensions {
            texts,
            agents,
            terms,
            requests,
            came_from,
            statuses,
            trusts,
            codes,
            paths,
            query,
        })
    }

    /// Reads the failed requests of some days, whose paths become values.
    pub(super) fn read_failures(
        &mut self,
        store: &Store,
        days: Range<Day>,
    ) -> Result<Vec<FailureFact>, StoreError> {
        let mut facts = Vec::new();
        store.each_failure_in(days, |row| {
            let path = self.texts.number(&row.path);
            self.paths.push(path);
            let texts = &mut self.texts;
            self.codes.entry(row.code).or_insert_with(|| texts.number(&row.code.to_string()));
            let FailureRow { day, user_agent, code, requests, .. } = row;
            facts.push(FailureFact { day, path, user_agent, code, requests });
        })?;
        self.paths.sort_unstable();
        self.paths.dedup();
        Ok(facts)
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
                    Dimension::CameFrom | Dimension::Path | Dimension::Code | Dimension::Hour => {
                        return None;
                    }
                    time => time.time_key(row.day),
                })
            }
            Fact::Failure(row) => match column {
                Dimension::Path => Some(row.path),
                Dimension::Code => self.codes.get(&row.code).copied(),
                Dimension::Status => Some(self.statuses[StatusClass::of(Some(row.code)) as usize]),
                _ => self.value_of_agent(column, row.user_agent, row.day),
            },
            Fact::Hour(row) => match column {
                Dimension::Hour => Some(row.hour.into()),
                _ => self.value_of_agent(column, row.user_agent, row.day),
            },
            Fact::View(row) => {
                let (came_from, family) = *self.came_from.get(&row.came_from)?;
                match column {
                    Dimension::Term => self.terms.get(&row.term).copied(),
                    Dimension::Family => family,
                    Dimension::CameFrom => Some(came_from),
                    time if time.is_of_time() => Some(time.time_key(row.day)),
                    _ => None,
                }
            }
        }
    }

    /// Returns the number of a fact's term, if it is for one.
    pub(super) fn term(&self, fact: &Fact) -> Option<u32> {
        match fact {
            Fact::Ping(row) if row.term == NO_TERM_ID => None,
            _ => self.value(Dimension::Term, fact),
        }
    }

    /// Returns the measures of a fact.
    pub(super) fn measures(&self, fact: &Fact) -> Measures {
        match fact {
            Fact::Ping(row) => {
                let pings = if self.are_pings(row) { row.requests } else { 0 };
                Measures { pings, requests: row.requests, bytes: row.bytes, ..Measures::default() }
            }
            Fact::View(row) => Measures { views: row.views, ..Measures::default() },
            Fact::Failure(row) => Measures { requests: row.requests, ..Measures::default() },
            Fact::Hour(row) => Measures { requests: row.requests, ..Measures::default() },
        }
    }

    /// Returns for each user agent the one that stands for all with the same agent, family and purpose.
    pub(in crate::report) fn first_user_agents(&self) -> Map<i64, i64> {
        let mut first: Map<[u32; 4], i64> = Map::default();
        let one = |(id, agent): (&i64, &AgentNumbers)| {
            let AgentNumbers { agent, family, operator, purpose, .. } = *agent;
            (*id, *first.entry([agent, family, operator, purpose]).or_insert(*id))
        };
        self.agents.iter().map(one).collect()
    }

    /// Returns the number of the value of a request of which only the user agent and the day are known.
    pub(super) fn value_of_agent(
        &self,
        column: Dimension,
        user_agent: i64,
        day: Day,
    ) -> Option<u32> {
        let agent = self.agents.get(&user_agent)?;
        match column {
            Dimension::Agent => Some(agent.agent),
            Dimension::Family => Some(agent.family),
            Dimension::Operator => Some(agent.operator),
            Dimension::Purpose => Some(agent.purpose),
            time => time.is_of_time().then(|| time.time_key(day)),
        }
    }

    /// Returns whether a row's requests are pings, by the rules of the guestbook.
    pub(in crate::report) fn are_pings(&self, row: &PingRow) -> bool {
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
                let referred = self.came_from.values().filter_map(|(_, family)| *family);
                self.agents.values().map(|agent| agent.family).chain(referred).collect()
            }
            Dimension::Operator => self.agents.values().map(|agent| agent.operator).collect(),
            Dimension::Purpose => self.agents.values().map(|agent| agent.purpose).collect(),
            Dimension::Request => self.requests.values().copied().collect(),
            Dimension::Status => self.statuses.clone(),
            Dimension::Trust => self.trusts.clone(),
            Dimension::CameFrom => self.came_from.values().map(|(source, _)| *source).collect(),
            Dimension::Path => self.paths.clone(),
            Dimension::Code => self.codes.values().copied().collect(),
            Dimension::Day | Dimension::Week | Dimension::Month | Dimension::Weekday => Vec::new(),
            Dimension::Hour => Vec::new(),
        };
        numbers.into_iter().map(|number| self.texts.text(number)).collect()
    }
}

fn read_agents(
    store: &Store,
    rules: &Rules,
    texts: &mut Interner,
) -> Result<Map<i64, AgentNumbers>, StoreError> {
    let user_agents = store.user_agents()?;
    let named = map_chunks(&user_agents, CHUNK_MIN, |chunk| -> Vec<_> {
        chunk.iter().map(|(id, text)| (*id, rules.namer.name(text))).collect()
    });
    let mut agents = Map::default();
    for (id, verdict) in named.into_iter().flatten() {
        let other = match verdict.kind {
            Kind::Empty => NO_USER_AGENT,
            // A later catalogue may find that what was an agent is a person's program.
            Kind::Agent | Kind::Person => UNKNOWN,
        };
        let purpose = verdict.purpose.map_or(other.into(), |purpose| purpose.to_string());
        let signs = verdict.signs(&rules.sign);
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
