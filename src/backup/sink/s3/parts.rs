//! How large the parts of an upload are. S3 takes 10,000 parts and an object's size is not known beforehand, so parts grow; and
//! late, because each of them is in memory.

const MIB: u64 = 1 << 20;
/// Parts of an upload, at most.
pub(super) const MAX_PARTS: u32 = 10_000;
/// The first ones, which make 39 GiB.
const FIRST_SIZE: u64 = 8 * MIB;
const FIRST_PARTS: u32 = 5000;
/// From there on the size doubles each time that so many have been sent.
const STEP: u32 = 500;
/// S3 takes no part above 5 GiB.
const LAST_SIZE: u64 = 4096 * MIB;

/// Size of a part in bytes, by its number, which counts from 1.
pub(super) fn part_size(number: u32) -> u64 {
    match number.saturating_sub(1).checked_sub(FIRST_PARTS) {
        None => FIRST_SIZE,
        Some(beyond) => (FIRST_SIZE << (beyond / STEP + 1).min(30)).min(LAST_SIZE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    /// Size of the parts where an object has reached this size.
    fn at(size: u64) -> u64 {
        let mut sent = 0;
        (1..=MAX_PARTS)
            .map(part_size)
            .find(|part| {
                sent += part;
                sent >= size
            })
            .unwrap()
    }

    #[test]
    fn ten_thousand_parts_hold_the_largest_object() {
        let all: u64 = (1..=MAX_PARTS).map(part_size).sum();
        assert!(all >= 5 << 40, "{all} bytes are less than 5 TiB");
        assert!((1..=MAX_PARTS).all(|n| (5 * MIB..=5 * GIB).contains(&part_size(n))), "what S3 takes as a part");
    }

    #[test]
    fn parts_are_small_as_long_as_the_object_is() {
        assert_eq!(at(1), 8 * MIB);
        assert_eq!(at(39 * GIB), 8 * MIB);
        assert_eq!(at(50_000_000_000), 16 * MIB, "50 GB in two parts of 16 MiB of memory");
        assert_eq!(at(150 * GIB), 128 * MIB);
        assert!(at(1 << 40) <= GIB);
    }
}
