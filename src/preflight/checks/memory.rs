//! Is there enough memory, for the report's minimum and for the stack's own limits together?

use async_trait::async_trait;

use crate::model::Bytes;
use crate::preflight::{Check, Facts, Finding};

/// The report's 4 GB (minimum system requirements), in decimal units: a machine sold with 4 GiB shows some less, because the
/// kernel keeps a part.
const RECOMMENDED: Bytes = Bytes(4_000_000_000);

/// Memory of the engine's machine.
pub(super) struct Memory;

#[async_trait]
impl Check for Memory {
    fn id(&self) -> &'static str {
        "host.memory"
    }

    fn title(&self) -> &'static str {
        "Memory suffices"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let Some(memory) = facts.memory() else { return Vec::new() };
        let mut found = Vec::new();
        if memory < RECOMMENDED {
            found.push(Finding::warning(self.id(), format!("{memory} of memory; 4 GB are recommended at least")));
        }
        let limits = sum_of_limits(facts);
        if limits > memory {
            let message =
                format!("the services may use {limits} together, the host has {memory}: under load the kernel kills some");
            found.push(Finding::warning(self.id(), message).hint("docker stats --no-stream   # what they use in fact"));
        }
        if found.is_empty() {
            found.push(Finding::ok(self.id(), format!("{memory} of memory; limits of the services together: {limits}")));
        }
        found
    }
}

/// The memory limits of all replicas. Jobs run one after the other, before the services that wait for them: left out.
fn sum_of_limits(facts: &Facts<'_>) -> Bytes {
    let Some(stack) = facts.stack else { return Bytes(0) };
    let running = stack.services.values().filter(|service| !service.is_job(stack));
    let limits =
        running.map(|service| service.resources.memory.unwrap_or_default().0.saturating_mul(u64::from(service.replicas)));
    Bytes(limits.fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{EngineInfo, Migration};
    use crate::preflight::{
        Severity,
        testing::{self, FakeHost, facts, severities},
    };

    #[tokio::test]
    async fn less_than_recommended_is_a_warning() {
        let host = FakeHost::default();
        for (memory, want) in [(3_999_999_999, Severity::Warning), (4_000_000_000, Severity::Ok)] {
            let mut facts = facts(&host);
            facts.engine = facts.engine.map(|engine| EngineInfo { memory, ..engine });
            assert_eq!(severities(&Memory, &facts).await, [want], "{memory}");
        }
    }

    #[tokio::test]
    async fn limits_of_all_replicas_together_are_compared_without_jobs() {
        let host = FakeHost::default();
        for (replicas, want) in [(4, Severity::Ok), (5, Severity::Warning)] {
            let (mut web, mut job) = (testing::service("web"), testing::service("migrate"));
            web.replicas = replicas;
            web.resources.memory = Some(Bytes::gib(2));
            job.resources.memory = Some(Bytes::gib(2));
            job.migration =
                Some(Migration { attempts: 1, backoff: Duration::ZERO, verify: None, backward_compatible: None, head: None });
            let stack = testing::stack(vec![web, job]);
            assert_eq!(severities(&Memory, &Facts { stack: Some(&stack), ..facts(&host) }).await, [want], "{replicas}");
        }
    }
}
