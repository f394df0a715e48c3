//! Gives user agents their names as the catalogue knows them today, and picks the pings that count.

use polars::error::PolarsResult;

use crate::classify::{Kind, Namer, Trust};
use crate::names::{Map, Names};
use crate::store::PingRow;

use super::frame::{Frame, FrameRow};
use super::question::{Impostors, Question};

/// The families of the user agents of some rows.
pub(super) struct Guests {
    families: Names,
    /// By the user agent's id; those that do not sign have none.
    by_user_agent: Map<i64, i64>,
}

impl Guests {
    /// Names each distinct user agent once.
    pub(super) fn new(user_agents: &[(i64, String)], namer: &Namer, question: &Question) -> Guests {
        let (mut families, mut by_user_agent) = (Names::default(), Map::default());
        for (id, text) in user_agents {
            let verdict = namer.name(text);
            let signs = verdict.purpose.is_some_and(|purpose| question.sign.contains(&purpose));
            if let (Kind::Agent, Some(family), true) = (verdict.kind, verdict.family, signs) {
                by_user_agent.insert(*id, i64::from(families.number(family)));
            }
        }
        Guests { families, by_user_agent }
    }

    /// The family with a number that a frame's column gives.
    pub(super) fn family(&self, number: i64) -> &str {
        u32::try_from(number).map_or("", |number| self.families.text(number))
    }

    /// The pings among `rows`: answers that count, of agents that sign, up to today. Impostors are
    /// in the frame only where they count as guests; `impostors` has their pings otherwise.
    pub(super) fn frame(
        &self,
        rows: &[PingRow],
        question: &Question,
    ) -> PolarsResult<(Frame, Impostor)> {
        let mut counted = Vec::new();
        let mut impostor = Impostor::default();
        for row in rows {
            let counts = row.day <= question.today && question.statuses.contains(&row.status);
            let Some(&family) = self.by_user_agent.get(&row.user_agent).filter(|_| counts) else {
                continue;
            };
            match (row.trust, question.impostors) {
                (Trust::Impostor, Impostors::Hide) => {}
                (Trust::Impostor, Impostors::Separate) => impostor.pings += row.requests,
                _ => counted.push(FrameRow {
                    term: row.term,
                    day: i64::from(row.day.number()),
                    family,
                    request: row.request,
                    trust: row.trust as i64,
                    pings: row.requests,
                    first: row.first,
                }),
            }
        }
        Ok((Frame::new(&counted)?, impostor))
    }
}

/// Pings of impostors that are told, but not among the guests.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Impostor {
    pub(super) pings: u64,
}
