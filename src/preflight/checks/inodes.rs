//! Can enough files be created? A disk can be full of small files while bytes are free.

use async_trait::async_trait;

use crate::preflight::{Check, Facts, Finding};

/// A Node.js image alone unpacks to tens of thousands of files.
const RECOMMENDED: u64 = 200_000;
/// Not even one such image fits.
const NEEDED: u64 = 20_000;

/// Free inodes of the engine's disk.
pub(super) struct Inodes;

#[async_trait]
impl Check for Inodes {
    fn id(&self) -> &'static str {
        "host.inodes"
    }

    fn title(&self) -> &'static str {
        "Files can be created"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let Some(root) = facts.engine_root() else { return Vec::new() };
        // That the disk cannot be asked is said once, with its space.
        let Some(free) = facts.host.disk(root).ok().and_then(|disk| disk.free_inodes) else { return Vec::new() };
        let message = format!("{free} more files fit at {}", root.display());
        let finding = if free < NEEDED {
            Finding::failure(self.id(), message)
        } else if free < RECOMMENDED {
            Finding::warning(self.id(), message)
        } else {
            return vec![Finding::ok(self.id(), message)];
        };
        vec![finding.hint(format!("df -i {}", crate::secret::quoted(root)))]
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::testing::{FakeHost, facts, severities},
        super::super::{Disk, Severity},
        *,
    };
    use crate::model::Bytes;

    #[tokio::test]
    async fn both_thresholds_and_file_systems_without_inodes() {
        let cases = [
            (Some(NEEDED - 1), vec![Severity::Failure]),
            (Some(NEEDED), vec![Severity::Warning]),
            (Some(RECOMMENDED - 1), vec![Severity::Warning]),
            (Some(RECOMMENDED), vec![Severity::Ok]),
            (None, vec![]),
        ];
        for (free_inodes, want) in cases {
            let host = FakeHost { disk: Some(Disk { free: Bytes::gib(1), free_inodes }), ..FakeHost::default() };
            assert_eq!(severities(&Inodes, &facts(&host)).await, want, "{free_inodes:?}");
        }
    }
}
