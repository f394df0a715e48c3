//! Chooses the lines by which copies of a log are recognized.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::format::Record;

/// The number of lines at each end of a log that are always anchors, so that short logs have some too.
pub const EDGE_LINES: u64 = 8;

/// One of this many lines is an anchor, as a power of two: 128.
const SAMPLE_BITS: u32 = 7;

/// A line by which a copy of its log is recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineAnchor {
    /// The time of the request, in seconds since the Unix epoch.
    pub second: i64,
    /// A hash of the request without the visitor's address.
    pub hash: u32,
    /// The number of lines before it in its log.
    pub line: u64,
}

/// Returns whether a record is an anchor. This depends on its content alone, so that any copy of a log has the same
/// anchors. Only integers are looked at, since this is done for every line.
#[inline]
pub fn is_sampled(second: i64, record: &Record<'_>) -> bool {
    let len = |text: Option<&[u8]>| text.map_or(0, <[u8]>::len) as u64;
    let lengths = len(record.path) << 24 ^ len(record.user_agent) << 40;
    let mixed = second.cast_unsigned() ^ lengths ^ record.bytes.unwrap_or(0) << 48;
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15; // 2^64 divided by the golden ratio
    mixed.wrapping_mul(ODD) >> (u64::BITS - SAMPLE_BITS) == 0
}

/// Returns the hash of a request without the visitor's address and referrer, which may be masked after a log was read.
pub fn anchor_hash(record: &Record<'_>) -> u32 {
    let texts = [record.host, record.method, record.path, record.query, record.user_agent];
    let numbers = u64::from(record.status.unwrap_or(0)) << 48 ^ record.bytes.unwrap_or(0);
    let hash =
        texts.iter().fold(numbers, |seed, text| xxh3_64_with_seed(text.unwrap_or_default(), seed));
    (hash >> 32) as u32
}
