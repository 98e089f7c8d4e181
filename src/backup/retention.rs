//! Which sets are kept and which may go, each with its reason. Pure: the time and the calendar are passed in.
//!
//! Refuses to remove what is not ours, what is dated in the future, the last good set, and anything for the sake of a set
//! that is not good. Sets count by order and calendar, never by age, so that a clock that jumps ahead removes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};

use crate::model::{Counts, KeepPolicy};

/// How long a set that is not good is left for people to look into, in days, when a good one came after it.
pub const FAILED_KEPT_DAYS: u64 = 7;

/// What is known of a thing that lies among the sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A whole set that was verified, with the time at which it was begun.
    Good(DateTime<Utc>),
    /// A set of ours that is damaged, or was cut short.
    Failed(DateTime<Utc>),
    /// Not a set of this stack, or not signed by a key that we trust.
    Foreign,
}

/// A thing that lies among the sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name there.
    pub name: String,
    /// What is known of it.
    pub standing: Standing,
}

/// Why something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// It is the newest good set.
    LastGood,
    /// One of the newest.
    Last,
    /// The newest of its day.
    Daily(NaiveDate),
    /// The newest of its ISO week.
    Weekly(i32, u32),
    /// The newest of its month.
    Monthly(i32, u32),
    /// It is not ours.
    Foreign,
    /// It is dated in the future: a clock is wrong, and nothing can be told of its place.
    Future,
    /// It is not good, and no good set came after it.
    NothingBetter,
    /// It is not good, and of the last days: somebody may want to look into it.
    Recent,
}

/// Why something may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remove {
    /// Newer sets stand for all that the policy asks for.
    NotNeeded,
    /// It is not good, and a good one came after it.
    Failed,
}

/// What becomes of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Kept, for these reasons; never empty.
    Keep(BTreeSet<Keep>),
    /// May go.
    Remove(Remove),
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LastGood => f.write_str("the last good one"),
            Self::Last => f.write_str("one of the newest"),
            Self::Daily(day) => write!(f, "the newest of {day}"),
            Self::Weekly(year, week) => write!(f, "the newest of week {week} of {year}"),
            Self::Monthly(year, month) => write!(f, "the newest of {year}-{month:02}"),
            Self::Foreign => f.write_str("not made by this deployment"),
            Self::Future => f.write_str("dated in the future"),
            Self::NothingBetter => f.write_str("not good, and no good one came after it"),
            Self::Recent => write!(f, "not good, and younger than {FAILED_KEPT_DAYS} days"),
        }
    }
}

impl fmt::Display for Remove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNeeded => f.write_str("newer ones stand for all that is to be kept"),
            Self::Failed => f.write_str("not good, and a good one came after it"),
        }
    }
}

/// Decides for each candidate, in the order given. `day_of` tells on which day of the user's calendar a moment lies.
pub fn decide(
    candidates: &[Candidate],
    policy: KeepPolicy,
    now: DateTime<Utc>,
    day_of: impl Fn(DateTime<Utc>) -> NaiveDate,
) -> Vec<Fate> {
    let good = candidates.iter().enumerate().filter_map(|(place, candidate)| match candidate.standing {
        Standing::Good(begun) if begun <= now => Some((begun, &candidate.name, place)),
        _ => None,
    });
    let mut good: Vec<_> = good.collect();
    // Newest first; what was begun in the same second is told apart by name, so that the order given does not matter.
    good.sort_by(|a, b| b.cmp(a));
    let Counts { last, daily, weekly, monthly } = policy.counts();
    let newest_good = good.first().map(|(begun, ..)| *begun);

    let mut reasons: BTreeMap<usize, BTreeSet<Keep>> = BTreeMap::new();
    let mut keep = |reason_of: &dyn Fn(NaiveDate) -> Keep, count: u32| {
        let mut seen = BTreeSet::new();
        for (begun, _, place) in &good {
            let reason = reason_of(day_of(*begun));
            if seen.len() < count as usize && seen.insert(reason) {
                reasons.entry(*place).or_default().insert(reason);
            }
        }
    };
    keep(&|_| Keep::LastGood, 1);
    keep(&Keep::Daily, daily);
    keep(&|day| Keep::Weekly(day.iso_week().year(), day.iso_week().week()), weekly);
    keep(&|day| Keep::Monthly(day.year(), day.month()), monthly);
    for (.., place) in good.iter().take(last as usize) {
        reasons.entry(*place).or_default().insert(Keep::Last);
    }

    let long_ago = now.checked_sub_days(Days::new(FAILED_KEPT_DAYS)).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let only = |reason| Fate::Keep(BTreeSet::from([reason]));
    let fate = |(place, candidate): (usize, &Candidate)| match candidate.standing {
        Standing::Foreign => only(Keep::Foreign),
        Standing::Good(begun) | Standing::Failed(begun) if begun > now => only(Keep::Future),
        Standing::Good(_) => reasons.get(&place).cloned().map_or(Fate::Remove(Remove::NotNeeded), Fate::Keep),
        Standing::Failed(begun) if newest_good.is_none_or(|newest| newest <= begun) => only(Keep::NothingBetter),
        Standing::Failed(begun) if begun > long_ago => only(Keep::Recent),
        Standing::Failed(_) => Fate::Remove(Remove::Failed),
    };
    candidates.iter().enumerate().map(fate).collect()
}

#[cfg(test)]
mod tests;
