//! Puts steps together so that only valid graphs can come out: a step can wait only for steps that exist.

use std::collections::BTreeSet;

use super::{Action, Back, Phase, Step, StepId, Undo};

/// The steps gathered so far.
#[derive(Debug)]
pub(super) struct Builder {
    steps: Vec<Step>,
    /// What every step waits for.
    base: Vec<StepId>,
    phase: Phase,
}

impl Default for Builder {
    fn default() -> Self {
        Self { steps: Vec::new(), base: Vec::new(), phase: Phase::Work }
    }
}

impl Builder {
    /// Adds a step that waits for `after`, and returns its place.
    pub(super) fn add(&mut self, action: Action, cause: impl Into<String>, after: impl IntoIterator<Item = StepId>) -> StepId {
        let id = StepId(self.steps.len());
        let after: BTreeSet<_> = after.into_iter().chain(self.base.iter().copied()).filter(|a| a.0 < id.0).collect();
        let after = self.nearest(&after);
        self.steps.push(Step { action, cause: cause.into(), after, phase: self.phase, undo: None });
        id
    }

    /// Those of `steps` that no other of them waits for: a reader should not have to find out what says nothing new.
    fn nearest(&self, steps: &BTreeSet<StepId>) -> Vec<StepId> {
        let mut implied = BTreeSet::new();
        let mut open: Vec<_> = steps.iter().copied().collect();
        while let Some(id) = open.pop() {
            for before in self.steps.get(id.0).map_or(&[][..], |s| s.after.as_slice()) {
                if implied.insert(*before) {
                    open.push(*before);
                }
            }
        }
        steps.difference(&implied).copied().collect()
    }

    /// Says what takes a step back, whatever went wrong.
    pub(super) fn undo(&mut self, id: StepId, actions: Vec<Action>) {
        self.undo_by(id, actions.into_iter().map(Back::Do).collect());
    }

    /// Says what takes a step back.
    pub(super) fn undo_by(&mut self, id: StepId, actions: Vec<Back>) {
        if let Some(step) = self.steps.get_mut(id.0) {
            step.undo = Some(Undo { actions, without: Vec::new() });
        }
    }

    /// Says what takes a step back while none of these containers runs.
    pub(super) fn undo_without(&mut self, id: StepId, actions: Vec<Action>, without: Vec<String>) {
        if let Some(step) = self.steps.get_mut(id.0) {
            step.undo = Some(Undo { without, ..Undo::by(actions) });
        }
    }

    /// Every step from now on waits for all that there are.
    pub(super) fn rest_waits(&mut self) {
        self.base = self.ends();
    }

    /// Every step from now on comes when all that there are have succeeded, and there is no way back.
    pub(super) fn tidy(&mut self) {
        self.rest_waits();
        self.phase = Phase::Tidy;
    }

    /// The steps so far that nothing waits for: waiting for these is waiting for all.
    pub(super) fn ends(&self) -> Vec<StepId> {
        let waited: BTreeSet<_> = self.steps.iter().flat_map(|s| s.after.iter().copied()).collect();
        (0..self.steps.len()).map(StepId).filter(|id| !waited.contains(id)).collect()
    }

    /// Whether a step fills volumes, which also removes the container that does it.
    pub(super) fn stages(&self) -> bool {
        self.steps.iter().any(|s| matches!(s.action, Action::Stage { .. }))
    }

    /// Whether a step waits for a container to be healthy.
    pub(super) fn awaits(&self) -> bool {
        self.steps.iter().any(|s| matches!(s.action, Action::AwaitHealthy { .. }))
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
