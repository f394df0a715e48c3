//! Finds what is worth telling: new agents, families that have fallen silent, pages that were first read, impostors, and days
//! without a log.

use std::collections::HashSet;

use crate::day::Day;
use crate::interner::Map;
use crate::report::{Block, Cell, DataTable, Dimension, Document};

use super::changes::changes_table;
use super::facts::{Period, SiteView, value};
use super::parts::tiles;

/// A family has fallen silent if it had pings on so many of 30 days and then none on so many covered days.
const ACTIVE_DAYS_MIN: usize = 5;
const ACTIVE_WITHIN: i32 = 30;
const SILENT_DAYS: i32 = 14;

/// The fewest requests of an agent's impostors in a day that are told.
const IMPOSTORS_MIN: u64 = 20;

/// Nothing is new within so many days after the first log.
const SETTLING_DAYS: i32 = 7;

/// The most pages that are told one by one for a day.
const FIRST_READS_MAX: usize = 10;

/// Something worth telling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The day on which it came true.
    pub day: Day,
    /// A key that no other news has.
    pub key: String,
    /// One sentence, with names that others chose.
    pub text: String,
}

/// Returns the news of a period, the newest first.
pub fn news(view: &SiteView<'_>, days: u16) -> Vec<News> {
    let period = view.period(days);
    let mut news = Vec::new();
    new_agents(view, period, &mut news);
    silent_families(view, period, &mut news);
    first_reads(view, period, &mut news);
    impostors(view, period, &mut news);
    for day in view.gaps(period) {
        let text = format!("No log covers {day}.");
        news.push(News { day, key: format!("gap-{day}"), text });
    }
    news.sort_by(|one, other| (other.day, &one.key).cmp(&(one.day, &other.key)));
    news
}

/// Returns the digest of a period: the pings with their change, the news, and what changed.
pub fn digest(view: &SiteView<'_>, days: u16) -> Document {
    let period = view.period(days);
    let mut page = view.page(&view.query.site, "Digest", period);
    page.blocks.push(Block::Tiles(tiles(view)));
    let mut table = DataTable::new("news", "News", &["day:Day", "news:News"]);
    let news = news(view, days).into_iter();
    table.rows = news.map(|news| vec![Cell::Day(news.day), Cell::Name(news.text)]).collect();
    page.blocks.push(Block::Table(table));
    page.blocks.push(Block::Table(changes_table(view, period)));
    page
}

fn new_agents(view: &SiteView<'_>, period: Period, news: &mut Vec<News>) {
    let all = view.all_time();
    let settled = all.from.plus(SETTLING_DAYS);
    let before = Period { to: period.from.plus(-1), ..all };
    let known = view.ask(&[Dimension::Agent], before).rows;
    let known = known.iter().filter(|row| row.measures.pings > 0);
    let mut known: HashSet<String> =
        known.map(|row| value(row, Dimension::Agent).to_owned()).collect();
    // The rows are in the order of days.
    for row in view.ask(&[Dimension::Day, Dimension::Agent, Dimension::Family], period).rows {
        let (agent, family) = (value(&row, Dimension::Agent), value(&row, Dimension::Family));
        let day = row.first_day;
        if row.measures.pings > 0 && known.insert(agent.to_owned()) && day >= settled {
            let text = format!("{agent} ({family}) came for the first time.");
            news.push(News { day, key: format!("agent-{agent}"), text });
        }
    }
}

fn silent_families(view: &SiteView<'_>, period: Period, news: &mut Vec<News>) {
    let mut days: Map<String, Vec<Day>> = Map::default();
    let from = period.from.plus(-ACTIVE_WITHIN - SILENT_DAYS);
    let length = u16::try_from(period.to.number() - from.number() + 1).unwrap_or(u16::MAX);
    let rows = view.ask(&[Dimension::Day, Dimension::Family], Period::new(length, period.to)).rows;
    for row in rows.iter().filter(|row| row.measures.pings > 0) {
        days.entry(value(row, Dimension::Family).to_owned()).or_default().push(row.first_day);
    }
    for (family, days) in days {
        let Some(&last) = days.iter().max() else { continue };
        let active = days.iter().filter(|day| **day > last.plus(-ACTIVE_WITHIN)).count();
        let day = last.plus(SILENT_DAYS);
        let are_covered = (1..=SILENT_DAYS).all(|at| view.is_covered(last.plus(at)));
        if active >= ACTIVE_DAYS_MIN && are_covered && day >= period.from && day <= period.to {
            let text = format!("{family} has not come for {SILENT_DAYS} days, since {last}.");
            news.push(News { day, key: format!("silent-{family}-{last}"), text });
        }
    }
}

fn first_reads(view: &SiteView<'_>, period: Period, news: &mut Vec<News>) {
    let settled = view.all_time().from.plus(SETTLING_DAYS);
    let mut by_day: Map<Day, Vec<(String, String, String)>> = Map::default();
    for first in view.books.first_reads(period.from.max(settled)) {
        by_day.entry(first.day).or_default().push((first.term, first.title, first.family));
    }
    for (day, mut reads) in by_day {
        reads.sort();
        let more = reads.len().saturating_sub(FIRST_READS_MAX);
        for (term, title, family) in reads.into_iter().take(FIRST_READS_MAX) {
            let text = format!("{title} was first read by an agent: {family}.");
            news.push(News { day, key: format!("term-{term}"), text });
        }
        if more > 0 {
            let text = format!("{more} more pages were first read by an agent.");
            news.push(News { day, key: format!("terms-{day}"), text });
        }
    }
}

fn impostors(view: &SiteView<'_>, period: Period, news: &mut Vec<News>) {
    let by = [Dimension::Day, Dimension::Agent, Dimension::Trust];
    for row in view.ask(&by, period).rows {
        let (agent, day) = (value(&row, Dimension::Agent), row.first_day);
        let requests = row.measures.requests;
        if value(&row, Dimension::Trust) == "impostor" && requests >= IMPOSTORS_MIN {
            let text = format!("{requests} requests claimed to be {agent} and were not.");
            news.push(News { day, key: format!("impostor-{agent}-{day}"), text });
        }
    }
}
