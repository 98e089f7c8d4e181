//! What a run is doing, for whoever finds it at work or finds what it left: it explains, and nothing is ever decided by it.
//!
//! Fed from the events of a run; the lock writes it beside its sign of life, so that no step waits for it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::event::{Event, StepNumber};

/// How far a run has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The command with the version that it was for: `deploy v1.1.0`.
    pub command: String,
    /// Steps of its plan; 0 before it had one.
    pub steps: usize,
    /// Steps that had succeeded.
    pub done: usize,
    /// What was being done, `start container shop-api-1`, in the plan's order.
    pub under_way: Vec<String>,
    /// What was being taken back.
    pub taking_back: Option<String>,
}

impl Progress {
    /// What is being done, as one phrase; `None` when that is nothing, or nothing is known.
    pub fn now(&self) -> Option<String> {
        match (&self.taking_back, self.under_way.as_slice()) {
            (Some(what), _) => Some(format!("taking back: {what}")),
            (None, []) => None,
            (None, many) => Some(many.join(", ")),
        }
    }
}

/// `12 of 40 steps done, now: start container shop-api-1`.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps == 0 {
            return f.write_str("making its plan");
        }
        write!(f, "{} of {} steps done", self.done, self.steps)?;
        self.now().map_or(Ok(()), |now| write!(f, ", now: {now}"))
    }
}

#[derive(Debug)]
struct Entry {
    progress: Progress,
    under_way: BTreeMap<StepNumber, String>,
}

/// The journal of a run that goes on.
#[derive(Debug)]
pub struct Journal {
    entry: Mutex<Entry>,
    changed: Notify,
}

impl Journal {
    /// Nothing has been done yet.
    pub(super) fn new(command: String) -> Self {
        let entry = Entry { progress: Progress { command, ..Progress::default() }, under_way: BTreeMap::new() };
        Self { entry: Mutex::new(entry), changed: Notify::new() }
    }

    /// Notes what happens.
    pub fn event(&self, event: &Event) {
        let mut entry = self.entry.lock().unwrap_or_else(PoisonError::into_inner);
        let Entry { progress, under_way } = &mut *entry;
        match event {
            Event::Started { steps } => {
                *progress = Progress { command: std::mem::take(&mut progress.command), steps: *steps, ..Progress::default() };
                under_way.clear();
            }
            Event::StepStarted { step, verb, object, .. } => {
                under_way.insert(*step, format!("{verb} {object}"));
            }
            Event::StepFinished { step, .. } => {
                under_way.remove(step);
                progress.done += 1;
            }
            Event::StepFailed { step, .. } => {
                under_way.remove(step);
            }
            Event::StepFound { .. } | Event::StepWarning { .. } => return,
            Event::Undoing { verb, object, .. } => progress.taking_back = Some(format!("{verb} {object}")),
            Event::StepProgress { .. } | Event::Cancelling => return,
        }
        drop(entry);
        self.changed.notify_one();
    }

    /// As it is now.
    pub(super) fn progress(&self) -> Progress {
        let entry = self.entry.lock().unwrap_or_else(PoisonError::into_inner);
        Progress { under_way: entry.under_way.values().cloned().collect(), ..entry.progress.clone() }
    }

    /// Waits until something has been noted since this was last waited for.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(step: usize, object: &str) -> Event {
        Event::StepStarted { step, verb: "start", object: object.into(), cause: String::new() }
    }

    #[test]
    fn events_become_a_position() {
        let journal = Journal::new("deploy v2".into());
        assert_eq!(journal.progress().to_string(), "making its plan");
        journal.event(&Event::Started { steps: 3 });
        journal.event(&begun(2, "container b"));
        journal.event(&begun(1, "container a"));
        assert_eq!(journal.progress().to_string(), "0 of 3 steps done, now: start container a, start container b");
        journal.event(&Event::StepFinished { step: 1, milliseconds: 5 });
        journal.event(&Event::StepFailed { step: 2, error: "no".into() });
        assert_eq!(journal.progress().to_string(), "1 of 3 steps done");
        journal.event(&Event::Undoing { step: 1, verb: "stop", object: "container a".into() });
        assert_eq!(journal.progress().to_string(), "1 of 3 steps done, now: taking back: stop container a");
        journal.event(&Event::Started { steps: 7 });
        let fresh = Progress { command: "deploy v2".into(), steps: 7, ..Progress::default() };
        assert_eq!(journal.progress(), fresh, "another plan begins anew");
    }
}
