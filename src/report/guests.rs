//! Gives user agents their names as the catalogue knows them today, and picks the pings that count.

use crate::classify::{Kind, Namer, Trust};
use crate::cores::in_parts;
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

/// So many user agents are named before another thread is worth its start.
const NAMED_ALONE: usize = 500;

impl Guests {
    /// Names each distinct user agent once.
    pub(super) fn new<'n>(
        user_agents: &'n [(i64, String)],
        namer: &'n Namer,
        question: &Question,
    ) -> Guests {
        let name = |(_, text): &'n (i64, String)| signing_family(text, namer, question);
        let named = in_parts(user_agents, NAMED_ALONE, |some| -> Vec<Option<&str>> {
            some.iter().map(name).collect()
        });
        let (mut families, mut by_user_agent) = (Names::default(), Map::default());
        for ((id, _), family) in user_agents.iter().zip(named.into_iter().flatten()) {
            if let Some(family) = family {
                by_user_agent.insert(*id, i64::from(families.number(family)));
            }
        }
        Guests { families, by_user_agent }
    }

    /// The number of the family that a user agent signs for; those that do not sign have none.
    pub(super) fn family_of(&self, user_agent: i64) -> Option<i64> {
        self.by_user_agent.get(&user_agent).copied()
    }

    /// What was picked by user agents, by the families that sign.
    pub(super) fn signed(&self, mut rows: Vec<FrameRow>) -> Vec<FrameRow> {
        rows.retain_mut(|row| {
            let family = self.family_of(row.family);
            row.family = family.unwrap_or_default();
            family.is_some()
        });
        rows
    }

    /// A family's pings under its name.
    pub(super) fn entry(&self, group: &Group) -> (String, u64, i64) {
        let family = u32::try_from(group.number).map_or("", |number| self.families.text(number));
        (family.to_owned(), group.pings, group.first)
    }
}

/// The family of a user agent, if it is one that signs.
fn signing_family<'n>(text: &'n str, namer: &'n Namer, question: &Question) -> Option<&'n str> {
    let verdict = namer.name(text);
    let signs = verdict.purpose.is_some_and(|purpose| question.sign.contains(&purpose));
    verdict.family.filter(|_| signs && verdict.kind == Kind::Agent)
}

/// All that a question tells apart: term, day, family, request type and trust.
type Key = (i64, i64, i64, i64, i64);

/// Picks the pings that count, and adds up those that a question tells apart no further.
pub(super) struct Picked<'q> {
    question: &'q Question,
    /// Of the terms that are being picked of.
    sums: Map<Key, Tallied>,
    rows: Vec<FrameRow>,
}

impl<'q> Picked<'q> {
    pub(super) fn new(question: &'q Question) -> Picked<'q> {
        Picked { question, sums: Map::default(), rows: Vec::new() }
    }

    /// Takes a row of a family, if it counts: an answer that counts, up to today. Where families are not known yet,
    /// their user agents may stand for them.
    pub(super) fn add(&mut self, row: &PingRow, family: i64) {
        if row.day > self.question.today || !self.question.statuses.contains(&row.status) {
            return;
        }
        // Days before the window are asked for together.
        let kept = self.question.first_day().min(self.question.today.plus(-1));
        let day = row.day.max(kept.plus(-1)).number();
        let key = (row.term, i64::from(day), family, row.request, row.trust as i64);
        rank::add(self.sums.entry(key).or_insert(rank::NOTHING), row.requests, row.first);
    }

    /// No more rows come of the terms that have come: those that are added up next are few again, and fast to find.
    pub(super) fn end_share(&mut self) {
        let rows =
            self.sums.drain().map(|((term, day, family, request, trust), (pings, first))| {
                FrameRow { term, day, family, request, trust, pings, first }
            });
        self.rows.extend(rows);
    }

    /// The pings that count.
    pub(super) fn finish(mut self) -> Vec<FrameRow> {
        self.end_share();
        self.rows
    }
}

/// Takes out the pings of impostors that are not to be among the guests; returns those that are told by themselves, by
/// term.
pub(super) fn take_impostors(rows: &mut Vec<FrameRow>, question: &Question) -> Map<i64, u64> {
    let mut told = Map::default();
    if question.impostors == Impostors::Count {
        return told;
    }
    rows.retain(|row| {
        let stays = row.trust != Trust::Impostor as i64;
        if !stays && question.impostors == Impostors::Separate {
            *told.entry(row.term).or_default() += row.pings;
        }
        stays
    });
    told
}
