//! Parses the values of options.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::render::OutputFormat;

/// Parses the name of an output format.
pub(super) fn output_format() -> impl TypedValueParser<Value = OutputFormat> {
    let names = OutputFormat::NAMES.map(|(name, _)| name);
    PossibleValuesParser::new(names).map(|name| {
        let found = OutputFormat::NAMES.iter().find(|(known, _)| *known == name);
        found.map_or(OutputFormat::Text, |(_, format)| *format)
    })
}

/// Parses an age in months or years.
pub(super) fn months(text: &str) -> Result<i32, String> {
    const MONTHS_MIN: i32 = 13;
    const MONTHS_MAX: i32 = 1200;
    let number =
        |digits: &str, months: i32| digits.parse::<u16>().ok().map(|n| i32::from(n) * months);
    let parsed = match (text.strip_suffix('m'), text.strip_suffix('y')) {
        (Some(digits), _) => number(digits, 1),
        (_, Some(digits)) => number(digits, 12),
        _ => None,
    };
    match parsed {
        Some(MONTHS_MAX..) => Err("no log is a hundred years old".into()),
        Some(months) if months >= MONTHS_MIN => Ok(months),
        Some(_) => Err(format!("reports show up to a year, so the least is {MONTHS_MIN}m")),
        None => Err("write months as 24m, years as 3y".into()),
    }
}
