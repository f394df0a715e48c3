//! Finds logs that have fallen silent, and days with far fewer lines than usual.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::config::Settings;
use crate::day::Day;
use crate::pipeline::{LogInput, Summary};
use crate::source::Location;
use crate::store::CoverageRow;

use super::notice::Notice;

/// If there are more sources, they are objects that are written once, and none of them is a log that goes on.
const SOURCES_MAX: usize = 5000;

/// The parts of names that rotation and compression add. A time has a T and a Z.
const ROTATION_PARTS: [&str; 7] = ["gz", "zst", "bz2", "xz", "old", "T", "Z"];

/// A day is compared with the same weekday of this many weeks, of which at least so many must be there.
const WEEKS: i32 = 8;
const WEEKS_MIN: usize = 4;

/// A day has too few lines if it has less than one of this many of the usual ones.
const USUAL_SHARE: u64 = 5;

/// The files of a run that belong to logs which may fall silent, each with the days after which its log has.
pub(super) struct WatchedLogs(Vec<(PathBuf, i32)>);

impl WatchedLogs {
    pub(super) fn of(inputs: &[LogInput]) -> WatchedLogs {
        let watched = |input: &LogInput| match &input.location {
            Location::File(path) => Some((path.clone(), input.stale_after?)),
            Location::Object(_) | Location::Stdin => None,
        };
        let is_watched = inputs.len() <= SOURCES_MAX;
        WatchedLogs(inputs.iter().filter(|_| is_watched).filter_map(watched).collect())
    }

    /// Returns a notice for each log that had no new line for longer than its section says. A log is a file together with
    /// the rotated ones beside it, and the newest of them tells when it was last written to.
    pub(super) fn silent(&self, settings: &Settings, summary: &Summary, today: Day) -> Vec<Notice> {
        let read = summary.sources.iter().filter(|source| source.lines.lines > 0);
        let read: HashSet<&str> = read.map(|source| &*source.name).collect();
        let mut last_days: BTreeMap<String, (Day, i32)> = BTreeMap::new();
        for (path, stale_after) in &self.0 {
            let name = path.display().to_string();
            let has_new_lines = read.contains(&*name);
            let written = if has_new_lines { Some(today) } else { day_of(path, settings) };
            let Some(written) = written else { continue };
            let (last, _) = last_days.entry(unrotated(&name)).or_insert((written, *stale_after));
            *last = written.max(*last);
        }
        let silent = last_days.into_iter().filter(|(_, (last, days))| last.plus(*days) < today);
        silent.map(|(name, (last, _))| Notice::Silent { name, last }).collect()
    }
}

/// Returns the day on which a file was last written to.
fn day_of(path: &Path, settings: &Settings) -> Option<Day> {
    let time = fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?;
    let time = Timestamp::try_from(time).ok()?;
    Some(Day::from_date(settings.zone.to_datetime(time).date()))
}

/// Returns the name of a log without what rotation adds to it: `access.log.2.gz`, `access.log-20260520`,
/// `access-2026-05-20.log`.
fn unrotated(name: &str) -> String {
    let (folder, file) = name.rsplit_once('/').map_or(("", name), |(folder, file)| (folder, file));
    let is_added = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    let parts =
        file.split(is_added).filter(|part| !part.is_empty() && !ROTATION_PARTS.contains(part));
    format!("{folder}/{}", parts.collect::<Vec<_>>().join("."))
}

/// Returns a notice if yesterday has far fewer lines than the same weekday had before.
pub(super) fn unusual_day(coverage: &[CoverageRow], today: Day) -> Option<Notice> {
    let day = today.plus(-1);
    let lines_of = |day: Day| coverage.iter().find(|row| row.day == day).map(|row| row.lines);
    let lines = lines_of(day)?;
    let mut before: Vec<u64> =
        (1..=WEEKS).filter_map(|week| lines_of(day.plus(-7 * week))).collect();
    before.sort_unstable();
    let usual = *before.get(before.len() / 2).filter(|_| before.len() >= WEEKS_MIN)?;
    (lines * USUAL_SHARE < usual).then_some(Notice::FewLines { day, lines, usual })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_belong_to_one_log() {
        for (name, log) in [
            ("/var/log/nginx/access.log", "/var/log/nginx/access.log"),
            ("/var/log/nginx/access.log.1", "/var/log/nginx/access.log"),
            ("/var/log/nginx/access.log.12.gz", "/var/log/nginx/access.log"),
            ("/var/log/nginx/access.log-20260520.zst", "/var/log/nginx/access.log"),
            ("/srv/a/access-2026-05-20.log", "/srv/a/access.log"),
            ("/srv/b/access-2026-05-20T00-00-00.000.log.gz", "/srv/b/access.log"),
            ("/srv/b/error.log", "/srv/b/error.log"),
        ] {
            assert_eq!(unrotated(name), log, "{name}");
        }
    }
}
