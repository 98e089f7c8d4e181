//! What takes a finished step back, and what becomes of the containers that it made.
//!
//! Refuses to carry anything out: whoever does is told action by action.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Action;

/// One thing that takes a step back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Back {
    /// A container that did not do its work is kept for inspection, in the place of one that was kept so far; one that
    /// merely had not got so far goes.
    KeepOrRemove {
        /// Its name.
        container: String,
        /// The name under which it is kept.
        to: String,
    },
    /// This, whatever went wrong.
    #[serde(untagged)]
    Do(Action),
}

/// What takes a finished step back when a later one fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undo {
    /// What to do, in this order.
    pub actions: Vec<Back>,
    /// Containers beside which nothing of this may run: when one of them could not be stopped, none of it is done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
}

impl Undo {
    /// Takes back by these actions, whatever went wrong.
    pub fn by(actions: impl IntoIterator<Item = Action>) -> Self {
        Self { actions: actions.into_iter().map(Back::Do).collect(), without: Vec::new() }
    }

    /// What is done, in this order, when the steps that failed were about the containers `culprits`.
    pub fn actions(&self, culprits: &BTreeSet<&str>) -> Vec<Action> {
        self.actions.iter().flat_map(|back| back.actions(culprits)).collect()
    }
}

impl Back {
    fn actions(&self, culprits: &BTreeSet<&str>) -> Vec<Action> {
        match self {
            Self::Do(action) => vec![action.clone()],
            Self::KeepOrRemove { container, to } if culprits.contains(container.as_str()) => vec![
                Action::RemoveContainer { container: to.clone() },
                Action::Rename { container: container.clone(), to: to.clone() },
            ],
            Self::KeepOrRemove { container, .. } => vec![Action::RemoveContainer { container: container.clone() }],
        }
    }
}

impl Action {
    /// The container that has not done its work when this fails.
    pub fn on_trial(&self) -> Option<&str> {
        match self {
            Self::Start { container }
            | Self::AwaitHealthy { container, .. }
            | Self::Smoke { container, .. }
            | Self::Bake { container, .. } => Some(container),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_did_not_do_its_work_is_kept() {
        let start = Action::Start { container: "old".into() };
        let keep = Back::KeepOrRemove { container: "new".into(), to: "failed".into() };
        let undo = Undo { actions: vec![Back::Do(start.clone()), keep], without: Vec::new() };
        let remove = |container: &str| Action::RemoveContainer { container: container.into() };
        let rename = Action::Rename { container: "new".into(), to: "failed".into() };
        assert_eq!(undo.actions(&BTreeSet::from(["new"])), [start.clone(), remove("failed"), rename]);
        assert_eq!(undo.actions(&BTreeSet::from(["old"])), [start, remove("new")]);
    }

    #[test]
    fn as_a_machine_is_told() {
        let actions = vec![
            Back::Do(Action::Start { container: "old".into() }),
            Back::KeepOrRemove { container: "new".into(), to: "failed".into() },
        ];
        assert_eq!(
            serde_json::to_value(Undo { actions, without: Vec::new() }).unwrap(),
            serde_json::json!({"actions": [
                {"action": "start", "container": "old"},
                {"action": "keep_or_remove", "container": "new", "to": "failed"},
            ]})
        );
    }
}
