//! Converts counts from and for SQLite, whose integers are signed.

/// Converts a count for SQLite. No count comes near the limit.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Converts a count from SQLite. Only another program can have stored a negative one.
pub(super) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
