//! Which records are kept, and which are not needed any more. Pure.

use std::collections::BTreeSet;

use super::Release;

/// Splits records into those that are kept and those that may go, each sorted by number.
///
/// Kept are the newest `keep` releases that came about, the `current` one, the newest one before it that came about (it
/// is what a rollback returns to), and of the attempts that failed the newest `keep` since the oldest of all these.
pub fn retention(records: &[Release], current: Option<u64>, keep: u32) -> (Vec<&Release>, Vec<&Release>) {
    let keep = usize::try_from(keep).unwrap_or(usize::MAX);
    let mut records: Vec<&Release> = records.iter().collect();
    records.sort_by_key(|r| r.number);
    let newest = |came_about: bool| records.iter().rev().filter(move |r| r.came_about() == came_about).map(|r| r.number);
    let mut numbers: BTreeSet<u64> = newest(true).take(keep).collect();
    if let Some(current) = current {
        numbers.insert(current);
        numbers.extend(newest(true).find(|number| *number < current));
    }
    let oldest = numbers.first().copied().unwrap_or(0);
    numbers.extend(newest(false).take(keep).filter(|number| *number > oldest).collect::<Vec<_>>());
    records.into_iter().partition(|r| numbers.contains(&r.number))
}
