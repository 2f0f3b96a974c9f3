//! How an object is cut into parts: equal ones, only the last may be shorter, since R2 demands it; or those
//! that somebody else has chosen.

use std::sync::Arc;

/// The part size unless the caller says otherwise: small enough that losing one costs little, large enough
/// that a request a part costs little.
pub(crate) const DEFAULT_PART_SIZE: u64 = 8 * MIB;

const MIB: u64 = 1024 * 1024;
/// S3's and R2's limits: the smallest part that is not the last, and the most parts.
const SMALLEST: u64 = 5 * MIB;
pub(crate) const MOST_PARTS: u64 = 10_000;

/// The parts of one object. An empty object has one part, which is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartPlan {
    size: u64,
    /// Of the largest.
    part_size: u64,
    /// Where each begins and how long it is, unless they are equal.
    chosen: Option<Arc<[(u64, u64)]>>,
}

impl PartPlan {
    /// For an object of `size` bytes, in parts of `wanted` unless that is too small.
    pub(crate) fn new(size: u64, wanted: Option<u64>) -> Self {
        let fewest = size.div_ceil(MOST_PARTS).next_multiple_of(MIB);
        let part_size = wanted.unwrap_or(DEFAULT_PART_SIZE).max(SMALLEST).max(fewest);
        Self { size, part_size, chosen: None }
    }

    /// In parts of exactly this size, which somebody else has fixed.
    pub(crate) fn fixed(size: u64, part_size: u64) -> Self {
        Self { size, part_size: part_size.max(1), chosen: None }
    }

    /// In these parts: where each begins and how long it is, all within the object.
    pub(crate) fn chosen(size: u64, ranges: &[(u64, u64)]) -> Self {
        debug_assert!(ranges.iter().all(|(start, len)| start + len <= size), "parts of the object");
        let part_size = ranges.iter().map(|(_, len)| *len).max().unwrap_or(0);
        Self { size, part_size, chosen: Some(ranges.into()) }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn part_size(&self) -> u64 {
        self.part_size
    }

    /// How many parts there are.
    pub(crate) fn count(&self) -> u64 {
        match &self.chosen {
            Some(ranges) => ranges.len() as u64,
            None => self.size.div_ceil(self.part_size).max(1),
        }
    }

    /// Where part `number` begins and how long it is. Numbers count from 1.
    pub(crate) fn part(&self, number: u64) -> (u64, u64) {
        if let Some(ranges) = &self.chosen {
            let at = usize::try_from(number.saturating_sub(1)).ok();
            return at.and_then(|at| ranges.get(at)).copied().unwrap_or((self.size, 0));
        }
        let start = (number.saturating_sub(1)).saturating_mul(self.part_size).min(self.size);
        (start, self.part_size.min(self.size - start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_equal_but_the_last_and_cover_everything() {
        let mut dice = fastrand::Rng::with_seed(3);
        let odd = (0..500).map(|_| {
            let bits = dice.u32(1..44);
            dice.u64(0..1 << bits)
        });
        for size in [0, 1, SMALLEST, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 100_000 * MIB].into_iter().chain(odd)
        {
            for wanted in [None, Some(SMALLEST), Some(1), Some(50 * MIB)] {
                let plan = PartPlan::new(size, wanted);
                let count = plan.count();
                assert!((1..=MOST_PARTS).contains(&count), "{plan:?}");
                assert!(plan.part_size >= SMALLEST && plan.part_size >= wanted.unwrap_or(0), "{plan:?}");
                let mut end = 0;
                for number in [1, 2, count / 2, count].into_iter().filter(|n| (1..=count).contains(n)) {
                    let (start, len) = plan.part(number);
                    assert_eq!(start, (number - 1) * plan.part_size);
                    assert!(number == count || len == plan.part_size);
                    end = start + len;
                }
                assert_eq!(end, size, "{plan:?}");
                assert!(size == 0 || plan.part(count).1 > 0, "no empty part at the end");
            }
        }
    }

    #[test]
    fn a_file_that_needs_more_than_ten_thousand_parts_gets_larger_ones() {
        let plan = PartPlan::new(100_000 * MIB, None);
        assert_eq!((plan.part_size(), plan.count()), (10 * MIB, 10_000));
        assert_eq!(PartPlan::new(100_000 * MIB + 1, None).part_size(), 11 * MIB);
    }
}
