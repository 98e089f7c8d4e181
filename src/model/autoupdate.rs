//! When a stack may be updated unasked, as the Compose file declares it.

use std::{fmt, str::FromStr, time::Duration};

use chrono::Weekday;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// `x-medianest.autoupdate`; what is left out allows everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Autoupdate {
    /// Versions that may be moved to, as a range of semantic versions (`<2.0.0`).
    pub range: Option<String>,
    /// How old an image must be, counted from when it was built.
    pub min_age: Duration,
    /// When something may be changed; always when it is not given.
    pub window: Option<Window>,
}

/// A time of the week that comes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The hours of a day.
    pub hours: Hours,
    /// The days on which the hours begin, from Monday on; all days when empty.
    pub days: Vec<Weekday>,
    /// Whose clock counts.
    pub zone: Zone,
}

/// A clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// Coordinated universal time.
    Utc,
    /// That of the machine that the program runs on.
    #[default]
    Local,
}

/// Hours of a day, `22:00-04:00`; they may go past midnight, and their end is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    from: u16,
    to: u16,
}

/// Why a text names no hours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a time of the day such as `02:00-05:00` or `22:00-04:00`")]
pub struct HoursError(String);

impl Hours {
    /// From midnight to midnight.
    pub const ALL: Self = Self { from: 0, to: DAY };

    /// The first minute, counted from midnight; below 1440.
    pub fn from(self) -> u16 {
        self.from
    }

    /// The minute at which they are over; 1440 at most, and at most `from` when they go past midnight.
    pub fn to(self) -> u16 {
        self.to
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u16>().ok()).flatten();
    let (hour, minute) = (number(hour)?, number(minute).filter(|m| *m < 60)?);
    Some(hour.checked_mul(60)?.checked_add(minute)?).filter(|minutes| *minutes <= DAY)
}

impl FromStr for Hours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let parts = text.split_once('-').and_then(|(from, to)| Some((minute(from)?, minute(to)?)));
        let valid = |(from, to): &(u16, u16)| *from < DAY && from != to;
        parts.filter(valid).map(|(from, to)| Self { from, to }).ok_or_else(|| HoursError(text.to_owned()))
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}-{:02}:{:02}", self.from / 60, self.from % 60, self.to / 60, self.to % 60)
    }
}

impl TryFrom<String> for Hours {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, HoursError> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utc => "utc",
            Self::Local => "local",
        })
    }
}

impl fmt::Display for Window {
    /// `02:00-05:00 (sat, sun, utc)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.hours)?;
        for day in &self.days {
            write!(f, "{}, ", day.to_string().to_lowercase())?;
        }
        write!(f, "{})", self.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_as_people_write_them() {
        let read = |text: &str| text.parse::<Hours>().map(|h| (h.from(), h.to())).ok();
        assert_eq!(read("02:00-05:30"), Some((120, 330)));
        assert_eq!(read("22:00-4:00"), Some((1320, 240)));
        assert_eq!(read("00:00-24:00"), Some((0, 1440)));
        for bad in ["", "2-5", "02:00", "02:00-02:00", "24:00-01:00", "02:60-03:00", "02:00-24:01", "+2:00-03:00", "a:b-c:d"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!("9:05-10:00".parse::<Hours>().unwrap().to_string(), "09:05-10:00");
    }

    #[test]
    fn a_window_in_words() {
        let window = Window { hours: "02:00-05:00".parse().unwrap(), days: vec![Weekday::Sat, Weekday::Sun], zone: Zone::Utc };
        assert_eq!(window.to_string(), "02:00-05:00 (sat, sun, utc)");
    }
}
