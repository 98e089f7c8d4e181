//! Which records are kept, for every history.

use medianestctl::state::{Outcome, Release, retention};
use proptest::prelude::*;

/// The record of the first format, as one of this history.
pub fn record(number: u64, outcome: Outcome) -> Release {
    let release: Release = serde_json::from_str(include_str!("../fixtures/release-schema-1.json")).unwrap();
    Release { number, outcome, ..release }
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let why = || "start shop-api-1: no".to_owned();
    prop_oneof![
        3 => Just(Outcome::Deployed),
        1 => Just(Outcome::RolledBack { why: why() }),
        1 => Just(Outcome::Failed { why: why() }),
    ]
}

/// Records in any order with gaps, and the number of the current one: the newest that came about, or an earlier one.
fn history() -> impl Strategy<Value = (Vec<Release>, Option<u64>)> {
    let records = prop::collection::btree_map(1..60u64, outcome(), 0..40);
    let records = records.prop_map(|r| r.into_iter().map(|(number, outcome)| record(number, outcome)).collect::<Vec<_>>());
    (records.prop_shuffle(), any::<prop::sample::Index>()).prop_map(|(records, index)| {
        let good: Vec<_> = records.iter().filter(|r| r.came_about()).map(|r| r.number).collect();
        let current = (!good.is_empty()).then(|| good[index.index(good.len())]);
        (records, current)
    })
}

fn numbers<'a>(records: impl IntoIterator<Item = &'a &'a Release>) -> Vec<u64> {
    records.into_iter().map(|r| r.number).collect()
}

proptest! {
    #[test]
    fn what_can_be_needed_is_kept((records, current) in history(), keep in 1..12u32) {
        let (kept, dropped) = retention(&records, current, keep);
        let (kept_numbers, dropped_numbers) = (numbers(&kept), numbers(&dropped));
        prop_assert_eq!(kept.len() + dropped.len(), records.len(), "every record is in one of the two");
        prop_assert!(kept_numbers.is_sorted() && dropped_numbers.is_sorted());
        if let Some(current) = current {
            prop_assert!(kept_numbers.contains(&current), "the current one");
            let before = records.iter().filter(|r| r.came_about() && r.number < current).map(|r| r.number).max();
            prop_assert!(before.is_none_or(|before| kept_numbers.contains(&before)), "what a rollback returns to");
        }
        let mut good: Vec<_> = records.iter().filter(|r| r.came_about()).map(|r| r.number).collect();
        good.sort_unstable();
        for number in good.iter().rev().take(keep as usize) {
            prop_assert!(kept_numbers.contains(number), "the newest {} that came about", keep);
        }
    }

    #[test]
    fn no_more_is_kept_than_is_said((records, current) in history(), keep in 1..12u32) {
        let (kept, _) = retention(&records, current, keep);
        let good = kept.iter().filter(|r| r.came_about()).count();
        // The current one and the one before it may be older than the newest.
        prop_assert!(good <= keep as usize + 2);
        prop_assert!(kept.len() - good <= keep as usize, "attempts that failed do not pile up");
    }

    #[test]
    fn what_is_kept_is_kept_again((records, current) in history(), keep in 1..12u32) {
        let (kept, _) = retention(&records, current, keep);
        let left: Vec<_> = kept.into_iter().cloned().collect();
        let (again, dropped) = retention(&left, current, keep);
        prop_assert!(dropped.is_empty(), "{:?} of {:?}", numbers(&dropped), numbers(&again));
    }
}

#[test]
fn an_attempt_that_is_older_than_everything_that_is_kept_goes() {
    let failed = || Outcome::Failed { why: String::new() };
    let good = || Outcome::Deployed;
    let records: Vec<_> =
        [(1, good()), (2, failed()), (3, good()), (4, failed()), (5, good()), (6, failed())].map(|(n, o)| record(n, o)).into();
    let (kept, dropped) = retention(&records, Some(5), 1);
    assert_eq!((numbers(&kept), numbers(&dropped)), (vec![3, 5, 6], vec![1, 2, 4]));
}
