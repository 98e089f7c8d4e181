use chrono::{FixedOffset, TimeDelta, TimeZone};
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}Z").parse().unwrap()
}

fn utc(moment: DateTime<Utc>) -> NaiveDate {
    moment.date_naive()
}

/// Central European Time with its summer time, by the rule that has held since 1996.
fn berlin(moment: DateTime<Utc>) -> NaiveDate {
    let last_sunday = |month| {
        let day = NaiveDate::from_ymd_opt(moment.year(), month, 31).unwrap();
        let day = day - Days::new(day.weekday().num_days_from_sunday().into());
        day.and_hms_opt(1, 0, 0).unwrap().and_utc()
    };
    let summer = (last_sunday(3)..last_sunday(10)).contains(&moment);
    (moment.naive_utc() + TimeDelta::hours(if summer { 2 } else { 1 })).date()
}

fn good(text: &str) -> Candidate {
    Candidate { name: text.to_owned(), standing: Standing::Good(at(text)) }
}

fn failed(text: &str) -> Candidate {
    Candidate { name: text.to_owned(), standing: Standing::Failed(at(text)) }
}

/// `name: reason, reason` of each candidate.
fn told(
    candidates: &[Candidate],
    policy: (u32, u32, u32, u32),
    now: &str,
    day_of: fn(DateTime<Utc>) -> NaiveDate,
) -> Vec<String> {
    let policy = KeepPolicy::new(policy.0, policy.1, policy.2, policy.3).unwrap();
    let fates = decide(candidates, policy, at(now), day_of);
    let line = |(candidate, fate): (&Candidate, Fate)| match fate {
        Fate::Keep(reasons) => {
            let reasons: Vec<_> = reasons.iter().map(ToString::to_string).collect();
            format!("{}: {}", candidate.name, reasons.join(", "))
        }
        Fate::Remove(reason) => format!("{}: REMOVED, {reason}", candidate.name),
    };
    candidates.iter().zip(fates).map(line).collect()
}

#[test]
fn days_weeks_and_months_are_those_of_the_calendar() {
    let sets = [
        "2024-12-28T03:00:00",
        "2024-12-29T03:00:00",
        "2024-12-30T03:00:00",
        "2024-12-31T03:00:00",
        "2025-01-01T03:00:00",
        "2025-01-01T23:59:59",
    ]
    .map(good);
    assert_eq!(
        told(&sets, (1, 2, 2, 2), "2025-01-02T00:00:00", utc),
        [
            "2024-12-28T03:00:00: REMOVED, newer ones stand for all that is to be kept",
            "2024-12-29T03:00:00: the newest of week 52 of 2024",
            "2024-12-30T03:00:00: REMOVED, newer ones stand for all that is to be kept",
            "2024-12-31T03:00:00: the newest of 2024-12-31, the newest of 2024-12",
            "2025-01-01T03:00:00: REMOVED, newer ones stand for all that is to be kept",
            "2025-01-01T23:59:59: the last good one, one of the newest, the newest of 2025-01-01, the newest of week 1 of 2025, the newest of 2025-01",
        ]
    );
}

#[test]
fn a_leap_day_is_a_day() {
    let sets = ["2024-02-28T12:00:00", "2024-02-29T12:00:00", "2024-03-01T12:00:00"].map(good);
    let lines = told(&sets, (0, 3, 0, 0), "2024-03-02T00:00:00", utc);
    assert!(lines[1].ends_with("the newest of 2024-02-29"), "{lines:?}");
    assert!(lines.iter().all(|line| !line.contains("REMOVED")));
}

/// At 22:30 UTC it is still that day in winter there, and the next one in summer.
#[test]
fn the_users_days_count_across_the_change_of_the_clocks() {
    let sets = ["2025-03-29T22:30:00", "2025-03-30T21:30:00", "2025-03-30T22:30:00"].map(good);
    let lines = told(&sets, (0, 9, 0, 0), "2025-04-01T00:00:00", berlin);
    assert!(lines[0].ends_with("the newest of 2025-03-29"), "{lines:?}");
    assert!(lines[1].ends_with("the newest of 2025-03-30"), "{lines:?}");
    assert!(lines[2].ends_with("the newest of 2025-03-31"), "{lines:?}");
    let lines = told(&sets, (0, 9, 0, 0), "2025-04-01T00:00:00", utc);
    assert!(lines[1].contains("REMOVED"), "in UTC the last two share a day: {lines:?}");
    let far = FixedOffset::east_opt(14 * 3600).unwrap();
    let fates = decide(&sets, KeepPolicy::new(0, 9, 0, 0).unwrap(), at("2025-04-01T00:00:00"), |moment| {
        far.from_utc_datetime(&moment.naive_utc()).date_naive()
    });
    assert!(fates.iter().filter(|fate| matches!(fate, Fate::Keep(_))).count() == 2, "{fates:?}");
}

#[test]
fn sets_that_are_not_good_neither_count_nor_stay_for_ever() {
    let sets = [
        failed("2025-01-01T00:00:00"),
        good("2025-01-02T00:00:00"),
        failed("2025-01-03T00:00:00"),
        failed("2025-01-20T00:00:00"),
        good("2025-01-21T00:00:00"),
        failed("2025-01-22T00:00:00"),
    ];
    assert_eq!(
        told(&sets, (2, 0, 0, 0), "2025-01-23T00:00:00", utc),
        [
            "2025-01-01T00:00:00: REMOVED, not good, and a good one came after it",
            "2025-01-02T00:00:00: one of the newest",
            "2025-01-03T00:00:00: REMOVED, not good, and a good one came after it",
            "2025-01-20T00:00:00: not good, and younger than 7 days",
            "2025-01-21T00:00:00: the last good one, one of the newest",
            "2025-01-22T00:00:00: not good, and no good one came after it",
        ]
    );
    let none_good = [failed("2020-01-01T00:00:00"), failed("2020-01-02T00:00:00")];
    assert!(
        told(&none_good, (1, 0, 0, 0), "2025-01-23T00:00:00", utc).iter().all(|line| line.ends_with("no good one came after it"))
    );
}

