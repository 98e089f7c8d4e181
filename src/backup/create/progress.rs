//! What happens while a backup is made, as the events that every command tells: steps, with bytes, pace and what is left.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::job::Meter;
use crate::{
    event::{self, Event, StepNumber},
    model::Bytes,
};

/// How often it is told how far a step is.
const TELL: Duration = Duration::from_millis(500);

/// Numbers steps and tells of them.
pub(super) struct Steps<'a> {
    events: event::Sink<'a>,
    steps: usize,
    last: StepNumber,
    begun: Instant,
    object: String,
}

impl<'a> Steps<'a> {
    pub(super) fn new(events: event::Sink<'a>, steps: usize) -> Self {
        Self { events, steps, last: 0, begun: Instant::now(), object: String::new() }
    }

    pub(super) fn begin(&self) {
        (self.events)(Event::Started { steps: self.steps });
    }

    pub(super) fn start(&mut self, verb: &'static str, object: &str, cause: &str) -> StepNumber {
        self.last += 1;
        self.begun = Instant::now();
        object.clone_into(&mut self.object);
        (self.events)(Event::StepStarted { step: self.last, verb, object: object.to_owned(), cause: cause.to_owned() });
        self.last
    }

    /// Tells how a step ended.
    pub(super) fn end<T, E: std::fmt::Display>(&self, step: StepNumber, outcome: Result<T, E>) -> Result<T, E> {
        let milliseconds = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        (self.events)(match &outcome {
            Ok(_) => Event::StepFinished { step, milliseconds },
            Err(error) => Event::StepFailed { step, error: error.to_string() },
        });
        outcome
    }

    /// Does `work`, and tells meanwhile how far it is.
    pub(super) async fn watched<T>(
        &self,
        step: StepNumber,
        meter: &Arc<Meter>,
        total: Option<u64>,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = std::pin::pin!(work);
        let mut ticks = interval_at(self.begun + TELL, TELL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = ticks.tick() => {
                    let done = meter.plain.load(Relaxed);
                    let message = words(&self.object, done, total, self.begun.elapsed());
                    (self.events)(Event::StepProgress { step, message, done: Some(done), total });
                }
            }
        }
    }
}

/// `uploads.tar.zst.age, 1.2 GiB of 3.4 GiB, 210 MiB/s, 11 s left`.
fn words(object: &str, done: u64, total: Option<u64>, took: Duration) -> String {
    let pace = (done as f64 / took.as_secs_f64().max(0.001)) as u64;
    let of = total.map(|total| format!(" of {}", Bytes(total.max(done)))).unwrap_or_default();
    let left = total.filter(|_| pace > 0).map(|total| format!(", {} s left", total.saturating_sub(done) / pace));
    format!("{object}, {}{of}, {}/s{}", Bytes(done), Bytes(pace), left.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_where_it_is_known() {
        let seconds = Duration::from_secs;
        assert_eq!(words("a", 100 << 20, Some(300 << 20), seconds(10)), "a, 100 MiB of 300 MiB, 10 MiB/s, 20 s left");
        assert_eq!(words("a", 100 << 20, None, seconds(10)), "a, 100 MiB, 10 MiB/s");
        assert_eq!(words("a", 0, Some(10), seconds(1)), "a, 0 B of 10 B, 0 B/s");
        assert_eq!(words("a", 20, Some(10), seconds(1)), "a, 20 B of 20 B, 20 B/s, 0 s left");
    }
}
