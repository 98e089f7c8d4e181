//! Could the Compose files be read? Their problems are told by the loader; this check only puts them in the report.

use async_trait::async_trait;

use crate::preflight::{Check, Facts, Finding};

/// The stack is readable.
pub(super) struct Readable;

#[async_trait]
impl Check for Readable {
    fn id(&self) -> &'static str {
        "stack.readable"
    }

    fn title(&self) -> &'static str {
        "Compose files are valid"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        match (&facts.stack_problem, facts.stack) {
            (Some(problem), _) => vec![Finding::failure(self.id(), problem)],
            (None, Some(stack)) => {
                vec![Finding::ok(self.id(), format!("project `{}`, {} services", stack.project, stack.services.len()))]
            }
            (None, None) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::{
        Severity,
        testing::{self, FakeHost, facts, severities},
    };

    #[tokio::test]
    async fn the_loaders_problem_is_a_failure() {
        let host = FakeHost::default();
        let stack = testing::stack(vec![testing::service("web")]);
        let mut facts = facts(&host);
        assert_eq!(severities(&Readable, &facts).await, []);
        facts.stack = Some(&stack);
        assert_eq!(severities(&Readable, &facts).await, [Severity::Ok]);
        (facts.stack, facts.stack_problem) = (None, Some("compose.yaml:3:5: unknown key".into()));
        assert_eq!(severities(&Readable, &facts).await, [Severity::Failure]);
    }
}
