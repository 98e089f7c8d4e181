//! What checks answer, and all answers together. Refuses to format for terminals.

use serde::Serialize;

/// How bad a finding is; the order is from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Works, but not well, or not for long.
    Warning,
    /// Cannot work.
    Failure,
}

/// One answer of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's code.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found, one sentence without a full stop.
    pub message: String,
    /// A command that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Ok, message: message.into(), hint: None }
    }

    /// Works, but not well.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Warning, message: message.into(), hint: None }
    }

    /// Cannot work.
    pub fn failure(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Failure, message: message.into(), hint: None }
    }

    /// The same with a command that mends it.
    #[must_use]
    pub fn hint(self, command: impl Into<String>) -> Self {
        Self { hint: Some(command.into()), ..self }
    }
}

/// The findings of all checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order of the checks.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether something was found with which the stack cannot work.
    pub fn failed(&self) -> bool {
        self.worst() == Severity::Failure
    }

    /// The worst that was found; `Ok` when there is no finding.
    pub fn worst(&self) -> Severity {
        self.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Ok)
    }

    /// How many findings are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}
