//! Chooses between the format that is detected and the one in the server's config.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;

use super::found_site::LogGroup;
use crate::config::{FormatChoice, format};
use crate::format::{Columns, Content, Format, LineReader};
use crate::pipeline::{LogFormat, LogInput, open_log};
use crate::source::Location;

/// The number of lines by which formats are compared.
const COMPARED_LINES: usize = 500;

/// A format of a log, as the config should have it, and its name. The name is `None` if no line shows that it fits.
pub(super) struct ChosenFormat {
    pub(super) choice: FormatChoice,
    pub(super) name: Option<String>,
}

/// Returns the format of a log: `auto` if that reads the same from its lines as the server's own directive.
pub(super) fn choose_format(log: &LogGroup) -> ChosenFormat {
    let detected = log.files.iter().find_map(|path| read_as(path, &FormatChoice::default()));
    let name = detected.as_ref().map(|(_, name)| name.clone());
    let auto = ChosenFormat { choice: FormatChoice::default(), name };
    if log.format == FormatChoice::default() {
        return auto;
    }
    let given = log.files.iter().find_map(|path| read_as(path, &log.format));
    let (detected, _) = detected.unwrap_or_default();
    match given.filter(|(own, _)| !own.is_empty() && *own != detected) {
        Some((_, name)) => ChosenFormat { choice: log.format.clone(), name: Some(name) },
        None => auto,
    }
}

/// Returns what the first lines of a file hold in a format, and the format's name. `None` if they don't fit it.
fn read_as(path: &std::path::Path, choice: &FormatChoice) -> Option<(Vec<String>, String)> {
    let zone = TimeZone::UTC;
    let mut input = LogInput::new(Location::File(path.into()), zone.clone());
    input.format = format(choice, &zone).ok()?;
    let mut log = open_log(&input).ok()?;
    let LogFormat::Known { format, columns } = log.format else { return None };
    let text = log.chunks.peek().ok()??;
    Some((records(&format, columns, text), format.name()))
}

/// Returns the fields of the first records that decide what is counted.
fn records(format: &Format, columns: Columns, text: &[u8]) -> Vec<String> {
    let mut records = Vec::new();
    let _ = LineReader::new(format, columns).each(text, |line| {
        if let Content::Record { record, .. } = &line.content {
            let page = (record.host, record.method, record.path, record.query, record.status);
            let visitor = (record.ip, record.user_agent, record.referrer);
            records.push(format!("{} {page:?} {visitor:?}", record.time));
        }
        match records.len() {
            COMPARED_LINES.. => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    });
    records
}
