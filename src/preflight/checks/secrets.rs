//! Are the secrets there and right? Reports what the secrets' own verification found; refuses to look at values.

use async_trait::async_trait;

use crate::preflight::{Check, Facts, Finding};

/// The stack's secrets.
pub(super) struct Secrets;

#[async_trait]
impl Check for Secrets {
    fn id(&self) -> &'static str {
        "secrets.valid"
    }

    fn title(&self) -> &'static str {
        "Secrets are complete"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        if facts.secrets.is_empty() {
            let count = facts.stack.map_or(0, |stack| stack.secrets.len());
            return match count {
                0 => Vec::new(),
                count => vec![Finding::ok(self.id(), format!("{count} secrets are in place"))],
            };
        }
        let finding = |problem: &crate::secret::Problem| {
            let message = format!("secrets: {problem}");
            let found = if problem.kind.blocks() { Finding::failure } else { Finding::warning };
            found(self.id(), message).hint(&problem.hint)
        };
        facts.secrets.iter().map(finding).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::{
        Severity,
        testing::{self, FakeHost, facts, findings, severities},
    };
    use crate::{
        model::SecretFile,
        secret::{Problem, ProblemKind},
    };

    #[tokio::test]
    async fn what_blocks_fails_and_the_rest_warns() {
        let host = FakeHost::default();
        let mut facts = facts(&host);
        let problem = |kind| Problem { name: "jwt_secret".into(), kind, what: "is wrong".into(), hint: "mend".into() };
        facts.secrets = vec![problem(ProblemKind::Missing), problem(ProblemKind::Permissions)];
        let found = findings(&Secrets, &facts).await;
        assert_eq!((found[0].severity, found[1].severity), (Severity::Failure, Severity::Warning));
        assert_eq!((found[0].message.as_str(), found[0].hint.as_deref()), ("secrets: `jwt_secret` is wrong", Some("mend")));
    }

    #[tokio::test]
    async fn no_problem_is_well_and_no_secret_is_nothing() {
        let host = FakeHost::default();
        let mut stack = testing::stack(Vec::new());
        assert_eq!(severities(&Secrets, &facts(&host)).await, []);
        stack.secrets.insert("jwt_secret".parse().unwrap(), SecretFile { path: "secrets/jwt_secret".into() });
        let facts = Facts { stack: Some(&stack), ..facts(&host) };
        assert_eq!(severities(&Secrets, &facts).await, [Severity::Ok]);
    }
}
