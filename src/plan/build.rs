//! Puts steps together so that only valid graphs can come out: a step can wait only for steps that exist.

use std::collections::BTreeSet;

use super::{Action, Step, StepId, Undo};

/// The steps gathered so far.
#[derive(Debug, Default)]
pub(super) struct Builder {
    steps: Vec<Step>,
}

impl Builder {
    /// Adds a step that waits for `after`, and returns its place.
    pub(super) fn add(&mut self, action: Action, cause: impl Into<String>, after: impl IntoIterator<Item = StepId>) -> StepId {
        let id = StepId(self.steps.len());
        let after: BTreeSet<_> = after.into_iter().filter(|a| a.0 < id.0).collect();
        self.steps.push(Step { action, cause: cause.into(), after: after.into_iter().collect(), undo: None });
        id
    }

    /// Says what takes a step back.
    pub(super) fn undo(&mut self, id: StepId, actions: Vec<Action>) {
        if let Some(step) = self.steps.get_mut(id.0) {
            step.undo = Some(Undo { actions });
        }
    }

    /// Every step so far.
    pub(super) fn all(&self) -> Vec<StepId> {
        (0..self.steps.len()).map(StepId).collect()
    }

    /// The steps so far that nothing waits for: waiting for these is waiting for all.
    pub(super) fn ends(&self) -> Vec<StepId> {
        let waited: BTreeSet<_> = self.steps.iter().flat_map(|s| s.after.iter().copied()).collect();
        self.all().into_iter().filter(|id| !waited.contains(id)).collect()
    }

    /// Whether a step changes anything.
    pub(super) fn changes(&self) -> bool {
        self.steps.iter().any(|s| s.action.change() != super::Change::None)
    }

    /// The steps.
    pub(super) fn finish(self) -> Vec<Step> {
        self.steps
    }
}
