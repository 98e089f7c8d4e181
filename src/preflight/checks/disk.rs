//! Is there space for images and volumes? Looked at only where the engine's files are on this machine.

use async_trait::async_trait;

use crate::model::Bytes;
use crate::preflight::{Check, Facts, Finding};

/// The report's 50 GB (minimum system requirements).
const RECOMMENDED: Bytes = Bytes(50_000_000_000);
/// Less cannot hold the images of the stack beside those of the version before, which a rollback needs.
const NEEDED: Bytes = Bytes::gib(2);

/// Free space of the engine's disk.
pub(super) struct Space;

#[async_trait]
impl Check for Space {
    fn id(&self) -> &'static str {
        "host.disk"
    }

    fn title(&self) -> &'static str {
        "Disk space suffices"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let Some(root) = facts.engine_root() else { return Vec::new() };
        let place = root.display();
        let free = match facts.host.disk(root) {
            Ok(disk) => disk.free,
            // An engine in a virtual machine of its own (Docker Desktop) is local and still keeps its files elsewhere.
            Err(error) => return vec![Finding::warning(self.id(), format!("free space of {place} is not known: {error}"))],
        };
        let finding = if free < NEEDED {
            Finding::failure(self.id(), format!("{free} free at {place}; {NEEDED} are needed at least"))
        } else if free < RECOMMENDED {
            Finding::warning(self.id(), format!("{free} free at {place}; 50 GB are recommended"))
        } else {
            return vec![Finding::ok(self.id(), format!("{free} free at {place}"))];
        };
        vec![finding.hint("docker system df   # what takes the space")]
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::testing::{FakeHost, facts, severities},
        super::super::{Disk, Severity},
        *,
    };

    #[tokio::test]
    async fn both_thresholds() {
        let cases = [
            (Bytes(NEEDED.0 - 1), Severity::Failure),
            (NEEDED, Severity::Warning),
            (Bytes(RECOMMENDED.0 - 1), Severity::Warning),
            (RECOMMENDED, Severity::Ok),
        ];
        for (free, want) in cases {
            let host = FakeHost { disk: Some(Disk { free, free_inodes: None }), ..FakeHost::default() };
            assert_eq!(severities(&Space, &facts(&host)).await, [want], "{free}");
        }
    }

    #[tokio::test]
    async fn a_disk_that_cannot_be_asked_is_a_warning_and_another_machines_no_question() {
        let host = FakeHost { disk: None, ..FakeHost::default() };
        assert_eq!(severities(&Space, &facts(&host)).await, [Severity::Warning]);
        assert_eq!(severities(&Space, &Facts { engine_is_local: false, ..facts(&host) }).await, []);
    }
}
