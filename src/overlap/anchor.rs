//! Chooses the lines by which copies of a log are recognized.

use std::net::IpAddr;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::format::Record;

/// The number of lines at each end of a log that are always anchors, so that short logs have some too.
pub const EDGE_LINES: u64 = 8;

/// Among the first lines of a log, more are anchors, so that small parts of short logs are recognized too.
const DENSE_LINES: u64 = 1 << 10;
const MEDIUM_LINES: u64 = 1 << 16;

/// The rarity of a line among the lines of all logs, by its content: one of `2^n` lines has at least rarity `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rarity(u32);

impl Rarity {
    /// The rarity of a line that is an anchor only for its place: one of the last lines of its log.
    pub const EDGE: Rarity = Rarity(0);
    /// The rarity of the anchors among the first `DENSE_LINES` of a log: one of 2.
    pub const DENSE: Rarity = Rarity(1);
    /// The rarity of the anchors among the lines up to `MEDIUM_LINES`: one of 32.
    pub const MEDIUM: Rarity = Rarity(5);
    /// The rarity of all other anchors: one of 256.
    pub const SPARSE: Rarity = Rarity(8);

    /// Returns the rarity of a record. Only two integers are looked at, since this is done for every line.
    #[inline]
    pub fn of(second: i64, record: &Record<'_>) -> Rarity {
        Rarity(mix(second, record.bytes.unwrap_or(0) << 32).leading_zeros())
    }

    /// Returns the rarity from which on a line with `line` lines before it is an anchor of its log.
    pub fn of_anchors(line: u64) -> Rarity {
        match line {
            0..DENSE_LINES => Rarity::DENSE,
            DENSE_LINES..MEDIUM_LINES => Rarity::MEDIUM,
            MEDIUM_LINES.. => Rarity::SPARSE,
        }
    }

    /// Returns whether a line of this rarity with `line` lines before it is an anchor of its log.
    pub fn is_anchor(self, line: u64) -> bool {
        self >= Rarity::of_anchors(line)
    }
}

/// Mixes two integers by multiplication with 2^64 divided by the golden ratio. The first bits depend on all others.
pub(super) fn mix(second: i64, other: u64) -> u64 {
    (second.cast_unsigned() ^ other).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A line by which a copy of its log is recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineAnchor {
    /// The time of the request, in seconds since the Unix epoch.
    pub second: i64,
    /// A hash of the request without the visitor's address.
    pub hash: u32,
    /// A hash of the visitor's address, or 0 if that is masked.
    pub visitor: u16,
    /// The number of lines before it in its log.
    pub line: u64,
}

impl LineAnchor {
    /// Returns the anchor of a record that has `line` lines before it.
    pub fn new(record: &Record<'_>, line: u64) -> LineAnchor {
        let second = record.time.as_second();
        LineAnchor { second, hash: request_hash(record), visitor: visitor_hash(record), line }
    }

    /// Returns whether the request may be by the visitor whose address has this hash. A masked address may be any.
    pub fn may_be_by(&self, visitor: u16) -> bool {
        self.visitor == visitor || self.visitor == 0 || visitor == 0
    }
}

/// Returns the hash of a request without the visitor's address and referrer, which may be masked after a log was read.
fn request_hash(record: &Record<'_>) -> u32 {
    let texts = [record.host, record.method, record.path, record.query, record.user_agent];
    let numbers = u64::from(record.status.unwrap_or(0)) << 48 ^ record.bytes.unwrap_or(0);
    let hash = |seed, text: &Option<&[u8]>| xxh3_64_with_seed(text.unwrap_or_default(), seed);
    (texts.iter().fold(numbers, hash) >> 32) as u32
}

/// Returns the hash of the visitor's address, or 0 if it is masked or missing: its last bytes are zero, or it is no
/// address at all.
fn visitor_hash(record: &Record<'_>) -> u16 {
    let text = record.ip.unwrap_or_default();
    let is_masked = match std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
        Some(IpAddr::V4(ip)) => ip.octets()[3] == 0 || ip.is_loopback(),
        Some(IpAddr::V6(ip)) => ip.segments()[4..] == [0; 4] || ip.is_loopback(),
        // A host name has letters at its start, a masked address at most at its end: 203.0.113.xxx.
        None => !text.first().is_some_and(u8::is_ascii_alphabetic) || !text.contains(&b'.'),
    };
    if is_masked { 0 } else { (xxh3_64_with_seed(text, 0) >> 48) as u16 }
}
