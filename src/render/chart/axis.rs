//! The scale of a vertical axis.

use plotters::coord::ranged1d::{BoldPoints, Ranged};
use plotters::coord::types::RangedCoordu64;

/// The most labels of an axis.
const TICKS_MAX: usize = 5;

/// The scale of an axis that starts with 0.
#[derive(Clone, Debug)]
pub(in crate::render) struct Scale {
    /// The largest value.
    pub(in crate::render) top: u64,
    /// The values that have labels, in order.
    pub(in crate::render) ticks: Vec<u64>,
}

/// Returns the scale up to a value. The labels are round numbers, as plotters chooses them.
pub(in crate::render) fn scale(largest: u64) -> Scale {
    let top = largest.max(1);
    let ticks = RangedCoordu64::from(0..top).key_points(BoldPoints(TICKS_MAX));
    Scale { top, ticks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_few_round_numbers() {
        assert_eq!(scale(0).ticks, [0, 1]);
        assert_eq!(scale(4).ticks, [0, 1, 2, 3, 4]);
        assert_eq!(scale(1234).ticks, [0, 500, 1000]);
        for largest in [1, 7, 99, 100_000, u64::MAX / 4] {
            let Scale { top, ticks } = scale(largest);
            assert!(ticks.len() <= TICKS_MAX && ticks.iter().all(|tick| *tick <= top), "{ticks:?}");
        }
    }
}
