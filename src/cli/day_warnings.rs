//! Warns of days whose numbers mean something else than they seem to.

use std::collections::HashSet;

use anyhow::bail;

use crate::day::Day;
use crate::report::{Breakdown, BreakdownTable, Dimension};
use crate::store::Store;

use super::messages::Messages;

/// Warns if an answer has days that can't be told apart, compared, or that hours are not kept of. Fails if no log covers the time
/// that is compared.
pub(super) fn warn_of_days(
    store: &Store,
    question: &Breakdown,
    answer: &BreakdownTable,
    messages: Messages,
) -> anyhow::Result<()> {
    let covered: HashSet<Day> = store.coverage()?.iter().map(|row| row.day).collect();
    let count = |(from, to): (Day, Day)| {
        let days = (from.number()..=to.number()).map(Day::from_number);
        days.filter(|day| covered.contains(day)).count()
    };
    warn_of_sum(store, answer.from, answer.to, messages)?;
    if let Some((from, to)) = answer.previous {
        warn_of_sum(store, from, to, messages)?;
        let (now, before) = (count((answer.from, answer.to)), count((from, to)));
        if before == 0 {
            bail!("no log covers {from} to {to}, so there is nothing to compare with");
        }
        if now != before {
            messages.warn(&format!(
                "logs cover {} of these days and {} of those that they are compared with: a day without a log is no zero",
                now, before
            ));
        }
    }
    if question.by.contains(&Dimension::Hour) {
        let first_asked = answer.previous.map_or(answer.from, |(from, _)| from.min(answer.from));
        let asked: Vec<&Day> = covered.iter().filter(|day| **day >= first_asked).collect();
        if let Some(first) = store.first_day_of_hours()?
            && asked.iter().any(|day| **day < first)
        {
            messages.warn(&format!("hours are kept of the last 30 covered days: since {first}"));
        }
    }
    Ok(())
}

/// Warns if some days include the one that has the sum of those before it, since the store was pruned.
pub(super) fn warn_of_sum(
    store: &Store,
    from: Day,
    to: Day,
    messages: Messages,
) -> anyhow::Result<()> {
    if let Some(day) = store.pruned_to()?.filter(|day| (from..=to).contains(day)) {
        messages.warn(&format!(
            "these days include {day}, which has the sum of all days before it since the store was pruned"
        ));
    }
    Ok(())
}
