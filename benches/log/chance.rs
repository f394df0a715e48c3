//! Random numbers that are the same on every machine.

/// A SplitMix64 generator.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number from 0 to `bound - 1`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// A Zipf distribution: the nth item is drawn 1/n times as often as the first.
pub(crate) struct Zipf {
    /// The sums of the first n weights, in billionths of the first weight.
    sums: Vec<u64>,
}

impl Zipf {
    pub(crate) fn new(items: usize) -> Zipf {
        let mut sum = 0;
        let sums = (1..=items as u64).map(|n| {
            sum += (1_000_000_000 / n).max(1);
            sum
        });
        Zipf { sums: sums.collect() }
    }

    /// Returns the index of an item.
    pub(crate) fn draw(&self, chance: &mut Chance) -> usize {
        let drawn = chance.below(*self.sums.last().expect("at least one item"));
        self.sums.partition_point(|sum| *sum <= drawn)
    }
}
