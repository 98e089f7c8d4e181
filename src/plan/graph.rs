//! A plan: steps in an order in which they could be done one by one, with what each waits for.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Action, Change, Step, StepId};
use crate::model::ProjectName;

/// Something that the operator should know and no step changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Note {
    /// What is the matter.
    pub message: String,
    /// What can be done about it.
    pub hint: Option<String>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The project.
    pub project: ProjectName,
    /// The version that it leads to.
    pub version: Option<String>,
    /// The steps; each waits only for earlier ones.
    pub steps: Vec<Step>,
    /// What no step changes.
    pub notes: Vec<Note>,
}

impl Plan {
    /// A plan without steps.
    pub fn empty(project: ProjectName) -> Self {
        Self { project, version: None, steps: Vec::new(), notes: Vec::new() }
    }

    /// Whether nothing would be changed. Waiting is no change.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.action.change() == Change::None)
    }

    /// Whether data would be removed.
    pub fn destroys(&self) -> bool {
        self.steps.iter().any(|step| step.action.change() == Change::Destroy)
    }

    /// The part of the plan that only gets images; it comes first and touches nothing else.
    pub fn pulls(&self) -> Option<Self> {
        let steps: Vec<_> = self.steps.iter().filter(|s| matches!(s.action, Action::Pull { .. })).cloned().collect();
        (!steps.is_empty()).then(|| Self { steps, notes: Vec::new(), ..self.clone() })
    }

    /// A step by its place.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.get(id.0)
    }

    /// The plan as text, the same for the same plan: golden tests compare it, `plan` prints it.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let width = self.steps.iter().map(|s| s.action.object().chars().count()).max().unwrap_or(0).min(60);
        for (index, step) in self.steps.iter().enumerate() {
            let sign = match step.action.change() {
                Change::None => ' ',
                Change::Create => '+',
                Change::Update => '~',
                Change::Remove => '-',
                Change::Destroy => '!',
            };
            let (verb, object) = (step.action.verb(), step.action.object());
            let _ = write!(text, "{:>3} {sign} {verb:<8} {object:<width$}  {}", index + 1, step.cause);
            if !step.after.is_empty() {
                let after: Vec<_> = step.after.iter().map(|id| (id.0 + 1).to_string()).collect();
                let _ = write!(text, " [after {}]", after.join(", "));
            }
            text.push('\n');
        }
        for note in &self.notes {
            let _ = writeln!(text, "note: {}", note.message);
            if let Some(hint) = &note.hint {
                let _ = writeln!(text, "hint: {hint}");
            }
        }
        text
    }
}
