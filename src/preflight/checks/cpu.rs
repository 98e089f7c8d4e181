//! Are there enough processors? The report asks for 2 (minimum system requirements); fewer work, slowly.

use async_trait::async_trait;

use crate::preflight::{Check, Facts, Finding};

const RECOMMENDED: u64 = 2;

/// Processors of the engine's machine.
pub(super) struct Cpu;

#[async_trait]
impl Check for Cpu {
    fn id(&self) -> &'static str {
        "host.cpus"
    }

    fn title(&self) -> &'static str {
        "Processors suffice"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let Some(cpus) = facts.cpus() else { return Vec::new() };
        let mut found = Vec::new();
        // The engine refuses to create a container with a limit above what its machine has.
        for service in facts.services() {
            if let Some(limit) = service.resources.cpus.filter(|limit| limit.0 > cpus.saturating_mul(1_000_000_000)) {
                let wanted = limit.0 as f64 / 1e9;
                let message = format!("service `{}` may use {wanted} processors, the host has {cpus}", service.name);
                found.push(Finding::failure(self.id(), message).hint("nproc   # and lower `cpus` of the service to that"));
            }
        }
        if cpus < RECOMMENDED {
            found.push(Finding::warning(self.id(), format!("only {cpus} processor; {RECOMMENDED} are recommended at least")));
        } else if found.is_empty() {
            found.push(Finding::ok(self.id(), format!("{cpus} processors")));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::{
        Severity,
        testing::{self, FakeHost, facts, severities, silent},
    };
    use crate::{
        engine::ErrorKind,
        model::{Cpus, EngineInfo},
    };

    #[tokio::test]
    async fn fewer_than_recommended_is_a_warning() {
        let host = FakeHost { cpus: 1, ..FakeHost::default() };
        for (cpus, want) in [(1, Severity::Warning), (2, Severity::Ok)] {
            let mut facts = facts(&host);
            facts.engine = facts.engine.map(|engine| EngineInfo { cpus, ..engine });
            assert_eq!(severities(&Cpu, &facts).await, [want], "{cpus}");
        }
        assert_eq!(severities(&Cpu, &silent(&host, ErrorKind::Unreachable, true)).await, [Severity::Warning]);
        assert_eq!(severities(&Cpu, &silent(&host, ErrorKind::Unreachable, false)).await, []);
    }

    #[tokio::test]
    async fn a_limit_above_what_the_host_has_cannot_be_created() {
        let host = FakeHost::default();
        for (limit, want) in [(4_000_000_000, Severity::Ok), (4_000_000_001, Severity::Failure)] {
            let mut service = testing::service("web");
            service.resources.cpus = Some(Cpus(limit));
            let stack = testing::stack(vec![service]);
            assert_eq!(severities(&Cpu, &Facts { stack: Some(&stack), ..facts(&host) }).await, [want], "{limit}");
        }
    }
}
