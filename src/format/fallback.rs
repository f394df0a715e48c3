//! Tries other formats on lines that do not fit their log's own.

use std::sync::{Arc, OnceLock};

use jiff::tz::TimeZone;

use super::confidence::confidence;
use super::container::{Inner, Wrapper};
use super::engine::{Columns, Family};
use super::known::families;
use super::record::{Malformed, Record};

/// The formats that are tried on a line that does not fit its log's own. A log may change its format when the server is
/// reconfigured, or hold the lines of two servers.
///
/// The result depends on the line alone, so neither the boundaries of chunks nor the number of threads change it.
#[derive(Clone, Debug)]
pub(crate) struct FallbackFormats(Arc<LazyFamilies>);

#[derive(Debug)]
struct LazyFamilies {
    zone: TimeZone,
    families: OnceLock<Arc<Vec<Family>>>,
}

impl FallbackFormats {
    /// Returns the formats of all presets. `zone` is for times that carry none.
    pub(crate) fn new(zone: &TimeZone) -> FallbackFormats {
        let families = OnceLock::new();
        FallbackFormats(Arc::new(LazyFamilies { zone: zone.clone(), families }))
    }

    /// Returns the record in the format that fits the line best, and the name of its preset.
    ///
    /// A record without a status is rejected, since many programs log requests in logs of other kinds.
    pub(crate) fn read<'a>(
        &self,
        line: &'a [u8],
        reason: Malformed,
    ) -> Option<(Record<'a>, &'static str)> {
        let families = self.0.families.get_or_init(|| families(&self.0.zone));
        // If the log's own format has recognized the line as something other than a request, common key names alone do
        // not make it one.
        let is_tried =
            |family: &&Family| reason != Malformed::NoRequest || !family.has_no_signature();
        let unwrapped =
            Wrapper::NAMES.iter().filter_map(|(_, wrapper)| match wrapper.strip(line)? {
                Inner::Part(part) => Some(part),
                Inner::Text(_) => None,
            });
        let texts = [line].into_iter().chain(unwrapped);
        let fitting = texts.flat_map(|text| {
            families.iter().filter(is_tried).filter_map(move |family| {
                let read = |record: &mut _| family.read(text, &Columns::default(), record);
                let (record, name) = Record::filled(read).ok()?;
                record.status.is_some().then(|| (confidence(&record, name), record, name))
            })
        });
        let better = |best: (u32, _, _), other: (u32, _, _)| {
            if other.0 > best.0 { other } else { best }
        };
        fitting.reduce(better).map(|(_, record, name)| (record, name))
    }
}
