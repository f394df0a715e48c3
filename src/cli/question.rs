//! Reads the options of `report --by` into a question.

use anyhow::{Context, bail};

use crate::config::date;
use crate::day::Day;
use crate::report::{Breakdown, COLUMNS_MAX, Condition, Dimension};

use super::question_args::QuestionArgs;

/// Returns the question that the options ask. The window is that of `--days` unless they name other days.
pub(super) fn question(
    args: &QuestionArgs,
    today: Day,
    days: u16,
    top: usize,
) -> anyhow::Result<Breakdown> {
    let (from, to) = days_of(args, today, days)?;
    if from > to {
        bail!("the first day, {from}, is after the last, {to}");
    }
    let by = args.by.clone();
    if by.len() > COLUMNS_MAX {
        bail!("--by has {} columns, and {COLUMNS_MAX} are the most", by.len());
    }
    if let Some(twice) = (1..by.len()).find(|at| by[..*at].contains(&by[*at])) {
        bail!("--by names {} twice", by[twice].name());
    }
    if args.compare.is_some() && by.iter().any(|column| column.is_of_time()) {
        bail!(
            "--compare needs rows that are the same in both times: leave out {} from --by",
            by[0].name()
        );
    }
    let conditions = |texts: &[String]| -> anyhow::Result<Vec<Condition>> {
        texts.iter().map(|text| condition(text)).collect()
    };
    Ok(Breakdown {
        by,
        only: conditions(&args.only).context("--only")?,
        not: conditions(&args.not).context("--not")?,
        from,
        to,
        compare: args.compare,
        sort: args.sort,
        top,
    })
}

/// Returns the first and the last day: of a month, or from and to, or the last days up to today.
fn days_of(args: &QuestionArgs, today: Day, days: u16) -> anyhow::Result<(Day, Day)> {
    if let Some(month) = &args.month {
        let first = Day::parse(&format!("{month}-01"))
            .with_context(|| format!("--month: {month:?} is no month such as 2026-05"))?;
        return Ok((first, Day::from_date(first.date().last_of_month())));
    }
    let from = args.from.as_deref().map(|text| date("--from", text)).transpose()?;
    let to = args.to.as_deref().map(|text| date("--to", text)).transpose()?.unwrap_or(today);
    Ok((from.unwrap_or(to.plus(1 - i32::from(days))), to))
}

/// Parses `family=ChatGPT,Claude`.
fn condition(text: &str) -> anyhow::Result<Condition> {
    let (name, values) = text.split_once('=').with_context(|| {
        format!("{text:?} is not of the form KEY=VALUE, such as family=ChatGPT")
    })?;
    let found = Dimension::NAMES.iter().find(|(known, _)| *known == name);
    let is_of_time = |column: Dimension| column.is_of_time();
    match found.map(|(_, column)| *column) {
        Some(Dimension::Hour) => {
            bail!("hours can't be a condition: leave the others out of the answer")
        }
        Some(column) if is_of_time(column) => bail!("{name}: use --from, --to or --month for days"),
        Some(column) => {
            let values = values.split(',').map(str::to_owned).collect();
            Ok(Condition { column, values })
        }
        None => {
            let names = Dimension::NAMES.iter().filter(|(_, column)| !is_of_time(*column));
            let names: Vec<&str> = names.map(|(name, _)| *name).collect();
            bail!("there is no column {name:?}: it is one of {}", names.join(", "))
        }
    }
}
