//! Looks before anything is changed whether a deployment can work here: one check a file below `checks`.
//!
//! Layer 3. Checks judge `Facts` that were gathered before; of the host they ask through `HostFacts`. Refuses to mend
//! anything, and to fail for what is merely below a recommendation: a failure is what cannot work.

mod checks;
mod facts;
mod finding;
mod host;
mod routes;
#[cfg(test)]
mod testing;

use async_trait::async_trait;

pub use checks::checks;
pub use facts::{Disk, Facts, Holder, HostFacts, PortUse};
pub use finding::{Finding, Report, Severity};
pub use host::LocalHost;
pub use routes::local_routes;

/// One question about the place where the stack is to run.
#[async_trait]
pub trait Check: Send + Sync {
    /// Stable code of the check and its findings, `subject.aspect`.
    fn id(&self) -> &'static str;

    /// What is looked at, for people.
    fn title(&self) -> &'static str;

    /// The answers; none when the question does not arise (say, disk space of an engine that cannot be reached).
    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding>;
}

/// Runs every check, in the order in which a person would mend things.
pub async fn run_all(facts: &Facts<'_>) -> Report {
    let mut findings = Vec::new();
    for check in checks() {
        findings.extend(check.run(facts).await);
    }
    Report { findings }
}
