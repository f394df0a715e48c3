//! Parses the values of options.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::render::OutputFormat;

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportFormat {
    Output(OutputFormat),
    /// For answers to questions.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// The other formats than those of pages and pictures, by name.
const OTHER_FORMATS: &[(&str, ReportFormat)] = &[
    #[cfg(feature = "parquet")]
    ("parquet", ReportFormat::Parquet),
];

impl ReportFormat {
    /// Returns whether a terminal can't show it.
    pub(super) fn is_binary(self) -> bool {
        match self {
            ReportFormat::Output(format) => format == OutputFormat::Png,
            #[cfg(feature = "parquet")]
            ReportFormat::Parquet => true,
        }
    }

    /// Returns the format that a file's extension or a name stands for.
    pub(super) fn of(name: &str) -> Option<ReportFormat> {
        let is_of = |format: OutputFormat| [format.name(), format.extension()].contains(&name);
        let found = OutputFormat::NAMES.iter().find(|(_, format)| is_of(*format));
        let output = found.map(|(_, format)| ReportFormat::Output(*format));
        let other = || OTHER_FORMATS.iter().find(|(known, _)| *known == name);
        output.or_else(|| other().map(|(_, format)| *format))
    }
}

/// Parses the name of the format of a report.
pub(super) fn report_format() -> impl TypedValueParser<Value = ReportFormat> {
    let others = OTHER_FORMATS.iter().map(|(name, _)| *name);
    let names = OutputFormat::NAMES.into_iter().map(|(name, _)| name).chain(others);
    PossibleValuesParser::new(names.collect::<Vec<_>>())
        .map(|name| ReportFormat::of(&name).unwrap_or(ReportFormat::Output(OutputFormat::Text)))
}

/// Parses the name of a format of the digest.
pub(super) fn digest_format() -> impl TypedValueParser<Value = OutputFormat> {
    PossibleValuesParser::new(["text", "md", "html"]).map(|name| match &*name {
        "md" => OutputFormat::Md,
        "html" => OutputFormat::Html,
        _ => OutputFormat::Text,
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
