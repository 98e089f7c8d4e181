//! Does the engine's clock agree with this machine's? Times of logs, releases and certificates are compared across both.

use async_trait::async_trait;

use crate::preflight::{Check, Facts, Finding};

/// The answer travels for a part of this.
const TOLERATED_SECONDS: u64 = 2;
/// From here on, tokens and certificates begin to be refused.
const SERIOUS_SECONDS: u64 = 60;

/// The engine's clock.
pub(super) struct Clock;

#[async_trait]
impl Check for Clock {
    fn id(&self) -> &'static str {
        "engine.clock"
    }

    fn title(&self) -> &'static str {
        "Clocks agree"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let Ok(engine) = &facts.engine else { return Vec::new() };
        let Some(clock) = engine.clock else { return Vec::new() };
        let difference = clock - facts.engine_answered_at;
        let milliseconds = difference.num_milliseconds();
        let (seconds, side) = (milliseconds.unsigned_abs() / 1000, if milliseconds < 0 { "behind" } else { "ahead of" });
        if milliseconds.unsigned_abs() <= TOLERATED_SECONDS * 1000 {
            return vec![Finding::ok(self.id(), "the engine's clock agrees with this machine's")];
        }
        let effect = if seconds >= SERIOUS_SECONDS { ": sign-ins and certificates will fail" } else { "" };
        let message = format!("the engine's clock is {seconds} s {side} this machine's{effect}");
        vec![Finding::warning(self.id(), message).hint("timedatectl set-ntp true   # on the machine whose clock is wrong")]
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::model::EngineInfo;
    use crate::preflight::{
        Severity,
        testing::{FakeHost, facts, findings},
    };

    #[tokio::test]
    async fn a_difference_is_a_warning_on_both_sides() {
        let host = FakeHost::default();
        for (milliseconds, want, text) in [
            (2000, Severity::Ok, "agrees"),
            (-2000, Severity::Ok, "agrees"),
            (2001, Severity::Warning, "2 s ahead of this machine's"),
            (-59_999, Severity::Warning, "59 s behind this machine's"),
            (60_000, Severity::Warning, "sign-ins"),
        ] {
            let mut facts = facts(&host);
            let clock = Some(DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds));
            facts.engine = facts.engine.map(|engine| EngineInfo { clock, ..engine });
            let found = findings(&Clock, &facts).await;
            assert_eq!(found[0].severity, want, "{milliseconds}");
            assert!(found[0].message.contains(text), "{found:?}");
        }
    }
}
