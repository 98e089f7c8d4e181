//! Events as they come: live lines on a terminal, plain lines in a pipe, JSON objects for a machine.

use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{Ui, Verbosity, render::duration};
use crate::event::Event;

/// What only prepares something leaves a line behind when it took so long, or when `-v` asks for all.
const NOTABLE: Duration = Duration::from_secs(2);

/// Shows the events of one run.
pub struct Progress {
    ui: Ui,
    bars: MultiProgress,
    running: Mutex<BTreeMap<usize, Running>>,
}

struct Running {
    label: String,
    achieved: String,
    milestone: bool,
    cause: String,
    begin: Instant,
    bar: Option<ProgressBar>,
    last_told: String,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new(ui: Ui) -> Self {
        Self { ui, bars: MultiProgress::new(), running: Mutex::new(BTreeMap::new()) }
    }

    /// Shows one event.
    pub fn event(&self, event: Event) {
        if self.ui.json() {
            self.ui.line(&event);
            return;
        }
        if self.ui.verbosity == Verbosity::Quiet {
            return;
        }
        let Ok(mut running) = self.running.lock() else { return };
        match event {
            Event::Started { .. } => {}
            Event::StepStarted { step, verb, object, cause } => {
                let label = format!("{verb} {object}");
                let (achieved, milestone) = achieved(verb, &object);
                let bar = self.ui.live().then(|| self.spinner(&label));
                running.insert(
                    step,
                    Running { label, achieved, milestone, cause, begin: Instant::now(), bar, last_told: String::new() },
                );
            }
            Event::StepProgress { step, message, done, total } => {
                if let Some(running) = running.get_mut(&step) {
                    self.tell_progress(running, message, done, total);
                }
            }
            Event::StepFinished { step, milliseconds } => {
                let Some(step) = running.remove(&step) else { return };
                let took = Duration::from_millis(milliseconds);
                let notable = step.milestone || took >= NOTABLE || self.ui.verbosity == Verbosity::Verbose;
                self.end(step, notable.then_some(true), took);
            }
            Event::StepFailed { step, error } => {
                let Some(step) = running.remove(&step) else { return };
                let took = step.begin.elapsed();
                let first = error.lines().next().unwrap_or_default().to_owned();
                self.end(step, Some(false), took);
                self.print(&format!("  {}", self.ui.err().bad(first)));
            }
            Event::StepFound { message, .. } => self.print(&message),
            Event::StepWarning { message, hint, .. } => self.bars.suspend(|| self.ui.warn(&message, Some(&hint))),
            Event::Undoing { verb, object, .. } => {
                // What clears away is no news; what brings back, or takes time, is.
                if !matches!(verb, "stop" | "remove") || self.ui.verbosity == Verbosity::Verbose {
                    self.print(&format!("taking back: {verb} {object}"));
                }
            }
            Event::Cancelling => {
                self.print("stopping: nothing new starts, what is under way is finished (Ctrl-C again stops waiting)");
            }
        }
    }

    fn spinner(&self, label: &str) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed:>}") {
            bar.set_style(style.tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "));
        }
        bar.set_message(label.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    fn tell_progress(&self, running: &mut Running, message: String, done: Option<u64>, total: Option<u64>) {
        let text = match (message.is_empty(), done, total) {
            (false, _, _) => message,
            (true, Some(done), Some(total)) if total > 0 => {
                format!("{}: {} of {}", running.label, crate::model::Bytes(done), crate::model::Bytes(total))
            }
            _ => return,
        };
        match &running.bar {
            Some(bar) => bar.set_message(text),
            // In a pipe the first word of a wait is told, and every retry; not each second of it.
            None => {
                let kind = text.split(',').next().unwrap_or_default().to_owned();
                let waiting = kind.starts_with("waiting") || done.is_some();
                if running.last_told != kind && (!waiting || running.begin.elapsed() >= Duration::from_secs(2)) {
                    self.print(&text);
                    running.last_told = kind;
                }
            }
        }
    }

    /// Leaves a line behind about a step that is over, well or not; nothing for `None`.
    fn end(&self, step: Running, well: Option<bool>, took: Duration) {
        if let Some(bar) = &step.bar {
            bar.finish_and_clear();
        }
        let Some(well) = well else { return };
        let marks = self.ui.err();
        let cause = if self.ui.verbosity == Verbosity::Verbose { format!(" ({})", step.cause) } else { String::new() };
        let text = if well { step.achieved } else { step.label };
        let line = match (self.ui.live(), well) {
            (true, true) => format!("{} {text}", marks.good("✓")),
            (true, false) => format!("{} {text}", marks.bad("✗")),
            (false, true) => format!("ok: {text}"),
            (false, false) => format!("failed: {text}"),
        };
        self.print(&format!("{line} {}{}", marks.dim(format!("in {}", duration(took))), marks.dim(cause)));
    }

    fn print(&self, text: &str) {
        if self.ui.live() {
            let _ = self.bars.println(text);
        } else {
            self.ui.say(text);
        }
    }
}

/// What has been achieved when a step is over, and whether that is a milestone for whoever watches.
fn achieved(verb: &str, object: &str) -> (String, bool) {
    let name = object.strip_prefix("container ").unwrap_or(object);
    match verb {
        "wait for" => (format!("{name} is healthy"), true),
        "run" => (format!("{name} has run"), true),
        "back up" => (format!("{object} is stored"), true),
        "try" => (format!("{object} has been tried"), true),
        "pull" => (format!("{object} is here"), true),
        "switch" => (format!("{object} are switched"), true),
        "verify" => (format!("{object} was looked into"), false),
        "copy" => (format!("{object} is copied"), false),
        "start" => (format!("{name} started"), false),
        "stop" => (format!("{name} stopped"), false),
        "create" => (format!("{object} created"), false),
        "remove" => (format!("{object} removed"), false),
        "fill" => (format!("{object} filled"), false),
        "rename" => (format!("{object} renamed"), false),
        _ => (format!("{verb} {object}"), false),
    }
}
