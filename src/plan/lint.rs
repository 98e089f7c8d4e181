//! What holds for every plan, checked independently of how plans are made. Tests hold each plan to it, and the executor
//! refuses one that breaks it.

use std::collections::BTreeSet;

use super::{Action, Plan, StepId};

/// The rules that `plan` breaks, in words; empty for a sound one.
///
/// - a step waits only for earlier ones;
/// - no name is created twice, and what is started has been created before or was there;
/// - a container is removed, renamed or replaced only after everything that starts in its stead;
/// - whatever changes something is followed by the record, when the plan has one.
pub fn problems(plan: &Plan, there: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut names = there.clone();
    for (index, step) in plan.steps.iter().enumerate() {
        let number = index + 1;
        if step.after.iter().any(|id| id.0 >= index) {
            found.push(format!("step {number} waits for a later one"));
        }
        if step.cause.is_empty() {
            found.push(format!("step {number} has no cause"));
        }
        match &step.action {
            Action::CreateContainer { spec } => {
                if !names.insert(spec.name.clone()) {
                    found.push(format!("step {number} creates {} a second time", spec.name));
                }
            }
            Action::RemoveContainer { container } => {
                names.remove(container);
            }
            Action::Rename { container, to } => {
                if !names.remove(container) {
                    found.push(format!("step {number} renames {container}, which is not there"));
                }
                if !names.insert(to.clone()) {
                    found.push(format!("step {number} renames to {to}, which is taken"));
                }
            }
            Action::Start { container } | Action::RunJob { container, .. } | Action::AwaitHealthy { container, .. }
                if !names.contains(container) =>
            {
                found.push(format!("step {number} needs {container}, which is not there"));
            }
            Action::Record { .. } => {
                let reached = ancestors(plan, StepId(index));
                let open: Vec<_> = (0..index).filter(|i| !reached.contains(&StepId(*i))).map(|i| (i + 1).to_string()).collect();
                if !open.is_empty() {
                    found.push(format!("step {number} records before {} are done", open.join(", ")));
                }
            }
            _ => {}
        }
    }
    found
}

/// Every step that must have succeeded before `id`.
fn ancestors(plan: &Plan, id: StepId) -> BTreeSet<StepId> {
    let mut found = BTreeSet::new();
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        for before in plan.step(next).map_or(&[][..], |s| s.after.as_slice()) {
            if found.insert(*before) {
                open.push(*before);
            }
        }
    }
    found
}
