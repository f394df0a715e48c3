//! Gives user agents their names as the catalogue knows them today, and picks the pings that count.

use crate::classify::{Kind, Namer, Trust};
use crate::names::{Map, Names};
use crate::store::PingRow;

use super::frame::{FrameRow, Group};
use super::question::{Impostors, Question};
use super::rank::{self, Tallied};

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

    /// A family's pings under its name.
    pub(super) fn entry(&self, group: &Group) -> (String, u64, i64) {
        let family = u32::try_from(group.number).map_or("", |number| self.families.text(number));
        (family.to_owned(), group.pings, group.first)
    }
}

/// Picks the pings that count, and adds up those that a question tells apart no further.
pub(super) struct Picked<'q> {
    question: &'q Question,
    /// Of the term that is being picked for.
    term: Map<(i64, i64, i64, i64), Tallied>,
    last_term: i64,
    rows: Vec<FrameRow>,
    /// Pings of impostors that are told, but not among the guests: by term.
    impostors: Map<i64, u64>,
}

impl<'q> Picked<'q> {
    pub(super) fn new(question: &'q Question) -> Picked<'q> {
        let (term, rows, impostors) = (Map::default(), Vec::new(), Map::default());
        Picked { question, term, last_term: 0, rows, impostors }
    }

    /// Takes a row, if it counts: an answer that counts, to an agent that signs, up to today. Rows of a
    /// term come one after the other.
    pub(super) fn add(&mut self, row: &PingRow, guests: &Guests) {
        let counts = row.day <= self.question.today && self.question.statuses.contains(&row.status);
        let Some(&family) = guests.by_user_agent.get(&row.user_agent).filter(|_| counts) else {
            return;
        };
        match (row.trust, self.question.impostors) {
            (Trust::Impostor, Impostors::Hide) => return,
            (Trust::Impostor, Impostors::Separate) => {
                *self.impostors.entry(row.term).or_default() += row.requests;
                return;
            }
            _ => {}
        }
        if row.term != self.last_term {
            self.end_term();
            self.last_term = row.term;
        }
        // Days before the window are asked for together.
        let kept = self.question.first_day().min(self.question.today.plus(-1));
        let day = row.day.max(kept.plus(-1)).number();
        let key = (i64::from(day), family, row.request, row.trust as i64);
        rank::add(self.term.entry(key).or_insert(rank::NOTHING), row.requests, row.first);
    }

    fn end_term(&mut self) {
        let term = self.last_term;
        let rows = self.term.drain().map(|((day, family, request, trust), (pings, first))| {
            FrameRow { term, day, family, request, trust, pings, first }
        });
        self.rows.extend(rows);
    }

    /// The pings that count, and those of impostors beside them, by term.
    pub(super) fn finish(mut self) -> (Vec<FrameRow>, Map<i64, u64>) {
        self.end_term();
        (self.rows, self.impostors)
    }
}
