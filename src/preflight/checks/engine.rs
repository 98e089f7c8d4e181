//! Does the engine answer? Refuses to judge what it answers.

use async_trait::async_trait;

use crate::engine::ErrorKind;
use crate::preflight::{Check, Facts, Finding};

/// The engine answers.
pub(super) struct Reachable;

#[async_trait]
impl Check for Reachable {
    fn id(&self) -> &'static str {
        "engine.reachable"
    }

    fn title(&self) -> &'static str {
        "Docker Engine answers"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let error = match &facts.engine {
            Ok(engine) => return vec![Finding::ok(self.id(), format!("the engine on {} answers", engine.host))],
            Err(error) => error,
        };
        let command = match error.kind {
            ErrorKind::PermissionDenied if facts.engine_is_local => {
                "sudo usermod -aG docker \"$USER\"   # then log out and in again"
            }
            ErrorKind::Unreachable if facts.engine_is_local => "sudo systemctl start docker",
            _ if facts.engine_is_local => "sudo systemctl restart docker",
            // The address comes from DOCKER_HOST or the current context.
            _ => "docker context ls; echo \"$DOCKER_HOST\"",
        };
        vec![Finding::failure(self.id(), format!("the engine does not answer: {}", error.message)).hint(command)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::{
        Severity,
        testing::{FakeHost, facts, findings, severities, silent},
    };

    #[tokio::test]
    async fn an_engine_that_answers_is_well() {
        let host = FakeHost::default();
        assert_eq!(severities(&Reachable, &facts(&host)).await, [Severity::Ok]);
    }

    #[tokio::test]
    async fn each_kind_of_silence_has_its_own_command() {
        let host = FakeHost::default();
        let cases = [
            (ErrorKind::Unreachable, true, "systemctl start docker"),
            (ErrorKind::PermissionDenied, true, "usermod -aG docker"),
            (ErrorKind::Timeout, true, "systemctl restart docker"),
            (ErrorKind::Unreachable, false, "docker context ls"),
        ];
        for (kind, local, command) in cases {
            let found = findings(&Reachable, &silent(&host, kind, local)).await;
            assert_eq!(found[0].severity, Severity::Failure);
            assert!(found[0].hint.as_ref().unwrap().contains(command), "{found:?}");
        }
    }
}
