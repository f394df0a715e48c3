//! The job of an ingest: its logs, rules and limits.

use jiff::tz::TimeZone;

use crate::classify::Rules;
use crate::day::Day;
use crate::meter::Meter;
use crate::trust::Resolver;

use super::input::LogInput;
use super::stop::StopSignal;

/// A batch normally ends when its counts and their new texts take this many bytes: 31,000 rows of pings. Hash tables may be half empty,
/// the rows exist once more while they are written, and the next batch is counted meanwhile: some 35 MB in all.
pub const BATCH_BYTES: usize = 1_500_000;

/// The logs to read, and the settings of the run.
#[derive(Debug)]
pub struct Ingest {
    pub inputs: Vec<LogInput>,
    pub rules: Rules,
    /// The site's time zone.
    pub zone: TimeZone,
    /// The number of threads that read and count.
    pub threads: usize,
    /// A batch ends when its counts and their new texts take this much memory, normally [`BATCH_BYTES`].
    pub batch_bytes: usize,
    /// The resolver for reverse DNS, if that is configured.
    pub resolver: Option<Resolver>,
    pub stop: StopSignal,
    /// Counts the bytes on the disk and the lines that were read.
    pub meter: Meter,
    /// The current day, by which cursors of logs that are gone expire.
    pub today: Day,
}
