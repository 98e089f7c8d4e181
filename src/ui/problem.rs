//! An error as a person and a machine are told it.

use serde::Serialize;

use super::Ui;

/// An error with everything that helps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable code of the kind of error.
    pub code: &'static str,
    /// The exit code that goes with it.
    pub exit_code: u8,
    /// What went wrong.
    pub message: String,
    /// What led to it, the nearest first.
    pub causes: Vec<String>,
    /// What was to change when it went wrong: one line a service or kind of thing.
    pub changes: Vec<String>,
    /// What there is to see: output of a health check, log lines, places in files.
    pub details: Vec<String>,
    /// What the state is now.
    pub notes: Vec<String>,
    /// What to do, a command where there is one.
    pub hints: Vec<String>,
}

impl Problem {
    /// Shows it: on standard error for people, as a JSON object on standard output for machines.
    pub fn show(&self, ui: &Ui) {
        if ui.json() {
            ui.line(&serde_json::json!({"event": "error", "schema": 1, "error": self}));
            return;
        }
        ui.tell(&self.text(ui));
    }

    /// As a person is told it.
    pub fn text(&self, ui: &Ui) -> String {
        let marks = ui.err();
        let mut text = format!("{} {}", marks.bad("error:"), self.message);
        for cause in &self.causes {
            text.push_str(&format!("\n  {} {cause}", marks.dim("caused by:")));
        }
        if !self.changes.is_empty() {
            text.push_str(&format!("\n  {}", marks.dim("what changed:")));
        }
        for change in &self.changes {
            text.push_str(&format!("\n    {change}"));
        }
        for detail in &self.details {
            for line in detail.lines() {
                text.push_str(&format!("\n  {line}"));
            }
        }
        for note in &self.notes {
            text.push_str(&format!("\n{} {note}", marks.strong("note:")));
        }
        for hint in &self.hints {
            text.push_str(&format!("\n{} {hint}", marks.hint("hint:")));
        }
        text
    }
}
