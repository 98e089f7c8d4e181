//! Is the engine new enough? The floor is the oldest Engine API that the tool's calls were tried against; the report's
//! "Docker 28.4.0+" is a recommendation and fails nobody.

use async_trait::async_trait;

use crate::preflight::{Check, Facts, Finding};

/// Engine 20.10's API.
const API_FLOOR: (usize, usize) = (1, 41);
/// The report's recommendation (software dependencies).
const RECOMMENDED: (u64, u64) = (28, 4);

/// The engine's release and API.
pub(super) struct Version;

#[async_trait]
impl Check for Version {
    fn id(&self) -> &'static str {
        "engine.version"
    }

    fn title(&self) -> &'static str {
        "Docker Engine is new enough"
    }

    async fn run(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let Ok(engine) = &facts.engine else { return Vec::new() };
        let what = format!("engine {}, API {}.{}", engine.version, engine.api.0, engine.api.1);
        if engine.api < API_FLOOR {
            let need = format!("{what}: API {}.{} (Engine 20.10) or newer is needed", API_FLOOR.0, API_FLOOR.1);
            return vec![Finding::failure(self.id(), need).hint("sudo apt-get install --only-upgrade docker-ce")];
        }
        let note = match release(&engine.version) {
            Some(release) if release < RECOMMENDED => {
                format!(" (supported; older than the recommended {}.{})", RECOMMENDED.0, RECOMMENDED.1)
            }
            _ => String::new(),
        };
        vec![Finding::ok(self.id(), what + &note)]
    }
}

/// Major and minor number of a release (`20.10.24+dfsg1`).
fn release(version: &str) -> Option<(u64, u64)> {
    let mut numbers = version.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EngineInfo;
    use crate::preflight::{
        Severity,
        testing::{FakeHost, facts, findings},
    };

    async fn judged(version: &str, api: (usize, usize)) -> Finding {
        let host = FakeHost::default();
        let mut facts = facts(&host);
        facts.engine = facts.engine.map(|engine| EngineInfo { version: version.into(), api, ..engine });
        findings(&Version, &facts).await.remove(0)
    }

    #[tokio::test]
    async fn the_floor_is_the_api_and_the_recommendation_only_a_note() {
        assert_eq!(judged("20.10.0-rc1", (1, 40)).await.severity, Severity::Failure);
        for (version, api, noted) in [
            ("20.10.24+dfsg1", (1, 41), true),
            ("28.3.9", (1, 51), true),
            ("28.4.0", (1, 51), false),
            ("29.0.1", (1, 52), false),
            ("dev", (1, 52), false),
        ] {
            let found = judged(version, api).await;
            assert_eq!(found.severity, Severity::Ok);
            assert_eq!(found.message.contains("older"), noted, "{found:?}");
        }
    }
}
