//! Whether a maintenance window is open.

use chrono::{Datelike as _, NaiveDateTime, Timelike as _, Weekday};

use crate::model::Window;

/// Whether something may be changed at `now`, read from the clock that the window names.
pub fn is_open(window: Option<&Window>, now: NaiveDateTime) -> bool {
    let Some(Window { hours, days, .. }) = window else { return true };
    let on = |day: Weekday| days.is_empty() || days.contains(&day);
    let minute = now.hour() * 60 + now.minute();
    let (from, to, today) = (u32::from(hours.from()), u32::from(hours.to()), now.weekday());
    if from < to {
        return (from..to).contains(&minute) && on(today);
    }
    // Past midnight it is the day before that counts.
    (minute >= from && on(today)) || (minute < to && on(today.pred()))
}
