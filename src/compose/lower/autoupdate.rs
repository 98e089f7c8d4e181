//! `x-medianest.autoupdate`: what an update that nobody asked for has to keep to.

use std::time::Duration;

use chrono::Weekday;

use super::Context;
use super::fields::At;
use crate::model::{Autoupdate, Hours, Window, Zone};

const DAYS: &[(&str, Weekday)] = &[
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

const ZONES: &[(&str, Zone)] = &[("utc", Zone::Utc), ("local", Zone::Local)];

/// `{range, min_age, window, days, timezone}`.
pub(super) fn autoupdate(cx: &mut Context<'_>, at: &At<'_>) -> Option<Autoupdate> {
    let mut fields = at.fields(cx.report)?;
    let range = fields.take("range").and_then(|v| {
        let range = v.scalar(cx.report).filter(|range| !range.is_empty())?;
        if semver::VersionReq::parse(&range).is_err() {
            v.error(cx.report, format!("`{range}` is not a range of versions such as `<2.0.0` or `^1.2`"));
        }
        Some(range)
    });
    let min_age = fields.take("min_age").map_or(Some(Duration::ZERO), |v| v.duration(cx.report));
    let hours = fields.take("window").map(|v| v.parse::<Hours>(cx.report));
    let days = fields.take("days").map(|v| {
        let items = v.items_or_one(cx.report).unwrap_or_default();
        if items.is_empty() {
            v.error(cx.report, "at least one day is needed");
        }
        let mut days: Vec<Weekday> = items.iter().filter_map(|item| item.word(cx.report, DAYS)).collect();
        days.sort_by_key(Weekday::num_days_from_monday);
        days.dedup();
        days
    });
    let zone = fields.take("timezone").and_then(|v| {
        if hours.is_none() && days.is_none() {
            v.error_hint(cx.report, "a clock without a time has no meaning", "say when with `window: 02:00-05:00`");
        }
        v.word(cx.report, ZONES)
    });
    fields.finish(cx.report, &[], true);
    let window = (hours.is_some() || days.is_some()).then(|| Window {
        hours: hours.flatten().unwrap_or(Hours::ALL),
        days: days.unwrap_or_default(),
        zone: zone.unwrap_or_default(),
    });
    Some(Autoupdate { range, min_age: min_age?, window })
}
