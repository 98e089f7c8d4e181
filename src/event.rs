//! What happens while a plan is carried out, as data: the terminal, a pipe and a machine are told from the same events.
//!
//! Layer 0. Refuses to print.

use serde::Serialize;

/// A step's place in its plan, from 1.
pub type StepNumber = usize;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A plan is about to be carried out.
    Started {
        /// Number of its steps.
        steps: usize,
    },
    /// A step has begun.
    StepStarted {
        /// Which.
        step: StepNumber,
        /// What is done.
        verb: &'static str,
        /// To what.
        object: String,
        /// Why.
        cause: String,
    },
    /// A step that takes its time says how far it is.
    StepProgress {
        /// Which.
        step: StepNumber,
        /// In words.
        message: String,
        /// How much is done, in bytes or seconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        done: Option<u64>,
        /// Of how much.
        #[serde(skip_serializing_if = "Option::is_none")]
        total: Option<u64>,
    },
    /// A step has succeeded.
    StepFinished {
        /// Which.
        step: StepNumber,
        /// How long it took, in milliseconds.
        milliseconds: u64,
    },
    /// A step has failed; nothing new starts.
    StepFailed {
        /// Which.
        step: StepNumber,
        /// Why, on one line.
        error: String,
    },
    /// A step has found something out that is worth knowing whoever watches.
    StepFound {
        /// Which.
        step: StepNumber,
        /// What.
        message: String,
    },
    /// A step has done what could be done, and something is left that harms nobody.
    StepWarning {
        /// Which.
        step: StepNumber,
        /// What.
        message: String,
        /// What can be done about it.
        hint: String,
    },
    /// A finished step is taken back.
    Undoing {
        /// Which.
        step: StepNumber,
        /// What is done.
        verb: &'static str,
        /// To what.
        object: String,
    },
    /// The operator asked to stop; what is under way settles.
    Cancelling,
}

/// Where events go.
pub type Sink<'a> = &'a (dyn Fn(Event) + Send + Sync);
