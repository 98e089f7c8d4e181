//! How far what goes through bytes has come: events for whoever watches, not one for every chunk.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::backup::pipeline::{Moved, Progress};
use crate::event::{Event, StepNumber};
use crate::ui::{self, Ui};

/// Between two words about one step.
const PAUSE: Duration = Duration::from_millis(500);

/// The steps of one command.
pub struct Meters {
    shown: Arc<ui::Progress>,
    step: StepNumber,
}

/// One step.
pub struct Meter {
    shown: Arc<ui::Progress>,
    step: StepNumber,
    total: u64,
    begin: Instant,
}

impl Meters {
    /// Nothing is under way yet.
    pub fn new(ui: Ui) -> Self {
        Self { shown: Arc::new(ui::Progress::new(ui)), step: 0 }
    }

    /// Begins a step that goes through so many stored bytes.
    pub fn begin(&mut self, verb: &'static str, object: String, total: u64) -> Meter {
        self.step += 1;
        let cause = "asked for".to_owned();
        self.shown.event(Event::StepStarted { step: self.step, verb, object, cause });
        Meter { shown: Arc::clone(&self.shown), step: self.step, total, begin: Instant::now() }
    }
}

impl Meter {
    /// Told of bytes, tells of the step.
    pub fn progress(&self) -> Progress {
        let (shown, step, total) = (Arc::clone(&self.shown), self.step, self.total);
        let state = Mutex::new((0_u64, self.begin));
        Arc::new(move |Moved { stored, .. }| {
            let Ok(mut state) = state.lock() else { return };
            state.0 = state.0.saturating_add(stored);
            if state.1.elapsed() >= PAUSE {
                state.1 = Instant::now();
                shown.event(Event::StepProgress { step, message: String::new(), done: Some(state.0), total: Some(total) });
            }
        })
    }

    /// It went well.
    pub fn end(self) {
        let milliseconds = u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.shown.event(Event::StepFinished { step: self.step, milliseconds });
    }

    /// It did not.
    pub fn fail(self, error: &str) {
        self.shown.event(Event::StepFailed { step: self.step, error: error.to_owned() });
    }
}
