//! Finds the logs that the command line or the config names.

use std::collections::HashSet;

use jiff::tz::TimeZone;

use crate::bucket::is_url;
use crate::config::{FormatChoice, LogConfig, Settings, format};
use crate::format::Format;
use crate::pages::StatusClass;
use crate::pipeline::LogInput;
use crate::source::{Found, find_locations};

use super::error::NightError;
use super::notice::Notice;

/// Returns the logs to read: those that were named on the command line, else the config's. `format` is the value of
/// `--format`.
///
/// Named logs are the site's own, so they are read with the settings of the config's first `[[logs]]`. Their relative
/// paths are resolved against the current folder.
pub fn named_logs(
    settings: &Settings,
    named: &[String],
    format_name: Option<&str>,
) -> Result<Vec<LogConfig>, NightError> {
    let mut logs = match named {
        [] => settings.logs.clone(),
        named => vec![with_first_settings(settings, named)],
    };
    if let Some(name) = format_name {
        let choice = FormatChoice::Named(name.to_owned());
        for log in &mut logs {
            log.format = format(&choice, &log.zone)?;
        }
    }
    if logs.is_empty() { Err(NightError::NoLogs) } else { Ok(logs) }
}

fn with_first_settings(settings: &Settings, named: &[String]) -> LogConfig {
    let first = settings.logs.first();
    let folder = std::env::current_dir().unwrap_or_default();
    let paths = named.iter().map(|path| match &**path {
        "-" => path.clone(),
        path if is_url(path) => path.to_owned(),
        path => folder.join(path).to_string_lossy().into_owned(),
    });
    LogConfig {
        paths: paths.collect(),
        format: first.and_then(|log| log.format.clone()),
        zone: first.map_or(TimeZone::UTC, |log| log.zone.clone()),
        has_given_zone: first.is_some_and(|log| log.has_given_zone),
        hosts: first.map(|log| log.hosts.clone()).unwrap_or_default(),
        counts_copies: first.is_some_and(|log| log.counts_copies),
        stale_after: None,
    }
}

/// Returns the logs that were found, with notices about the patterns that match nothing, whose number is the last, and about the
/// formats.
pub(super) fn inputs_to_read(
    logs: &[LogConfig],
    settings: &Settings,
) -> (Vec<LogInput>, Vec<Notice>, usize) {
    let (inputs, mut notices) = find_inputs(logs, settings);
    let unmatched = notices.len();
    let formats = logs.iter().filter_map(|log| log.format.as_ref());
    notices.extend(formats.flat_map(Format::warnings).map(Notice::Format));
    notices.dedup();
    (inputs, notices, unmatched)
}

/// Returns the logs that were found, each with its settings, and a notice for each pattern that matches nothing.
pub fn find_inputs(logs: &[LogConfig], settings: &Settings) -> (Vec<LogInput>, Vec<Notice>) {
    let (mut inputs, mut unmatched): (Vec<LogInput>, Vec<Notice>) = (Vec::new(), Vec::new());
    let mut known = HashSet::new();
    let zone = &settings.config.site.timezone;
    let site_zone = Some(zone.clone()).filter(|_| settings.zone != TimeZone::UTC);
    let needs_status = !settings.rules.counting.statuses.contains(&StatusClass::Unknown);
    for log in logs {
        let (locations, missing) = find_locations(&log.paths, &settings.folder);
        let missing = missing.into_iter();
        unmatched.extend(missing.map(|(pattern, reason)| Notice::Unmatched { pattern, reason }));
        for Found { location, is_from_pattern } in locations {
            if known.insert(location.clone()) {
                inputs.push(LogInput {
                    location,
                    is_from_pattern,
                    counts_copies: log.counts_copies,
                    stale_after: log.stale_after,
                    format: log.format.clone(),
                    zone: log.zone.clone(),
                    has_given_zone: log.has_given_zone,
                    site_zone: site_zone.clone().filter(|_| !log.has_given_zone),
                    needs_status,
                    hosts: log.hosts.clone(),
                    header: settings.config.trust.header.clone(),
                });
            }
        }
    }
    (inputs, unmatched)
}
