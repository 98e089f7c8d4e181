//! Is the engine's storage driver one for production?

use async_trait::async_trait;

use crate::preflight::{Check, Facts, Finding};

/// The storage driver.
pub(super) struct Driver;

#[async_trait]
impl Check for Driver {
    fn id(&self) -> &'static str {
        "engine.storage"
    }

    fn title(&self) -> &'static str {
        "Storage driver"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let Ok(engine) = &facts.engine else { return Vec::new() };
        let driver = engine.storage_driver.as_str();
        let why = match driver {
            "vfs" => "copies the whole image for each container: slow, and large on disk",
            // Both were removed from later engines (Docker's list of deprecated features).
            "aufs" | "devicemapper" | "overlay" => "is not supported by newer engines: an upgrade would lose sight of all images",
            _ => return vec![Finding::ok(self.id(), format!("storage driver {driver}"))],
        };
        vec![Finding::warning(self.id(), format!("the storage driver {driver} {why}")).hint("docker info --format '{{.Driver}}'")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EngineInfo;
    use crate::preflight::{
        Severity,
        testing::{FakeHost, facts, severities},
    };

    #[tokio::test]
    async fn drivers_not_meant_for_production_are_a_warning() {
        let host = FakeHost::default();
        for (driver, want) in
            [("overlay2", Severity::Ok), ("overlayfs", Severity::Ok), ("vfs", Severity::Warning), ("aufs", Severity::Warning)]
        {
            let mut facts = facts(&host);
            facts.engine = facts.engine.map(|engine| EngineInfo { storage_driver: driver.into(), ..engine });
            assert_eq!(severities(&Driver, &facts).await, [want], "{driver}");
        }
    }
}