#[test]
fn a_policy_keeps_something() {
    assert_eq!(KeepPolicy::new(0, 0, 0, 0), Err(crate::model::KeepsNothing));
}

/// Calendars of some years: clusters around changes of clocks, leap days and turns of years, with accidents.
fn calendar() -> impl Strategy<Value = Vec<Candidate>> {
    let near = prop::sample::select(vec![
        "2024-02-28T20:00:00",
        "2025-03-29T20:00:00",
        "2025-10-25T20:00:00",
        "2024-12-29T00:00:00",
        "2026-01-01T00:00:00",
    ]);
    let moment = (near, -400_000_i64..400_000).prop_map(|(near, seconds)| at(near) + TimeDelta::seconds(seconds));
    let candidate = (moment, 0..10_u8).prop_map(|(moment, kind)| match kind {
        0 => Standing::Foreign,
        1 | 2 => Standing::Failed(moment),
        _ => Standing::Good(moment),
    });
    prop::collection::vec(candidate, 0..60).prop_map(|standings| {
        standings
            .into_iter()
            .enumerate()
            .map(|(number, standing)| Candidate { name: format!("set-{number}"), standing })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_the_calendar(
        candidates in calendar(),
        counts in (0..4_u32, 0..6_u32, 0..4_u32, 0..4_u32),
        // The clock may stand years before or after what lies there.
        now in (0..1_200_i64 * 86_400).prop_map(|seconds| at("2023-06-01T00:00:00") + TimeDelta::seconds(seconds)),
        berlin_time: bool,
    ) {
        let day_of = if berlin_time { berlin } else { utc };
        let Ok(policy) = KeepPolicy::new(counts.0, counts.1, counts.2, counts.3) else { return Ok(()) };
        let fates = decide(&candidates, policy, now, day_of);
        prop_assert_eq!(fates.len(), candidates.len());
        let kept = |place: usize| matches!(fates[place], Fate::Keep(_));
        let is_good = |c: &Candidate| matches!(c.standing, Standing::Good(begun) if begun <= now);

        // What must never go.
        for (place, candidate) in candidates.iter().enumerate() {
            match candidate.standing {
                Standing::Foreign => prop_assert!(kept(place), "{:?} is foreign", candidate),
                Standing::Good(begun) | Standing::Failed(begun) if begun > now => prop_assert!(kept(place), "{:?} is of the future", candidate),
                _ => {}
            }
        }
        let good: Vec<usize> = (0..candidates.len()).filter(|place| is_good(&candidates[*place])).collect();
        let begun = |place: usize| match candidates[place].standing {
            Standing::Good(begun) | Standing::Failed(begun) => begun,
            Standing::Foreign => unreachable!(),
        };
        let newest = good.iter().copied().max_by_key(|place| (begun(*place), candidates[*place].name.clone()));
        if let Some(newest) = newest {
            let last_good = matches!(&fates[newest], Fate::Keep(reasons) if reasons.contains(&Keep::LastGood));
            prop_assert!(last_good, "the last good one stays");
        } else {
            prop_assert!((0..candidates.len()).all(kept), "without a good set nothing goes");
        }

        // As much as was asked for is there, and nothing that no rule asks for.
        let days = |places: &[usize]| places.iter().map(|place| day_of(begun(*place))).collect::<BTreeSet<_>>();
        let months = |places: &[usize]| days(places).into_iter().map(|day| (day.year(), day.month())).collect::<BTreeSet<_>>();
        let weeks = |places: &[usize]| days(places).into_iter().map(|day| (day.iso_week().year(), day.iso_week().week())).collect::<BTreeSet<_>>();
        let good_kept: Vec<usize> = good.iter().copied().filter(|place| kept(*place)).collect();
        prop_assert!(good_kept.len() >= good.len().min(counts.0 as usize));
        prop_assert!(days(&good_kept).iter().rev().take(counts.1 as usize).eq(days(&good).iter().rev().take(counts.1 as usize)));
        prop_assert!(weeks(&good_kept).iter().rev().take(counts.2 as usize).eq(weeks(&good).iter().rev().take(counts.2 as usize)));
        prop_assert!(months(&good_kept).iter().rev().take(counts.3 as usize).eq(months(&good).iter().rev().take(counts.3 as usize)));
        prop_assert!(good_kept.len() <= 1 + (counts.0 + counts.1 + counts.2 + counts.3) as usize);

        // A set that is not good changes nothing for those that are.
        let without: Vec<Candidate> = candidates.iter().filter(|c| is_good(c)).cloned().collect();
        let alone = decide(&without, policy, now, day_of);
        prop_assert!(good.iter().map(|place| &fates[*place]).eq(alone.iter()));

        // The order in which they are listed does not matter, and what was kept once is kept again after the rest has gone.
        let reversed: Vec<Candidate> = candidates.iter().rev().cloned().collect();
        prop_assert!(decide(&reversed, policy, now, day_of).iter().rev().eq(fates.iter()));
        let rest: Vec<Candidate> = (0..candidates.len()).filter(|place| kept(*place)).map(|place| candidates[place].clone()).collect();
        let again = decide(&rest, policy, now, day_of);
        prop_assert!(again.iter().all(|fate| matches!(fate, Fate::Keep(_))), "a second prune removes nothing more");
    }
}
