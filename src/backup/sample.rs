//! Which objects are looked into today, when not all of them are every day. Pure: the same day chooses the same ones.

use std::{fmt, str::FromStr};

use chrono::{Datelike as _, NaiveDate};
use thiserror::Error;

use super::set::SetId;

/// A share of all objects, as a percentage above 0 and up to 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share(f64);

/// The text is no share.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no share such as `5%`: it lies above 0% and goes up to 100%")]
pub struct NotAShare(String);

impl FromStr for Share {
    type Err = NotAShare;

    fn from_str(text: &str) -> Result<Self, NotAShare> {
        let number = text.trim().strip_suffix('%').and_then(|digits| digits.trim().parse::<f64>().ok());
        number.filter(|share| *share >= 0.01 && *share <= 100.0).map(Self).ok_or_else(|| NotAShare(text.to_owned()))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl Share {
    /// In so many days every object has its turn, once.
    pub fn days(self) -> u32 {
        // At least 1 and at most 10,000, as `from_str` sees to; rounded down, so that a day has no less than its share.
        (100.0 / self.0) as u32
    }

    /// Whether the object at place `place` of the set, counted in the order of names, has its turn on this day. A set's objects
    /// are spread evenly over the days, and sets begin on different ones.
    pub fn is_due(self, day: NaiveDate, set: SetId, place: usize) -> bool {
        let days = u64::from(self.days());
        let today = u64::try_from(day.num_days_from_ce()).unwrap_or(0) % days;
        (first_day(set) % days + place as u64 % days) % days == today
    }
}

/// A number of the set's own (FNV-1a over its name).
fn first_day(set: SetId) -> u64 {
    set.to_string().bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use chrono::Days;
    use proptest::prelude::*;

    use super::*;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 2, 27).unwrap()
    }

    #[test]
    fn shares_as_people_write_them() {
        for (text, days) in
            [("100%", 1), ("51%", 1), ("50%", 2), ("5%", 20), (" 5 % ", 20), ("30%", 3), ("0.5%", 200), ("0.01%", 10_000)]
        {
            assert_eq!(text.parse::<Share>().unwrap().days(), days, "{text}");
        }
        for wrong in ["", "5", "0%", "-5%", "101%", "NaN%", "inf%", "a%", "0.001%"] {
            assert_eq!(wrong.parse::<Share>(), Err(NotAShare(wrong.to_owned())));
        }
        assert_eq!("2.5%".parse::<Share>().unwrap().to_string(), "2.5%");
    }

    proptest! {
        /// So nothing is looked into twice while something else was not at all, whenever one begins.
        #[test]
        fn every_object_has_its_turn_once(percent in 1..=100_u32, begin in 0..4000_u64, random: u32, objects in 1..40_usize) {
            let share: Share = format!("{percent}%").parse().unwrap();
            let set = SetId::new(chrono::DateTime::UNIX_EPOCH, random).unwrap();
            let days: Vec<_> = (0..u64::from(share.days())).map(|n| day() + Days::new(begin + n)).collect();
            for place in 0..objects {
                prop_assert_eq!(days.iter().filter(|day| share.is_due(**day, set, place)).count(), 1);
            }
            // And no day has much more than its share.
            let most = objects.div_ceil(share.days() as usize);
            for day in &days {
                prop_assert!((0..objects).filter(|place| share.is_due(*day, set, *place)).count() <= most);
            }
        }
    }

    #[test]
    fn the_same_day_chooses_the_same() {
        let set: SetId = "20260131T235959Z-0123abcd".parse().unwrap();
        let share: Share = "25%".parse().unwrap();
        let due: Vec<_> = (0..8).filter(|place| share.is_due(day(), set, *place)).collect();
        assert_eq!(due.len(), 2);
        assert_eq!(due, (0..8).filter(|place| share.is_due(day(), set, *place)).collect::<Vec<_>>());
        assert_ne!(due, (0..8).filter(|place| share.is_due(day() + Days::new(1), set, *place)).collect::<Vec<_>>());
    }
}
